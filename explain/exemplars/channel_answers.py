"""What characters the channels of a convolution answer to: over many words, in each character's columns.

Where a character stands is known from the likeliest alignment of the right text. A channel's value at an occurrence of
a character is the mean of its map over all rows and the occurrence's columns. How strongly the channel answers to a
character is how far its values at all occurrences of it lie above those at all other characters, in standard
deviations: Hedges' g (L. Hedges, Distribution Theory for Glass's Estimator of Effect Size and Related Estimators,
Journal of Educational Statistics 6(2), 1981, https://doi.org/10.3102/10769986006002107), so that channels of different
size, and of different layers, compare. It is a correlation over these words: what a channel goes with, not what it is
for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from explain.ctc import decoding
from explain.exemplars.word_bank import Bank, BankError
from explain.layers.frames import Frames
from explain.layers.receptive_field import ReceptiveField, receptive_field
from explain.network.description import Description

LEAST = 2  # occurrences of a character, without which it has no spread
FLAT = 1e-6  # a spread below this share of the channel's largest value is rounding


class Occurrences(NamedTuple):
    """Characters where they stand. words, labels: `(n,)` whole numbers; columns: `(n, 2)`, where each begins and ends,
    in pixels of the picture."""

    words: np.ndarray
    labels: np.ndarray
    columns: np.ndarray


@dataclass(frozen=True)
class ChannelAnswer:
    """How a channel answers to a character: Hedges' g, over so many occurrences of the character."""

    channel: int
    character: str
    effect: float
    occurrences: int


def convolutions(description: Description) -> dict[str, int]:
    """The layers that are measured, with their channels: convolutions that answer maps whose columns keep their
    place."""
    found = [layer for layer in description.of_kind("conv") if len(layer.shape) == 3 and None not in layer.shape]
    return {layer.name: layer.shape[-1] for layer in found if receptive_field(description, layer.name) is not None}


def occurrences(paths: np.ndarray, blank: int, frames: Frames) -> Occurrences:
    """Every character of every word.

    paths: `(word, frame)`, labels along the likeliest alignment of each text. A character takes up the columns of its
    frames and half of the gap to either neighbour; at the ends of a word, where there is no neighbour, as much as on
    the other side.
    """
    words, labels, columns = [], [], []
    for word, path in enumerate(paths):
        spans = decoding.collapse(path, blank)
        edges = np.array([[frames.left(span.start), frames.right(span.end - 1)] for span in spans]).reshape(-1, 2)
        gaps = np.maximum(edges[1:, 0] - edges[:-1, 1], 0) / 2
        before, after = np.append(gaps[:1], gaps), np.append(gaps, gaps[-1:])
        if len(spans) > 1:
            edges = np.stack([edges[:, 0] - before, edges[:, 1] + after], axis=1)
        words += [word] * len(spans)
        labels += [span.label for span in spans]
        columns.append(np.clip(edges, 0, frames.width))
    return Occurrences(np.array(words, int), np.array(labels, int), np.concatenate(columns))


def means(rows: np.ndarray, field: ReceptiveField, found: Occurrences) -> np.ndarray:
    """`(n, channel)`: each channel's mean over the columns of each occurrence.

    rows: `(word, column, channel)`, a layer's maps averaged over their rows. A column of the map belongs to an
    occurrence where the middle of what it sees lies in it; to one that is narrower than a column, the nearest.
    """
    count = rows.shape[1]
    centres = field.start[1] + field.stride[1] * np.arange(count) + field.size[1] / 2
    first, end = (np.searchsorted(centres, found.columns[:, side]) for side in (0, 1))
    nearest = np.abs(centres - found.columns.mean(axis=1, keepdims=True)).argmin(axis=1)
    narrow = first == end
    first, end = np.where(narrow, nearest, first), np.where(narrow, nearest + 1, end)
    sums = np.concatenate([np.zeros_like(rows[:, :1], np.float64), np.cumsum(rows, axis=1, dtype=np.float64)], axis=1)
    return (sums[found.words, end] - sums[found.words, first]) / (end - first)[:, None]


