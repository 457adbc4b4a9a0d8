"""The drawing sheet of the lattice's chart: what stands where, and marks put there as layers of Vega-Lite.

x in input pixels, y in screen pixels from the top. Every layer says that it has no axis: Vega-Lite fails to merge
"none" with "not said".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from explain.charts.theme import GAP, WORD_HEIGHT, Inks, Labels, room
from explain.ctc import decoding

TALLEST, ROW_HEIGHT, LOWEST_ROW = 340, 16, 6
STRIP = 64  # height of the bars that tell which frames speak against a text


@dataclass(frozen=True)
class Sheet:
    """What every layer of the chart needs: the arrays, and what stands where.

    letters: one a state, the blank marked. columns: input columns `(first, last)` that each frame's convolutions see.
    bars: whether there is room for bars below.
    """

    probabilities: np.ndarray
    paths: decoding.Lattice
    alignment: decoding.Alignment
    labels: Labels
    columns: Sequence[tuple[int, int]]
    width: int
    inks: Inks
    character: int | None
    bars: bool

    @cached_property
    def letters(self) -> list[str]:
        return [self.labels.mark(label) for label in self.paths.states]

    @cached_property
    def centres(self) -> list[float]:
        return [(first + last + 1) / 2 for first, last in self.columns]

    @cached_property
    def seen(self) -> list[tuple[int, int]]:
        """The columns as first and one past the last, within the picture."""
        return [(max(first, 0), min(last + 1, self.width)) for first, last in self.columns]

    @property
    def row(self) -> float:
        return max(LOWEST_ROW, min(ROW_HEIGHT, TALLEST / len(self.letters)))

    @property
    def top(self) -> float:
        return WORD_HEIGHT + GAP

    @property
    def bottom(self) -> float:
        return self.top + self.row * len(self.letters)

    @property
    def reading(self) -> float:
        return self.bottom + 22

    @property
    def zero(self) -> float:
        return self.reading + 22 + STRIP / 2

    @property
    def height(self) -> float:
        return self.zero + STRIP / 2 + 4 if self.bars else self.reading + 18

    def across(self, first: int, last: int | None = None) -> dict[str, float]:
        """The x axis from frame `first` to frame `last`, both whole."""
        half = (self.centres[1] - self.centres[0] if len(self.centres) > 1 else self.width) / 2
        return {"x": self.centres[first] - half, "x2": self.centres[first if last is None else last] + half}

    def down(self, state: int) -> dict[str, float]:
        return {"y": self.top + state * self.row, "y2": self.top + (state + 1) * self.row}

    def middle(self, state: int) -> float:
        return self.top + (state + 0.5) * self.row

    def x(self, field: str = "x") -> dict:
        return _place(field, [-room(self.width), self.width])

    def y(self, field: str = "y") -> dict:
        return _place(field, [self.height, 0])

    def layer(self, rows: list[dict], mark: str, x: str = "x", y: str = "y", encoding=None, **settings) -> dict:
        """One layer of the chart: a mark for each of the rows, at their x and y."""
        placed = {"x": self.x(x), "y": self.y(y), **(encoding or {})}
        return {"data": {"values": rows}, "mark": {"type": mark, **settings}, "encoding": placed}

    def box(self, rows: list[dict], encoding=None, **settings) -> dict:
        """A rectangle for each of the rows, from x to x2 and y to y2."""
        ends = {"x2": {"field": "x2"}, "y2": {"field": "y2"}}
        return self.layer(rows, "rect", encoding={**ends, **(encoding or {})}, **settings)


def _place(field: str, domain: list[float]) -> dict:
    scale = {"domain": domain, "nice": False, "zero": False}
    return {"field": field, "type": "quantitative", "scale": scale, "axis": None}


def tooltip(**titles: str) -> list[dict]:
    """What hovering tells: fields of a row with their titles."""
    return [{"field": field, "type": "nominal", "title": title} for field, title in titles.items()]
