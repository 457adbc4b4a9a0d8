"""From a word's ink to a painted surface: warp, crop, ground, ink, edges, shadows, clutter. Grey levels of 0 to 255."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from models.training.settings import Settings


def warp(rng, mask: np.ndarray, boxes: np.ndarray, s: Settings, d: float) -> tuple[np.ndarray, np.ndarray]:
    """The mask seen at an angle, and each character's left and right edge in the new mask, (n, 2) pixels."""
    if rng.random() >= s.warp * d:
        return mask, boxes[:, [0, 2]]
    height, width = mask.shape
    angle = np.deg2rad(rng.normal() * 0.4 * s.rotation * d)
    slant = rng.normal() * 0.4 * s.shear * d
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float) - (width / 2, height / 2)
    turned = corners + np.outer(corners[:, 1], (-slant, 0))
    turned = turned @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turned = turned + rng.uniform(-1, 1, (4, 2)) * s.perspective * d * height * (0.7, 0.5)
    turned = turned - turned.min(axis=0)
    size = np.ceil(turned.max(axis=0)).astype(int)
    if (size < 2).any() or (size > 3000).any():
        return mask, boxes[:, [0, 2]]
    onward, back = (
        homography(corners + (width / 2, height / 2), turned),
        homography(turned, corners + (width / 2, height / 2)),
    )
    seen = Image.fromarray(mask).transform(
        tuple(size), Image.Transform.PERSPECTIVE, tuple(back.ravel()[:8]), Image.Resampling.BILINEAR
    )
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    edges = np.stack([apply(onward, np.stack([boxes[:, side], middle], axis=1))[:, 0] for side in (0, 2)], axis=1)
    return np.asarray(seen), edges


def homography(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The 3 x 3 matrix that takes four source points (4, 2) to four target points, its last entry 1."""
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.append(np.linalg.solve(np.array(rows), np.array(values)), 1.0).reshape(3, 3)


def apply(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The points (n, 2) seen through a homography."""
    moved = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return moved[:, :2] / moved[:, 2:]


def crop(mask: np.ndarray, box: tuple[float, float, float, float], size: tuple[int, int]) -> np.ndarray:
    """The mask's part in box (left, top, right, bottom; may reach beyond it) at size (width, height), antialiased."""
    left, top = int(np.floor(box[0])), int(np.floor(box[1]))
    right, bottom = int(np.ceil(box[2])), int(np.ceil(box[3]))
    height, width = mask.shape
    before, above = max(0, -left), max(0, -top)
    after, below = max(0, right - width), max(0, bottom - height)
    if before or above or after or below:
        mask = np.pad(mask, ((above, below), (before, after)))
    exact = (box[0] + before, box[1] + above, box[2] + before, box[3] + above)
    return np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.BILINEAR, box=exact))


def paint(rng, ink: np.ndarray, neighbour: np.ndarray | None, s: Settings, d: float) -> np.ndarray:
    """A painted surface, (height, width) float32, 0 to 255. neighbour: ink of another line of text, of any size."""
    least = s.contrast[1] + d * (s.contrast[0] - s.contrast[1])
    dark = rng.uniform(0, 255 - least)
    bright = rng.uniform(dark + least, 255)
    if rng.random() > s.muted * d:  # signs are made to be read: many are near the ends of the scale
        dark, bright = dark * 0.35, 255 - (255 - bright) * 0.35
    if s.exposure and rng.random() < s.exposure * d:
        left = rng.uniform(s.dimmest, 1)
        dark, bright = dark * left, bright * left
    light = rng.random() < s.light * (0.5 + 0.5 * d)
    front, back = (bright, dark) if light else (dark, bright)
    gap = bright - dark
    ground = _ground(rng, ink.shape, back, gap, s, d)
    if neighbour is not None:
        ground = _beside(rng, ground, neighbour, front)
    cover = ink.astype(np.float32) / 255
    if min(ink.shape) > 8:
        ground, cover = _edged(rng, ground, ink, cover, (front, back, gap), s, d)
    colour = front
    if rng.random() < s.gradient * d * 0.5:
        colour = front + slope(rng, ink.shape) * gap * rng.uniform(0.05, 0.3)
    return ground + (colour - ground) * cover


