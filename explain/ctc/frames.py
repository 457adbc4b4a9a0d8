"""Where the frames of a CTC network stand over its input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Frames:
    """Lengths are in input pixels.

    columns: the input columns `(first, last)` that each frame's convolutions see; they may lie outside the input.
    width: of the input.
    """

    columns: Sequence[tuple[int, int]]
    width: int

    def __len__(self) -> int:
        return len(self.columns)

    @cached_property
    def centres(self) -> list[float]:
        """The middle of each frame's columns."""
        return [(first + last + 1) / 2 for first, last in self.columns]

    @cached_property
    def seen(self) -> list[tuple[int, int]]:
        """Each frame's columns within the input, as the first and one past the last."""
        return [(max(first, 0), min(last + 1, self.width)) for first, last in self.columns]

    @cached_property
    def step(self) -> float:
        """From one frame's centre to the next; of a single frame, how many columns it sees."""
        if len(self.columns) > 1:
            return self.centres[1] - self.centres[0]
        first, end = self.seen[0]
        return float(end - first)

    def left(self, frame: int) -> float:
        """Where the frame begins if every frame is as wide as the step."""
        return self.centres[frame] - self.step / 2

    def right(self, frame: int) -> float:
        return self.centres[frame] + self.step / 2

    def across(self, first: int, last: int | None = None) -> dict[str, float]:
        """From the beginning of one frame to the end of another, or of the same, as `x` and `x2`."""
        return {"x": self.left(first), "x2": self.right(first if last is None else last)}

    def columns_seen(self, frame: int) -> str:
        """The frame's columns within the input in words, both ends included."""
        first, end = self.seen[frame]
        return f"{first} to {end - 1}"
