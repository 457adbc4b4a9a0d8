"""Where the usual grey loses what colour carries: the direction of colour that has the contrast."""

from __future__ import annotations

import numpy as np
from PIL import Image

from models.preprocessing import border

Direction = tuple[float, float, float]  # weights of red, green and blue; their sizes sum up to 1

SIDE = 256  # pixels that a picture is looked at with; the averages that shrinking makes are without its noise
LOST = 0.35  # a grey with less than this share of the colours' contrast has lost it
LEAST = 24  # levels: a contrast below this along colour is noise or a tint
GREY = (0.299, 0.587, 0.114)  # weights of the usual grey
NEUTRAL = 0.15  # a direction of less grey than this is neither lighter nor darker
RANGE = (2, 98)  # per cent of the pixels between which contrast is measured


def direction(picture: Image.Image) -> Direction | None:
    """Weights of red, green and blue along which a picture, mode "L" or "RGB", varies most; None where grey will do.

    That is the first principal component of its colours, once the usual grey (ITU-R BT.601) has less than 0.35 of the
    range that they have along it. Light stays light where the direction says anything of it; else the ground, which is
    the middle value of the border, gets light: most words are dark on light.
    """
    if picture.mode != "RGB":
        return None
    shrunk = _small(picture)
    small = np.asarray(shrunk, np.float32)
    colours = small.reshape(-1, 3)
    if (colours[:, 1:] == colours[:, :1]).all():
        return None
    spread = colours - colours.mean(axis=0)
    weights = np.linalg.eigh(spread.T.astype(np.float64) @ spread)[1][:, -1]
    weights /= np.abs(weights).sum()
    along = colours @ weights
    grey = np.asarray(shrunk.convert("L"), np.float32)
    if _range(along) < LEAST or _range(grey) >= LOST * _range(along):
        return None
    values = along.reshape(small.shape[:2])
    if not _as_in_grey(weights, values):
        weights = -weights
    return tuple(float(weight) for weight in weights.round(4))


def _as_in_grey(weights: np.ndarray, values: np.ndarray) -> bool:
    lightness = float(weights @ GREY)
    if abs(lightness) >= NEUTRAL:
        return lightness > 0
    return bool(np.median(border(values)) >= (values.min() + values.max()) / 2)


def along(picture: Image.Image, weights: Direction) -> Image.Image:
    """The picture, mode "RGB", as grey along a direction of colour; mode "L".

    Red, green and blue are summed with their weights; those below zero count from white, so that all of it lies
    between 0 and 255.
    """
    offset = -255 * sum(min(0.0, weight) for weight in weights)
    return picture.convert("L", (*weights, offset))


def _small(picture: Image.Image) -> Image.Image:
    across, down = (max(1, min(SIDE, side)) for side in picture.size)
    return picture.resize((across, down), Image.Resampling.BOX)


def _range(values: np.ndarray) -> float:
    low, high = np.percentile(values, RANGE)
    return float(high - low)
