"""A map laid over the photograph it explains, pixel by pixel."""

from __future__ import annotations

import numpy as np
from PIL import Image

from explain.pictures import images

OUTLIERS = 99.0  # the strongest hundredth of the pixels share the end of the scale, lest a few hide the rest


def limit(values: np.ndarray) -> float:
    """The end of a map's colour scale: the magnitude that only a hundredth of its pixels exceeds.

    A map so sparse that this is zero is shown up to its largest magnitude.
    """
    magnitude = np.abs(values)
    return float(np.percentile(magnitude, OUTLIERS) or magnitude.max())


def picture(seen: Image.Image, values: np.ndarray, factor: int = 2, signed: bool = False) -> Image.Image:
    """The photograph in grey, coloured by the map; every pixel becomes `factor` x `factor` equal ones.

    seen: the picture as the network sees it. values: of its size, `(height, width)`. A signed map colours what speaks
    for the target red and what speaks against it blue, and leaves the rest of the photograph grey; an unsigned one is
    laid on in viridis, the photograph showing through. The scale ends at `limit`. signed: the map is one even where no
    value is below zero.
    """
    if values.shape != (seen.height, seen.width):
        raise ValueError(f"A map of {values.shape} does not lie on a picture of {(seen.height, seen.width)} pixels.")
    grey = np.asarray(seen.convert("L"), dtype=float)[..., None].repeat(3, axis=2)
    end = limit(values)
    if signed or values.min() < 0:
        share = np.clip(np.abs(values) / (end or 1.0), 0, 1)[..., None] ** 0.5 * 0.9
        mixed = (90 + grey * 0.55) * (1 - share) + images.colours(values, -end, end, "diverging") * share
    else:
        mixed = 0.7 * images.colours(values, 0.0, end, "unsigned") + 0.3 * grey
    return images.enlarge(Image.fromarray(np.rint(np.clip(mixed, 0, 255)).astype(np.uint8)), factor)
