"""The working of one unit as pictures: what it takes, weighs and adds up, as Vega-Lite charts and Pillow images.

No Streamlit here: a specification is returned, the page decides where it goes. Inputs have the colours of their layer,
weights and products the diverging palette (blue below zero, red above); cells of one row of a chart share one scale.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from explain.charts import vega
from explain.charts.theme import Inks
from explain.layers.workings import GATES, AveragePooling, Convolution, LstmStep, MaxPooling
from explain.pictures import images
from explain.pictures.notation import number

CELL, LINE, GAP = 25, 17, 9  # screen pixels: height of a cell, of a line of text, between rows of windows
SHARES = 12  # inputs of an LSTM step that are shown
WIDE = 21  # cells that a chart's width holds at least, so that few windows are not drawn huge
ROOM = 25  # cells side by side at most
NAMES_ROOM = 3.4  # cells kept free on the left for the names of the rows


def contributions(
    unit: Convolution, name: Callable[[int], str], inks: Inks, most: int = 6, signed: bool = False
) -> dict:
    """Input windows, weights and products of the input channels that contribute most, side by side.

    name: what an input channel is called. signed: whether the layer before puts out anything below zero.
    """
    shown = unit.order[:most]
    height, width = unit.inputs.shape[:2]
    cells, texts = [], []
    rows = (("takes", unit.inputs), ("× weight", unit.weights), ("= product", unit.products))
    step = height * CELL + GAP
    for row, (label, values) in enumerate(rows):
        top = LINE + row * step
        texts.append(_text(NAMES_ROOM - 0.3, top + height * CELL / 2, label, inks.soft, "right"))
        windows = values[:, :, shown]
        colours = _colours(windows, signed=signed or row > 0 or windows.min() < 0)
        for column, channel in enumerate(shown):
            left = NAMES_ROOM + column * (width + 0.5)
            for y, x in np.ndindex(height, width):
                outside = row == 0 and unit.outside[y, x]
                place = (unit.corner[0] + y * unit.dilation[0], unit.corner[1] + x * unit.dilation[1])
                at = f"row {place[0]}, column {place[1]}"
                what = f"{name(unit.first_channel + channel)}, {at}" + (
                    ": beyond the edge, so zero" if unit.outside[y, x] else ""
                )
                numbers = [float(part[y, x, channel]) for part in (unit.inputs, unit.weights, unit.products)]
                cell = _cell(left + x, top + y * CELL, values[y, x, channel], colours[y, x, column], what)
                if outside:
                    cell |= {"colour": "transparent", "ink": inks.soft}
                cells.append({**cell, "sum": "{:.5g} × {:.5g} = {:.5g}".format(*numbers)})
    foot = LINE + 3 * step
    texts.append(_text(NAMES_ROOM - 0.3, foot + LINE / 2, "added up", inks.soft, "right"))
    for column, channel in enumerate(shown):
        middle = NAMES_ROOM + column * (width + 0.5) + width / 2
        texts.append(_text(middle, LINE / 2 - 2, name(unit.first_channel + channel), inks.text))
        texts.append(_text(middle, foot + LINE / 2, number(unit.sums[channel]), inks.text, bold=True))
    described = f"Windows, weights and products of the {len(shown)} input channels that contribute most."
    return _grid(cells, texts, max(WIDE, NAMES_ROOM + most * (width + 0.5)), foot + LINE, described)


def most_shown(width: int) -> int:
    """How many windows of that width stand side by side with their numbers still legible."""
    return max(1, min(8, int((ROOM - NAMES_ROOM) / (width + 0.5))))


def window(unit: MaxPooling | AveragePooling, inks: Inks, signed: bool = False) -> dict:
    """The window of a pooling unit, the value that won framed. signed: see `contributions`."""
    colours = _colours(unit.inputs, signed=signed or bool(unit.inputs.min() < 0))
    cells = []
    for y, x in np.ndindex(unit.inputs.shape):
        place = (unit.corner[0] + y, unit.corner[1] + x)
        won, outcome = _outcome(unit, y, x)
        cell = _cell(
            NAMES_ROOM + 2 * x, 2 * y * CELL, unit.inputs[y, x], colours[y, x], f"row {place[0]}, column {place[1]}"
        )
        cells.append({**cell, "x2": cell["x"] + 2, "y2": cell["y"] + 2 * CELL, "sum": outcome, "won": won})
    texts = [_text(NAMES_ROOM - 0.3, unit.inputs.shape[0] * CELL, "takes", inks.soft, "right")]
    result = f"the largest, {unit.by_hand:.4g}, is kept" if isinstance(unit, MaxPooling) else f"mean {unit.by_hand:.4g}"
    described = f"A window of {unit.inputs.size} values; {result}."
    wide = max(WIDE, NAMES_ROOM + 2 * unit.inputs.shape[1])
    return _grid(cells, texts, wide, 2 * unit.inputs.shape[0] * CELL + 4, described)


def _outcome(unit: MaxPooling | AveragePooling, y: int, x: int) -> tuple[bool, str]:
    """Whether a value of the window won, and what became of it."""
    weight = float(unit.weights[y, x])
    if isinstance(unit, MaxPooling):
        return weight > 0, "the largest: kept" if weight > 0 else "not kept"
    return False, f"counts {weight:.3g}" if weight > 0 else "beyond the edge: does not count"


def gate_shares(unit: LstmStep, fed: str, inks: Inks, most: int = SHARES) -> dict:
    """The inputs and hidden states that sway the four gates most: their values, and their product with each weight.

    fed: the name of the layer that feeds it.
    """
    shown = np.argsort(-np.abs(unit.products).sum(0), kind="stable")[:most]
    texts = [_text(NAMES_ROOM - 0.3, 2 * LINE + CELL / 2, "value", inks.soft, "right")]
    cells = []
    values, products = unit.inputs[shown], unit.products[:, shown]
    for column, source in enumerate(map(int, shown)):
        own = source >= unit.features
        kind, index = ("state", source - unit.features) if own else ("input", source)
        what = f"own layer's {unit.direction} unit {index}, a step before" if own else f"{fed}, channel {index}"
        left = NAMES_ROOM + column * 1.4
        texts += [_text(left + 0.7, LINE / 2, kind, inks.soft), _text(left + 0.7, LINE * 1.4, str(index), inks.text)]
        tint = _colours(values, signed=bool(values.min() < 0))[column]
        cells.append({**_cell(left, 2 * LINE, values[column], tint, what), "x2": left + 1.4, "sum": "the value itself"})
        for gate in range(len(GATES)):
            top = 2 * LINE + GAP + (gate + 1) * CELL
            tint = _colours(products, signed=True)[gate, column]
            factors = unit.inputs[source], unit.weights[gate, source], unit.products[gate, source]
            cell = _cell(left, top, products[gate, column], tint, f"{GATES[gate]}: {what}")
            cells.append({**cell, "x2": left + 1.4, "sum": "{:.5g} × {:.5g} = {:.5g}".format(*factors)})
    for gate, label in enumerate(GATES):
        top = 2 * LINE + GAP + (gate + 1) * CELL
        texts.append(_text(NAMES_ROOM - 0.3, top + CELL / 2, f"× {label} weight", inks.soft, "right"))
    described = f"The {len(shown)} inputs and states with the largest products, for each of the four gates."
    return _grid(cells, texts, NAMES_ROOM + most * 1.4, 2 * LINE + GAP + 5 * CELL, described)


def others(rest: np.ndarray) -> list[tuple[str, float]]:
    """What the contributions that are not shown one by one add up to, those above, below and at zero apart."""
    kinds = {"above zero": rest[rest > 0], "below zero": rest[rest < 0], "add nothing": rest[rest == 0]}
    return [(f"{len(some)} others {kind}", float(some.sum())) for kind, some in kinds.items() if len(some)]


def ends(sums: np.ndarray, most: int) -> list[int]:
    """The indices of the largest sums above zero, then of the farthest below it, at most so many each."""
    order = np.argsort(-sums, kind="stable")
    above = [int(index) for index in order[:most] if sums[index] > 0]
    return above + [int(index) for index in order[::-1][:most] if sums[index] < 0]


def waterfall(parts: Sequence[tuple[str, float]], totals: Sequence[tuple[str, float]], inks: Inks) -> dict:
    """Amounts added up from zero, one under the other, and after them totals that start from zero again."""
    negative, positive = images.signed_inks()
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
    y = vega.nominal("label", sort=None, title=None, axis={**axis, "labelPadding": 8})
    numbers = {"labelColor": inks.soft, "grid": False, "tickCount": 6, "domain": False}
    low, high = min(min(r["from"], r["to"]) for r in rows), max(r["end"] for r in rows)
    room = (high - low) * 0.09 or 1.0
    scale = {"domain": [min(low, 0), max(high, 0) + room], "nice": False}

    def x(field: str) -> dict:
        return vega.quantitative(field, title=None, axis=numbers, scale=scale)

    tooltip = [*vega.tips(label="what"), vega.tip("value", "adds", ".6g"), vega.tip("to", "total so far", ".6g")]
    tint = vega.nominal("colour", scale=None)
    bar = {"x": x("from"), "x2": {"field": "to"}, "y": y, "color": tint, "tooltip": tooltip}
    text = {"type": "text", "align": "left", "dx": 4, "color": inks.text, "fontSize": 11}
    layers = [
        vega.layer(rows, {"type": "bar", "height": 13}, bar),
        vega.layer(rows, text, {"x": x("end"), "y": y, "text": vega.TEXT}),
        vega.layer([{"zero": 0}], {"type": "rule", "color": inks.soft}, {"x": x("zero")}),
    ]
    described = "; ".join(f"{row['label']} {row['text']}" for row in rows)
    return vega.specification(layers, 19 * len(rows) + 34, described)


def _colours(values: np.ndarray, signed: bool) -> np.ndarray:
    """RGB of every value on one scale for them all, centred on zero where it is signed, from zero where not."""
    limit = float(np.abs(values).max())
    return images.colours(values, -limit if signed else 0.0, limit, "diverging" if signed else "unsigned")


def _cell(x: float, y: float, value: float, colour: np.ndarray, what: str) -> dict:
    light = float(np.dot(colour, (0.299, 0.587, 0.114))) > 140
    return {
        "x": float(x),
        "x2": float(x) + 1,
        "y": y,
        "y2": y + CELL,
        "text": number(float(value)),
        "colour": images.hexadecimal(colour),
        "ink": "#14171f" if light else "#f5f6f8",
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

    plane = vega.Plane(0, width, height)
    tooltip = vega.tips(what="what", sum="value × weight")
    fill, ink = vega.nominal("colour", scale=None), {"color": vega.INK, "tooltip": tooltip}
    layers = [
        plane.rectangles(cells, {"stroke": "#80808055"}, color=fill, tooltip=tooltip),
        plane.layer(cells, {"type": "text", "fontSize": 10, "tooltip": False}, x="mx", y="my", text=vega.TEXT, **ink),
    ]
    won = [cell for cell in cells if cell["won"]]
    if won:
        layers.append(plane.rectangles(won, vega.outline("#d9480f", 3)))
    for align in sorted({text["align"] for text in texts}):
        mark = {"align": align, "fontSize": 11.5, "fontWeight": {"expr": "datum.weight"}}
        layers.append(plane.texts([text for text in texts if text["align"] == align], mark, color=fill))
    return vega.specification(layers, height, described)
