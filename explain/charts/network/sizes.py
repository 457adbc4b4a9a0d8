"""How large each layer's output is: rows, columns and channels, and these in words."""

from __future__ import annotations

import math
from collections.abc import Mapping

from explain.charts.network.units import Size
from explain.network.description import Description
from explain.network.head import CLASSES, CTC
from explain.network.layers import Layer


def sizes(shapes: Mapping[str, tuple[int | None, ...]]) -> dict[str, Size]:
    """Rows, columns and channels of each layer by its shape; see `size`."""
    return {name: size(shape) for name, shape in shapes.items()}


def size(shape: tuple[int | None, ...]) -> Size:
    """Rows, columns and channels of `(height, width, channel)`, `(step, feature)` or `(unit,)`.

    A sequence has one row, a layer of units one row and one column; a length that nothing says counts as one.
    """
    lengths = [length or 1 for length in shape]
    *rows, columns, channels = [1, 1, *lengths]
    return math.prod(rows), columns, channels


def in_words(description: Description, layer: Layer, shape: tuple[int | None, ...]) -> str:
    """A shape as people say it: "8 rows, 32 columns, 256 channels", "31 frames, 63 labels", "200 classes"."""
    last = layer is description.output
    many = {CTC: ("frame", "label"), CLASSES: ("step", "class")}.get(description.head.kind) if last else None
    step, feature = many or ("step", "unit" if layer.kind in ("lstm", "dense") or len(shape) == 1 else "channel")
    words = {1: (feature,), 2: (step, feature), 3: ("row", "column", "channel")}.get(len(shape))
    if words is None:
        return " × ".join(map(str, shape)) or "1 number"
    return ", ".join(counted(length, word) for length, word in zip(shape, words, strict=True))


def counted(count: int | None, word: str) -> str:
    """A number with what it counts: "1 row", "31 frames", "200 classes"."""
    if count == 1:
        return f"1 {word}"
    return f"{'any number of' if count is None else f'{count:,}'} {word}{'es' if word.endswith('s') else 's'}"
