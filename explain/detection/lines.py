"""Lines of text as connected pieces of a map of probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SURE = 0.3  # from which a pixel counts as text
BELIEVED = 0.5  # the least mean of a piece that is a line
UNCLIP = 1.6  # how much a piece is widened: times its area over its perimeter
LEAST = 3  # pixels, a piece's smaller side
MOST = 1000  # lines, the largest pieces first


@dataclass(frozen=True, eq=False)
class Line:
    """left, top, right, bottom: float, in the map's pixels. middle: coefficients of its middle row by column (polyfit).

    height: of the line itself, without what slant or curve add to its box.
    """

    left: float
    top: float
    right: float
    bottom: float
    middle: np.ndarray
    height: float


def lines(probabilities: np.ndarray) -> list[Line]:
    """The lines of text on a map `(height, width)`, from the top."""
    pieces = _pieces(probabilities >= SURE)
    pieces = sorted(pieces, key=lambda runs: -int((runs[:, 2] - runs[:, 1]).sum()))[:MOST]
    found = [line for runs in pieces if (line := _line(runs, probabilities)) is not None]
    return sorted(found, key=lambda line: (line.top, line.left))


def _line(runs: np.ndarray, probabilities: np.ndarray) -> Line | None:
    """A line from the runs (row, first column, column after the last) of one piece."""
    rows, starts, ends = runs.T
    lengths = ends - starts
    left, right, area = starts.min(), ends.max(), lengths.sum()
    if min(right - left, rows.max() + 1 - rows.min()) < LEAST:
        return None
    believed = sum(float(probabilities[row, start:end].sum()) for row, start, end in runs) / area
    if believed < BELIEVED:
        return None
    columns = right - left
    flat = np.concatenate([np.arange(start, end) for start, end in zip(starts, ends, strict=True)])
    counts = np.bincount(flat - left, minlength=columns)
    middles = np.bincount(flat - left, weights=np.repeat(rows + 0.5, lengths), minlength=columns) / np.maximum(
        counts, 1
    )
    height = float(np.median(counts[counts > 0]))
    degree = 2 if columns > 6 * height else 1 if columns > 2 * height else 0
    at = np.arange(left, right) + 0.5
    middle = np.polyfit(at[counts > 0], middles[counts > 0], degree)
    wider = area * UNCLIP / (2 * (columns + height))
    top, bottom = rows.min() - wider, rows.max() + 1 + wider
    return Line(left - wider, top, right + wider, bottom, middle, height + 2 * wider)


def _pieces(mask: np.ndarray) -> list[np.ndarray]:
    """The connected pieces of a mask, each as its runs `(run, 3)`: row, first column, column after the last."""
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)
    if not len(rows):
        return []
    parents = list(range(len(rows)))

    def root(run: int) -> int:
        while parents[run] != run:
            parents[run] = run = parents[parents[run]]
        return run

    first_of = np.searchsorted(rows, np.arange(mask.shape[0] + 1)).tolist()
    begun, ended, row_of = starts.tolist(), ends.tolist(), rows.tolist()
    for run, row in enumerate(row_of):
        if not row:
            continue
        above, last = first_of[row - 1], first_of[row]
        above += int(np.searchsorted(ends[above:last], begun[run], side="right"))
        while above < last and begun[above] < ended[run]:
            parents[root(above)] = root(run)
            above += 1
    roots = np.array([root(run) for run in range(len(parents))])
    order = np.argsort(roots, kind="stable")
    runs = np.stack([rows, starts, ends], axis=1)[order]
    return np.split(runs, np.flatnonzero(np.diff(roots[order])) + 1)
