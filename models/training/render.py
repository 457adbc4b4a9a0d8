"""Synthetic pictures of words, with the place of every character known.

The way of MJSynth (Jaderberg et al. 2014, "Synthetic Data and Artificial Neural Networks for Natural Scene Text
Recognition", https://arxiv.org/abs/1406.2227): lay out glyphs, bend and warp, crop, paint, photograph. Every step takes
and returns plain values, so that a further one can be put between. Word number i of seed s is always the same picture.

    python -m models.training.sheets sheet --out sheet.png [--difficulty 1] [--held-out]
    python -m models.training.sheets words --out FOLDER --number 1000 [--difficulty 0] [--held-out] [--printed]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from PIL import Image, ImageFont

from models.crnn import BLANK, LABELS, WIDTH, fit, fitted_width
from models.training import camera, paint
from models.training.fonts import OFFERED, Font, families
from models.training.settings import Settings
from models.training.words import Words

SIZE = 36  # glyphs are drawn at one height in pixels and kept: drawing them anew would cost most of the time
SPREAD = 0.22  # a character's frames are those within so much of its width from its middle

MARKS = "!!!???...,,:;'''\"\"-&()/"  # commoner ones more often
INSIDE = "'-&/."  # may stand between letters


@dataclass(frozen=True)
class Sample:
    """A picture, mode "L", of any size; its text; each character's left and right edge, (n, 2), in picture widths."""

    picture: Image.Image
    text: str
    edges: np.ndarray


