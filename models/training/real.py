"""Photographed words with their texts, mixed in among the drawn ones: what no renderer thinks of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from models.training import camera
from models.training.photographs import Photograph, greys
from models.training.render import Batch, Renderer, Sample
from models.training.settings import Settings
from models.training.strips import Respelling, part, respelt

PAD = 0.3  # repeated border around a picture, in heights, so that a shifted crop never leaves it


@dataclass(frozen=True)
class RealSettings:
    """How a photographed word is changed each time it is shown; lengths in picture heights."""

    corner: float = 0.09  # how far each corner of the crop moves at most: other crops, angles, slants
    stretch: float = 1.35  # made broader or slenderer by at most this factor
    low: float = 0.35  # share seen small
    heights: tuple[int, int] = (12, 48)  # in pixels
    inverted: float = 0.25  # share with light and dark exchanged
    contrast: float = 0.5  # at most this much of the contrast is taken away
    parts: float = 0.15  # share cut down to a run of their characters: else the few there are get learnt by heart
    respelt: float = 0.4  # share whose characters are put together to another word, for the same reason
    difficulty: float = 0.35  # of the camera: a photograph has its own blur and noise already


class RealWords:
    """Photographed words whose characters' places are known; those of the others are worked out before.

    Raises ValueError where there are none. respelling: what finds other words in the same characters; without it none
    are put together anew.
    """

    def __init__(
        self,
        photographs: Sequence[Photograph],
        settings: RealSettings | None = None,
        respelling: Respelling | None = None,
    ):
        self.settings, self.respelling = settings or RealSettings(), respelling
        usable = [word for word in photographs if word.edges]
        if not usable:
            raise ValueError("There is no photographed word whose characters' places are known.")
        self.items = [
            (grey, word.text, np.array(word.edges, np.float32), word.apart)
            for word, grey in zip(usable, greys(usable), strict=True)
        ]

    def draw(self, seed: int, index: int, longest: int | None = None) -> Sample:
        """One of the words, never twice the same picture of it. longest: characters at most, where there are such."""
        rng, s = np.random.default_rng((seed, index, 1)), self.settings
        for _ in range(50):
            grey, text, edges, apart = self.items[int(rng.integers(len(self.items)))]
            if longest is None or len(text) <= longest:
                break
        change = rng.random() if apart else 1.0  # the last: shown whole
        if change < s.parts:
            grey, text, edges = part(rng, grey, text, edges)
        elif self.respelling and change < s.parts + s.respelt:
            grey, text, edges = respelt(rng, grey, text, edges, self.respelling, longest)
        height, width = grey.shape
        pad = int(np.ceil(PAD * height))
        padded = Image.fromarray(np.pad(grey, pad, mode="edge"))
        moved = rng.uniform(-1, 1, (4, 2)) * s.corner * height
        corners = np.array([(0, 0), (0, height), (width, height), (width, 0)]) + moved  # as Pillow goes round a quad
        tall = int(rng.integers(s.heights[0], 30) if rng.random() < s.low else rng.integers(30, s.heights[1]))
        stretch = np.exp(rng.uniform(-1, 1) * np.log(s.stretch))
        broad = int(np.clip(width / height * tall * stretch, 6, 260))
        cut = padded.transform(
            (broad * 2, tall * 2), Image.Transform.QUAD, tuple((corners + pad).ravel()), Image.Resampling.BICUBIC
        )
        surface = np.asarray(cut.resize((broad, tall), Image.Resampling.BOX), np.float32)
        if rng.random() < s.inverted:
            surface = 255 - surface
        middle, kept = float(surface.mean()), 1 - rng.random() * s.contrast
        surface = middle + (surface - middle) * kept + rng.uniform(-1, 1) * (1 - kept) * 60
        left, right = corners[:2, 0].mean(), corners[2:, 0].mean()  # halfway up, which is where characters are told
        places = ((edges - left) / (right - left)).astype(np.float32)
        return Sample(camera.take(rng, surface, Settings(), s.difficulty), text, places)


def mixed(renderer: Renderer, real: RealWords | None, share: float, *which, **settings) -> Batch:
    """As `Renderer.batch`, but a share of the words photographed; which ones depends on the seed alone."""

    def draw(seed: int, index: int, difficulty: float, longest: int | None) -> Sample:
        if real is not None and np.random.default_rng((seed, index, 2)).random() < share:
            return real.draw(seed, index, longest)
        return renderer.draw(seed, index, difficulty, longest=longest)

    return Batch.drawn(draw, *which, **settings)
