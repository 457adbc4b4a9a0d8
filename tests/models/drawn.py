"""Words drawn with a margin, on grounds of many kinds, with the box that their ink truly has."""

import colorsys
import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from models import typeface

TEXTS = ("Garden", "minimum", "TITLE", "jelly", "a1b2", "illicit", "Quixotic", "HOTEL", "wave", "fjord", "1977", "Exit")
Box = tuple[int, int, int, int]
COLOURS = [((20, 20, 30), (250, 250, 245)), ((250, 250, 250), (20, 60, 40)), ((90, 90, 90), (200, 205, 195))]
LUMA = np.array([0.299, 0.587, 0.114])  # weights of the usual grey


def word(rng: np.random.Generator, text: str, margins: tuple[float, float], ink, ground) -> tuple[Image.Image, Box]:
    """A word with its true ink box. margins: least and most of each side, in its heights. ink, ground: colour."""
    faces = [name for name in typeface.FONTS if name != "Handwriting"]
    size = int(rng.integers(28, 90))
    font = ImageFont.truetype(str(typeface.FOLDER / typeface.FONTS[faces[int(rng.integers(len(faces)))]]), size)
    left, top, right, bottom = map(round, font.getbbox(text))
    sides = (rng.uniform(*margins, 4) * (bottom - top)).astype(int)
    shape = (right - left + int(sides[0] + sides[2]), bottom - top + int(sides[1] + sides[3]))
    mask = Image.new("L", shape, 0)
    ImageDraw.Draw(mask).text((int(sides[0]) - left, int(sides[1]) - top), text, font=font, fill=255)
    picture = Image.new("RGB", shape, ground)
    picture.paste(Image.new("RGB", shape, ink), mask=mask)
    return picture, mask.point(lambda value: 255 * (value > 127)).getbbox()


def shaded(rng: np.random.Generator, picture: Image.Image) -> Image.Image:
    """In uneven light, with a soft shadow."""
    rows, columns = np.mgrid[0 : 1 : complex(picture.height), 0 : 1 : complex(picture.width)]
    light = 0.75 + 0.25 * (rows * rng.uniform(-1, 1) + columns * rng.uniform(-1, 1))
    light -= 0.25 / (1 + np.exp(-8 * (columns - rng.uniform(0.2, 0.8))))
    return Image.fromarray(np.clip(np.asarray(picture) * light[..., None], 0, 255).astype(np.uint8))


def noisy(rng: np.random.Generator, picture: Image.Image) -> Image.Image:
    levels = np.asarray(picture, np.float32)
    return Image.fromarray(np.clip(levels + rng.normal(0, 6, levels.shape), 0, 255).astype(np.uint8))


def photographed(_rng: np.random.Generator, picture: Image.Image) -> Image.Image:
    """As a JPEG of middling quality."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=70)
    return Image.open(file).convert("RGB")


def plain(_rng: np.random.Generator, picture: Image.Image) -> Image.Image:
    return picture


GROUNDS = (plain, shaded, noisy, photographed)


def of_equal_grey(rng):
    """Two colours of one grey, worked out by making the lighter one as dark as the other."""
    while True:
        hue = rng.random()
        one, other = (
            np.array(colorsys.hsv_to_rgb((hue + add) % 1, 0.8, 0.85)) * 255 for add in (0, rng.uniform(0.3, 0.5))
        )
        light, dark = sorted((one, other), key=lambda colour: -(colour @ LUMA))
        pair = light * (dark @ LUMA) / (light @ LUMA), dark
        if np.abs(pair[0] - pair[1]).max() > 110:
            return tuple(tuple(int(value) for value in colour.round()) for colour in pair)
