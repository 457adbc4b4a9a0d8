"""A picture as one network takes it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from explain.network.description import Description
from explain.pictures import images
from models.pictures import PictureError, open_picture
from models.prepared import Prepared
from models.preprocessing import Preprocessing

Source = bytes | str | os.PathLike | BinaryIO | Image.Image | np.ndarray


@dataclass(frozen=True, eq=False)
class Picture:
    """network: the file of the network that it was prepared for; prepared: how.
    batch: `(1, height, width, channel)` float32, what the network takes.
    seen: the same as a Pillow image, mode "L" or "RGB": what the network sees. ready: what was done to the picture.
    """

    network: Path
    prepared: Preprocessing
    batch: np.ndarray
    seen: Image.Image
    ready: Prepared

    @property
    def values(self) -> np.ndarray:
        """`(height, width, channel)`, without the batch."""
        return self.batch[0]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.batch.shape

    def __repr__(self) -> str:
        height, width = self.shape[1:3]
        return f"Picture of {height} × {width} pixels for {self.network.stem}"

    def _repr_png_(self) -> bytes:
        return images.png_bytes(self.seen)


def picture_for(network: Description, source: Source, *, trim: bool = True, contrast: bool = True) -> Picture:
    """The picture in the network's size, colours and scale; what it takes and raises: see `OpenedNetwork.picture`."""
    ready = network.made_ready(_opened(source), trim=trim, contrast=contrast)
    seen = Image.fromarray(network.preprocessing.pixels(ready.batch[0]))
    return Picture(network.path, network.preprocessing, ready.batch, seen, ready)


def _opened(source: Source) -> Image.Image:
    if isinstance(source, Image.Image):
        return source
    if not isinstance(source, np.ndarray):
        return open_picture(source)
    grey = source.ndim == 2
    if source.dtype != np.uint8 or 0 in source.shape or not (grey or source.ndim == 3 and source.shape[2] in (3, 4)):
        raise PictureError(
            "Pixels are an array (height, width) or (height, width, 3) of uint8 from 0 to 255, not one of shape "
            f"{source.shape} and kind {source.dtype}."
        )
    return Image.fromarray(source)
