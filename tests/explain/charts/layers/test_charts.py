"""The charts of costs and read-outs: held against Vega-Lite's schema, and what they show against what was given."""

from __future__ import annotations

import json

import altair as alt
import pytest

from explain.charts.layers.costs import Column, Row, costs
from explain.charts.layers.readout import Point, curve
from explain.charts.theme import Inks
from explain.exemplars.readout.ridge import Separation

INKS = Inks.of(True)
ROWS = [Row('a "quoted" layer with a long name', "a", "2 products"), Row("b", "b", ""), Row("together", "", "")]
COLUMNS = [Column("multiply-adds", [2, 1, 3], ["2", "1", "3"]), Column("time", [0, 0, 0], ["–", "–", "–"])]
POINTS = [
    Point("", "the pixels", Separation(0.5, 0.4, 0.6, 0.52, 80, 32)),
    Point("a", "a" * 40, Separation(0.97, 0.9, 0.99, 0.45, 80, 64)),
]


def test_charts_are_vega_lite():
    for spec in (costs(ROWS, COLUMNS, INKS), curve(POINTS, 0.5, 0.95, INKS), curve(POINTS[:1], 0.1, 0.95, INKS)):
        alt.LayerChart.validate(spec)
        json.dumps(spec, allow_nan=False)


def test_bars_are_shares_of_the_dearest_layer_and_the_sum_has_none():
    bars = costs(ROWS, COLUMNS, INKS)["layer"][0]["data"]["values"]
    lengths = [bar["x2"] - bar["x"] for bar in bars]
    assert len(bars) == 2 and lengths[0] == pytest.approx(2 * lengths[1]) and {bar["x"] for bar in bars} == {0}


def test_every_row_tells_its_layer_where_it_is_clicked():
    spec = costs(ROWS, COLUMNS, INKS)
    areas = spec["layer"][2]["data"]["values"]
    assert [area["layer"] for area in areas] == ["a", "b", ""] and areas[0]["tells"] == "2 products"
    assert spec["params"][0]["views"] == [spec["layer"][2]["name"]]


def test_layers_that_tell_have_another_colour_and_chance_a_line():
    spec = curve(POINTS, 0.5, 0.95, INKS)
    dots = spec["layer"][-1]["data"]["values"]
    assert [dot["layer"] for dot in dots] == ["", "a"] and dots[0]["ink"] != dots[1]["ink"]
    assert spec["layer"][1]["layer"][0]["data"]["values"][0]["share"] == 0.5
    low, high = spec["layer"][4]["encoding"]["y"]["scale"]["domain"]
    assert low <= 0.4 and high == 1.0
