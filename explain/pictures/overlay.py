"""A signed map laid over the picture it belongs to."""

from __future__ import annotations

import numpy as np
from PIL import Image

from explain.pictures import images


def overlay(picture: Image.Image, values: np.ndarray, width: int, strength: float = 0.6) -> Image.Image:
    """The picture in grey, `width` pixels wide and high in proportion, coloured where the map is far from zero.

    values: `(height, width)`; its cells stay visible as squares, since nothing finer was computed. A cell's colour is
    mixed in by its share of the largest absolute value, at most `strength`.
    """
    size = (width, max(1, round(width * picture.height / picture.width)))
    ground = np.asarray(picture.convert("L").convert("RGB").resize(size, Image.Resampling.BICUBIC), dtype=float)
    limit = float(np.abs(values).max())
    cells = _cells(images.colours(values, -limit, limit, "diverging"), size)
    share = _cells(np.abs(values) / (limit or 1.0) * 255, size)[..., None] / 255 * strength
    return Image.fromarray(np.rint(ground * (1 - share) + cells * share).astype(np.uint8))


def _cells(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    image = Image.fromarray(values.astype(np.uint8)).resize(size, Image.Resampling.NEAREST)
    return np.asarray(image, dtype=float)
