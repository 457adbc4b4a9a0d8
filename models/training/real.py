"""Photographed words with their texts, mixed in among the drawn ones: what no renderer thinks of."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from models.crnn import LABELS, WIDTH
from models.pictures import open_picture
from models.training import camera
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
    """A zip with words.jsonl: "image", "text" and "char_boxes_xywh", one box a character in pixels.

    Words with other characters than the network's labels are left out. Raises ValueError where none are left.
    respelling: what finds other words in the same characters; without it none are put together anew.
    """

    def __init__(self, path: Path, settings: RealSettings | None = None, respelling: Respelling | None = None):
        self.settings, self.respelling = settings or RealSettings(), respelling
        self.items: list[tuple[np.ndarray, str, np.ndarray]] = []
        with zipfile.ZipFile(path) as archive:
            lists = [name for name in archive.namelist() if name.rsplit("/", 1)[-1] == "words.jsonl"]
            if len(lists) != 1:
                raise ValueError(f"{path} holds {len(lists)} files words.jsonl; it must hold one.")
            folder = lists[0].removesuffix("words.jsonl")
            for line in archive.read(lists[0]).decode().splitlines():
                word = json.loads(line)
                boxes = np.array(word["char_boxes_xywh"], np.float32).reshape(-1, 4)
                if len(boxes) != len(word["text"]) or not word["text"] or set(word["text"]) - set(LABELS):
                    continue
                grey = np.asarray(open_picture(archive.read(folder + word["image"])).convert("L"))
                self.items.append((grey, word["text"], np.stack([boxes[:, 0], boxes[:, 0] + boxes[:, 2]], axis=1)))
        if not self.items:
            raise ValueError(f"{path} holds no word made of letters and digits alone.")

    def draw(self, seed: int, index: int, longest: int | None = None) -> Sample:
        """One of the words, never twice the same picture of it. longest: characters at most, where there are such."""
        rng, s = np.random.default_rng((seed, index, 1)), self.settings
        for _ in range(50):
            grey, text, edges = self.items[int(rng.integers(len(self.items)))]
            if longest is None or len(text) <= longest:
                break
        change = rng.random()
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


def mixed(
    renderer: Renderer,
    real: RealWords | None,
    share: float,
    seed: int,
    start: int,
    number: int,
    difficulty: float = 1.0,
    width: int = WIDTH,
    longest: int | None = None,
) -> Batch:
    """As `Renderer.batch`, but a share of the words photographed; which ones depends on the seed alone."""

    def one(index: int) -> Sample:
        if real is not None and np.random.default_rng((seed, index, 2)).random() < share:
            return real.draw(seed, index, longest)
        return renderer.draw(seed, index, difficulty, longest=longest)

    return Batch.of([one(start + i) for i in range(number)], width)
