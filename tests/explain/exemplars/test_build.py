"""The bank of a network that nobody trained: another alphabet, the blank first, two LSTMs of different sizes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explain.ctc import decoding
from explain.exemplars import build
from explain.exemplars.chosen_words import characters_of, frames_needed, texts
from explain.exemplars.descriptions import purpose
from explain.exemplars.word_bank import BankError, counts_inside, open_bank
from explain.layers.activations import probabilities
from explain.network.description import Description, describe
from explain.network.session import Network
from models.crnn import CARD
from tests.explain.panels.layers.third import HEIGHT, LABELS, STEPS, WIDTH, classifier, recogniser

LSTMS = ((5, "bidirectional"), (4, "reverse"))


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> Description:
    folder = tmp_path_factory.mktemp("third")
    described = describe(recogniser(folder / "third.onnx", LSTMS))
    return replace(described, card=replace(CARD, name="third", weights=described.path, bank=folder / "bank"))


@pytest.fixture(scope="module")
def bank(network):
    build.write(network.card.bank, network, seed=3)
    return open_bank(network)


def test_words_are_written_in_its_alphabet_and_drawn_in_its_size(network, bank):
    assert set("".join(bank.texts)) == {"x", "y", "Z", "7"} == set(bank.characters)
    assert all("".join(bank.texts).count(character) >= 14 for character in bank.characters)
    assert all(frames_needed(text) <= STEPS for text in bank.texts)
    assert bank.pictures.shape == (len(bank.texts), HEIGHT, WIDTH) and bank.pictures.std(axis=(1, 2)).min() > 5
    assert bank.labels == LABELS and bank.blank == 0 and not bank.outdated


def test_measured_values_are_the_networks_own(network, bank):
    outputs = Network(network).run(network.preprocessing.scaled(bank.pictures))
    for layer in ("first", "linear", "joined", "row"):
        largest = [outputs[layer][:, :, :, channel].max(axis=(1, 2)) for channel in range(outputs[layer].shape[-1])]
        for channel in range(outputs[layer].shape[-1]):
            for place in bank.places(layer, channel):
                value = outputs[layer][place.word, place.row, place.column, channel]
                assert place.value == pytest.approx(value, abs=1e-5)
                if not counts_inside(network, layer):
                    assert value == pytest.approx(largest[channel][place.word], abs=1e-5)
    paths = bank.arrays["frames"]
    for text, path, rows in zip(bank.texts, paths, probabilities(network, outputs), strict=True):
        assert "".join(LABELS[span.label] for span in decoding.collapse(path, 0)) == text
        best = decoding.forced_alignment(rows, decoding.labels_of(text, LABELS), 0)
        assert np.log(rows)[range(STEPS), path].sum() == pytest.approx(best.log_probability, abs=1e-3)


@pytest.mark.parametrize(("layer", "units"), [("memory_1", 10), ("memory_2", 4)])
def test_means_of_units_are_those_of_a_loop_over_frames(network, bank, layer, units):
    states = Network(network).run(network.preprocessing.scaled(bank.pictures), [layer])[layer]
    paths = bank.arrays["frames"]
    for unit in range(units):
        known = bank.unit(layer, unit)
        for character, mean in zip(bank.characters, known.by_character, strict=True):
            values = states[paths == LABELS.index(character)][:, unit]
            assert mean == pytest.approx(values.mean(), abs=2e-3) and bank.frames_of(character) == len(values)
        assert known.gap == pytest.approx(states[paths == 0][:, unit].mean(), abs=2e-3)
        for step in (*known.highest, *known.lowest):
            assert states[step.word, step.step, unit] == pytest.approx(step.value, abs=1e-5)
        assert purpose(known, bank.labels).endswith(".")
    with pytest.raises(BankError, match=f"units 0 to {units - 1}"):
        bank.unit(layer, units)


def test_answers_are_of_characters_alone(bank):
    found = bank.answering("memory_1", "Z", range(5, 10), 3)
    assert len(found) == 3 and all(5 <= answer.unit < 10 for answer in found)
    means = np.array([bank.unit("memory_1", answer.unit).by_character for answer in found])
    counts = np.array([bank.frames_of(character) for character in bank.characters])
    place = bank.characters.index("Z")
    others = np.delete(means, place, axis=1) @ np.delete(counts, place) / np.delete(counts, place).sum()
    for answer, mean, other in zip(found, means[:, place], others, strict=True):
        assert np.sign(answer.effect) == np.sign(mean - other) and answer.mean == pytest.approx(mean)


def test_low_fields_count_inside_alone(network):
    # Of 24 rows a third is 8: "linear" sees 8, "halved" 10.
    inside = {layer: counts_inside(network, layer) for layer in ("first", "pooled", "linear", "halved", "row")}
    assert inside == {"first": True, "pooled": True, "linear": True, "halved": False, "row": False}


@pytest.mark.parametrize(
    ("labels", "characters"),
    [(("", "a", "Ω9", " ", "\u4e2d", "b"), ("a", "b")), (("\u4e2d", ""), ())],  # the fonts have no Chinese
)
def test_only_what_the_fonts_have_is_written(labels, characters):
    assert characters_of(labels) == characters


def test_an_alphabet_of_one_case_gets_its_words_in_that_case():
    written = texts(1, ("", *"abcdefghijklmnopqrstuvwxyz"), 31)
    assert "about" in written and all(text.islower() for text in written) and len(written) > 250
    assert max(map(frames_needed, texts(1, ("", *"abcdefghijklmnopqrstuvwxyz"), 6))) <= 6
    with pytest.raises(ValueError, match="no words can be drawn"):
        texts(1, ("", "\u4e2d"), 31)


def test_a_network_without_words_or_a_bank_is_refused_in_one_sentence(network, tmp_path):
    animals = describe(classifier(tmp_path / "animals.onnx"))
    with pytest.raises(BankError, match="Animals reads no words"):
        build.write(tmp_path, animals)
    with pytest.raises(BankError, match="Animals has no bank"):
        open_bank(animals)
