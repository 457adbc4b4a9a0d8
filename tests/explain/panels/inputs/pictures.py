"""Pictures that visitors bring, drawn; and what the network reads on a picture, asked without the page."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
from PIL import Image

from explain.network.description import describe
from explain.network.session import Network
from models import crnn, typeface

FACE = next(iter(typeface.FONTS))
UPPER, LOWER = (40, 30, 240, 90), (40, 130, 240, 190)  # where the two words of `sheet` stand


def sheet(upper: str, lower: str) -> Image.Image:
    """Two words, one under the other, on a grey ground."""
    picture = Image.new("RGB", (320, 220), (200, 200, 200))
    for word, place in ((upper, UPPER), (lower, LOWER)):
        picture.paste(typeface.draw_word(word, FACE).convert("RGB").resize((200, 60)), place[:2])
    return picture


def as_file(picture: Image.Image, form: str = "PNG") -> bytes:
    file = io.BytesIO()
    picture.save(file, form)
    return file.getvalue()


@cache
def _network() -> Network:
    return Network(crnn.CARD, threads=1)


def read(picture: Image.Image) -> str:
    """The likeliest label of every frame, repeats and blanks left out."""
    description = describe(crnn.CARD)
    frames = _network().run(description.prepared(picture), ["outputs"])["outputs"][0].argmax(axis=1)
    kept = [label for place, label in enumerate(frames) if place == 0 or label != frames[place - 1]]
    return "".join(description.labels[label] for label in kept if label != description.blank)


def seen(picture: Image.Image) -> np.ndarray:
    """The picture as the network sees it, `(height, width)` uint8."""
    description = describe(crnn.CARD)
    return description.preprocessing.pixels(description.prepared(picture)[0])
