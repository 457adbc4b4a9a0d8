"""A map of why: a number for each pixel of the picture that the network sees."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from PIL import Image

from explain.attribution.targets import Character, Target
from explain.layers.frames import Frames
from explain.pictures import images, photograph_overlay, word_overlay

ACROSS = 448  # screen pixels of a photograph's longer side, about


@dataclass(frozen=True, eq=False)
class Map:
    """values: `(height, width)`, what each pixel counts for the target; above zero speaks for it, below against it.

    Their unit is the method's: of occlusion, how much of the target is lost on average where the pixel is covered, in
    units of the target (a logit, or a log-probability in nats).
    method, target: what was asked for. about: the target in words. score: the target's value for the picture itself.
    signed: whether the method tells for from against. seen: the picture as the network sees it. frames: of a
    recogniser, where they lie. `np.asarray(map)` gives the
    values; a notebook shows the image.
    """

    values: np.ndarray
    method: str
    target: Target
    about: str
    score: float
    seen: Image.Image
    frames: Frames | None = None
    signed: bool = True

    @property
    def shape(self) -> tuple[int, int]:
        return self.values.shape

    @property
    def image(self) -> Image.Image:
        """The map over the picture, each pixel a square, with its own colour scale, as the page shows it.

        Red speaks for the target and blue against it; a map without a sign goes from dark blue to yellow. Under a word
        the frames that tell a character are marked.
        """
        if self.frames is None:
            return photograph_overlay.picture(
                self.seen, self.values, max(1, round(ACROSS / max(self.seen.size))), self.signed
            )
        told = isinstance(self.target, Character)
        weights, columns = (np.asarray(self.target.weights), self.frames.middles) if told else (np.empty(0), ())
        return word_overlay.picture(self.seen, self.values, weights, columns, self.signed)

    def save(self, path: str | os.PathLike) -> None:
        """Writes the image into a file, of the format that its ending names; OSError or ValueError where that fails."""
        self.image.save(path)

    def __array__(self, dtype=None, copy: bool | None = None) -> np.ndarray:
        values = self.values if dtype is None else self.values.astype(dtype)
        return values.copy() if copy and values is self.values else values

    def __repr__(self) -> str:
        y, x = np.unravel_index(int(np.abs(self.values).argmax()), self.shape)
        return (
            f"{self.method} map of {self.about}: {self.shape[0]} × {self.shape[1]} pixels, strongest at column {x}, "
            f"row {y} ({self.values[y, x]:.3g})"
        )

    def _repr_png_(self) -> bytes:
        return images.png_bytes(self.image)
