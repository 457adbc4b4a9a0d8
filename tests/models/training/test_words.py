"""Texts: within the labels, within the length asked for, in every case, the same from the same seed."""

import re

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


def only(words: Words, kind: str) -> Words:
    shares = {name: float(name == kind) for name in ("everyday", "brief", "common", "rare", "number", "random", "pair")}
    chosen = Words.__new__(Words)
    chosen.settings = TextSettings(**shares)
    chosen.everyday, chosen.short = words.everyday, words.short
    chosen.common, chosen.rare = words.common, words.rare
    return chosen


def test_shares_are_kept(words):
    assert all(any(c.isdigit() for c in text) for text in texts(only(words, "number"), 50))
    assert {text.lower() for text in texts(only(words, "everyday"), 50)} == {"the", "open", "street"}
    often = [text.lower() in ("the", "open", "street") for text in texts(words, 2000)]
    assert 0.32 < sum(often) / 2000 < 0.43  # shares of 0.26 and, short ones alone, 0.22 of 1.29 in all
    assert {text.lower() for text in texts(only(words, "brief"), 50)} == {"the", "open"}


def test_words_run_together_or_with_a_number(words):
    known = {word.lower() for word in words.common}
    found = [re.fullmatch(r"([a-zA-Z]+?)(\d{1,3})?", text) for text in texts(only(words, "pair"), 300)]
    numbered = [match[1].lower() for match in found if match[2]]
    assert len(numbered) / 300 == pytest.approx(TextSettings().numbered, abs=0.1) and set(numbered) <= known
    together = [match[1].lower() for match in found if not match[2]]
    assert all(any(text == a + b for a in known for b in known) for text in together)


def test_a_list_in_another_encoding_loses_its_accents_alone(tmp_path):
    (tmp_path / "list").write_bytes("open\ncaf\xe9\nstreet\n".encode("latin-1"))
    assert dictionary(tmp_path / "list") == ("open", "street")


def test_a_missing_dictionary_is_told_with_its_package(tmp_path):
    with pytest.raises(FileNotFoundError, match="wamerican"):
        dictionary(tmp_path / "none")
