"""A network's answer as a picture is changed more and more: the probability of its first answer, as a line."""

from __future__ import annotations

from collections.abc import Sequence

from explain.charts import vega
from explain.charts.theme import Inks
from explain.interventions.picture import Answered

HEIGHT = 220


def curve(points: Sequence[Answered], usual: str, unit: str, amount: float, inks: Inks) -> dict:
    """The probability of the answer that the unchanged picture gets over the amount, and where the answer is another.

    usual: that answer. unit: of the amount. amount: the one that is marked.
    """
    rows = [
        {
            "amount": point.amount,
            "usual": point.usual,
            "text": point.text or "nothing",
            "own": point.probability,
            "ink": inks.accent if point.text == usual else inks.frame,
        }
        for point in points
    ]
    axis = {"labelColor": inks.soft, "titleColor": inks.soft, "grid": False}
    x = vega.quantitative("amount", axis={**axis, "title": unit})
    y = vega.quantitative("usual", scale={"domain": [0, 1]}, axis={**axis, "title": "probability of the first answer"})
    tooltip = [
        vega.tip("amount", unit, "g"),
        *vega.tips(text="answer"),
        vega.tip("own", "its probability"),
        vega.tip("usual", "the first answer's"),
    ]
    dot = {"type": "point", "filled": True, "size": 45, "opacity": 1}
    layers = [
        vega.layer(rows, {"type": "line", "color": inks.accent, "strokeWidth": 2}, {"x": x, "y": y}),
        vega.layer(rows, dot, {"x": x, "y": y, "color": vega.INK, "tooltip": tooltip}),
        vega.layer([{"amount": amount}], {"type": "rule", "color": inks.soft, "strokeDash": [4, 3]}, {"x": x}),
    ]
    turned = sum(point.text != usual for point in points)
    return vega.specification(layers, HEIGHT, f"{len(rows)} amounts; the answer is another at {turned}.")
