"""A training over the pictures seen: how large the loss still was, and how much was read right."""

from __future__ import annotations

import numpy as np

from explain.charts import vega
from explain.charts.theme import Inks

HEIGHT = 210
LINEAR = 250  # pictures up to which the scale is linear; it goes by powers from there, and begins with 0
STEPS = (1, 3)  # of the powers of ten that are numbered
SHORT = "datum.value >= 1000 ? datum.value / 1000 + 'k' : datum.value"


def numbered(first: int, last: int) -> list[float]:
    """1, 3, 10, 30 and so on, from one power of ten to before another."""
    return [step * 10.0**power for power in range(first, last) for step in STEPS]


def curve(seen: np.ndarray, losses: np.ndarray, right: np.ndarray, at: int, inks: Inks) -> dict:
    """Loss (left axis) and share read right (right axis) over the pictures seen, with one moment marked.

    seen, losses, right: `(moment,)`. at: the place of the moment that is marked.
    """
    rows = [
        {"seen": int(words), "loss": float(loss), "right": float(share)}
        for words, loss, share in zip(seen, losses, right, strict=True)
    ]
    quiet = {"labelColor": inks.text, "grid": False, "titleFontWeight": "normal"}
    scale = {"type": "symlog", "constant": LINEAR, "domain": [0, int(seen[-1])], "nice": False}
    values = [0, *(value for value in numbered(2, 9) if LINEAR <= value <= seen[-1])]
    bottom = {**quiet, "title": "words seen in training", "titleColor": inks.text, "values": values, "labelExpr": SHORT}
    x = vega.quantitative("seen", scale=scale, axis=bottom)
    tooltip = [
        vega.tip("seen", "words seen", ",d"),
        vega.tip("loss", "loss, nats a word", ".2f"),
        vega.tip("right", "read right", ".1%"),
    ]

    def line(field: str, title: str, ink: str, side: str, scale: dict, more: dict) -> list[vega.Layer]:
        axis = {**quiet, "title": title, "titleColor": ink, "orient": side, **more}
        y = vega.quantitative(field, scale={"nice": False, **scale}, axis=axis)
        dots = {"type": "point", "filled": True, "size": 30, "color": ink, "opacity": 1}
        now = {**dots, "size": 150, "stroke": inks.text, "strokeWidth": 1.5}
        return [
            vega.layer(rows, {"type": "line", "color": ink, "strokeWidth": 2}, {"x": x, "y": y}),
            vega.layer(rows, dots, {"x": x, "y": y, "tooltip": tooltip}),
            vega.layer([rows[at]], now, {"x": x, "y": y, "tooltip": tooltip}),
        ]

    low, high = float(losses.min()) / 1.2, float(losses.max()) * 1.2
    by_powers = {"type": "log", "domain": [low, high]}
    marked = {"values": [value for value in numbered(-4, 4) if low <= value <= high], "format": "~r"}
    shares = {"tickCount": 5, "format": ".0%"}
    both = [
        {"layer": line("loss", "loss, nats a word", inks.frame, "left", by_powers, marked)},
        {"layer": line("right", "words read right", inks.accent, "right", {"domain": [0, 1]}, shares)},
    ]
    told = f"After {seen[at]:,} words the loss is {losses[at]:.2f} and {right[at]:.0%} of the words are read right."
    return vega.specification(both, HEIGHT, told, resolve={"scale": {"y": "independent"}})
