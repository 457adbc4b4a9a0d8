"""Plain printed words in fonts that no network here was trained on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from models.training import fonts
from models.training.render import Renderer
from models.training.settings import FOR_MEASURING
from models.training.words import TextSettings, Words
from tests.benchmarks.labelled import CollectionError

COUNT = 1000
SEED = 20_150_717
# Dictionary words and names in lower case, upper case or with a capital, nothing run together, nothing random.
TEXTS = TextSettings(everyday=0, brief=0, common=0.52, rare=0.24, number=0, random=0, pair=0, mixed=0)


class PlainWords:
    """The same words each time, given the same fonts: text faces of the families that training leaves out.

    cache: a JSON file that keeps the list of fonts, for looking through all that are installed takes minutes.
    Raises CollectionError where fewer than ten such families are installed.
    """

    def __init__(self, cache: Path | None = None):
        chosen = [font for font in fonts.installed(cache=cache) if font.held_out and font.printed]
        self.families = sorted(fonts.families(chosen))
        if len(self.families) < 10:
            raise CollectionError(
                f"Plain words need ten font families kept from training, but {len(self.families)} are installed: "
                "run `python -m models.training.fonts --install`."
            )
        self._words = Words(TEXTS, everyday=())
        self._renderer = Renderer(chosen, self._words, FOR_MEASURING)

    def draw(self, number: int) -> tuple[Image.Image, str]:
        """Word `number` as a picture without blur, clutter or slant, and its text."""
        text = self._words.draw(np.random.default_rng((SEED, number)))
        sample = self._renderer.draw(SEED, number, difficulty=0.0, text=text)
        return sample.picture, sample.text

    def all(self, count: int = COUNT) -> Iterator[tuple[Image.Image, str]]:
        return map(self.draw, range(count))
