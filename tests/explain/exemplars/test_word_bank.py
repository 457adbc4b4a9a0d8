"""The committed bank against the committed network, and its statistics against loops."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest

from explain.ctc import decoding
from explain.exemplars import build as training
from explain.exemplars import statistics
from explain.exemplars.chosen_words import LEAST
from explain.exemplars.word_bank import PLACES_IN_WORD, Bank, BankError, digest, open_bank, rebuild
from explain.layers.receptive_field import receptive_field
from explain.network.description import describe
from explain.network.session import Network
from models.crnn import BLANK, CARD, LABELS
from models.typeface import FONTS

NETWORK = describe(CARD)
MAPS, RECURRENT = training.convolutional(NETWORK), training.recurrent(NETWORK)
MOST_BYTES = 6 * 2**20
SMALL_FIELD = 10  # rows that a place of the first layers sees at most; there the edge of the picture is left out


@pytest.fixture(scope="module")
def bank() -> Bank:
    return open_bank(CARD)


@pytest.fixture(scope="module")
def sampled(bank) -> tuple[list[int], dict[str, np.ndarray]]:
    """Some words of the bank, and every layer of the network for their committed pictures.

    Among them the one that excites most channels of each layer, so that what is stored of every layer is met.
    """
    ends = np.cumsum(list(bank.layers.values()))
    of_layers = np.split(bank.arrays["places"][:, :, 0], ends[:-1])
    foremost = {int(np.bincount(words.ravel()).argmax()) for words in of_layers}
    words = sorted({*np.random.default_rng(7).choice(len(bank.texts), 12, replace=False).tolist(), *foremost})
    batch = bank.pictures[words, :, :, None].astype(np.float32) / np.float32(255)
    return words, Network(CARD).run(batch)


@pytest.fixture(scope="module")
def small() -> tuple[object, dict[str, np.ndarray]]:
    drawn = training.draw_for(NETWORK, training.SEED, 9)
    return drawn, training.measure(drawn, NETWORK)


def test_the_bank_was_measured_with_the_committed_weights(bank):
    assert not bank.outdated, f"models/weights/crnn.onnx has changed: run `{rebuild(CARD)}` and commit models/bank."


def test_it_is_small():
    assert sum(path.stat().st_size for path in CARD.bank.iterdir()) < MOST_BYTES


def test_every_character_stands_in_it_often_in_every_font_dark_and_light(bank):
    written = "".join(bank.texts)
    assert min(written.count(character) for character in LABELS) >= LEAST
    assert set(bank.fonts) == set(FONTS)
    borders = np.concatenate([bank.pictures[:, [0, -1]].reshape(len(bank.texts), -1)], axis=1)
    light_on_dark = np.median(borders, axis=1) < bank.pictures.reshape(len(bank.texts), -1).mean(axis=1)
    assert 0.2 < light_on_dark.mean() < 0.8


def counted(layer: str) -> np.ndarray:
    """`(height, width)`: which places of a layer count, from what each can see."""
    height, width, _ = describe(CARD).layer(layer).shape
    field = receptive_field(CARD, layer)
    rows, columns = describe(CARD).input_shape[:2]
    places = np.ones((height, width), bool)
    for y, x in np.ndindex(height, width):
        top, left, bottom, right = field.box(y, x)
        inside = top >= 0 and left >= 0 and bottom <= rows and right <= columns
        places[y, x] = inside or field.size[0] > SMALL_FIELD
    return places


@pytest.mark.parametrize("layer", MAPS)
def test_no_place_of_other_words_excites_a_channel_more(bank, sampled, layer):
    words, values = sampled
    largest = np.where(counted(layer)[None, :, :, None], values[layer], -np.inf).max(axis=(1, 2))
    met = 0
    for channel in range(values[layer].shape[-1]):
        found = bank.places(layer, channel)
        assert [place.value for place in found] == sorted((place.value for place in found), reverse=True)
        at = {place.word: place for place in found}
        assert len(at) == len(found)
        least = found[-1].value if len(found) == training.PLACES else 0.0
        for number, word in enumerate(words):
            if word in at:
                met += 1
                place = at[word]
                there = values[layer][number, place.row, place.column, channel]
                np.testing.assert_allclose([there, largest[number, channel]], place.value, rtol=1e-3, atol=1e-4)
            else:
                assert largest[number, channel] <= least * (1 + 1e-3) + 1e-4
    assert met > 10


@pytest.mark.parametrize("layer", MAPS)
def test_what_a_stored_place_sees_lies_on_the_picture(bank, layer):
    field, allowed = receptive_field(CARD, layer), counted(layer)
    for channel in range(describe(CARD).layer(layer).shape[-1]):
        for place in bank.places(layer, channel):
            assert allowed[place.row, place.column]
            top, left, bottom, right = field.clipped(place.row, place.column, describe(CARD).input_shape)
            assert 0 <= top < bottom <= 32 and 0 <= left < right <= 128
            assert 0 <= place.word < len(bank.texts)


@pytest.mark.parametrize("layer", RECURRENT)
def test_no_frame_of_other_words_takes_a_unit_farther(bank, sampled, layer):
    words, values = sampled
    spoken = np.array([[bank.character_at(word, step) != "" for step in range(31)] for word in words])
    met = 0
    for unit in range(0, 256, 5):
        known = bank.unit(layer, unit)
        everywhere = max(known.explains, key=known.explains.__getitem__) in ("place", "gap")
        hidden = values[layer][:, :, unit]
        for found, sign in ((known.highest, 1), (known.lowest, -1)):
            farthest = np.where(spoken | everywhere, sign * hidden, -np.inf).max(axis=1)
            at = {step.word: step for step in found}
            assert len(at) == training.STEPS
            for number, word in enumerate(words):
                if word in at:
                    met += 1
                    np.testing.assert_allclose(hidden[number, at[word].step], at[word].value, atol=1e-4)
                    np.testing.assert_allclose(farthest[number], sign * at[word].value, atol=1e-4)
                else:
                    assert farthest[number] <= sign * found[-1].value + 1e-4
    assert met > 10


def test_frames_are_the_likeliest_alignment_of_the_right_text(bank, sampled):
    words, values = sampled
    for text, path in zip(bank.texts, bank.arrays["frames"], strict=True):
        assert "".join(LABELS[span.label] for span in decoding.collapse(path, BLANK)) == text
    for number, word in enumerate(words):
        softmax = np.maximum(values["outputs"][number], training.SMALLEST)
        best = decoding.forced_alignment(softmax, decoding.labels_of(bank.texts[word], LABELS))
        logs = np.log(softmax.astype(np.float64))
        assert logs[range(31), bank.arrays["frames"][word]].sum() == pytest.approx(best.log_probability, abs=1e-3)
    np.testing.assert_array_equal(bank.arrays["counts"], np.bincount(bank.arrays["frames"].ravel(), minlength=63))


def test_the_same_seed_gives_the_same_bank(bank, small):
    drawn, measured = small
    again = training.draw_for(NETWORK, training.SEED, 9)
    assert again.texts == drawn.texts == bank.texts[:9]
    np.testing.assert_array_equal(again.pictures, drawn.pictures)
    # Another version of FreeType or libjpeg may draw a little differently.
    assert np.abs(drawn.pictures.astype(int) - bank.pictures[:9]).mean() < 3
    once_more = training.measure(again, NETWORK)
    for name, array in measured.items():
        np.testing.assert_array_equal(array, once_more[name])
    assert training.draw_for(NETWORK, training.SEED + 1, 9).texts != drawn.texts


def test_means_are_those_of_a_loop_over_frames(small):
    drawn, measured = small
    states = Network(CARD).run(drawn.pictures[..., None].astype(np.float32) / np.float32(255), RECURRENT)
    for layer, name in enumerate(RECURRENT):
        for unit in (0, 100, 200):
            by_label, by_place = {}, {}
            for word, path in enumerate(measured["frames"]):
                spoken = [t for t in range(31) if path[t] != BLANK]
                start, end = spoken[0], spoken[-1] + 1
                for t in range(31):
                    value = float(states[name][word, t, unit])
                    by_label.setdefault(int(path[t]), []).append(value)
                    fifth = 0 if t < start else 6 if t >= end else 1 + 5 * (t - start) // (end - start)
                    by_place.setdefault(fifth, []).append(value)
            for label, values in by_label.items():
                assert measured["counts"][label] == len(values)
                assert measured["by_character"][layer, unit, label] == pytest.approx(np.mean(values), abs=2e-3)
            for place, values in by_place.items():
                assert measured["by_place"][layer, unit, place] == pytest.approx(np.mean(values), abs=2e-3)
            characters = np.concatenate([values for label, values in by_label.items() if label != BLANK])
            assert measured["spread"][layer, unit] == pytest.approx(characters.std(), rel=2e-3)


def test_explained_share_of_known_cases():
    groups = np.repeat([4, 1, 9], 40)
    rng = np.random.default_rng(0)
    noise = rng.normal(size=120)
    columns = np.stack([groups * 2.0, noise, np.full(120, 3.0)], axis=1)
    whole, chance, flat = statistics.explained(columns, groups)
    assert whole == pytest.approx(1) and chance < 0.05 and flat == 0
    # By hand: values 0, 2 and 4, 6 in two groups; 4 within, 20 in all, so 1 - (4 / 2) / (20 / 3).
    assert statistics.explained(np.array([[0.0], [2], [4], [6]]), np.array([0, 0, 1, 1]))[0] == pytest.approx(0.7)


def test_units_that_answer_to_a_character():
    by_character = np.array([[[0.9, 0.1, 0.1, 0.0], [0.2, 0.2, 0.2, 0.0], [-0.5, 0.0, 0.2, 0.0], [0, 0.5, 0, 0.0]]])
    arrays = {"counts": np.array([2, 3, 1, 50]), "by_character": by_character}
    arrays["spread"] = np.array([[0.4, 0.1, 0.2, 0.0]])
    made = Bank((), (), np.zeros((0, 32, 128)), ("a", "b", "c", ""), {}, {}, ("blstm_1",), (), False, arrays)
    found = made.answering("blstm_1", "a", range(4), 3)
    # Unit 2: -0.5 against (3 x 0 + 1 x 0.2) / 4 = 0.05, so -0.55 of 0.2; unit 0: 0.8 of 0.4.
    assert [answer.unit for answer in found[:2]] == [2, 0]
    assert [answer.effect for answer in found[:2]] == pytest.approx([-2.75, 2.0])
    assert found[2].effect == 0
    assert [answer.unit for answer in made.answering("blstm_1", "b", range(2, 4))] == [2, 3]
    for character in ("", "é", "ab"):
        with pytest.raises(BankError, match="has no frames of"):
            made.answering("blstm_1", character, range(4))


def test_a_bank_that_cannot_be_used_says_how_to_make_it_again(bank, tmp_path):
    with pytest.raises(BankError, match="python -m explain.exemplars.build"):
        open_bank(CARD, tmp_path / "nowhere")
    broken = shutil.copytree(CARD.bank, tmp_path / "broken")
    (broken / "bank.npz").write_bytes((CARD.bank / "bank.npz").read_bytes()[:5000])
    with pytest.raises(BankError, match="can't be read; make it again"):
        open_bank(CARD, broken)
    other = tmp_path / "other.onnx"
    other.write_bytes(b"other weights")
    assert open_bank(replace(CARD, weights=other)).outdated
    other.write_bytes(b"abc")  # the test vector of FIPS 180-2
    assert digest(other) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    for layer, number in (("conv_3", 256), ("conv_3", -1), ("blstm_1", 0)):
        with pytest.raises(BankError, match="none of"):
            bank.places(layer, number)
    for layer, number in (("blstm_1", 256), ("conv_3", 0), ("blstm_2", -1)):
        with pytest.raises(BankError, match="none of"):
            bank.unit(layer, number)
    assert len(PLACES_IN_WORD) == bank.arrays["by_place"].shape[-1]
