"""A map of the input laid over the word it explains, with the frames that tell the character marked below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from explain.pictures import images

OUTLIERS = 99.5  # the strongest half per cent of the pixels share the end of the scale, lest one pixel hides the rest
Columns = Sequence[tuple[int, int]]
FACTOR = 6  # screen pixels a pixel of the word
MARK = 3  # pixels of the word for the strip below it


def limit(values: np.ndarray) -> float:
    """The end of a map's colour scale: the magnitude that only its strongest half per cent of places exceeds.

    A map so sparse that this is zero is shown up to its largest magnitude.
    """
    magnitude = np.abs(values)
    return float(np.percentile(magnitude, OUTLIERS) or magnitude.max())


def picture(
    seen: Image.Image, values: np.ndarray, weights: np.ndarray, columns: Columns, signed: bool = False
) -> Image.Image:
    """The word, every pixel a square, coloured by the map; below it the frames that tell the character, dark by weight.

    seen: the word as the network sees it. values: of its shape `(height, width)`. A signed map colours what speaks for
    the target red and what speaks against it blue, and leaves the rest of the word grey; an unsigned one is laid on in
    viridis, the word's ink showing through. weights: `(frame,)`. columns: the pixels, first and last, in the middle of
    each frame. signed: the map is one even where no value is below zero.
    """
    grey = np.asarray(seen.convert("L"), dtype=float)[..., None].repeat(3, axis=2)
    end = limit(values)
    if signed or values.min() < 0:
        share = np.clip(np.abs(values) / (end or 1.0), 0, 1)[..., None] ** 0.7 * 0.85
        paper = 110 + grey * 0.5  # faint, so that the colours carry
        mixed = paper * (1 - share) + images.colours(values, -end, end, "diverging") * share
    else:
        mixed = 0.78 * images.colours(values, 0.0, end, "unsigned") + 0.22 * grey
    pixels = np.vstack([mixed, _strip(weights, columns, grey.shape[1])])
    return images.enlarge(Image.fromarray(np.rint(np.clip(pixels, 0, 255)).astype(np.uint8)), FACTOR)


def _strip(weights: np.ndarray, columns: Columns, width: int) -> np.ndarray:
    """`(MARK, width, 3)`: white, orange under the frames that carry weight."""
    strength = np.zeros(width)
    for weight, (first, last) in zip(weights, columns, strict=True):
        part = slice(max(first, 0), min(last + 1, width))
        strength[part] = np.maximum(strength[part], weight / max(weights))
    paper, ink = np.array([255.0, 255.0, 255.0]), np.array([217.0, 72.0, 15.0])
    row = paper + strength[:, None] * (ink - paper)
    return np.stack([np.full((width, 3), 255.0)] + [row] * (MARK - 1))
