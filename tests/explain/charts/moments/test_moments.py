"""The charts of a training: held against Vega-Lite's schema, and what they show against what was given."""

from __future__ import annotations

import json

import altair as alt
import numpy as np

from explain.charts.moments.curve import curve
from explain.charts.moments.rows import over_time
from explain.charts.theme import Inks
from explain.ctc.alphabet import Alphabet

SEEN, LOSSES, RIGHT = np.array([0, 250, 40_000]), np.array([90.5, 21.0, 1.25]), np.array([0.0, 0.0, 0.75])


def marks(spec: dict) -> list[dict]:
    return [layer for group in spec["layer"] for layer in group["layer"]]


def test_the_curve_is_vega_lite_and_marks_the_moment():
    spec = curve(SEEN, LOSSES, RIGHT, 1, Inks.of(True))
    alt.LayerChart.validate(spec)
    json.dumps(spec, allow_nan=False)
    wanted = [
        {"seen": int(s), "loss": float(a), "right": float(b)} for s, a, b in zip(SEEN, LOSSES, RIGHT, strict=True)
    ]
    rows = [mark["data"]["values"] for mark in marks(spec)]
    assert [row == wanted for row in rows] == [True, True, False] * 2
    assert rows[2] == rows[5] == [wanted[1]]
    assert "After 250 words the loss is 21.00 and 0% of the words are read right." in spec["description"]
    assert spec["resolve"] == {"scale": {"y": "independent"}}


def test_every_loss_lies_on_its_axis_and_some_are_numbered():
    for losses in (LOSSES, LOSSES / 1000):
        loss = marks(curve(SEEN, losses, RIGHT, 2, Inks.of(False)))[0]["encoding"]["y"]
        low, high = loss["scale"]["domain"]
        assert 0 < low < losses.min() and losses.max() < high
        assert len(loss["axis"]["values"]) >= 2 and all(low <= value <= high for value in loss["axis"]["values"])


def test_rows_are_the_blank_the_word_and_what_was_ever_believed():
    probabilities = np.zeros((2, 3, 6))
    probabilities[0, 1, 4], probabilities[1, 2, 5], probabilities[1, 0, 1] = 0.2, 0.9, 0.5
    alphabet = Alphabet(("a", "b", "c", "", "e", "f"), 3)
    assert over_time(probabilities, "cac", alphabet, 5) == [3, 2, 0, 5, 1]
    assert over_time(probabilities, "cac", alphabet, 1) == [3, 2, 0]  # the word's own all get one
