"""The weights of convolution layers as pictures.

A filter is `height x width x input channel` numbers. On a picture's own colours (one grey, or red, green and blue in
either order) it is a small picture itself; on the channels of a deeper layer it is not, since these have no colour:
there each input channel's slice is shown by itself, the strongest first.

Signed weights stand around mid-grey (or the palette's middle): nought is the middle, whatever the scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from explain.pictures import images
from explain.pictures.sheets import Layout, sheet

MIDDLE = 127.5
CHANNELS = {"grey": 1, "rgb": 3, "bgr": 3}


class FilterError(ValueError):
    """A kernel that cannot be shown so; the message is one sentence for the reader."""


@dataclass(frozen=True)
class Slice:
    """What one input channel is weighted with, place by place. values: `(height, width)`; share: of the filter's sum
    of squares, between 0 and 1."""

    channel: int
    values: np.ndarray
    share: float


def pictures(kernel: np.ndarray, colour: str, shared: bool = False) -> np.ndarray:
    """Each filter of a layer that takes the picture itself as a small picture: uint8 `(out, height, width, 3)`.

    kernel: `(height, width, in, out)`. colour: what its input channels are, "grey", "rgb" or "bgr". A weight of zero is
    mid-grey; the largest magnitude of the filter, or with `shared` of all, is as far from it as can be: white or bright
    where more of that colour speaks for the filter, black or dark where it speaks against it.
    """
    channels = _checked(kernel).shape[2]
    if CHANNELS.get(colour) != channels:
        raise FilterError(f"A filter on {channels} channels is no picture in {colour}: show its slices.")
    filters = np.moveaxis(kernel, -1, 0)
    if colour == "bgr":
        filters = filters[..., ::-1]
    most = np.abs(filters).max(axis=None if shared else (1, 2, 3), keepdims=True)
    levels = MIDDLE + MIDDLE * filters / np.where(most > 0, most, 1)
    return np.rint(np.broadcast_to(levels, (*filters.shape[:3], 3))).astype(np.uint8)


def slices(kernel: np.ndarray, unit: int, count: int | None = None, groups: int = 1) -> list[Slice]:
    """The slices of filter `unit`, one an input channel, those with the largest sum of squares first.

    kernel: `(height, width, in, out)`, in being the channels of one group. count: how many; all unless stated. groups:
    of the layer's input channels; each filter weighs one group.
    """
    kernel = _checked(kernel)
    if not 0 <= unit < kernel.shape[3]:
        raise FilterError(f"There is no filter {unit}: this layer has 0 to {kernel.shape[3] - 1}.")
    first = unit // (kernel.shape[3] // groups) * kernel.shape[2]
    energy = (kernel[..., unit].astype(np.float64) ** 2).sum(axis=(0, 1))
    total = energy.sum() or 1.0
    order = np.argsort(-energy, kind="stable")[:count]
    return [
        Slice(first + int(channel), kernel[:, :, channel, unit], float(energy[channel] / total)) for channel in order
    ]


def drawn(shown: list[Slice], columns: int, cell: int, ground: tuple[int, int, int]) -> Image.Image:
    """Slices side by side as one picture, in rows of `columns`, all on one scale, zero in the palette's middle.

    cell: screen pixels a weight. ground: colour of the gaps between slices.
    """
    if not shown:
        raise FilterError("There are no slices to draw.")
    most = max(float(np.abs(one.values).max()) for one in shown)
    tiles = [images.enlarge(images.coloured(one.values, -most, most), cell) for one in shown]
    gap = max(2, cell // 3)
    return sheet(tiles, Layout(tiles[0].size, min(columns, len(tiles)), (gap, gap)), ground=ground)


def _checked(kernel: np.ndarray) -> np.ndarray:
    if kernel.ndim != 4:
        raise FilterError(f"The filters of a convolution are (height, width, in, out) numbers, not {kernel.shape}.")
    return kernel
