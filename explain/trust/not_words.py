"""Pictures without text for the fit: drawn textures and shapes, and cuts of photographs, each the same every time."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

# Photographs of Tiny ImageNet's classes where a word is often to be seen.
WITH_TEXT = """
n02892201 n02927161 n02977058 n02988304 n03042490 n03085013 n03179701 n03388043 n03544143 n03763968 n03891332
n03902125 n03977966 n03983396 n04008634 n04070727 n04074963 n04118538 n04133789 n04146614 n04328186 n04465501
n04486054 n04487081 n04507155 n04532106 n04560804 n06596364 n07579787 n02823428 n02808440 n03089624 n02793495
n02791270 n02769748 n03814639 n02814860 n02917067 n03584254 n04356056 n04398044 n04399382 n03201208
"""
KINDS: dict[str, Callable[[np.random.Generator, int, int], np.ndarray | Image.Image]] = {}


def kind(draw):
    """Enter a way to draw: (random, width, height) to grey values from 0 to 1 or a picture."""
    KINDS[draw.__name__] = draw
    return draw


def size(random: np.random.Generator) -> tuple[int, int]:
    """Width and height of a picture of anything: from tall to eight times as wide as high."""
    height = int(np.exp(random.uniform(np.log(16), np.log(200))))
    return max(8, min(900, int(height * np.exp(random.uniform(np.log(0.5), np.log(8)))))), height


def drawn(number: int, seed: int = 20) -> tuple[str, Image.Image]:
    """Drawn picture `number`, and the name of its kind."""
    random = np.random.default_rng((seed, number))
    name = sorted(KINDS)[number % len(KINDS)]
    made = KINDS[name](random, *size(random))
    return name, made if isinstance(made, Image.Image) else coloured(random, made)


def coloured(random: np.random.Generator, values: np.ndarray) -> Image.Image:
    """Grey values from 0 to 1 between two colours, or two greys."""
    dark, light = random.uniform(0, 255, (2, 1 if random.random() < 0.5 else 3))
    picture = dark + (light - dark) * np.clip(values, 0, 1)[..., None]
    return Image.fromarray(np.broadcast_to(picture, (*values.shape, 3)).astype(np.uint8))


def cut(random: np.random.Generator, picture: Image.Image) -> Image.Image:
    """The whole picture, in one of four, or a piece of it of any proportions, enlarged or not."""
    width, height = picture.size
    if random.random() < 0.25:
        return picture
    rows = max(8, int(height * random.uniform(0.15, 1)))
    columns = int(np.clip(rows * np.exp(random.uniform(np.log(0.7), np.log(7))), 8, width))
    left, top = random.integers(0, width - columns + 1), random.integers(0, height - rows + 1)
    piece = picture.crop((left, top, left + columns, top + rows))
    times = np.exp(random.uniform(0, np.log(4)))
    return piece.resize((max(1, int(columns * times)), max(1, int(rows * times))), Image.Resampling.BICUBIC)


def photographs(path: Path, count: int, part: str = "train", seed: int = 20) -> Iterator[tuple[str, Image.Image]]:
    """Cuts of the photographs in a zip of Tiny ImageNet, classes with text in them left out."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in sorted(archive.namelist()) if name.startswith(f"{part}/") and name.endswith(".jpg")]
        names = [name for name in names if name.split("/")[1] not in WITH_TEXT]
        random = np.random.default_rng(seed)
        for name in random.choice(names, count):
            with archive.open(name) as file:
                yield "photograph", cut(random, Image.open(file).convert("RGB"))


def blurred_noise(random: np.random.Generator, width: int, height: int, radius: float) -> np.ndarray:
    """Noise of one size of grain, from 0 to 1."""
    noise = Image.fromarray(random.integers(0, 256, (height, width), np.uint8))
    values = np.asarray(noise.filter(ImageFilter.GaussianBlur(float(radius))), float)
    return (values - values.min()) / max(np.ptp(values), 1)


