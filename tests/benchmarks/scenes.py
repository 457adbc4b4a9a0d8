"""Pages, screenshots and signs drawn with the true box of each word."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from models.prepared import Box
from models.typeface import FOLDER, FONTS

WRITTEN = (
    "The river bends twice before it meets the old harbour where boats wait for spring and nobody counts the days "
    "Travel light and read the map again Garden Market Station Coffee Hotel Exit Open Closed Museum Library 2024 "
    "Save Cancel Settings Profile Search Login Password Download Upload 1984 Help About Home Next Back 42 Platform 9 "
    "winter morning yellow bicycle quiet street broken window small kitchen bright lantern seven mountains 360 "
    "Quick jumps over lazy dogs while foxes sleep Paris London Vienna Oslo Madrid Kyoto 7000 miles from here"
)
TEXTS = WRITTEN.split()
KINDS = ("page", "screenshot", "sign")


@dataclass
class Scene:
    """A picture of mode "RGB" and its words: text, true box. punctuation: boxes of what else was drawn."""

    picture: Image.Image
    words: list[tuple[str, Box]] = field(default_factory=list)


def scene(number: int, size: tuple[int, int] | None = None) -> Scene:
    """Scene `number`, always the same: page, screenshot, sign, page, ... size: width and height in place of its own."""
    random = np.random.default_rng((20, number))
    draw = (_page, _screenshot, _sign)[number % 3]
    return _worn(draw(random, size), random)


def _font(random: np.random.Generator, pixels: float) -> ImageFont.FreeTypeFont:
    name = random.choice([face for face in FONTS if face != "Handwriting"])
    return ImageFont.truetype(str(FOLDER / FONTS[name]), round(pixels), layout_engine=ImageFont.Layout.BASIC)


def _colours(random: np.random.Generator) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Ground and ink that a reader can tell apart, dark on light more often than light on dark."""
    while True:
        ground, ink = random.integers(0, 256, (2, 3))
        difference = float((ground - ink) @ [0.299, 0.587, 0.114])
        if abs(difference) > 90 and (difference > 0 or random.random() < 0.6):
            return tuple(ground.tolist()), tuple(ink.tolist())


def _write(drawn: Scene, random, at, font, ink, count: int, right: float, spread: float = 0.0) -> float:
    """Words in a line from `at` (left, baseline) until `right`. spread: added between letters, of the size. Its end."""
    pen, canvas = at[0], ImageDraw.Draw(drawn.picture)
    for _ in range(count):
        text = str(random.choice(TEXTS))
        mark = str(random.choice([",", ".", ":", "!"])) if random.random() < 0.1 else ""
        gap = spread * font.size
        width = font.getlength(text) + gap * (len(text) - 1)
        if pen + width + font.getlength(mark) > right:
            break
        boxes = []
        for letter in text if gap else (text,):
            canvas.text((pen, at[1]), letter, font=font, fill=ink, anchor="ls")
            boxes.append(canvas.textbbox((pen, at[1]), letter, font=font, anchor="ls"))
            pen += font.getlength(letter) + gap
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        drawn.words.append((text, (min(lefts), min(tops), max(rights), max(bottoms))))
        canvas.text((pen, at[1]), mark, font=font, fill=ink, anchor="ls")
        pen += font.getlength(mark) + font.getlength(" ") + 2 * gap
    return pen


def _page(random: np.random.Generator, size) -> Scene:
    """One or two columns of text of one size under a title."""
    width, height = size or (int(random.integers(700, 1100)), int(random.integers(700, 1200)))
    scale = max(1.0, width / 1400)
    ground, ink = _colours(random)
    drawn = Scene(_ground(random, width, height, ground, 12))
    pixels, columns, edge = random.uniform(12, 28) * scale, int(random.integers(1, 3)), 0.06 * width
    title, font = _font(random, pixels * random.uniform(1.6, 2.6)), _font(random, pixels)
    _write(drawn, random, (edge, edge + title.size), title, ink, 4, width - edge)
    for column in range(columns):
        left = edge + column * (width - edge) / columns
        baseline = edge + 2.2 * title.size + font.size
        while baseline < height - edge:
            _write(
                drawn,
                random,
                (left, baseline),
                font,
                ink,
                int(random.integers(3, 14)),
                left + width / columns - 1.6 * edge,
            )
            baseline += font.size * 1.45
    return drawn


