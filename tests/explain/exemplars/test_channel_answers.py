"""What characters channels answer to: by hand, by loops over pixels, and the committed bank against its network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explain.exemplars import build, channel_answers
from explain.exemplars.channel_answers import Occurrences, effects, means, occurrences
from explain.exemplars.word_bank import Bank, BankError, open_bank
from explain.layers.frames import Frames, frames
from explain.layers.receptive_field import ReceptiveField, receptive_field
from explain.network.description import describe
from explain.network.session import Network
from explain.network.weights import network_weights
from models.crnn import CARD
from tests.explain.panels.layers.third import recogniser


def hedges(own: np.ndarray, others: np.ndarray) -> float:
    """Hedges' g of two samples, from the two-sample t statistic."""
    n, m = len(own), len(others)
    pooled = ((n - 1) * np.var(own, ddof=1) + (m - 1) * np.var(others, ddof=1)) / (n + m - 2)
    t = (np.mean(own) - np.mean(others)) / (pooled * (1 / n + 1 / m)) ** 0.5
    return t * (1 / n + 1 / m) ** 0.5 * (1 - 3 / (4 * (n + m - 2) - 1))


def test_effects_are_hedges_g_and_nothing_where_there_is_none():
    random = np.random.default_rng(3)
    labels = np.array([0] * 5 + [1] * 9 + [2] + [4] * 4)
    values = random.normal(3, 2, (len(labels), 3)) + labels[:, None] * [1, -0.5, 0]
    values[:, 2] = 7.25  # a channel that does not vary
    found = effects(values, labels, 5)
    assert found.shape == (3, 5)
    for channel in (0, 1):
        for label in (0, 1, 4):
            own, others = values[labels == label, channel], values[labels != label, channel]
            assert found[channel, label] == pytest.approx(hedges(own, others), rel=1e-9)
    assert np.isnan(found[:, [2, 3]]).all()  # once, and never
    assert np.isnan(found[2]).all()


def test_a_known_effect():
    # Means 3 and 1, both variances 1: two standard deviations, times 1 - 3 / (4 x 4 - 1).
    assert effects(np.array([[2.0], [3], [4], [0], [1], [2]]), np.array([0, 0, 0, 1, 1, 1]), 2)[0, 0] == pytest.approx(
        2 * (1 - 3 / 15)
    )


def test_characters_reach_halfway_to_their_neighbours():
    """Frames of 4 columns, the first around column 4: frame t from 4 t + 2 to 4 t + 6."""
    centres = tuple((4 * t, 4 * t + 7) for t in range(8))
    row = Frames(centres, centres, 36)
    path = np.array([[3, 0, 3, 3, 1, 3, 3, 2], [3, 3, 2, 3, 3, 3, 3, 3], [3] * 8])
    found = occurrences(path, 3, row)
    assert found.words.tolist() == [0, 0, 0, 1] and found.labels.tolist() == [0, 1, 2, 2]
    # 0 has frame 1 (6 to 10), 1 frame 4 (18 to 22), 2 frame 7 (30 to 34): gaps of 8, so 4 on either side, but for the
    # edge of the picture; a character alone has its frame alone.
    assert found.columns.tolist() == [[2, 14], [14, 26], [26, 36], [10, 14]]


def test_a_mean_is_over_the_columns_whose_middles_lie_within():
    field = ReceptiveField((5, 5), (2, 2), (-2, -2))  # column x looks at 2 x - 2 to 2 x + 2: its middle is 2 x + 0.5
    rows = np.arange(10.0)[None, :, None] * [1, -1]
    found = means(rows, field, Occurrences(np.array([0, 0]), np.array([0, 0]), np.array([[4.0, 9.0], [6.6, 8.2]])))
    assert found.tolist() == [[3, -3], [3, -3]]  # columns 2, 3 and 4; none lies in the second: 3 (6.5) is the nearest


@pytest.fixture(scope="module")
def third(tmp_path_factory):
    folder = tmp_path_factory.mktemp("third")
    described = describe(recogniser(folder / "third.onnx"))
    described = replace(described, card=replace(CARD, name="third", weights=described.path, bank=folder / "bank"))
    build.write(described.card.bank, described, seed=3, number=40)
    return described, open_bank(described)


