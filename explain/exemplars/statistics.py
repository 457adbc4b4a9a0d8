"""What explains how recurrent units vary over the frames of many words: means by group, shares of variance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explain.ctc import decoding
from explain.exemplars.word_bank import kind_of

FIFTHS = 5
# Which character the frame stands for; the one before it in the word; the one after; whether that is a small letter, a
# capital, a figure or another; the frame's place in the word; whether it stands for a character or for the gap between
# two. The last two hold for all frames, the others for those of characters.
ASPECTS = ("character", "before", "after", "kind", "place", "gap")
ON_ALL = ("place", "gap")


def statistics(
    hidden: Sequence[np.ndarray], texts: Sequence[str], frames: np.ndarray, labels: Sequence[str]
) -> dict[str, np.ndarray]:
    """Means and shares of variance of every unit over the frames; see `explain.exemplars.build` for the arrays.

    hidden: `(w, t, u)` of each recurrent layer. frames: `(w, t)` labels. labels: what each stands for, the blank being
    "".
    """
    blank = labels.index("")
    label = frames.ravel().astype(int)
    groups = groups_of(texts, frames, labels)
    spoken = label != blank
    parts = [_of_layer(states.reshape(len(label), -1).astype(np.float64), groups, spoken, labels) for states in hidden]
    units = max((states.shape[-1] for states in hidden), default=0)
    sizes = {"by_character": (len(labels),), "spread": (), "by_place": (FIFTHS + 2,), "explains": (len(ASPECTS),)}
    return {
        "counts": np.bincount(label, minlength=len(labels)).astype(np.int32),
        **{name: padded([part[name] for part in parts], units, size, np.float16) for name, size in sizes.items()},
    }


def _of_layer(
    columns: np.ndarray, groups: dict[str, np.ndarray], spoken: np.ndarray, labels: Sequence[str]
) -> dict[str, np.ndarray]:
    """The means and shares of one layer's units, `(unit, ...)`. columns: `(frame, unit)`."""
    shares = [
        explained(columns, groups[aspect]) if aspect in ON_ALL else explained(columns[spoken], groups[aspect][spoken])
        for aspect in ASPECTS
    ]
    return {
        "by_character": _group_means(columns, groups["character"], len(labels)).T,
        "spread": columns[spoken].std(axis=0),
        "by_place": _group_means(columns, groups["place"], FIFTHS + 2).T,
        "explains": np.stack(shares, axis=-1),
    }


def padded(parts: Sequence[np.ndarray], units: int, size: tuple[int, ...], kind: type) -> np.ndarray:
    """`(l, units, *size)`: one part a layer; what a layer with fewer units lacks is NaN, or 0 among whole numbers."""
    empty = np.nan if np.issubdtype(kind, np.floating) else 0
    whole = np.full((len(parts), units, *size), empty, kind)
    for row, part in zip(whole, parts, strict=True):
        row[: len(part)] = part
    return whole


def groups_of(texts: Sequence[str], frames: np.ndarray, labels: Sequence[str]) -> dict[str, np.ndarray]:
    """What each frame of all words is, for each of ASPECTS: a number of its group, `(w * t,)`."""
    blank = labels.index("")
    groups = {aspect: np.zeros(frames.shape, int) for aspect in ASPECTS}
    groups["character"][:] = frames
    groups["gap"][:] = frames == blank
    groups["kind"][:] = np.array([kind_of(label) for label in labels])[frames]
    reach = np.arange(frames.shape[1])
    for word, (text, path) in enumerate(zip(texts, frames, strict=True)):
        spans = decoding.collapse(path, blank)
        first, last = spans[0].start, spans[-1].end
        fifths = np.floor(FIFTHS * (reach - first) / (last - first))
        groups["place"][word] = 1 + np.clip(fifths, -1, FIFTHS).astype(int)
        around = [blank, *decoding.labels_of(text, labels), blank]
        for number, span in enumerate(spans):
            part = slice(span.start, span.end)
            groups["before"][word, part], groups["after"][word, part] = around[number], around[number + 2]
    return {aspect: numbers.ravel() for aspect, numbers in groups.items()}


def _group_means(columns: np.ndarray, groups: np.ndarray, number: int) -> np.ndarray:
    """`(group, column)`; NaN for a group without rows."""
    counts = np.bincount(groups, minlength=number)[:, None]
    sums = np.zeros((number, columns.shape[1]))
    np.add.at(sums, groups, columns)
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)


def explained(columns: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """How much of each column's variance its group explains, 0 to 1, less what any grouping would by chance.

    columns: `(row, column)`. groups: `(row,)`. Eta squared, corrected for the number of groups as epsilon squared is
    (T. Kelley, An Unbiased Correlation Ratio Measure, PNAS 21(9), 1935, https://doi.org/10.1073/pnas.21.9.554). Nothing
    where there are as many groups as rows.
    """
    _, groups = np.unique(groups, return_inverse=True)
    number = groups.max() + 1
    if number >= len(columns):
        return np.zeros(columns.shape[1])
    left = ((columns - _group_means(columns, groups, number)[groups]) ** 2).sum(axis=0) / (len(columns) - number)
    whole = ((columns - columns.mean(axis=0)) ** 2).sum(axis=0) / (len(columns) - 1)
    share = 1 - np.divide(left, whole, out=np.ones_like(left), where=whole > 0)
    return np.clip(share, 0, 1)
