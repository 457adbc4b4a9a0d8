"""A picture made ready for a network, and what was done to it on the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from models import contrast as colours
from models import trimming
from models.pictures import flatten
from models.preprocessing import Preprocessing, fitting_size

Box = trimming.Box


@dataclass(frozen=True, eq=False)
class Prepared:
    """A picture as a network takes it.

    batch: `(1, height, width, channel)` float32. source: the upright picture that was handed in, mode "L" or "RGB".
    kept: the box of the source that was read; all of it where nothing was trimmed.
    squeezed: the width that the network sees over the width that the proportions ask for, at most 1.
    direction: weights of red, green and blue whose sum was read in place of the usual grey, None for the usual.
    """

    batch: np.ndarray
    source: Image.Image
    kept: Box
    squeezed: float = 1.0
    direction: tuple[float, float, float] | None = None

    @property
    def trimmed(self) -> bool:
        return self.kept != (0, 0, *self.source.size)

    @property
    def rows(self) -> int:
        """Height in pixels of what was read, before it was made as high as the network wants it."""
        return self.kept[3] - self.kept[1]


def prepare(
    preprocessing: Preprocessing,
    picture: Image.Image,
    smallest: tuple[int, int] = (1, 1),
    *,
    trim: bool = False,
    contrast: bool = False,
) -> Prepared:
    """Any picture as a network wants it.

    smallest: height and width of the least picture that it takes. trim: leave an empty margin out, for networks that
    keep a picture's proportions, as those that read words do (`models.trimming`). contrast: where the usual grey loses
    what colour carries, read the direction of colour that has it, for networks that take grey (`models.contrast`).
    """
    source = flatten(picture)
    kept = trimming.kept(source) if trim and preprocessing.fit == "pad" else (0, 0, *source.size)
    read = source if kept == (0, 0, *source.size) else source.crop(kept)
    direction = colours.direction(read) if contrast and preprocessing.colour == "grey" else None
    if direction:
        read = colours.along(read, direction)
    height, width = fitting_size(preprocessing, read.size, smallest)
    asked = read.width * height / read.height
    squeezed = min(1.0, width / asked) if preprocessing.fit == "pad" else 1.0
    return Prepared(preprocessing.prepare(read, height, width), source, kept, squeezed, direction)
