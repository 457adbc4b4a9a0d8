"""Which input pixels a unit can see: exact boxes, worked out from the kernels, strides and paddings of a card.

For layers that slide a window, the units of one layer see boxes of one size, laid out on a regular grid. Passing
through a layer with kernel k, stride s and p rows of padding before the first, with j the grid's step so far,

    size  <- size + (k - 1) j        start <- start - p j        j <- s j

(Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, https://arxiv.org/abs/1603.07285;
Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019,
https://distill.pub/2019/computing-receptive-fields).
"""

from __future__ import annotations

from dataclasses import dataclass

from models.card import LayerCard, ModelCard


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


def receptive_field(card: ModelCard, layer_name: str) -> ReceptiveField | None:
    """The receptive field of a layer's units, None where every unit sees the whole picture.

    A layer of time steps (shape `(step, feature)`) that works on each step alone, such as the CRNN's `squeezed`,
    keeps the geometry of the feature map it came from: its step t is that map's column t, in row 0. Raises KeyError
    for a layer that the card does not have.
    """
    card.layer(layer_name)
    size, stride, start = (1, 1), (1, 1), (0, 0)
    before = card.input
    for layer in card.layers:
        if layer.kernel is None:
            return None
        padding = tuple(padding_before(layer, before, axis) for axis in (0, 1))
        start = tuple(start[axis] - padding[axis] * stride[axis] for axis in (0, 1))
        size = tuple(size[axis] + (layer.kernel[axis] - 1) * stride[axis] for axis in (0, 1))
        stride = tuple(stride[axis] * layer.stride[axis] for axis in (0, 1))
        if layer.name == layer_name:
            return ReceptiveField(size, stride, start)
        before = layer
    raise AssertionError("card.layer found the layer, so the loop meets it")


def padding_before(layer: LayerCard, before: LayerCard, axis: int) -> int:
    """Rows (axis 0) or columns (axis 1) of padding before the first; of an odd number "same" puts one more after."""
    if layer.padding != "same":
        return 0
    kernel, stride = layer.kernel[axis], layer.stride[axis]
    if stride == 1:
        return (kernel - 1) // 2
    length = before.shape[axis]
    steps = -(-length // stride)
    return max((steps - 1) * stride + kernel - length, 0) // 2
