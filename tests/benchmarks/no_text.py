"""Pictures without text to measure with: drawn in other ways than those the fit knows, and cuts of given pictures."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from models.pictures import flatten

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")


def _shape(random) -> tuple[int, int]:
    height = int(random.integers(20, 260))
    return int(height * np.exp(random.uniform(-0.7, 1.9))), height


def _pen(random, width, height):
    picture = Image.new("RGB", (width, height), tuple(random.integers(0, 256, 3).tolist()))
    return picture, ImageDraw.Draw(picture)


def _colour(random) -> tuple[int, ...]:
    return tuple(random.integers(0, 256, 3).tolist())


def wood(random, width, height):
    rows, columns = np.mgrid[:height, :width]
    bend = np.sin(columns / random.uniform(15, 90)) * random.uniform(1, 8)
    grain = np.sin((rows + bend) / random.uniform(1, 6)) + np.sin((rows + 2 * bend) / random.uniform(2, 9))
    values = (grain + random.normal(0, 0.4, grain.shape) + 3) / 6
    return Image.fromarray((np.clip(values, 0, 1) * 255).astype(np.uint8))


def cells(random, width, height):
    """Regions nearest to points (Voronoi), each of one grey."""
    count = int(random.integers(3, 60))
    points = random.uniform(0, (height, width), (count, 2))
    rows, columns = np.mgrid[:height, :width]
    near = np.argmin((rows[..., None] - points[:, 0]) ** 2 + (columns[..., None] - points[:, 1]) ** 2, axis=-1)
    return Image.fromarray(random.integers(0, 256, count).astype(np.uint8)[near])


def plaid(random, width, height):
    across, down = (
        random.integers(0, 2, 12)[np.arange(n) // int(random.integers(4, 30)) % 12] for n in (width, height)
    )
    return Image.fromarray((60 * across[None] + 60 * down[:, None] + int(random.integers(0, 130))).astype(np.uint8))


def fence(random, width, height):
    picture, pen = _pen(random, width, height)
    step, ink = int(random.integers(6, 50)), _colour(random)
    for x in range(0, width, step):
        pen.rectangle((x, height // 8, x + max(1, int(step * random.uniform(0.3, 0.6))), height), ink)
    pen.rectangle((0, height // 3, width, height // 3 + height // 12), _colour(random))
    return picture


def skyline(random, width, height):
    picture, pen = _pen(random, width, height)
    x = 0
    while x < width:
        wide, ink = int(random.integers(8, max(9, height))), _colour(random)
        top = int(random.uniform(0.1, 0.8) * height)
        pen.rectangle((x, top, x + wide, height), ink)
        for window in range(top + 4, height - 4, 9):
            pen.rectangle((x + wide // 4, window, x + wide // 2, window + 4), _colour(random))
        x += wide
    return picture


def flowers(random, width, height):
    picture, pen = _pen(random, width, height)
    for _ in range(int(random.integers(1, 8))):
        x, y, r = random.uniform(0, width), random.uniform(0, height), random.uniform(6, height / 2.5 + 7)
        petals, ink = int(random.integers(4, 10)), _colour(random)
        for angle in np.linspace(0, 2 * np.pi, petals, endpoint=False):
            a, b = x + r * 0.6 * np.cos(angle), y + r * 0.6 * np.sin(angle)
            pen.ellipse((a - r / 3, b - r / 3, a + r / 3, b + r / 3), ink)
        pen.ellipse((x - r / 4, y - r / 4, x + r / 4, y + r / 4), _colour(random))
    return picture


def chart(random, width, height):
    """Axes and bars or a curve, without a letter."""
    picture, pen = _pen(random, width, height)
    ink, left, foot = _colour(random), width // 10, height - height // 10
    pen.line((left, height // 12, left, foot, width - left, foot), ink, 2)
    count = int(random.integers(3, 15))
    xs = np.linspace(left + 3, width - left, count)
    ys = foot - random.uniform(0, 0.8, count) * height
    if random.random() < 0.5:
        pen.line(list(zip(xs, ys, strict=True)), _colour(random), int(random.integers(1, 5)))
    else:
        for x, y in zip(xs, ys, strict=True):
            pen.rectangle((x, min(y, foot), x + (xs[1] - xs[0]) * 0.6, foot), _colour(random))
    return picture


def cup(random, width, height):
    picture, pen = _pen(random, width, height)
    side = min(width, height)
    x, y, ink, thick = (width - side) / 2, (height - side) / 2, _colour(random), max(2, side // 14)
    pen.ellipse((x + side * 0.55, y + side * 0.3, x + side * 0.9, y + side * 0.7), None, ink, thick)
    pen.rectangle((x + side * 0.15, y + side * 0.2, x + side * 0.68, y + side * 0.85), ink)
    pen.ellipse((x + side * 0.15, y + side * 0.12, x + side * 0.68, y + side * 0.3), _colour(random))
    return picture


def hills(random, width, height):
    columns = np.arange(width)
    rows = np.arange(height)[:, None]
    values = np.full((height, width), random.integers(100, 256))
    for level in range(1, 5):
        edge = height * (level / 5 + 0.12 * np.sin(columns / random.uniform(10, width) * 6 + random.uniform(0, 6)))
        values = np.where(rows > edge, int(random.integers(0, 220)), values)
    return Image.fromarray(values.astype(np.uint8)).filter(ImageFilter.GaussianBlur(float(random.choice([0, 1, 3]))))


def bokeh(random, width, height):
    picture, pen = _pen(random, width, height)
    for _ in range(int(random.integers(5, 60))):
        x, y, r = random.uniform(0, width), random.uniform(0, height), random.uniform(2, height / 6 + 3)
        pen.ellipse((x - r, y - r, x + r, y + r), _colour(random))
    return picture.filter(ImageFilter.GaussianBlur(float(random.uniform(0.5, 1 + height / 20))))


DRAWN = (wood, cells, plaid, fence, skyline, flowers, chart, cup, hills, bokeh)


def drawn(count: int, seed: int = 7) -> Iterator[tuple[str, Image.Image]]:
    """The same pictures each time, with the name of their kind."""
    for number in range(count):
        random = np.random.default_rng((seed, number))
        draw = DRAWN[number % len(DRAWN)]
        yield f"drawn {draw.__name__}", draw(random, *_shape(random))


def cuts(path: Path, count: int, seed: int = 7) -> Iterator[tuple[str, Image.Image]]:
    """Pieces of the pictures in a folder or zip, one in eight a whole picture, of any proportions from 24 rows up."""
    pictures = [flatten(picture) for picture in _opened(path)]
    random = np.random.default_rng(seed)
    for number in range(count if pictures else 0):
        picture = pictures[int(random.integers(len(pictures)))]
        if number % 8 == 0:
            yield path.stem, picture
            continue
        rows = int(np.exp(random.uniform(np.log(24), np.log(max(25, picture.height)))))
        rows = min(rows, picture.height)
        columns = int(np.clip(rows * np.exp(random.uniform(-0.4, 1.9)), 1, picture.width))
        left = int(random.integers(picture.width - columns + 1))
        top = int(random.integers(picture.height - rows + 1))
        yield path.stem, picture.crop((left, top, left + columns, top + rows))


def _opened(path: Path) -> Iterator[Image.Image]:
    """Up to 400 of the pictures, spread evenly."""
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if file.suffix.lower() in ENDINGS]
        yield from (Image.open(file) for file in files[:: len(files) // 400 + 1])
        return
    with ZipFile(path) as archive:
        names = [name for name in sorted(archive.namelist()) if Path(name).suffix.lower() in ENDINGS]
        for name in names[:: len(names) // 400 + 1]:
            yield Image.open(BytesIO(archive.read(name)))
