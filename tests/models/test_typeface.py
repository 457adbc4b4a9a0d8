"""Typed words are drawn in every bundled font, and what can't be drawn is refused in one sentence."""

import numpy as np
import pytest

from models.crnn import LABELS
from models.typeface import FOLDER, FONTS, LONGEST, draw_word


@pytest.mark.parametrize("font", FONTS)
def test_every_character_is_drawn_and_no_two_are_alike(font):
    drawn = {character: np.asarray(draw_word(character, font).convert("L")) for character in LABELS}
    for character, picture in drawn.items():
        assert (picture < 128).sum() > 30, character
        edges = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
        assert edges.min() > 240, f"{character} touches the edge"
    assert len({picture.tobytes() for picture in drawn.values()}) == len(LABELS)


def test_longer_words_are_wider():
    widths = [draw_word("n" * n, "Typewriter").width for n in (2, 3, 4)]
    assert widths[1] - widths[0] == widths[2] - widths[1] > 20


def test_fonts_bring_their_licences():
    for file in FONTS.values():
        licence = (FOLDER / file).with_suffix(".licence.txt").read_text(encoding="utf-8")
        assert "OFL-1.1" in licence and "Reserved Font Name" in licence, file
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 2_500_000


@pytest.mark.parametrize(
    "text, font, word",
    [
        ("", "Sans", "no text"),
        ("a" * (LONGEST + 1), "Sans", f"{LONGEST} is the most"),
        ("two words", "Sans", "' '"),
        ("café", "Sans", "'é'"),
        ("ok", "Wingdings", "choose one of"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_sentence(text, font, word):
    with pytest.raises(ValueError, match=word) as refused:
        draw_word(text, font)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


def test_the_longest_text_is_drawn():
    assert draw_word("W" * LONGEST, "Display").width > 1000


@pytest.mark.parametrize("font", FONTS)
def test_characters_without_a_shape_are_refused_instead_of_drawn_as_boxes(font):
    labels = ("", "a", " ", ".", "中", "é")
    with pytest.raises(ValueError, match=f"The font {font} has no shape for '中'"):
        draw_word("a中", font, labels)
    assert (np.asarray(draw_word("a é.", font, labels).convert("L")) < 128).sum() > 30
