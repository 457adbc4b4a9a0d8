"""What each layer costs: a row a layer and a column of bars for each kind of cost, the number on every bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from explain.charts import vega
from explain.charts.theme import Inks
from explain.pictures.notation import shortened

ROW, HEAD, BAR = 18, 20, 14  # screen pixels of a row, of the titles above, of a bar
NAMES, GAP = 0.95, 0.06  # in widths of a column
LONGEST = 22  # characters of a name
ROWS = "rows"


class Column(NamedTuple):
    """title: above it. values: one a row, from zero up. texts: the same as they are written on the bars."""

    title: str
    values: Sequence[float]
    texts: Sequence[str]


class Row(NamedTuple):
    """name: of the layer, as it is shown. layer: as a click tells it, "" where there is nothing to open. tells: in the
    tooltip."""

    name: str
    layer: str
    tells: str


def costs(rows: Sequence[Row], columns: Sequence[Column], inks: Inks) -> dict:
    """The chart; the longest bar of each column is its largest value among rows of a layer. A click tells the layer."""
    height = HEAD + ROW * len(rows)
    plane = vega.Plane(-NAMES, float(len(columns)), height)
    names = [
        {"x": -NAMES, "y": HEAD + (at + 0.5) * ROW, "text": shortened(row.name, LONGEST), "ink": inks.text}
        for at, row in enumerate(rows)
    ]
    titles = [{"x": at, "y": HEAD / 2, "text": column.title, "ink": inks.soft} for at, column in enumerate(columns)]
    bars, numbers = [], []
    for at, column in enumerate(columns):
        most = max((value for row, value in zip(rows, column.values, strict=True) if row.layer), default=0) or 1
        for number, (row, value, text) in enumerate(zip(rows, column.values, column.texts, strict=True)):
            middle = HEAD + (number + 0.5) * ROW
            long = at + (1 - GAP) * value / most
            if value > 0 and row.layer:
                bars.append({"x": at, "x2": long, "y": middle - BAR / 2, "y2": middle + BAR / 2})
            ink = inks.text if value > 0 else inks.soft
            numbers.append({"x": at + 0.02, "y": middle, "text": text, "ink": ink})
    written = {"align": "left", "fontSize": 11}
    layers = [
        plane.rectangles(bars, {"color": inks.accent, "opacity": 0.4, "cornerRadius": 2}),
        plane.texts([*names, *titles, *numbers], written, color=vega.INK),
        {**_rows(rows, len(columns), plane), "name": ROWS},
    ]
    listed = "; ".join(
        f"{row.name} {', '.join(column.texts[at] for column in columns)}" for at, row in enumerate(rows[:12])
    )
    described = f"{', '.join(column.title for column in columns)} of each layer: {listed}."
    clicked = {"type": "point", "fields": ["layer"], "on": "click"}
    return vega.specification(layers, height, described, params=[{"name": "layer", "select": clicked, "views": [ROWS]}])


def _rows(rows: Sequence[Row], columns: int, plane: vega.Plane) -> vega.Layer:
    """What is clicked and hovered over: nothing to be seen, as wide as the chart."""
    areas = [
        {
            "x": -NAMES,
            "x2": columns,
            "y": HEAD + at * ROW,
            "y2": HEAD + (at + 1) * ROW,
            "layer": row.layer,
            "name": row.name,
            "tells": row.tells,
        }
        for at, row in enumerate(rows)
    ]
    mark = {"fillOpacity": 0, "fill": "#808080", "cursor": "pointer"}
    return plane.rectangles(areas, mark, tooltip=vega.tips(name="layer", tells="takes"))
