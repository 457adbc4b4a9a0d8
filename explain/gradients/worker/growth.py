"""How a picture grew: a few of a job's previews, small enough to be kept with its result and shown again."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

MOST = 12  # pictures
QUALITY = 85  # of WebP, from 0 to 100: a picture on the way need not be exact, the result is kept as it is
LARGEST = 2048  # pixels of a side; larger ones are not kept
PICTURES, TABLE = "growth", "growth_table"  # names in a kept result


class Preview(NamedTuple):
    """The picture after a step, of so many, as a WebP file."""

    step: int
    steps: int
    webp: bytes

    @property
    def picture(self) -> np.ndarray:
        """`(height, width, 3)` uint8."""
        with Image.open(io.BytesIO(self.webp)) as file:
            return np.asarray(file.convert("RGB"))


class Growth:
    """Previews of a job that goes on, evenly over its steps so far: every one at first, and where these become too many
    every second, every fourth and so on of those that come."""

    def __init__(self) -> None:
        self._previews: list[Preview] = []
        self._every, self._came = 1, 0

    def add(self, step: int, steps: int, picture: np.ndarray) -> None:
        """The picture after a step of so many, `(height, width, 3)` uint8. Raises ValueError for what is none."""
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or not picture.size:
            raise ValueError(f"A preview is (height, width, 3) bytes, not {picture.dtype} {picture.shape}.")
        due, self._came = self._came % self._every == 0, self._came + 1
        if not due or max(picture.shape) > LARGEST:
            return
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "WEBP", quality=QUALITY, method=2)
        self._previews.append(Preview(step, steps, file.getvalue()))
        if len(self._previews) > MOST:
            self._previews = self._previews[::2]
            self._every *= 2

    @property
    def previews(self) -> tuple[Preview, ...]:
        return tuple(self._previews)


def packed(previews: tuple[Preview, ...]) -> dict[str, Any]:
    """The previews as what a result holds: one array of bytes, and the step, steps and length of each."""
    if not previews:
        return {}
    table = [[preview.step, preview.steps, len(preview.webp)] for preview in previews]
    return {PICTURES: np.frombuffer(b"".join(preview.webp for preview in previews), np.uint8), TABLE: table}


def parted(kept: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Preview, ...]]:
    """What `packed` has put into a result, and the result without it; no previews where none were kept."""
    result = {name: value for name, value in kept.items() if name not in (PICTURES, TABLE)}
    previews, start = [], 0
    for step, steps, length in kept.get(TABLE, []):
        previews.append(Preview(step, steps, kept[PICTURES][start : start + length].tobytes()))
        start += length
    return result, tuple(previews)
