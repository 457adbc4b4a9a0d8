"""The curves of the check: held against Vega-Lite's schema, and what they show against what was given."""

from __future__ import annotations

import json

import altair as alt
import numpy as np

from explain.charts.flow.silenced import silenced
from explain.charts.theme import Inks

COSTS = {"named": np.array([1.0, 2.0]), "at random": np.array([0.0, -0.1]), "active": np.array([0.1, 0.2])}


def test_every_order_is_a_line_and_only_those_checked_have_colours():
    inks = Inks.of(False)
    spec = silenced((1, 10), COSTS, ("named",), "logit", inks)
    alt.LayerChart.validate(spec)
    json.dumps(spec, allow_nan=False)
    rows = spec["layer"][0]["data"]["values"]
    assert [(row["order"], row["count"], row["cost"]) for row in rows[:3]] == [
        ("named", 1, 1.0),
        ("named", 10, 2.0),
        ("at random", 1, 0.0),
    ]
    encoding = spec["layer"][0]["encoding"]
    assert encoding["color"]["scale"] == {"domain": list(COSTS), "range": [inks.accent, inks.soft, inks.soft]}
    dashes = encoding["strokeDash"]["scale"]["range"]
    assert dashes[0] == [1, 0] and len(set(map(tuple, dashes))) == 3


def test_no_channels_are_no_lines():
    alt.LayerChart.validate(silenced((), {"named": np.array([])}, ("named",), "logit", Inks.of(True)))
