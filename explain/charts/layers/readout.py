"""How well each layer tells two characters apart: a curve over the layers, with chance and a control beneath it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from explain.charts import vega
from explain.charts.theme import Inks
from explain.exemplars.readout.ridge import Separation
from explain.pictures.notation import shortened

HEIGHT = 300
POINTS = "points"
LONGEST = 16  # characters of a name under the axis


class Point(NamedTuple):
    """A layer: its name in the file, what it is called, and how well it tells the classes apart."""

    layer: str
    name: str
    separation: Separation


def curve(points: Sequence[Point], chance: float, tells: float, inks: Inks) -> dict:
    """The share read out right over the layers, in the network's order, with the interval in which it lies.

    tells: the share from which a layer is said to tell the classes apart, as a thin line. A click tells the layer.
    """
    rows = [
        {
            "at": at,
            "layer": point.layer,
            "name": point.name,
            "share": point.separation.share,
            "low": point.separation.low,
            "high": point.separation.high,
            "between": f"{point.separation.low:.0%} to {point.separation.high:.0%}",
            "control": point.separation.control,
            "values": point.separation.values,
            "examples": point.separation.examples,
            "ink": inks.accent if point.separation.share >= tells else inks.soft,
        }
        for at, point in enumerate(points)
    ]
    names = [shortened(point.name, LONGEST) for point in points]
    axis = {"labelColor": inks.soft, "titleColor": inks.soft, "grid": False, "domain": False}
    labels = {
        "values": list(range(len(rows))),
        "labelExpr": f"{json.dumps(names)}[datum.value]",
        "labelAngle": -50 if len(rows) > 6 else 0,
        "labelOverlap": "greedy",
        "title": None,
        "ticks": False,
    }
    x = vega.quantitative("at", axis={**axis, **labels}, scale={"domain": [-0.3, len(rows) - 0.7], "nice": False})
    lowest = min([chance, *(row["low"] for row in rows), *(row["control"] for row in rows)], default=0.0)
    scale = {"domain": [max(0.0, int(10 * lowest - 0.5) / 10), 1.0], "nice": False}

    def y(field: str) -> dict:
        return vega.quantitative(
            field, scale=scale, axis={**axis, "format": ".0%", "title": "read out right", "tickCount": 6}
        )

    tooltip = [
        *vega.tips(name="layer"),
        vega.tip("share", "read out right", ".1%"),
        *vega.tips(between="of all such, between"),
        vega.tip("control", "classes shuffled", ".1%"),
        vega.tip("examples", "examples", "d"),
        vega.tip("values", "values at a place", "d"),
    ]
    band = {"type": "area", "opacity": 0.18, "color": inks.accent}
    line = {"type": "line", "color": inks.accent, "strokeWidth": 2}
    dot = {"type": "point", "filled": True, "size": 90, "opacity": 1, "cursor": "pointer"}
    control = {"type": "line", "color": inks.frame, "strokeWidth": 1.5, "strokeDash": [2, 3]}
    layers = [
        vega.layer(rows, band, {"x": x, "y": y("low"), "y2": {"field": "high"}}),
        _level(chance, "chance", "right", {"strokeDash": [6, 4]}, x, y, inks),
        _level(tells, f"{tells:.0%}", "left", {"strokeWidth": 0.5}, x, y, inks),
        vega.layer(rows, control, {"x": x, "y": y("control")}),
        vega.layer(rows, line, {"x": x, "y": y("share")}),
        {**vega.layer(rows, dot, {"x": x, "y": y("share"), "color": vega.INK, "tooltip": tooltip}), "name": POINTS},
    ]
    listed = "; ".join(f"{row['name']} {row['share']:.0%}" for row in rows)
    clicked = {"type": "point", "fields": ["layer"], "on": "click", "nearest": False}
    params = [{"name": "layer", "select": clicked, "views": [POINTS]}]
    return vega.specification(layers, HEIGHT, f"Read out right, chance {chance:.0%}: {listed}.", params=params)


def _level(share: float, text: str, side: str, mark: dict, x: dict, y: Callable[[str], dict], inks: Inks) -> vega.Layer:
    """A level line across, its name above one end of it."""
    rows = [{"share": share, "text": text, "at": x["scale"]["domain"][side == "right"]}]
    named = {"type": "text", "align": side, "dy": -7, "fontSize": 10.5, "color": inks.soft}
    return {
        "layer": [
            vega.layer(rows, {"type": "rule", "color": inks.soft, **mark}, {"y": y("share")}),
            vega.layer(rows, named, {"x": x, "y": y("share"), "text": vega.TEXT}),
        ]
    }
