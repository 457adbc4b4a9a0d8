"""A street with signs, drawn: what a visitor photographs whose words are to be read one by one."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from models import typeface
from models.prepared import Box

SIZE = (960, 720)
# In reading order: where each sign hangs, the colours of its ink and ground.
SIGNS: dict[str, tuple[Box, tuple, tuple]] = {
    "hotel": ((700, 150, 890, 212), (30, 30, 30), (240, 220, 80)),
    "bakery": ((336, 336, 576, 416), (250, 240, 220), (120, 30, 40)),
    "garden": ((36, 384, 228, 446), (255, 255, 255), (20, 90, 60)),
}
HOUSES = ((0, (150, 96, 74)), (312, (196, 178, 140)), (648, (120, 120, 128)))


def street() -> Image.Image:
    """Three houses, each with windows and a sign, a little blurred and noisy, as from a telephone."""
    picture = Image.new("RGB", SIZE, (168, 200, 226))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 500, *SIZE), fill=(96, 96, 98))
    for left, colour in HOUSES:
        draw.rectangle((left, 90 + left // 10, left + 300, 520), fill=colour)
        for window in range(12):
            x, y = left + 24 + 68 * (window % 4), 180 + 102 * (window // 4)
            draw.rectangle((x, y, x + 42, y + 60), fill=(60, 72, 90))
    for face, (word, (box, ink, ground)) in zip(typeface.FONTS, SIGNS.items(), strict=False):
        draw.rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=ground)
        letters = Image.eval(typeface.draw_word(word, face).convert("L"), lambda level: 255 - level)
        letters = letters.resize((box[2] - box[0] - 24, box[3] - box[1] - 16))
        picture.paste(Image.new("RGB", letters.size, ink), (box[0] + 12, box[1] + 8), letters)
    levels = np.asarray(picture.filter(ImageFilter.GaussianBlur(0.8)), np.float32)
    levels = levels + np.random.default_rng(3).normal(0, 4, levels.shape)
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def found(picture: Image.Image, *, quick: bool = False) -> list[Box]:
    """Stands for the search for words: the signs of the street, and none on anything else."""
    return [box for box, _, _ in SIGNS.values()] if picture.size == SIZE else []
