"""Texts: within the labels, within the length asked for, in every case, the same from the same seed."""

import numpy as np
import pytest

from models.crnn import LABELS
from models.training.words import TextSettings, Words, dictionary


def texts(words: Words, number: int = 400, **more) -> list[str]:
    rng = np.random.default_rng(3)
    return [words.draw(rng, **more) for _ in range(number)]


@pytest.mark.parametrize("longest", [1, 4, 8, 22])
def test_texts_stay_within_labels_and_length(words, longest):
    found = texts(words, longest=longest)
    assert all(set(text) <= set(LABELS) and 1 <= len(text) <= longest for text in found)


def test_all_cases_and_kinds_come_up(words):
    found = texts(words)
    assert any(text.isdigit() for text in found)
    assert any(text.islower() for text in found) and any(text.isupper() for text in found)
    assert any(text.istitle() and len(text) > 2 for text in found)
    assert {character for text in texts(words, 3000) for character in text} == set(LABELS)


def test_capitals_alone_where_the_font_has_no_others(words):
    assert not any(c.islower() for text in texts(words, upper_only=True) for c in text)


def test_words_with_other_characters_are_left_out(words):
    assert "isn't" not in words.common and "café" not in words.rare and "Zanzibar" in words.rare


def test_same_seed_same_texts(words):
    assert texts(words) == texts(words)


def test_shares_are_kept(words):
    only_numbers = Words.__new__(Words)
    only_numbers.settings = TextSettings(common=0, rare=0, number=1, random=0, pair=0)
    only_numbers.common, only_numbers.rare = words.common, words.rare
    assert all(any(c.isdigit() for c in text) for text in texts(only_numbers, 50))


def test_a_missing_dictionary_is_told_with_its_package(tmp_path):
    with pytest.raises(FileNotFoundError, match="wamerican"):
        dictionary(tmp_path / "none")
