"""The weights of convolution layers as pictures.

A filter is `height x width x input channel` numbers. On a picture's own colours (one grey, or blue, green and red) it
is a small picture itself; on the 64 or more channels of a deeper layer it is not, since these have no colour: there
each input channel's slice is shown by itself, the strongest first.

Signed weights stand around mid-grey (or the palette's middle): nought is the middle, whatever the scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from explain.network.description import Description, describe
from explain.pictures import images
from models.card import Card

MIDDLE = 127.5


class FilterError(ValueError):
    """A kernel that cannot be shown so; the message is one sentence for the reader."""


@dataclass(frozen=True)
class Slice:
    """What one input channel is weighted with, place by place. values: `(height, width)`; share: of the filter's sum
    of squares, between 0 and 1."""

    channel: int
    values: np.ndarray
    share: float


def lie_on_the_picture(network: Card | Description, layer_name: str) -> bool:
    """Whether the filters of a layer weigh the picture's own grey or colours, so that they are pictures themselves."""
    description = describe(network)
    layer = description.layer(layer_name)
    takes_it = layer.inputs == (description.input.name,) and layer.groups == 1
    return layer.kind == "conv" and takes_it and description.preprocessing is not None


def is_picture(kernel: np.ndarray) -> bool:
    """Whether a filter has one input channel or three, as grey and colours have. kernel: `(height, width, in, out)`.

    That they are the picture's own is for the network to say: only a layer that takes its input has them.
    """
    return _checked(kernel).shape[2] in (1, 3)


def pictures(kernel: np.ndarray, shared: bool = False, colour: str = "bgr") -> np.ndarray:
    """Each filter of a first layer as a picture: uint8 `(out, height, width, 3)`.

    kernel: `(height, width, in, out)`. colour: the order of three input channels, "bgr" or "rgb". A weight of zero
    is mid-grey; the largest magnitude of the filter, or with `shared` of all, is as far from it as can be: white or
    bright where more of that colour speaks for the filter, black or dark where it speaks against it.
    """
    if not is_picture(kernel):
        raise FilterError(f"A filter on {kernel.shape[2]} channels is no picture: show its slices.")
    filters = np.moveaxis(kernel, -1, 0)
    filters = filters[..., ::-1] if colour == "bgr" else filters
    most = np.abs(filters).max(axis=None if shared else (1, 2, 3), keepdims=True)
    levels = MIDDLE + MIDDLE * filters / np.where(most > 0, most, 1)
    return np.rint(np.broadcast_to(levels, (*filters.shape[:3], 3))).astype(np.uint8)


def slices(kernel: np.ndarray, unit: int, count: int | None = None) -> list[Slice]:
    """The slices of filter `unit`, one an input channel, those with the largest sum of squares first.

    kernel: as in `pictures`. count: how many; all unless given.
    """
    kernel = _checked(kernel)
    if not 0 <= unit < kernel.shape[3]:
        raise FilterError(f"There is no filter {unit}: this layer has 0 to {kernel.shape[3] - 1}.")
    energy = (kernel[..., unit].astype(np.float64) ** 2).sum(axis=(0, 1))
    total = energy.sum() or 1.0
    order = np.argsort(-energy, kind="stable")[:count]
    return [Slice(int(channel), kernel[:, :, channel, unit], float(energy[channel] / total)) for channel in order]


def drawn(found: list[Slice], columns: int, cell: int, ground: tuple[int, int, int]) -> Image.Image:
    """Slices side by side as one picture, in rows of `columns`, all on one scale, zero in the palette's middle.

    cell: screen pixels a weight. ground: colour of the gaps between slices.
    """
    if not found:
        raise FilterError("There are no slices to draw.")
    most = max(float(np.abs(one.values).max()) for one in found)
    tiles = [np.asarray(images.enlarge(images.coloured(one.values, -most, most), cell)) for one in found]
    return sheet(np.stack(tiles), columns, max(2, cell // 3), ground)


def sheet(tiles: np.ndarray, columns: int, gap: int, ground: tuple[int, int, int]) -> Image.Image:
    """Pictures of one size, uint8 `(count, height, width, 3)`, in rows of `columns` with gaps of `gap` pixels."""
    count, height, width = tiles.shape[:3]
    columns = min(columns, count)
    rows = -(-count // columns)
    whole = np.empty((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), np.uint8)
    whole[:] = ground
    for place, tile in enumerate(tiles):
        top, left = (place // columns) * (height + gap), (place % columns) * (width + gap)
        whole[top : top + height, left : left + width] = tile
    return Image.fromarray(whole)


def _checked(kernel: np.ndarray) -> np.ndarray:
    if kernel.ndim != 4:
        raise FilterError(f"The filters of a convolution are (height, width, in, out) numbers, not {kernel.shape}.")
    return kernel
