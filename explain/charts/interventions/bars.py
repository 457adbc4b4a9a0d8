"""How much each layer has changed, and what each part of a layer costs: a bar for each, with zero where it is."""

from __future__ import annotations

import json
from collections.abc import Sequence

from explain.charts import vega
from explain.charts.theme import Inks
from explain.pictures.notation import shortened

ROW, LONGEST = 17, 30  # screen pixels of a row; characters of a name


def bars(rows: Sequence[tuple[str, float]], title: str, form: str, inks: Inks) -> dict:
    """A level bar a row, from zero on; those below zero in another colour.

    rows: name and value, from the top. title: of the axis. form: of the numbers, such as ".2f".
    """
    data = [
        {
            "row": number,
            "name": shortened(name, LONGEST),
            "value": float(value),
            "ink": inks.accent if value >= 0 else inks.frame,
        }
        for number, (name, value) in enumerate(rows)
    ]
    # Names are texts of an axis of their own: two layers may be called alike.
    labels = {
        "values": [row["row"] for row in data],
        "labelExpr": f"{json.dumps([row['name'] for row in data])}[datum.value]",
        "labelColor": inks.text,
        "labelLimit": 220,
        "labelOverlap": False,
        "labelFlush": False,
        "title": None,
        "domain": False,
        "ticks": False,
    }
    along = {"title": title, "format": form, "labelColor": inks.soft, "titleColor": inks.soft, "grid": False}
    channels = {
        "y": {"field": "row", "type": "ordinal", "axis": labels},
        "x": vega.quantitative("value", axis={**along, "tickCount": 5}),
        "color": vega.INK,
        "tooltip": [*vega.tips(name="of"), vega.tip("value", title, form)],
    }
    layers = [vega.layer(data, {"type": "bar", "height": 10, "cornerRadius": 2}, channels)]
    described = "; ".join(f"{row['name']} {row['value']:.3g}" for row in data[:8])
    return vega.specification(layers, max(40, ROW * len(data)), f"{title}: {described}.")
