"""The working of one unit as pictures: what it takes, weighs and adds up, as Vega-Lite charts and Pillow images.

No Streamlit here: a specification is returned, the page decides where it goes. Inputs have the colours of their layer,
weights and products the diverging palette (blue below zero, red above); cells of one row of a chart share one scale.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from explain.charts.theme import Inks
from explain.layers.workings import GATES, Convolution, LstmStep, MaxPooling
from explain.pictures import images
from explain.pictures.notation import number

CELL, LINE, GAP = 25, 17, 9  # screen pixels: height of a cell, of a line of text, between rows of windows
SHARES = 12  # inputs of an LSTM step that are shown
WIDE = 21  # cells that a chart's width holds at least, so that few windows are not drawn huge
NAMES_ROOM = 3.4  # cells kept free on the left for the names of the rows


def contributions(unit: Convolution, name: Callable[[int], str], inks: Inks, most: int = 6) -> dict:
    """Input windows, weights and products of the input channels that contribute most, side by side.

    name: what an input channel is called.
    """
    chosen = unit.order[:most]
    height, width = unit.inputs.shape[:2]
    cells, texts = [], []
    rows = (("takes", unit.inputs), ("× weight", unit.weights), ("= product", unit.products))
    step = height * CELL + GAP
    for row, (label, values) in enumerate(rows):
        top = LINE + row * step
        texts.append(_text(NAMES_ROOM - 0.3, top + height * CELL / 2, label, inks.soft, "right"))
        shown = values[:, :, chosen]
        colours = _colours(shown, signed=row > 0 or shown.min() < 0)
        for column, channel in enumerate(chosen):
            left = NAMES_ROOM + column * (width + 0.5)
            for y, x in np.ndindex(height, width):
                outside = row == 0 and unit.outside[y, x]
                at = f"row {unit.corner[0] + y}, column {unit.corner[1] + x}"
                what = f"{name(channel)}, {at}" + (": beyond the edge, so zero" if unit.outside[y, x] else "")
                numbers = [float(part[y, x, channel]) for part in (unit.inputs, unit.weights, unit.products)]
                cell = _cell(left + x, top + y * CELL, values[y, x, channel], colours[y, x, column], what, outside)
                cells.append({**cell, "sum": "{:.5g} × {:.5g} = {:.5g}".format(*numbers)})
    foot = LINE + 3 * step
    texts.append(_text(NAMES_ROOM - 0.3, foot + LINE / 2, "added up", inks.soft, "right"))
    for column, channel in enumerate(chosen):
        middle = NAMES_ROOM + column * (width + 0.5) + width / 2
        texts.append(_text(middle, LINE / 2 - 2, name(channel), inks.text))
        texts.append(_text(middle, foot + LINE / 2, number(unit.sums[channel]), inks.text, bold=True))
    described = f"Windows, weights and products of the {len(chosen)} input channels that contribute most."
    return _grid(cells, texts, max(WIDE, NAMES_ROOM + most * (width + 0.5)), foot + LINE, described)


def window(unit: MaxPooling, inks: Inks) -> dict:
    """The window of a pooling unit, the value that won framed."""
    colours = _colours(unit.inputs, signed=bool(unit.inputs.min() < 0))
    cells = []
    for y, x in np.ndindex(unit.inputs.shape):
        place = (unit.corner[0] + y, unit.corner[1] + x)
        said = "the largest: kept" if place == unit.winner else "not kept"
        cell = _cell(
            NAMES_ROOM + 2 * x, 2 * y * CELL, unit.inputs[y, x], colours[y, x], f"row {place[0]}, column {place[1]}"
        )
        cells.append(
            {**cell, "x2": cell["x"] + 2, "y2": cell["y"] + 2 * CELL, "sum": said, "won": place == unit.winner}
        )
    texts = [_text(NAMES_ROOM - 0.3, unit.inputs.shape[0] * CELL, "takes", inks.soft, "right")]
    described = f"A window of {unit.inputs.size} values; the largest, {unit.by_hand:.4g}, is kept."
    return _grid(cells, texts, WIDE, 2 * unit.inputs.shape[0] * CELL + 4, described)


def gate_shares(unit: LstmStep, given: str, inks: Inks, most: int = SHARES) -> dict:
    """The inputs and hidden states that sway the four gates most: their values, and their product with each weight.

    given: the name of the layer before.
    """
    chosen = np.argsort(-np.abs(unit.products).sum(0), kind="stable")[:most]
    texts = [_text(NAMES_ROOM - 0.3, 2 * LINE + CELL / 2, "value", inks.soft, "right")]
    cells = []
    values, products = unit.inputs[chosen], unit.products[:, chosen]
    for column, source in enumerate(map(int, chosen)):
        own = source >= unit.features
        kind, index = ("state", source - unit.features) if own else ("input", source)
        what = f"own layer's {unit.direction} unit {index}, a step before" if own else f"{given}, channel {index}"
        left = NAMES_ROOM + column * 1.4
        texts += [_text(left + 0.7, LINE / 2, kind, inks.soft), _text(left + 0.7, LINE * 1.4, str(index), inks.text)]
        tint = _colours(values, signed=bool(values.min() < 0))[column]
        cells.append({**_cell(left, 2 * LINE, values[column], tint, what), "x2": left + 1.4, "sum": "the value itself"})
        for gate in range(len(GATES)):
            top = 2 * LINE + GAP + (gate + 1) * CELL
            tint = _colours(products, signed=True)[gate, column]
            told = f"{unit.inputs[source]:.5g} × {unit.weights[gate, source]:.5g} = {unit.products[gate, source]:.5g}"
            cell = _cell(left, top, products[gate, column], tint, f"{GATES[gate]}: {what}")
            cells.append({**cell, "x2": left + 1.4, "sum": told})
    for gate, label in enumerate(GATES):
        top = 2 * LINE + GAP + (gate + 1) * CELL
        texts.append(_text(NAMES_ROOM - 0.3, top + CELL / 2, f"× {label} weight", inks.soft, "right"))
    described = f"The {len(chosen)} inputs and states with the largest products, for each of the four gates."
    return _grid(cells, texts, NAMES_ROOM + most * 1.4, 2 * LINE + GAP + 5 * CELL, described)


def waterfall(parts: Sequence[tuple[str, float]], totals: Sequence[tuple[str, float]], inks: Inks) -> dict:
    """Amounts added up from zero, one under the other, and after them totals that start from zero again."""
    negative, positive = ("#{:02x}{:02x}{:02x}".format(*images.palette("diverging")[i]) for i in (40, 215))
    rows, total = [], 0.0
    for label, amount in parts:
        colour = positive if amount >= 0 else negative
        rows.append({"label": label, "from": total, "to": total + amount, "text": number(amount), "colour": colour})
        total += amount
    rows += [{"label": label, "from": 0, "to": v, "text": number(v), "colour": inks.soft} for label, v in totals]
    for row in rows:
        row["end"] = max(row["from"], row["to"])
        row["value"] = row["to"] - row["from"]
    axis = {
        "labelColor": inks.text,
        "labelLimit": 260,
        "labelOverlap": False,
        "labelBound": False,
        "labelFlush": False,
        "labelFontSize": 12,
        "ticks": False,
        "domain": False,
    }
    y = {"field": "label", "type": "nominal", "sort": None, "title": None, "axis": {**axis, "labelPadding": 8}}
    numbers = {"labelColor": inks.soft, "grid": False, "tickCount": 6, "domain": False}
    low, high = min(min(r["from"], r["to"]) for r in rows), max(r["end"] for r in rows)
    room = (high - low) * 0.09 or 1.0
    scale = {"domain": [min(low, 0), max(high, 0) + room], "nice": False}
    x = {"field": "from", "type": "quantitative", "title": None, "axis": numbers, "scale": scale}
    tips = [{"field": "label", "type": "nominal", "title": "what"}]
    tips += [{"field": "value", "type": "quantitative", "format": ".6g", "title": "adds"}]
    tips += [{"field": "to", "type": "quantitative", "format": ".6g", "title": "total so far"}]
    tint = {"field": "colour", "type": "nominal", "scale": None}
    bars = {
        "mark": {"type": "bar", "height": 13},
        "encoding": {"x": x, "x2": {"field": "to"}, "y": y, "color": tint, "tooltip": tips},
    }
    ends = {"field": "end", "type": "quantitative"}
    text = {"type": "text", "align": "left", "dx": 4, "color": inks.text, "fontSize": 11}
    said = {"mark": text, "encoding": {"x": {**x, **ends}, "y": y, "text": {"field": "text", "type": "nominal"}}}
    zero = {"mark": {"type": "rule", "color": inks.soft}, "encoding": {"x": {**x, "field": "zero"}}}
    layers = [{**layer, "data": {"values": rows}} for layer in (bars, said)]
    layers.append({**zero, "data": {"values": [{"zero": 0}]}})
    described = "; ".join(f"{row['label']} {row['text']}" for row in rows)
    return {
        "layer": layers,
        "height": 19 * len(rows) + 34,
        "description": described,
        "config": {"view": {"stroke": None}},
    }


def _colours(values: np.ndarray, signed: bool) -> np.ndarray:
    """RGB of every value on one scale for them all, centred on zero where it is signed, from zero where not."""
    limit = float(np.abs(values).max())
    return images.colours(values, -limit if signed else 0.0, limit, "diverging" if signed else "unsigned")


def _cell(x: float, y: float, value: float, colour: np.ndarray, what: str, empty: bool = False) -> dict:
    light = float(np.dot(colour, (0.299, 0.587, 0.114))) > 140
    return {
        "x": float(x),
        "x2": float(x) + 1,
        "y": y,
        "y2": y + CELL,
        "text": number(float(value)),
        "colour": "transparent" if empty else "#{:02x}{:02x}{:02x}".format(*colour),
        "ink": "#8a94a6" if empty else "#14171f" if light else "#f5f6f8",
        "what": what,
        "won": False,
    }


def _text(x: float, y: float, text: str, colour: str, align: str = "center", bold: bool = False) -> dict:
    return {
        "x": float(x),
        "y": y,
        "text": text,
        "colour": colour,
        "align": align,
        "weight": "bold" if bold else "normal",
    }


def _grid(cells: list[dict], texts: list[dict], width: float, height: float, described: str) -> dict:
    """Coloured cells with their numbers, and words around them; x in cells, y in screen pixels from the top."""
    for cell in cells:
        cell["mx"], cell["my"] = (cell["x"] + cell["x2"]) / 2, (cell["y"] + cell["y2"]) / 2

    def x(field: str) -> dict:
        return {"field": field, "type": "quantitative", "axis": None, "scale": {"domain": [0, width], "nice": False}}

    def y(field: str) -> dict:
        return {"field": field, "type": "quantitative", "axis": None, "scale": {"domain": [height, 0], "nice": False}}

    def nominal(field: str, **more) -> dict:
        return {"field": field, "type": "nominal", **more}

    box = {"x": x("x"), "x2": {"field": "x2"}, "y": y("y"), "y2": {"field": "y2"}}
    tips = [nominal("what", title="what"), nominal("sum", title="value × weight")]
    fill = {**box, "color": nominal("colour", scale=None), "tooltip": tips}
    inside = {"x": x("mx"), "y": y("my"), "text": nominal("text"), "color": nominal("ink", scale=None)}
    layers = [
        {"mark": {"type": "rect", "stroke": "#80808055"}, "encoding": fill, "data": {"values": cells}},
        {
            "mark": {"type": "text", "fontSize": 10, "tooltip": False},
            "encoding": {**inside, "tooltip": tips},
            "data": {"values": cells},
        },
    ]
    won = [cell for cell in cells if cell["won"]]
    if won:
        mark = {"type": "rect", "fillOpacity": 0, "stroke": "#d9480f", "strokeWidth": 3}
        layers.append({"mark": mark, "encoding": box, "data": {"values": won}})
    for align in sorted({text["align"] for text in texts}):
        mark = {"type": "text", "align": align, "baseline": "middle", "fontSize": 11.5}
        mark["fontWeight"] = {"expr": "datum.weight"}
        words = {"x": x("x"), "y": y("y"), "text": nominal("text"), "color": nominal("colour", scale=None)}
        layers.append({"mark": mark, "encoding": words, "data": {"values": [t for t in texts if t["align"] == align]}})
    return {"layer": layers, "height": height, "description": described, "config": {"view": {"stroke": None}}}
