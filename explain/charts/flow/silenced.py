"""Is a path right? What it costs to silence the channels that it names, against others: lines over their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from explain.charts import vega
from explain.charts.theme import Inks

HEIGHT = 300
DASHES = ((5, 3), (2, 2), (1, 0))  # of the orders beside those that are checked; the last, unbroken, of these


def silenced(
    counts: Sequence[int], costs: Mapping[str, np.ndarray], named: Sequence[str], what: str, inks: Inks
) -> dict:
    """A line for each order in which channels are silenced, the number of them along the bottom.

    costs: by what the order is called, `(count,)`. named: the orders that are checked; the others are drawn in grey.
    what: falls.
    """
    others = [name for name in costs if name not in named]
    inks_of = {name: [inks.accent, inks.frame][number % 2] for number, name in enumerate(named)}
    looks = {
        name: (inks_of.get(name, inks.soft), DASHES[others.index(name) if name in others else -1]) for name in costs
    }
    rows = [
        {"order": name, "count": int(count), "cost": float(cost)}
        for name, line in costs.items()
        for count, cost in zip(counts, line, strict=True)
    ]
    axis = {"labelColor": inks.soft, "titleColor": inks.soft, "grid": False}
    ticks = {**axis, "title": "channels silenced together", "values": list(counts), "format": "d"}
    # Equal steps from 1 to 2, 5 to 10: the first few channels matter most.
    x = vega.quantitative("count", scale={"type": "log", "nice": False}, axis=ticks)
    y = vega.quantitative("cost", axis={**axis, "title": f"{what} lost", "tickCount": 5})
    broken = {"domain": list(costs), "range": [list(dash) for _, dash in looks.values()]}
    colours = {"domain": list(costs), "range": [ink for ink, _ in looks.values()]}
    legend = {
        "orient": "top",
        "direction": "vertical",
        "title": None,
        "symbolSize": 300,
        "labelColor": inks.text,
        "labelLimit": 400,
    }
    channels = {
        "x": x,
        "y": y,
        "color": vega.nominal("order", scale=colours, legend={**legend, "symbolType": "stroke"}),
        "strokeDash": vega.nominal("order", scale=broken, legend=legend),
    }
    tooltip = [
        *vega.tips(order="silenced"),
        vega.tip("count", "channels", "d"),
        vega.tip("cost", f"{what} lost", ".3g"),
    ]
    dot = {"type": "point", "filled": True, "size": 40, "opacity": 1}
    layers = [
        vega.layer(rows, {"type": "line", "strokeWidth": 2}, channels),
        vega.layer(rows, dot, {**channels, "tooltip": tooltip}),
        vega.layer([{"cost": 0}], {"type": "rule", "color": inks.soft, "opacity": 0.5}, {"y": y}),
    ]
    last = "; ".join(f"{name} {float(line[-1]):.3g}" for name, line in costs.items() if len(line))
    return vega.specification(layers, HEIGHT, f"Lost with {max(counts, default=0)} channels silenced: {last}.")
