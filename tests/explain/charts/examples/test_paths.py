"""The chart of a small CTC example: held against Vega-Lite's schema, its bars against the sums of their paths."""

from __future__ import annotations

import json

import altair as alt
import numpy as np
import pytest

from explain.charts.examples import paths as chart
from explain.charts.theme import Inks
from explain.ctc import decoding
from explain.ctc.alphabet import Alphabet
from explain.ctc.paths import paths, readings

ALPHABET = Alphabet(("a", "b", ""), 2)


def test_bars_are_texts_and_the_best_path_is_framed():
    p = np.array([[0.6, 0.1, 0.3], [0.3, 0.4, 0.3], [0.4, 0.0, 0.6]])
    listed = readings(p, 2)
    best = max(paths(p, 2), key=lambda path: path.probability)
    spec = chart.paths(listed, best, ALPHABET, Inks.of(False))
    alt.LayerChart.validate(spec)
    json.dumps(spec, allow_nan=False)
    parts, framed, _, names, _ = (layer["data"]["values"] for layer in spec["layer"])
    assert [part["path"] for part in framed] == ["ab·"] == [part["path"] for part in parts if part["best"]]
    assert [name["text"] for name in names[:2]] == ["a", "ab"] and len(parts) == 27
    for name, reading in zip(names, listed, strict=True):
        exact = np.exp(decoding.log_probability(p, reading.text, 2))
        assert name["x"] == pytest.approx(float(exact), abs=1e-9)
        own = [part for part in parts if part["row"] == name["row"]]
        assert own[0]["x"] == 0 and own[-1]["x2"] == pytest.approx(name["x"])
