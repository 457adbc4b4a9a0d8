"""The plain printed words: only families that training leaves out, and the same words each time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.training import fonts
from models.training.words import DICTIONARIES
from tests.benchmarks import words
from tests.benchmarks.labelled import CollectionError

DEJAVU = sorted(Path("/usr/share/fonts/truetype/dejavu").glob("*.ttf"))


def faces(number: int, held_out: bool, legible: float = 0.9, small: bool = True) -> list[fonts.Font]:
    """Entries for DejaVu's files under made-up family names that the hash puts where it is wanted."""
    paths = DEJAVU or [Path("a.ttf")]
    made = (fonts.Font(str(paths[i % len(paths)]), f"family {i}", small, legible) for i in range(100 * number))
    return [font for font in made if font.held_out == held_out][:number]


def test_too_few_families_are_told_in_one_sentence(monkeypatch):
    # Families for training, and ones too ornate to be called plain, do not count.
    installed = faces(9, True) + faces(30, False) + faces(40, True, legible=0.5)[20:]
    monkeypatch.setattr(fonts, "installed", lambda cache=None: installed)
    with pytest.raises(CollectionError, match="but 9 are installed"):
        words.PlainWords()


@pytest.mark.skipif(
    not DEJAVU or not all(path.exists() for path in DICTIONARIES), reason="needs DejaVu and Debian's word lists"
)
def test_words_are_the_same_each_time_and_plain(monkeypatch):
    monkeypatch.setattr(fonts, "installed", lambda cache=None: faces(12, True))
    first, second = list(words.PlainWords().all(30)), list(words.PlainWords().all(30))
    for (picture, text), (again, same) in zip(first, second, strict=True):
        assert text == same and (np.asarray(picture) == np.asarray(again)).all()
        assert text.isalpha() and (text.islower() or text.isupper() or text[1:].islower())
        assert np.ptp(np.asarray(picture).astype(int)) > 60  # ink stands out from its ground
    assert len({text for _, text in first}) > 25 and max(len(text) for _, text in first) > 7