def _screenshot(random: np.random.Generator, size) -> Scene:
    """A bar with a menu, buttons in colours, a list with numbers."""
    width, height = size or (1280, 800)
    scale = width / 1280
    ground, ink = _colours(random)
    drawn = Scene(Image.new("RGB", (width, height), ground))
    canvas, font = ImageDraw.Draw(drawn.picture), _font(random, random.uniform(12, 18) * scale)
    bar, label = _colours(random)
    canvas.rectangle((0, 0, width, 2.4 * font.size), fill=bar)
    for entry in range(7):
        _write(drawn, random, (font.size + entry * width / 7, 1.5 * font.size), font, label, 1, (entry + 1) * width / 7)
    for button in range(8):
        left, top = (0.05 + 0.24 * (button % 4)) * width, (0.12 + 0.1 * (button // 4)) * height
        fill, label = _colours(random)
        canvas.rounded_rectangle((left, top, left + 0.2 * width, top + 0.07 * height), 8 * scale, fill=fill)
        at = left + 0.02 * width, top + 0.035 * height + font.size * 0.35
        _write(drawn, random, at, font, label, 2, left + 0.19 * width)
    for row in range(10):
        baseline = (0.4 + 0.055 * row) * height
        _write(drawn, random, (0.05 * width, baseline), font, ink, int(random.integers(1, 5)), 0.5 * width)
        _write(drawn, random, (0.6 * width, baseline), font, ink, 2, 0.95 * width)
        canvas.line((0.05 * width, baseline + font.size * 0.6, 0.95 * width, baseline + font.size * 0.6), fill=bar)
    return drawn


def _sign(random: np.random.Generator, size) -> Scene:
    """One to three lines on a board, letters sometimes far apart, before something like a photograph."""
    width, height = size or (1000, 750)
    drawn = Scene(_ground(random, width, height, tuple(random.integers(40, 200, 3).tolist()), 90))
    ground, ink = _colours(random)
    pixels, rows = random.uniform(0.06, 0.12) * width, int(random.integers(1, 4))
    top = random.uniform(0.1, 0.25) * height
    board = (0.08 * width, top, 0.92 * width, top + (1.5 * rows + 0.5) * pixels)
    ImageDraw.Draw(drawn.picture).rectangle(board, fill=ground, outline=ink, width=max(2, round(pixels / 20)))
    spread = float(random.choice([0, 0, 0.12, 0.25]))
    for row in range(rows):
        at = board[0] + 0.6 * pixels, top + (1.5 * row + 1.35) * pixels
        _write(
            drawn, random, at, _font(random, pixels * random.uniform(0.6, 1)), ink, 3, board[2] - 0.4 * pixels, spread
        )
    return drawn


def _ground(random: np.random.Generator, width: int, height: int, colour, depth: float) -> Image.Image:
    """A colour with a slope of brightness and soft blobs of many sizes, like paper or what lies behind a sign."""
    down, across = np.mgrid[0:1:96j, 0:1:96j]
    angle = random.uniform(0, 2 * math.pi)
    light = depth * (math.cos(angle) * across + math.sin(angle) * down)
    blobs = np.zeros((96, 96))
    for cells in (4, 12, 40):
        patch = Image.fromarray(random.normal(0, depth * 0.3, (cells, cells)).astype(np.float32))
        blobs += np.asarray(patch.resize((96, 96), Image.Resampling.BICUBIC))
    values = np.clip(np.array(colour) + (light + blobs)[..., None], 0, 255).astype(np.uint8)
    return Image.fromarray(values).resize((width, height), Image.Resampling.BICUBIC)


def _worn(drawn: Scene, random: np.random.Generator) -> Scene:
    """The scene a little blurred, with grain, stored as JPEG; every third as it was drawn."""
    if random.random() < 0.33:
        return drawn
    picture = drawn.picture.filter(ImageFilter.GaussianBlur(random.uniform(0, 0.8)))
    grain = np.asarray(picture, np.int16) + random.integers(-8, 9, (picture.height, picture.width, 1), dtype=np.int16)
    stored = io.BytesIO()
    Image.fromarray(np.clip(grain, 0, 255).astype(np.uint8)).save(stored, "JPEG", quality=int(random.integers(60, 95)))
    return Scene(Image.open(stored).convert("RGB"), drawn.words)
