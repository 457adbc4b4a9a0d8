"""Which input pixels a unit can see: exact boxes, worked out from kernels, strides, dilations and paddings.

For layers that slide a window, the units of one layer see boxes of one size, laid out on a regular grid. Passing
through a layer with kernel k, dilation d, stride s and p rows of padding before the first, with j the grid's step,

    size  <- size + (k - 1) d j        start <- start - p j        j <- s j

(Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, https://arxiv.org/abs/1603.07285;
Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019,
https://distill.pub/2019/computing-receptive-fields).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explain.network.description import Description, describe
from explain.network.layers import WHOLE, Layer
from models.card import Card


@dataclass(frozen=True)
class ReceptiveField:
    """The boxes of a layer's units, in input pixels, each pair as (vertical, horizontal).

    size: height and width of every box. stride: how far the box moves from one unit to the next. start: top and left
    of the box of unit (0, 0); negative where that box reaches into the padding.
    """

    size: tuple[int, int]
    stride: tuple[int, int]
    start: tuple[int, int]

    def box(self, y: int, x: int) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) of unit (y, x), bottom and right exclusive; may reach beyond the picture."""
        top, left = self.start[0] + y * self.stride[0], self.start[1] + x * self.stride[1]
        return top, left, top + self.size[0], left + self.size[1]

    def clipped(self, y: int, x: int, input_shape: tuple[int, ...]) -> tuple[int, int, int, int]:
        """The part of the box that lies on a picture of shape (height, width, ...)."""
        height, width = input_shape[:2]
        top, left, bottom, right = self.box(y, x)
        return max(top, 0), max(left, 0), min(bottom, height), min(right, width)

    def inside(self, places: tuple[int, int], picture: tuple[int, ...]) -> np.ndarray:
        """`(height, width)`: which places of a map of that size see nothing beyond the edge of the picture."""
        sides = []
        for axis in (0, 1):
            first = self.start[axis] + self.stride[axis] * np.arange(places[axis])
            sides.append((first >= 0) & (first + self.size[axis] <= picture[axis]))
        return sides[0][:, None] & sides[1]


def receptive_field(network: Card | Description, layer_name: str) -> ReceptiveField | None:
    """The receptive field of a layer's units, None where every unit depends on the whole picture.

    A layer that takes several others sees all that they see: the box around their boxes. A layer of time steps (shape
    `(step, feature)`) made of a map's columns keeps the map's geometry: its step t is that map's column t, in row 0.
    Raises KeyError for a layer that the network does not have.
    """
    description = describe(network)
    description.layer(layer_name)
    fields: dict[str, ReceptiveField | None] = {description.input.name: ReceptiveField((1, 1), (1, 1), (0, 0))}
    for layer in description.layers[1:]:
        if layer_name in fields:
            break
        before = [fields[name] for name in layer.inputs]
        fields[layer.name] = None if layer.sees == WHOLE else _through(layer, _around(before))
    return fields[layer_name]


def _through(layer: Layer, field: ReceptiveField | None) -> ReceptiveField | None:
    """The field of a layer that takes units of this field."""
    if field is None or layer.window is None:
        return field
    window = layer.window
    return ReceptiveField(
        tuple(field.size[axis] + (window.extent[axis] - 1) * field.stride[axis] for axis in (0, 1)),
        tuple(field.stride[axis] * window.stride[axis] for axis in (0, 1)),
        tuple(field.start[axis] - window.padding[axis][0] * field.stride[axis] for axis in (0, 1)),
    )


def _around(fields: list[ReceptiveField | None]) -> ReceptiveField | None:
    """The smallest field that holds several; None where one sees everything or they are on different grids."""
    if not fields or None in fields or len({field.stride for field in fields}) > 1:
        return None
    start = tuple(min(field.start[axis] for field in fields) for axis in (0, 1))
    end = (max(field.start[axis] + field.size[axis] for field in fields) for axis in (0, 1))
    return ReceptiveField(tuple(e - s for s, e in zip(start, end, strict=True)), fields[0].stride, start)
