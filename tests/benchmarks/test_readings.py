"""Where readings go wrong: counted on cases made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.crnn import LABELS
from tests.benchmarks import readings
from tests.benchmarks.accuracy import edit_distance
from tests.benchmarks.readings import Reading


def reading(truth: str, read: str, sure: float = 0.9) -> Reading:
    """A word whose softmax says `read`, each character and blank between with probability `sure`."""
    labels = [label for c in read for label in (LABELS.index(c), 62)][:-1] if read else [62]
    frames = np.full((len(labels), 63), (1 - sure) / 62)
    frames[np.arange(len(labels)), labels] = sure
    return Reading(np.zeros((32, 128)), frames, truth, read)


def test_characters_side_by_side():
    assert readings.aligned("cat", "cut") == [("c", "c"), ("a", "u"), ("t", "t")]
    assert readings.aligned("ab", "b") == [("a", ""), ("b", "b")]
    assert readings.aligned("", "x") == [("", "x")]


def test_as_many_differences_as_the_edit_distance():
    random = np.random.default_rng(0)
    for _ in range(100):
        a, b = ("".join(random.choice(list("abc"), random.integers(0, 7))) for _ in range(2))
        pairs = readings.aligned(a, b)
        assert "".join(x for x, _ in pairs) == a and "".join(y for _, y in pairs) == b
        assert sum(x != y for x, y in pairs) == edit_distance(a, b)


def test_confusions_commonest_first():
    assert readings.confusion_pairs([("O1", "01"), ("Ol", "0l"), ("bl", "b")]) == [("O", "0", 2), ("l", "", 1)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("word", "lower"), ("WORD", "UPPER"), ("Word", "Capital"), ("wOrd", "miXed"), ("WoRd", "miXed"), ("42", "digits")]
    + [("A", "Capital"), ("4a", "lower"), ("A4", "Capital")],
)
def test_case(text, expected):
    assert readings.case(text) == expected


def test_bins_and_calibration_error():
    probabilities, right = np.array([0.95, 0.93, 0.12, 0.14]), np.array([True, False, False, False])
    assert readings.bins(probabilities, right) == [
        {"n": 2, "probability": 0.13, "right": 0.0},
        {"n": 2, "probability": 0.94, "right": 0.5},
    ]
    assert readings.calibration_error(probabilities, right) == pytest.approx((0.13 * 2 + 0.44 * 2) / 4)


def test_a_higher_temperature_suits_a_network_too_sure_of_itself():
    words = [reading("ab", "ab", 0.999)] * 6 + [reading("ab", "cd", 0.999)] * 6
    found = readings.reliability(words)
    assert found["best_temperature"] > 1
    assert found["calibration_error_at_best"] < found["calibration_error"] - 0.2


def test_details_and_the_sheet(tmp_path):
    words = [reading("ab", "ab"), reading("ab", "cd"), reading("AB", "ab"), reading("1", "")]
    found = readings.details(words, tmp_path / "worst.png")
    assert found["by_length"]["2"] == {"n": 3, "word_accuracy": 0.3333, "word_accuracy_ignore_case": 0.6667}
    assert found["by_case"]["UPPER"]["word_accuracy_ignore_case"] == 1.0
    assert readings.worst_sheet(words).size == (5 * 270, 92)
    assert (tmp_path / "worst.png").stat().st_size > 500
