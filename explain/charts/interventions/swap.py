"""Where an answer is decided: a row of stripes a layer under the two pictures, as far as each turns the answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explain.charts import vega
from explain.charts.theme import Inks, room
from explain.interventions.patching import Turned

ROW, GAP, NAMES, PICTURE = 16, 6, 24, 64  # screen pixels; NAMES in columns of a picture of the usual width


def swap(urls: tuple[str, str], size: tuple[int, int], found: Turned, names: Sequence[str], inks: Inks) -> dict:
    """The two pictures, the one that is run and the one whose values are put in, and a row of stripes a layer.

    size: width and height of the pictures. names: of the layers.
    """
    width, tall = size[0], min(PICTURE, 2 * size[1])
    top = 2 * (tall + GAP)
    height = top + ROW * len(names)
    plane = vega.Plane(-room(width, NAMES), width, height)
    edges = found.stripes * width
    cells = [
        {
            "x": float(edges[stripe]),
            "x2": float(edges[stripe + 1]),
            "y": top + row * ROW,
            "y2": top + (row + 1) * ROW - 1,
            "value": float(found.values[row, stripe]),
            "layer": names[row],
            "columns": f"{edges[stripe]:.0f} to {edges[stripe + 1]:.0f}",
        }
        for row, stripe in np.argwhere(np.isfinite(found.values)).tolist()
    ]
    colour = vega.colour_scale("value", 0, 1, clamp=True)
    tooltip = [*vega.tips(layer="layer", columns="columns"), vega.tip("value", "turned", ".2f")]
    labels = [
        {"x": -1, "y": top + (row + 0.5) * ROW, "text": name[:30], "ink": inks.text} for row, name in enumerate(names)
    ]
    labels += [
        {"x": -1, "y": (tall + GAP) * number + tall / 2, "text": text, "ink": inks.soft}
        for number, text in enumerate(("run", "put in"))
    ]
    layers = [_picture(plane, url, width, tall, height, number * (tall + GAP)) for number, url in enumerate(urls)]
    layers += [
        plane.rectangles(cells, color=colour, tooltip=tooltip),
        plane.texts(labels, {"align": "right", "fontSize": 11}, color=vega.INK),
    ]
    return vega.specification(layers, height, f"How far each stripe of {len(names)} layers turns the answer.")


def _picture(plane: vega.Plane, url: str, width: float, tall: float, height: float, top: float) -> vega.Layer:
    layer = plane.picture(url, width, {"expr": f"height * {tall / height}"})
    layer["data"]["values"][0]["y"] = top
    return layer
