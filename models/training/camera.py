"""From a painted surface to a photograph of it: focus, motion, noise, exposure, JPEG."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageFilter

from models.training.settings import Settings


def take(rng, surface: np.ndarray, s: Settings, d: float) -> Image.Image:
    """A photograph, mode "L", of a surface (height, width) float32 with grey levels of 0 to 255."""
    height = surface.shape[0]
    grains = s.grains * min(1.0, float(surface.std()) / 35)  # as strong, beside what is to be read, on a pale picture
    if rng.random() < s.noise * d * 0.5:  # noise that is then blurred is coarser, as after a camera's own smoothing
        surface = surface + rng.standard_normal(surface.shape, np.float32) * rng.uniform(0.1, 1) * grains
    picture = Image.fromarray(np.clip(surface, 0, 255).astype(np.uint8))
    if rng.random() < s.blur * d:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, s.focus) * height / 32))
    if rng.random() < s.motion * d:
        picture = _smear(rng, picture)
    if rng.random() < s.noise * d * 0.7:
        levels = np.asarray(picture, np.float32)
        levels = levels + rng.standard_normal(levels.shape, np.float32) * rng.uniform(0.1, 0.6) * grains
        picture = Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))
    if s.floor:
        levels = np.asarray(picture, np.float32)
        levels = levels + rng.standard_normal(levels.shape, np.float32) * rng.uniform(0.2, 1) * s.floor * d
        picture = Image.fromarray(np.clip(levels.round(), 0, 255).astype(np.uint8))
    if rng.random() < s.jpeg * d:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=int(rng.integers(*s.quality)))
        picture = Image.open(file)
        picture.load()
    return picture


def _smear(rng, picture: Image.Image) -> Image.Image:
    """Motion over two to four pixels of a 32 pixel high picture, along one axis."""
    reach = max(2, round(rng.uniform(2, 4) * picture.height / 32))
    axis = int(rng.random() < 0.7)
    levels = np.asarray(picture, np.float32)
    padded = np.pad(levels, [(reach - 1, 0) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
    total = sum(np.roll(padded, step, axis=axis) for step in range(reach)) / reach
    kept = total[reach - 1 :] if axis == 0 else total[:, reach - 1 :]
    return Image.fromarray(kept.astype(np.uint8))