class Renderer:
    """Draws words in the fonts given. Families are drawn by the square of their legibility, their files evenly.

    Script faces have a share of their own (Settings.script), every family of them the same but for the one that the
    page offers (Settings.offered).
    """

    def __init__(self, fonts: list[Font], words: Words | None = None, settings: Settings | None = None):
        if not fonts:
            raise ValueError("No fonts to draw with; install some with `python -m models.training.fonts --install`.")
        self.settings = settings or Settings()
        self._words = words
        self.families = list(families(fonts).values())
        self.shares = np.cumsum(_shares(self.families, self.settings))

    @cached_property
    def words(self) -> Words:
        """The texts to draw, read from Debian's dictionaries where none were given."""
        return self._words or Words()

    def draw(
        self, seed: int, index: int, difficulty: float = 1.0, text: str | None = None, longest: int | None = None
    ) -> Sample:
        """Word number index of that seed. difficulty: 0 clean and short to 1. text: draw this and no random word.

        longest: characters at most, instead of what the difficulty allows.
        """
        rng = np.random.default_rng((seed, index))
        s, d = self.settings, difficulty
        while True:
            font = self._font(rng)
            most = longest or round(s.longest[0] + d * (s.longest[1] - s.longest[0]))
            chosen = text or self.words.draw(rng, most, upper_only=not font.small)
            if font.small or not any(c.islower() for c in chosen):
                break
        shown, kept = with_marks(np.random.default_rng((seed, index, 3)), chosen, s.marks * d)
        mask, boxes = lay_out(rng, shown, font.path, s, d)
        mask, boxes = paint.warp(rng, mask, boxes, s, d)
        boxes = boxes[kept]
        ink, edges = self._shoot(rng, mask, boxes, len(chosen), d)
        neighbour = None
        if rng.random() < s.neighbour * d:
            neighbour, _ = lay_out(rng, self.words.draw(rng, 14, upper_only=not font.small), font.path, s, 0.0)
        canvas = paint.paint(rng, ink, neighbour, s, d)
        return Sample(camera.take(rng, canvas, s, d), chosen, edges)

    def _font(self, rng: np.random.Generator) -> Font:
        family = self.families[min(int(np.searchsorted(self.shares, rng.random())), len(self.families) - 1)]
        return family[int(rng.integers(len(family)))]

    def _shoot(
        self, rng, mask: np.ndarray, boxes: np.ndarray, characters: int, d: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Crop the ink at some margin and shrink it to the height at which the camera sees it."""
        s = self.settings
        rows, columns = np.flatnonzero(mask.max(axis=1) > 96), np.flatnonzero(mask.max(axis=0) > 96)
        top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        tall, broad = bottom - top, right - left
        low, high = s.margin[0] * d, 0.12 + d * (s.margin[1] - 0.12)
        above, below, before, after = rng.uniform(low, high, 4) * tall
        before, after = max(before, -0.02 * broad), max(after, -0.02 * broad)
        if rng.random() < s.wide * (0.4 + 0.6 * d):
            most = min(s.sides, max(0.0, 24 / characters - 1))  # leave a character at least five pixels
            extra, part = rng.uniform(0, most) * rng.random() * broad, rng.random()
            before, after = before + extra * part, after + extra * (1 - part)
        box = (left - before, top - above, right + after, bottom + below)
        height = rng.integers(s.heights[0], 30) if rng.random() < s.low * d else rng.integers(30, s.heights[1])
        stretch = np.exp(rng.uniform(-1, 1) * np.log(s.stretch) * d)
        width = int(np.clip((box[2] - box[0]) / (box[3] - box[1]) * height * stretch, 6, 260))
        ink = paint.crop(mask, box, (width, int(height)))
        edges = (boxes - box[0]) / (box[2] - box[0])
        return ink, edges.astype(np.float32)

    def batch(self, *which, **settings) -> Batch:
        """Words as arrays for training; arguments as `Batch.drawn` takes them after the first."""
        return Batch.drawn(self.draw, *which, **settings)


def _shares(families: list[list[Font]], settings: Settings) -> np.ndarray:
    """How often each family is drawn, (families,), summing to 1."""
    script = settings.script
    written = np.array([family[0].script for family in families])
    shares = np.where(written, 1.0, [np.mean([font.legible for font in family]) ** 2 for family in families])
    shares[[family[0].family == OFFERED for family in families]] *= settings.offered
    if written.any() and not written.all():
        shares = np.where(
            written, script * shares / shares[written].sum(), (1 - script) * shares / shares[~written].sum()
        )
    return shares / shares.sum()


def with_marks(rng: np.random.Generator, text: str, share: float) -> tuple[str, list[int]]:
    """The text with, at that share, a mark that has no label beside it or in it; and where its own characters stand."""
    if rng.random() >= share:
        return text, list(range(len(text)))
    mark, place = MARKS[int(rng.integers(len(MARKS)))], len(text)
    if mark in INSIDE:
        place = int(rng.integers(1, len(text) + 1))
    elif rng.random() < 0.15:
        place = 0
    shown = text[:place] + mark + text[place:]
    return shown, [i for i in range(len(shown)) if i != place]


@dataclass(frozen=True)
class Batch:
    """Words as training takes them.

    pictures: (n, 32, width) uint8.
    labels: (n, longest) int32, filled up with -1.
    frames: (n, width / 4 - 1) int32, the label that each frame should tell, the blank between characters.
    """

    pictures: np.ndarray
    labels: np.ndarray
    frames: np.ndarray
    texts: tuple[str, ...]

    @classmethod
    def drawn(
        cls,
        draw: Callable[..., Sample],
        seed: int,
        start: int,
        number: int,
        difficulty: float = 1.0,
        width: int = WIDTH,
        longest: int | None = None,
    ) -> Batch:
        """Words start .. start + number - 1 of a seed, each by `draw(seed, index, difficulty, longest=longest)`."""
        return cls.of([draw(seed, start + i, difficulty, longest=longest) for i in range(number)], width)

    @classmethod
    def of(cls, samples: list[Sample], width: int = WIDTH) -> Batch:
        longest = max(len(sample.text) for sample in samples)
        labels = np.full((len(samples), longest), -1, np.int32)
        for row, sample in zip(labels, samples, strict=True):
            row[: len(sample.text)] = [LABELS.index(c) for c in sample.text]
        pictures = np.stack([np.asarray(fit(sample.picture, width)) for sample in samples])
        edges = [sample.edges * fitted_width(*sample.picture.size, width) / width for sample in samples]
        count = width // 4 - 1
        frames = np.stack([frame_labels(places, row, count) for places, row in zip(edges, labels, strict=True)])
        return cls(pictures, labels, frames, tuple(sample.text for sample in samples))


def frame_labels(edges: np.ndarray, labels: np.ndarray, frames: int) -> np.ndarray:
    """The label of each frame, (frames,) int32: a character's around its middle, else the blank.

    edges: (n, 2) as fractions of the picture's width. Frame t is centred on pixel 4 (t + 1) of 4 (frames + 1).
    """
    answer = np.full(frames, BLANK, np.int32)
    middles = edges.mean(axis=1) * (frames + 1) - 1
    reach = SPREAD * (edges[:, 1] - edges[:, 0]) * (frames + 1)
    for middle, far, label in zip(middles, reach, labels, strict=False):
        first, last = int(np.ceil(middle - far)), int(np.floor(middle + far))
        if last < first:
            first = last = round(float(middle))
        answer[max(first, 0) : max(last + 1, 0)] = label
    return answer


@lru_cache(maxsize=4_000)
def _typeface(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=250_000)
def _glyph(path: str, size: int, character: str) -> tuple[np.ndarray, int, int, float]:
    """The glyph's mask (height, width) uint8, where it stands from the pen (x, y) and how far the pen moves on."""
    font = _typeface(path, size)
    mask, (x, y) = font.getmask2(character, mode="L", anchor="ls")
    ink = np.frombuffer(bytes(mask), np.uint8).reshape(mask.size[1], mask.size[0])
    return ink, x, y, font.getlength(character)


def lay_out(rng, text: str, path: str, s: Settings, d: float) -> tuple[np.ndarray, np.ndarray]:
    """The text's ink, (height, width) uint8, and each character's box, (n, 4): left, top, right, bottom in pixels."""
    size = SIZE
    glyphs = [_glyph(path, size, character) for character in text]
    tightest, widest = s.tracking[0] * d, s.tracking[1] * (0.3 + 0.7 * d)
    tracking = rng.triangular(tightest, max(tightest, 0), widest) * size
    pens = np.cumsum([0.0] + [advance + tracking for *_, advance in glyphs])
    rises = np.zeros(len(text))
    if len(text) > 2 and rng.random() < s.curve * d:
        rises += rng.uniform(-s.bend, s.bend) * size * (1 - np.linspace(-1, 1, len(text)) ** 2)
    if rng.random() < s.bounce * d:
        rises += rng.uniform(-0.12, 0.12, len(text)) * size
    places = [(round(pen + g[1]), round(rise + g[2])) for g, pen, rise in zip(glyphs, pens, rises, strict=False)]
    left, top = min(x for x, _ in places) - 2, min(y for _, y in places) - 2
    right = max(x + g[0].shape[1] for g, (x, _) in zip(glyphs, places, strict=True)) + 2
    bottom = max(y + g[0].shape[0] for g, (_, y) in zip(glyphs, places, strict=True)) + 2
    mask, boxes = np.zeros((bottom - top, right - left), np.uint8), np.zeros((len(text), 4))
    for i, ((ink, *_), (x, y)) in enumerate(zip(glyphs, places, strict=True)):
        x, y = x - left, y - top
        part = mask[y : y + ink.shape[0], x : x + ink.shape[1]]
        np.maximum(part, ink, out=part)
        boxes[i] = x, y, x + ink.shape[1], y + ink.shape[0]
    return mask, boxes
