"""What each block's front shows: where in the picture its layer answers, as small pictures of a few hundred bytes.

A place's colour is the mean over the channels of how far their values are from zero, from the layer's weakest place
(dark) to its strongest (yellow). The picture itself is shown as it is. Of a recogniser's last layer, where that mean
says nothing, it is the probability that a character is read at a frame.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping

import numpy as np
from PIL import Image

from explain.layers import activations
from explain.network.description import Description
from explain.network.head import CTC
from explain.network.layers import Layer
from explain.pictures import images

NEVER_NEGATIVE = ("relu", "relu6", "sigmoid", "hard_sigmoid", "softmax")
COLOURS = 32  # of a face, which is small and looked at as a whole
SIDE, SMALLEST = 64, 8  # most pixels of a face's side, and how few they may become
PIXELS = 34_000  # most of all faces together


def faces(
    description: Description, picture: Image.Image, values: Mapping[str, np.ndarray], names: Iterable[str]
) -> dict[str, str]:
    """Pictures of these layers as data URLs, PNG; none of a layer whose values make none, or that answers the same
    everywhere.

    picture: as the network sees it. values: every layer's output for it, without the batch.
    """
    layers = [description.layer(name) for name in names if name in values]
    maps = {layer.name: strength(description, layer, values) for layer in layers}
    maps = {name: places for name, places in maps.items() if places is not None and places.max() > places.min()}
    side = SIDE
    while side > SMALLEST and sum(_pixels(places, side) for places in maps.values()) > PIXELS:
        side -= 4
    urls = {name: _url(_coloured(places, side)) for name, places in maps.items()}
    return {description.input.name: _url(images.shrink(picture, SIDE if picture.mode == "RGB" else 2 * SIDE)), **urls}


def strength(description: Description, layer: Layer, values: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """How strongly each place of a layer answers, `(height, width)`; a sequence has one row.

    None where that makes no picture: of more axes than three, or where values are no numbers.
    """
    array = values[layer.name]
    if not 1 <= array.ndim <= 3 or not array.size:
        return None
    if layer is description.output and description.head.kind == CTC and array.ndim == 2:
        places = 1 - activations.probabilities(description, values)[:, description.blank]
    else:
        places = (array if layer.activation in NEVER_NEGATIVE else np.abs(array)).mean(axis=-1, dtype=np.float32)
    return np.atleast_2d(places) if np.isfinite(places).all() else None


def _pixels(places: np.ndarray, side: int) -> int:
    height, width = places.shape
    return min(height, side) * min(width, side)


def _coloured(places: np.ndarray, side: int) -> Image.Image:
    """The map, at most `side` pixels high and wide, in few colours: each pixel is the mean of what it stands for."""
    height, width = places.shape
    small = Image.fromarray(places.astype(np.float32))
    if max(height, width) > side:
        small = small.resize((min(width, side), min(height, side)), Image.Resampling.BOX)
    values = np.asarray(small)
    low, high = float(values.min()), float(values.max())
    levels = ((values - low) / ((high - low) or 1) * (COLOURS - 1) + 0.5).astype(np.uint8)
    picture = Image.fromarray(levels, "P")
    picture.putpalette(images.palette("unsigned")[np.linspace(0, 255, COLOURS).astype(int)].tobytes())
    return picture


def _url(picture: Image.Image) -> str:
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=6)
    return images.embedded(file.getvalue(), "PNG")