def by_loops(description, bank: Bank, layer: str, values: np.ndarray) -> dict[tuple[int, str], float]:
    """Hedges' g of every channel and character, pixel by pixel. values: `(word, row, column, channel)`."""
    field = receptive_field(description, layer)
    row = frames(description, bank.frame_count, bank.pictures.shape[2])
    seen: dict[str, list[np.ndarray]] = {}
    for word, path in enumerate(bank.arrays["frames"]):
        spans, start = [], 0
        for frame in range(1, len(path) + 1):
            if frame == len(path) or path[frame] != path[start]:
                if path[start] != bank.blank:
                    spans.append((int(path[start]), row.left(start), row.right(frame - 1)))
                start = frame
        for place, (label, left, right) in enumerate(spans):
            before = (left - spans[place - 1][2]) / 2 if place else None
            after = (spans[place + 1][1] - right) / 2 if place + 1 < len(spans) else None
            before, after = (
                (before if before is not None else after or 0),
                (after if after is not None else before or 0),
            )
            left, right = max(left - before, 0), min(right + after, row.width)
            middles = [np.mean([field.box(0, x)[1], field.box(0, x)[3]]) for x in range(values.shape[2])]
            within = [x for x, middle in enumerate(middles) if left <= middle < right]
            within = within or [int(np.argmin([abs(middle - (left + right) / 2) for middle in middles]))]
            seen.setdefault(bank.labels[label], []).append(values[word][:, within].mean(axis=(0, 1)))
    found = {}
    for character, own in seen.items():
        others = np.array([value for other, rest in seen.items() if other != character for value in rest])
        for channel in range(values.shape[3]):
            at = np.array(own)[:, channel], others[:, channel]
            if len(own) > 1 and np.std(np.concatenate(at)) > 1e-4:
                found[channel, character] = hedges(*at)
    return found


@pytest.mark.parametrize("layer", ["first", "linear", "row"])
def test_what_is_stored_of_a_small_network_is_what_loops_find(third, layer):
    description, bank = third
    outputs = Network(description).run(description.preprocessing.scaled(bank.pictures), [layer])[layer]
    wanted = by_loops(description, bank, layer, outputs.astype(np.float64))
    assert len(wanted) >= 3 * len(bank.characters)
    for channel in range(outputs.shape[3]):
        answers = channel_answers.of_channel(bank, layer, channel)
        assert [answer.effect for answer in answers] == sorted((answer.effect for answer in answers), reverse=True)
        for answer in answers:
            assert answer.effect == pytest.approx(wanted[channel, answer.character], rel=2e-3, abs=2e-3)
    for character in bank.characters:
        answers = channel_answers.of_character(bank, layer, character, 2)
        best = sorted((wanted.get((channel, character), 0.0) for channel in range(outputs.shape[3])), reverse=True)
        assert [answer.effect for answer in answers] == pytest.approx(
            [g for g in best[:2] if g > 0], rel=2e-3, abs=2e-3
        )
        assert all(answer.occurrences == "".join(bank.texts).count(character) for answer in answers)


def test_only_convolutions_that_answer_maps_are_measured(third):
    description, bank = third
    assert bank.convolutions == {"first": 6, "linear": 6, "row": 8}
    assert list(open_bank(CARD).convolutions) == [layer.name for layer in describe(CARD).of_kind("conv")]


def test_what_was_not_measured_is_refused_in_one_sentence(third):
    _, bank = third
    with pytest.raises(BankError, match="channels of first, linear, row answer to, and none of pooled"):
        channel_answers.of_channel(bank, "pooled", 0)
    with pytest.raises(BankError, match="first has channels 0 to 5, so none of number 6"):
        channel_answers.of_channel(bank, "first", 6)
    with pytest.raises(BankError, match="knows nothing of 'é'"):
        channel_answers.of_character(bank, "first", "é")


def test_the_committed_bank_holds_what_the_first_filters_answer():
    """Of conv_1, which is little enough to be worked out without the network: nine weights a channel, and ReLU."""
    bank, description = open_bank(CARD), describe(CARD)
    weights, some = network_weights(description, "conv_1"), [1, 20, 45]
    padded = np.pad(bank.pictures.astype(np.float32) / 255, ((0, 0), (1, 1), (1, 1)))
    height, width = bank.pictures.shape[1:]
    sums = sum(
        padded[:, y : y + height, x : x + width, None] * weights["kernel"][y, x, 0, some] for y, x in np.ndindex(3, 3)
    )
    wanted = by_loops(description, bank, "conv_1", np.maximum(sums + weights["bias"][some], 0))
    met = 0
    for place, channel in enumerate(some):
        for answer in channel_answers.of_channel(bank, "conv_1", channel):
            assert answer.effect == pytest.approx(wanted[place, answer.character], rel=5e-3, abs=5e-3)
            met += 1
    assert met == 3 * 62


def test_channels_of_the_crnn_tell_characters_apart():
    """Deep down there are channels for every character: some lie a standard deviation above the rest."""
    bank = open_bank(CARD)
    for character in bank.characters:
        assert channel_answers.of_character(bank, "conv_7", character, 1)[0].effect > 1
