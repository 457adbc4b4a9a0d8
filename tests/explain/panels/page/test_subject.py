"""What a view explains: how many words its picture is of."""

from __future__ import annotations

import pytest
from PIL import Image

from explain.panels.inputs.box import Glimpse
from explain.panels.page import subject
from explain.panels.page.subject import OWN, SAMPLE, TYPED, Subject
from models.typeface import FONTS, draw_word


@pytest.fixture
def asked(monkeypatch):
    """The pictures on which words were counted: two each."""
    pictures = []
    monkeypatch.setattr(subject, "words_on", lambda prepared: pictures.append(prepared) or 2)
    subject._counted().clear()
    return pictures


def test_words_are_counted_once_on_a_picture_of_the_visitors_own(asked):
    picture = draw_word("Garden", next(iter(FONTS)))
    for _ in range(2):
        word = Subject.of("crnn", "image.png", picture, origin=OWN)
        assert word.words == 2
        assert "2 were found" in word.trust.line
    assert len(asked) == 1
    other = Image.new("L", picture.size, 255)
    assert Subject.of("crnn", "image.png", other, origin=OWN).words == 2 and len(asked) == 2


@pytest.mark.parametrize("origin", [SAMPLE, TYPED])
def test_samples_and_typed_words_are_one_word(asked, origin):
    word = Subject.of("crnn", "Garden", draw_word("Garden", next(iter(FONTS))), origin=origin)
    assert word.words is None and "found" not in word.trust.line and not asked


def test_nothing_is_counted_while_the_box_moves(asked):
    word = Subject.of("crnn", "image.png", draw_word("Garden", next(iter(FONTS))), origin=OWN)
    assert "found" not in Glimpse.of(word).trust.line and not asked