def effects(values: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """`(channel, count)`: Hedges' g of each label's values against those of all others.

    values: `(n, channel)`. NaN for a label with fewer than LEAST occurrences, or that leaves fewer, and for a channel
    that does not vary.
    """
    values = np.asarray(values, np.float64)
    centred = values - values.mean(axis=0)
    sums, squares = (np.zeros((count, values.shape[1])) for _ in range(2))
    np.add.at(sums, labels, centred)
    np.add.at(squares, labels, centred**2)
    own = np.bincount(labels, minlength=count).astype(np.float64)[:, None]
    rest = len(labels) - own
    enough = (own >= LEAST) & (rest >= LEAST)
    own, rest = np.where(enough, own, 1), np.where(enough, rest, 1)
    mean, elsewhere = sums / own, -sums / rest  # all together are zero
    within = squares - own * mean**2 + (squares.sum(axis=0) - squares) - rest * elsewhere**2
    spread = np.sqrt(np.maximum(within, 0) / np.maximum(own + rest - 2, 1))
    varies = enough & (spread > FLAT * np.abs(values).max(axis=0, initial=0.0))
    small_sample = 1 - 3 / np.maximum(4 * (own + rest) - 9, 1)
    return np.divide(
        (mean - elsewhere) * small_sample,
        spread,
        out=np.full_like(mean, np.nan),
        where=np.broadcast_to(varies, mean.shape),
    ).T


def measured(description: Description, rows: Sequence[np.ndarray], paths: np.ndarray, frames: Frames) -> dict:
    """The arrays of bank.npz: "effects" `(channel, label)` float16, the layers of `convolutions` one after another, and
    "occurrences" `(label,)` int32. rows: of each of these layers, as `means` takes them."""
    found = occurrences(paths, description.blank, frames)
    count = len(description.labels)
    parts = [
        effects(means(of_layer, receptive_field(description, layer), found), found.labels, count)
        for layer, of_layer in zip(convolutions(description), rows, strict=True)
    ]
    return {
        "effects": np.concatenate([np.empty((0, count)), *parts]).astype(np.float16),
        "occurrences": np.bincount(found.labels, minlength=count).astype(np.int32),
    }


def of_channel(bank: Bank, layer: str, channel: int) -> tuple[ChannelAnswer, ...]:
    """How the channel answers to each character of the bank, strongest first; none for a channel that does not vary.

    Raises BankError for a layer that was not measured and a channel that it does not have.
    """
    row = _of_layer(bank, layer)[_checked(bank, layer, channel)]
    answers = [_answer(bank, channel, label, effect) for label, effect in enumerate(row) if np.isfinite(effect)]
    return tuple(sorted(answers, key=lambda answer: -answer.effect))


def of_character(bank: Bank, layer: str, character: str, most: int = 5) -> tuple[ChannelAnswer, ...]:
    """Of a layer the channels that answer to the character most, strongest first; only those that do at all."""
    if not character or character not in bank.labels:
        raise BankError(f"The bank knows nothing of {character!r}; choose one of {''.join(bank.labels)}.")
    label = bank.labels.index(character)
    column = np.nan_to_num(_of_layer(bank, layer)[:, label])
    order = np.argsort(-column, kind="stable")[:most]
    return tuple(_answer(bank, int(channel), label, column[channel]) for channel in order if column[channel] > 0)


def _answer(bank: Bank, channel: int, label: int, effect: float) -> ChannelAnswer:
    return ChannelAnswer(channel, bank.labels[label], float(effect), int(bank.arrays["occurrences"][label]))


def _of_layer(bank: Bank, layer: str) -> np.ndarray:
    """`(channel, label)`"""
    if layer not in bank.convolutions:
        known = ", ".join(bank.convolutions) or "no layer"
        raise BankError(f"The bank knows what the channels of {known} answer to, and none of {layer}.")
    names = list(bank.convolutions)
    first = sum(bank.convolutions[name] for name in names[: names.index(layer)])
    return bank.arrays["effects"][first : first + bank.convolutions[layer]].astype(np.float64)


def _checked(bank: Bank, layer: str, channel: int) -> int:
    if not 0 <= channel < bank.convolutions[layer]:
        raise BankError(f"{layer} has channels 0 to {bank.convolutions[layer] - 1}, so none of number {channel}.")
    return channel