def slope(rng, shape: tuple[int, int]) -> np.ndarray:
    """A plane from -1 to 1 in a random direction, (height, width) float32."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None], np.linspace(-1, 1, shape[1], dtype=np.float32)[None]
    return (np.cos(angle) * x + np.sin(angle) * y) / np.float32(abs(np.cos(angle)) + abs(np.sin(angle)))


def spots(rng, shape: tuple[int, int], cells: tuple[int, int]) -> np.ndarray:
    """Smooth random spots of about -1 to 1, (height, width) float32, from a coarse grid of cells (rows, columns)."""
    coarse = rng.standard_normal(cells).astype(np.float32)
    return np.asarray(Image.fromarray(coarse).resize((shape[1], shape[0]), Image.Resampling.BICUBIC))


def _ground(rng, shape, level: float, gap: float, s: Settings, d: float) -> np.ndarray:
    ground = np.full(shape, level, np.float32)
    if rng.random() < s.gradient * d:
        ground += slope(rng, shape) * gap * rng.uniform(0.05, 0.5)
    if rng.random() < s.blotches * d:
        cells = (int(rng.integers(2, 5)), int(rng.integers(2, 14)))
        ground += spots(rng, shape, cells) * gap * rng.uniform(0.05, 0.28)
    if rng.random() < s.grain * d:
        rows, columns = max(2, shape[0] // int(rng.integers(1, 6))), max(2, shape[1] // int(rng.integers(1, 6)))
        ground += spots(rng, shape, (rows, columns)) * gap * rng.uniform(0.03, 0.18)
    if rng.random() < s.clutter * d:
        ground = _clutter(rng, ground, gap)
    return ground


def _clutter(rng, ground: np.ndarray, gap: float) -> np.ndarray:
    """Lines, panels and bows, as of frames, wires, window bars and neighbouring signs."""
    height, width = ground.shape
    picture = Image.fromarray(ground)
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(1, 4))):
        level = float(ground[0, 0] + rng.choice((-1, 1)) * gap * rng.uniform(0.2, 1.0))
        kind = rng.integers(4)
        if kind == 0:  # an edge of a sign along a side
            depth = rng.uniform(0.02, 0.14) * height
            side = rng.integers(4)
            box = (
                (0, 0, width, depth),
                (0, height - depth, width, height),
                (0, 0, depth, height),
                (width - depth, 0, width, height),
            )
            draw.rectangle(box[side], fill=level)
        elif kind == 1:
            ends = rng.uniform(-0.2, 1.2, 4) * (width, height, width, height)
            draw.line(tuple(ends), fill=level, width=int(rng.integers(1, max(2, height // 10) + 1)))
        elif kind == 2:  # another surface behind part of the word, softer than the ink
            x, y = rng.uniform(-0.3, 1, 2) * (width, height)
            soft = float(ground[0, 0] + (level - ground[0, 0]) * 0.4)
            draw.rectangle((x, y, x + rng.uniform(0.1, 0.8) * width, y + rng.uniform(0.2, 1) * height), fill=soft)
        else:
            x, y, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.3, 1.5) * height
            draw.ellipse((x - r, y - r, x + r, y + r), outline=level, width=int(rng.integers(1, 3)))
    return np.asarray(picture)


def _beside(rng, ground: np.ndarray, other: np.ndarray, level: float) -> np.ndarray:
    """A strip of another line of text at the upper or lower edge."""
    height, width = ground.shape
    scale = height / other.shape[0] * rng.uniform(0.6, 1.0)
    line = Image.fromarray(other).resize((max(1, int(other.shape[1] * scale)), max(1, int(other.shape[0] * scale))))
    seen = rng.uniform(0.04, 0.16) * height
    y = round(seen - line.height) if rng.random() < 0.5 else round(height - seen)
    cover = Image.new("L", (width, height))
    cover.paste(line, (round(rng.uniform(-0.5, 0.8) * width), y))
    return ground + (level - ground) * (np.asarray(cover, np.float32) / 255)


def _edged(rng, ground, ink, cover, levels, s: Settings, d: float):
    """Outline, hollow letters and shadow: the ground with them painted on, and what the ink then covers."""
    front, back, gap = levels
    if rng.random() < s.shadow * d:
        shift = rng.integers(1, max(2, ink.shape[0] // 12) + 1) * rng.choice((-1, 1), 2)
        cast = np.roll(cover, tuple(shift), axis=(0, 1))
        if rng.random() < 0.5:
            soft = Image.fromarray((cast * 255).astype(np.uint8)).filter(ImageFilter.BoxBlur(1))
            cast = np.asarray(soft, np.float32) / 255
        ground = ground + (np.clip(back - np.sign(front - back) * gap * 0.6, 0, 255) - ground) * cast * rng.uniform(
            0.3, 0.9
        )
    draw = rng.random()
    if draw < s.outline * d:
        wide = np.asarray(Image.fromarray(ink).filter(ImageFilter.MaxFilter(3)), np.float32) / 255
        edge = np.clip(front + (back - front) * rng.uniform(-0.6, 1.8), 0, 255)
        ground = ground + (edge - ground) * wide
    elif draw < (s.outline + s.hollow) * d and ink.shape[0] >= 26:
        thin = np.asarray(Image.fromarray(ink).filter(ImageFilter.MinFilter(3)), np.float32) / 255
        cover = np.clip(cover - thin, 0, 1)
    return ground, cover
