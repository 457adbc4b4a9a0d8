"""The words that the page itself offers: its samples, and words typed in its faces."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from explain.panels.inputs import word
from models import typeface
from models.pictures import open_picture
from models.training.words import Words
from tests.benchmarks.words import SEED, TEXTS

TYPED = 100  # words in each face


def samples() -> list[tuple[Image.Image, str]]:
    """Every sample word of the page, with its text."""
    entries = word.samples().values()
    return [(open_picture((word.words_folder() / entry["file"]).read_bytes()), entry["text"]) for entry in entries]


def typed(face: str, count: int = TYPED) -> Iterator[tuple[Image.Image, str]]:
    """Dictionary words as a visitor sees them who types them in this face; the same words in every face."""
    words = Words(TEXTS, everyday=())
    for number in range(count):
        text = words.draw(np.random.default_rng((SEED, number)))
        yield typeface.draw_word(text, face), text
