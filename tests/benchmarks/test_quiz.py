"""The blind quiz: fair questions, a right key, and a score that guessing cannot raise."""

import numpy as np
import pytest
from PIL import Image

from tests.benchmarks.quiz import draw, questions, score

NOTES = [{"file": f"{unit:03d}.webp", "name": f"name {unit}"} for unit in range(30)]


def test_every_class_is_asked_once_with_its_name_under_the_right_letter():
    asked = questions(NOTES, 0)
    assert sorted(question["file"] for question in asked) == [note["file"] for note in NOTES]
    for question in asked:
        assert len(set(question["names"])) == 3
        named = question["names"]["ABC".index(question["right"])]
        assert named == f"name {int(question['file'][:3])}"
    assert {question["right"] for question in asked} == set("ABC")
    assert questions(NOTES, 0) == asked != questions(NOTES, 1)


def test_score_takes_guesses_out():
    asked = questions(NOTES, 2)
    key = "".join(question["right"] for question in asked)
    assert score(asked, "\n".join(key.lower()))["recognised"] == 1.0
    assert score(asked, "-" * 30) == {"n": 30, "right": 0, "wrong": 0, "unknown": 30, "recognised": 0.0}
    guesses = ["".join(np.random.default_rng(seed).choice(list("ABC"), 30)) for seed in range(200)]
    assert np.mean([score(asked, guess)["recognised"] for guess in guesses]) == pytest.approx(0, abs=0.03)
    with pytest.raises(ValueError, match="30 letters"):
        score(asked, "ABC")


def test_sheets_show_the_pictures_in_order(tmp_path):
    for unit, note in enumerate(NOTES):
        Image.new("RGB", (32, 32), (8 * unit, 0, 255)).save(tmp_path / note["file"], lossless=True)
    asked = questions(NOTES, 0)
    assert draw(asked, tmp_path, tmp_path) == 2
    with Image.open(tmp_path / "questions-2.png") as sheet:
        red = sheet.getpixel((100, 100))[0]
    assert red == 8 * int(asked[20]["file"][:3])