def grid(width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.mgrid[:height, :width]
    return columns.astype(float), rows.astype(float)


@kind
def noise(random, width, height):
    return blurred_noise(random, width, height, random.choice([0, 0.6, 1.5, 3, 6]))


@kind
def clouds(random, width, height):
    return sum(blurred_noise(random, width, height, 2.0**level) * 2.0**level for level in range(5)) / 31


@kind
def blobs(random, width, height):
    """Noise cut at a level: spots with sharp edges."""
    return (blurred_noise(random, width, height, random.uniform(1, height / 8)) > random.uniform(0.35, 0.65)) * 1.0


@kind
def gradient(random, width, height):
    columns, rows = grid(width, height)
    angle = random.uniform(0, 2 * np.pi)
    values = columns * np.cos(angle) / width + rows * np.sin(angle) / height
    return (values - values.min()) / np.ptp(values) + random.normal(0, random.choice([0, 0.05]), values.shape)


@kind
def stripes(random, width, height):
    columns, rows = grid(width, height)
    angle, period = random.choice([0, np.pi / 2, random.uniform(0, np.pi)]), random.uniform(4, height)
    wave = np.sin(2 * np.pi * (columns * np.cos(angle) + rows * np.sin(angle)) / period)
    return 0.5 + 0.5 * wave if random.random() < 0.4 else (wave > random.uniform(-0.8, 0.8)) * 1.0


@kind
def dots(random, width, height):
    columns, rows = grid(width, height)
    step = random.uniform(6, max(8, height))
    shift = random.uniform(0, step, 2)
    x, y = (columns + shift[0]) % step - step / 2, (rows + shift[1]) % step - step / 2
    return (np.hypot(x, y) < step * random.uniform(0.15, 0.48)) * 1.0


@kind
def bricks(random, width, height):
    columns, rows = grid(width, height)
    tall = random.uniform(6, max(8, height / 1.5))
    wide, gap = tall * random.uniform(1, 3.5), random.uniform(1, tall / 4)
    course = rows // tall
    joint = ((columns + (course % 2) * wide / 2) % wide < gap) | (rows % tall < gap)
    return joint * 0.9 + blurred_noise(random, width, height, 1) * random.uniform(0, 0.4)


@kind
def checks(random, width, height):
    columns, rows = grid(width, height)
    step = random.uniform(3, max(4, height))
    return ((columns // step + rows // (step * random.uniform(0.5, 2))) % 2) * 1.0


@kind
def rings(random, width, height):
    columns, rows = grid(width, height)
    far = np.hypot(columns - random.uniform(0, width), rows - random.uniform(0, height))
    return (np.sin(far * 2 * np.pi / random.uniform(4, height)) > random.uniform(-0.7, 0.7)) * 1.0


def canvas(random, width, height) -> tuple[Image.Image, ImageDraw.ImageDraw, Callable]:
    """A plain picture, its pen, and where colours come from: at least 60 levels of red from the ground's."""
    ground = random.integers(0, 256, 3)

    def colour():
        shade = random.integers(0, 256, 3)
        shade[0] = (ground[0] + random.integers(60, 196)) % 256
        return tuple(int(part) for part in shade)

    picture = Image.new("RGB", (width, height), tuple(int(part) for part in ground))
    return picture, ImageDraw.Draw(picture), colour


def corners(random, width, height, count) -> list[tuple[float, float]]:
    return list(zip(random.uniform(0, width, count), random.uniform(0, height, count), strict=True))


@kind
def lines(random, width, height):
    picture, pen, colour = canvas(random, width, height)
    for _ in range(random.integers(1, 12)):
        pen.line(
            corners(random, width, height, random.integers(2, 5)), colour(), int(random.uniform(1, height / 10 + 1))
        )
    return picture


@kind
def polygons(random, width, height):
    picture, pen, colour = canvas(random, width, height)
    for _ in range(random.integers(1, 9)):
        pen.polygon(corners(random, width, height, random.integers(3, 7)), colour())
    return picture


@kind
def leaves(random, width, height):
    picture, pen, colour = canvas(random, width, height)
    for _ in range(random.integers(2, 40)):
        x, y = random.uniform(0, width), random.uniform(0, height)
        a, b = random.uniform(2, height / 2 + 3, 2)
        pen.ellipse((x - a, y - b, x + a, y + b), colour(), colour() if random.random() < 0.5 else None)
    return picture


@kind
def boxes(random, width, height):
    picture, pen, colour = canvas(random, width, height)
    for _ in range(random.integers(1, 15)):
        (x, y), a, b = corners(random, width, height, 1)[0], *random.uniform(2, height / 2 + 3, 2)
        pen.rectangle((x, y, x + a, y + b), colour() if random.random() < 0.6 else None, colour(), 2)
    return picture


@kind
def branches(random, width, height):
    """A walk that forks: twigs, cracks, rivers."""
    picture, pen, colour = canvas(random, width, height)
    ink, thick = colour(), int(random.uniform(1, height / 12 + 1))
    for _ in range(random.integers(1, 8)):
        x, y, angle = random.uniform(0, width), random.uniform(0, height), random.uniform(0, 6.3)
        way = [(x, y)]
        for _ in range(random.integers(5, 40)):
            angle += random.normal(0, 0.4)
            x, y = x + np.cos(angle) * height / 12, y + np.sin(angle) * height / 12
            way.append((x, y))
        pen.line(way, ink, thick)
    return picture


@kind
def icon(random, width, height):
    """One sign in the middle, as on a button: a cross, an arrow, a heart, a star, a face, a disc or a house."""
    picture, pen, colour = canvas(random, width, height)
    ink, x, y, r = colour(), width / 2, height / 2, min(width, height) * random.uniform(0.25, 0.48)
    turn, points = random.uniform(0, 6.3), int(random.integers(3, 9))
    ways = {
        "star": [(r * (1 if i % 2 else 0.45), turn + np.pi * i / points) for i in range(2 * points)],
        "arrow": [(r, 0), (r, 2.4), (0.4 * r, np.pi), (r, -2.4)],
        "regular": [(r, turn + 2 * np.pi * i / points) for i in range(points)],
    }
    which = random.choice([*ways, "face", "cross", "disc"])
    if which in ways:
        pen.polygon([(x + far * np.cos(a), y + far * np.sin(a)) for far, a in ways[which]], ink)
    elif which == "cross":
        thick = int(r / random.uniform(1.5, 5)) + 1
        pen.line((x - r, y - r, x + r, y + r), ink, thick)
        pen.line((x - r, y + r, x + r, y - r), ink, thick)
    else:
        pen.ellipse((x - r, y - r, x + r, y + r), ink)
        if which == "face":
            other = colour()
            for side in (-1, 1):
                eye = x + side * r * 0.4
                pen.ellipse((eye - r / 8, y - r / 2.2, eye + r / 8, y - r / 5), other)
            pen.arc((x - r / 2, y - r / 3, x + r / 2, y + r / 1.6), 20, 160, other, max(1, int(r / 8)))
    return picture


@kind
def plain(random, width, height):
    return np.full((height, width), 0.5) + random.normal(0, random.choice([0, 0.01, 0.05]), (height, width))
