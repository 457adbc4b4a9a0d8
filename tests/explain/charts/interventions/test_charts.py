"""The charts of interventions: held against Vega-Lite's schema, and what they show against what was given."""

from __future__ import annotations

import json

import altair as alt
import numpy as np

from explain.charts.interventions.bars import bars
from explain.charts.interventions.curve import curve
from explain.charts.interventions.swap import swap
from explain.charts.theme import Inks
from explain.interventions.patching import Turned
from explain.interventions.picture import Answered

INKS = Inks.of(False)


def test_charts_are_vega_lite():
    found = Turned(("a", "b"), np.linspace(0, 1, 4), np.array([[0, 1, 0.5], [np.nan, 0, 2]]), (-1.0, 1.0))
    points = [Answered(0.0, "cat", 0.9, 0.9), Answered(1.0, "", 0.4, 0.1)]
    for spec in (
        bars([('a "quoted" one', 1.5), ("a" * 60, -0.5)], "cost", ".2f", INKS),
        curve(points, "cat", "pixels", 0.5, INKS),
        swap(("data:,", "data:,"), (96, 24), found, ("a", "b"), INKS),
    ):
        alt.LayerChart.validate(spec)
        json.dumps(spec, allow_nan=False)


def test_bars_keep_order_sign_and_names():
    spec = bars([("same", 2.0), ("same", -1.0)], "cost", ".2f", INKS)
    rows = spec["layer"][0]["data"]["values"]
    assert [(row["row"], row["value"]) for row in rows] == [(0, 2.0), (1, -1.0)] and rows[0]["ink"] != rows[1]["ink"]


def test_another_answer_has_another_colour():
    points = [Answered(0.0, "cat", 0.9, 0.9), Answered(1.0, "cot", 0.4, 0.1)]
    rows = curve(points, "cat", "pixels", 0.0, INKS)["layer"][1]["data"]["values"]
    assert rows[0]["ink"] != rows[1]["ink"] and rows[1]["usual"] == 0.1


def test_stripes_lie_on_the_picture_and_empty_ones_are_left_out():
    found = Turned(("a", "b"), np.linspace(0, 1, 4), np.array([[0, 1, 0.5], [np.nan, 0, 2]]), (-1.0, 1.0))
    cells = swap(("data:,", "data:,"), (96, 24), found, ("a", "b"), INKS)["layer"][2]["data"]["values"]
    assert [(cell["x"], cell["x2"], cell["layer"]) for cell in cells[:3]] == [
        (0, 32, "a"),
        (32, 64, "a"),
        (64, 96, "a"),
    ]
    assert len(cells) == 5
