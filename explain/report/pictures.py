"""Feature maps and LSTM states as PNG files: pixels shown as pixels, each map on its own scale.

Colours are those of `explain.pictures.images`: maps from their lowest to their highest value, or where a layer has
values below zero on the diverging palette with zero in its middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from explain.layers import feature_maps
from explain.pictures import images, sheets

COUNT = 20  # strongest channels of a layer, as on the page
ACROSS = 4  # maps side by side on a sheet
MAP_WIDTH, STRIP_HEIGHT = 256, 24  # screen pixels on a sheet: about as wide as this; a sequence's height
MARGIN, CAPTION = 12, 18
MOST_PIXELS = 8_000_000  # of a sheet with all channels
LEAST_SIDE = 512  # of such a sheet's longer side, about
GROUND, INK = (255, 255, 255), (29, 36, 51)
FRAME_WIDTH, UNIT_HEIGHT = 12, 4  # screen pixels of one cell of an LSTM's heat map
STATES = ("input_gate", "forget_gate", "output_gate", "candidate", "cell", "hidden")
GATES = STATES[:3]


@dataclass(frozen=True)
class Map:
    """One channel of a layer: its name, its lowest and highest value, and its picture, one pixel a value."""

    name: str
    low: float
    high: float
    picture: Image.Image

    @property
    def range(self) -> str:
        """Its values in words; of a single unit the one it has."""
        if self.picture.size == (1, 1):
            return f"{self.low + 0.0:.3g}"
        return f"{self.low + 0.0:.3g} to {self.high + 0.0:.3g}"  # a negative zero is written as zero


def strongest(activation: np.ndarray, names: Sequence[str], count: int = COUNT) -> list[Map]:
    """The channels that respond most, strongest first, each on its own scale; none of what makes no pictures.

    activation: a layer's output without the batch. names: of all its channels. Single units, of which each is one
    value, are on the scale of their layer.
    """
    if not makes_pictures(activation):
        return []
    tiles = feature_maps.strongest(activation, count)
    signed = feature_maps.is_signed(activation)
    whole = images.scale(activation) if activation.ndim == 1 else None
    return [
        Map(names[tile.channel], float(tile.values.min()), float(tile.values.max()), _coloured(tile, signed, whole))
        for tile in tiles
    ]


def makes_pictures(activation: np.ndarray) -> bool:
    """Whether a layer's output is made of maps, courses or units, all of them numbers."""
    return activation.ndim in (1, 2, 3) and activation.size > 0 and bool(np.isfinite(activation).all())


def all_channels(activation: np.ndarray) -> Image.Image:
    """Every channel's map, each value a pixel, side by side in rows, all on one scale; as many as fit MOST_PIXELS,
    the strongest of them.

    activation: a layer's output without the batch that `makes_pictures`. Channels are in order, a pixel apart. A sheet
    that would be small is enlarged, its pixels squares.
    """
    stack = feature_maps.maps(activation)
    height, width = (length + 1 for length in stack.shape[1:])
    fitting = max(1, MOST_PIXELS // (height * width))
    if len(stack) > fitting:
        peaks = np.abs(stack).reshape(len(stack), -1).max(axis=1)
        stack = stack[np.sort(np.argsort(-peaks, kind="stable")[:fitting])]
    low, high, palette = images.scale(stack)
    columns = max(1, min(len(stack), round((len(stack) * height / width) ** 0.5)))
    rows = -(-len(stack) // columns)
    sheet = np.full((rows * height - 1, columns * width - 1), 0.0 if low < 0 else low, np.float32)
    for place, values in enumerate(stack):
        top, left = place // columns * height, place % columns * width
        sheet[top : top + height - 1, left : left + width - 1] = values
    return images.enlarge(images.indexed(sheet, low, high, palette), max(1, LEAST_SIDE // max(sheet.shape)))


def _coloured(tile: feature_maps.Tile, signed: bool, whole: tuple[float, float, str] | None) -> Image.Image:
    """One palette a layer, as on the page: a layer with values below zero is diverging in all its maps.

    whole: the scale of the layer, where its maps are not to have their own.
    """
    if whole:
        return Image.fromarray(images.colours(tile.values, *whole))
    if not signed:
        return images.coloured(tile.values)
    return Image.fromarray(images.colours(tile.values, -tile.peak, tile.peak, "diverging"))


def sheet(maps: Sequence[Map]) -> Image.Image:
    """Maps side by side, enlarged to about the same width, each with its name and its range under it."""
    width, height = maps[0].picture.size
    factor = max(1, MAP_WIDTH // width)
    wide, tall = width * factor, STRIP_HEIGHT if height == 1 else height * factor
    gap = MARGIN + max(0, MAP_WIDTH - wide), MARGIN  # captions are about as wide as the widest map
    layout = sheets.Layout((wide, tall), min(ACROSS, len(maps)), gap, MARGIN, below=CAPTION)
    drawn = [shown.picture.resize((wide, tall), Image.Resampling.NEAREST) for shown in maps]
    captions = [f"{shown.name}: {shown.range}" for shown in maps]
    return sheets.sheet(drawn, layout, ground=GROUND, under=captions, lettering=sheets.Lettering.of(12, ink=INK))


def heat_map(values: np.ndarray, order: np.ndarray, name: str) -> Image.Image:
    """One state of every unit of an LSTM over the frames, one pixel a value: a row a unit, a column a frame.

    values: `(frame, unit)`. order: the units from top to bottom. name: one of STATES; gates are coloured from 0 to 1,
    the others with zero in the middle up to their largest absolute value.
    """
    rows = values[:, order].T
    if name in GATES:
        return images.coloured(rows, 0.0, 1.0)
    most = float(np.abs(rows).max())
    return images.coloured(rows, -most, most) if most else images.coloured(rows)


def enlarged(picture: Image.Image) -> Image.Image:
    """An LSTM's heat map with cells large enough to be seen; nothing is smoothed."""
    size = (picture.width * FRAME_WIDTH, picture.height * UNIT_HEIGHT)
    return picture.resize(size, Image.Resampling.NEAREST)


def grey(picture: np.ndarray) -> Image.Image:
    """A picture `(height, width)` from 0 to 1 as the network sees it."""
    return Image.fromarray(np.rint(np.asarray(picture) * 255).astype(np.uint8))
