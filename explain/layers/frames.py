"""Where the frames of a sequence lie on the picture: the one place that works out their columns.

A frame stands for the columns that the convolutions before the recurrent layers see at that step; the recurrent layers
let it know of the rest of the picture too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from explain.layers.receptive_field import ReceptiveField, receptive_field
from explain.network.description import Description


@dataclass(frozen=True)
class Frames:
    """The columns of a sequence's frames, in input pixels.

    seen: for each frame the first and last column that its convolutions see; may lie outside the picture.
    middles: for each frame the first and last column in the middle of those, one frame beside the next.
    width: of the picture.
    """

    seen: tuple[tuple[int, int], ...]
    middles: tuple[tuple[int, int], ...]
    width: int

    def __len__(self) -> int:
        return len(self.seen)

    @cached_property
    def centres(self) -> list[float]:
        """The middle of each frame's columns; pixel 3's middle is 3.5."""
        return [(first + last + 1) / 2 for first, last in self.seen]

    @cached_property
    def within(self) -> list[tuple[int, int]]:
        """The part of `seen` that lies on the picture, as the first column and one past the last."""
        return [(max(first, 0), min(last + 1, self.width)) for first, last in self.seen]

    @cached_property
    def step(self) -> float:
        """From one frame's centre to the next; of a single frame, how many columns of the picture it sees."""
        if len(self) > 1:
            return self.centres[1] - self.centres[0]
        first, end = self.within[0]
        return float(end - first)

    def left(self, frame: int) -> float:
        """Where a frame begins that is as wide as the step, around its centre."""
        return self.centres[frame] - self.step / 2

    def right(self, frame: int) -> float:
        return self.centres[frame] + self.step / 2

    def across(self, first: int, last: int | None = None) -> dict[str, float]:
        """From the beginning of one frame to the end of another, or of the same, as `x` and `x2`."""
        return {"x": self.left(first), "x2": self.right(first if last is None else last)}

    def columns_seen(self, frame: int) -> str:
        """The part of `seen` that lies on the picture in words, both ends included."""
        first, end = self.within[frame]
        return f"{first} to {end - 1}"


def frames(description: Description, count: int, width: int) -> Frames:
    """The columns of `count` frames over a picture of `width` columns.

    Where no layer before the end keeps the columns apart, or in reading order, the picture is shared out evenly.
    """
    field = _field(description, count, width)
    if field is None:
        edges = [round(frame * width / count) for frame in range(count + 1)]
        even = tuple((edges[frame], max(edges[frame], edges[frame + 1] - 1)) for frame in range(count))
        return Frames(even, even, width)
    step, size = field.stride[1], field.size[1]
    starts = [field.start[1] + frame * step for frame in range(count)]
    before = (size - step) // 2
    return Frames(
        tuple((start, start + size - 1) for start in starts),
        tuple((start + before, start + before + step - 1) for start in starts),
        width,
    )


def _field(description: Description, count: int, width: int) -> ReceptiveField | None:
    """What the last layer sees whose units still stand for columns, one a frame."""
    open_width = description.picture[1] is None and description.input_shape[1] != width
    columns = _columns_at(description, width) if open_width else {}
    for layer in reversed(description.layers[1:]):
        made = columns.get(layer.name, -1) if open_width else _columns(layer.shape)
        if made == count or (open_width and abs(made - count) == 1):  # padding may depend on the width
            field = receptive_field(description, layer.name)
            if field is not None:
                return field
    return None


def _columns(shape: Sequence[int | None]) -> int:
    """How many columns an output of this shape has, 0 for one without: `(row, column, channel)`, `(step, feature)`."""
    return (shape[-2] or 0) if len(shape) in (2, 3) else 0


def _columns_at(description: Description, width: int) -> dict[str, int]:
    """How many columns the outputs have for a picture of this width, as far as windows alone make them fewer."""
    columns = {description.input.name: width}
    for layer in description.layers[1:]:
        before = {columns.get(name) for name in layer.inputs}
        if len(before) == 1 and None not in before:
            (taken,), window = before, layer.window
            if window is not None:
                taken = (taken + sum(window.padding[1]) - window.extent[1]) // window.stride[1] + 1
            columns[layer.name] = taken
    return columns
