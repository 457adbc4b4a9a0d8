"""Whether a map tells the truth, as small Vega-Lite charts under it: deletion and insertion, and the sanity check."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explain.attribution.faithfulness import Curve
from explain.charts.theme import Inks
from explain.charts.word_axis import told

HEIGHT, TITLE, FOOT = 92, 20, 24  # screen pixels: of a curve's field, over it, under it
APART, LEFT = 1.22, 0.13  # where the second field begins and the room for a scale, in widths of a field
SANITY_FOOT = 44


def curves(deletion: Curve, insertion: Curve, random: tuple[Curve, Curve], inks: Inks) -> dict:
    """Deletion on the left, insertion on the right, each with its area shaded and the random order in grey.

    random: the two curves of the random order. The curves lie on a scale from 0 to 1, or to their own ends where they
    are no probabilities.
    """
    found = (deletion, insertion, *random)
    low = min(0.0, *(float(curve.values.min()) for curve in found))
    high = max(1.0, *(float(curve.values.max()) for curve in found))
    layers = []
    fields = (
        ("Taken away: should fall early", "taken away", deletion, random[0]),
        ("Put back: should rise early", "put back", insertion, random[1]),
    )
    for number, (title, done, curve, by_chance) in enumerate(fields):
        left = number * APART
        rows = _points(curve, by_chance, left, low, high)
        base = {"y2": {"datum": _y(low, low, high)}}
        layers += [
            _layer(rows, {"type": "area", "color": inks.accent, "opacity": 0.16}, **base),
            _layer(_points(by_chance, by_chance, left, low, high), _line(inks.soft, [4, 3])),
            _layer(rows, _line(inks.accent)),
            *_frame(left, title, (low, high), ("0 %", "of the pixels", "100 %"), inks),
            _read_off(rows, done, left),
        ]
    described = (
        f"Deletion: area {deletion.area:.2f}, random order {random[0].area:.2f}. "
        f"Insertion: area {insertion.area:.2f}, random order {random[1].area:.2f}."
    )
    return _specification(layers, TITLE + HEIGHT + FOOT, described)


def cascade(stages: Sequence[str], likeness: Sequence[float], inks: Inks) -> dict:
    """How alike a map stays while layer after layer is shuffled, from the output down: a point a stage.

    stages: names of what was shuffled last. likeness: of the map after each stage to the original, from -1 to 1.
    """
    low = min(0.0, *likeness)
    wide = (1 + APART) / (len(stages) + 0.5)
    rows = [{"x": 0.0, "y": _y(1.0, low, 1.0), "stage": "nothing yet", "likeness": 1.0}]
    rows += [
        {"x": (n + 1) * wide, "y": _y(value, low, 1.0), "stage": stage, "likeness": float(value)}
        for n, (stage, value) in enumerate(zip(stages, likeness, strict=True))
    ]
    tooltip = [{"field": "stage", "type": "nominal", "title": "shuffled down to"}, told("likeness", "likeness", ".2f")]
    names = [{"x": row["x"], "y": TITLE + HEIGHT + 6, "text": row["stage"]} for row in rows[1:]]
    slanted = {"type": "text", "angle": 325, "align": "right", "baseline": "middle", "fontSize": 10, "color": inks.text}
    layers = [
        _layer([{"x": 0, "x2": 1 + APART, "y": _y(0, low, 1)}], _rule(inks), x2={"field": "x2"}),
        _layer(rows, _line(inks.accent)),
        _layer(
            rows, {"type": "point", "filled": True, "size": 55, "opacity": 1, "color": inks.accent}, tooltip=tooltip
        ),
        _layer(names, slanted, text={"field": "text"}),
        *_frame(0.0, "Shuffling the network, layer by layer: the map should change", (low, 1.0), None, inks),
    ]
    last = f"{likeness[-1]:.2f}" if len(likeness) else "1"
    return _specification(layers, TITLE + HEIGHT + SANITY_FOOT, f"Likeness of the map, in the end {last}.")


def _points(curve: Curve, by_chance: Curve, left: float, low: float, high: float) -> list[dict]:
    return [
        {"x": left + float(share), "y": _y(value, low, high), "share": float(share), "value": float(value), "chance": c}
        for share, value, c in zip(curve.shares, curve.values, map(float, by_chance.values), strict=True)
    ]


def _y(value: float, low: float, high: float) -> float:
    return TITLE + HEIGHT * (high - float(value)) / (high - low)


def _frame(left: float, title: str, ends: tuple[float, float], below: tuple[str, str, str] | None, inks: Inks) -> list:
    """Title, the two ends of the scale, the lines at them, and what runs along the bottom."""
    low, high = ends
    text = {"type": "text", "baseline": "middle", "fontSize": 11, "color": inks.text}
    texts = [({"x": left, "y": 8, "text": title}, "left")]
    room = 0.12 * (high - low)  # for a number of the scale
    for value in sorted({0.0, high} | ({low} if low < -room else set())):
        texts.append(({"x": left - 0.02, "y": _y(value, low, high), "text": f"{value:.2g}"}, "right"))
    if below:
        places = zip((left, left + 0.5, left + 1), below, ("left", "center", "right"), strict=True)
        texts += [({"x": x, "y": TITLE + HEIGHT + 14, "text": said}, align) for x, said, align in places]
    width = 1.0 if below else 1 + APART
    rules = [{"x": left, "x2": left + width, "y": _y(value, low, high)} for value in ends]
    aligned = [
        _layer([row for row, one in texts if one == align], {**text, "align": align}, text={"field": "text"})
        for align in ("left", "center", "right")
        if any(one == align for _, one in texts)
    ]
    return [_layer(rules, _rule(inks), x2={"field": "x2"}), *aligned]


def _read_off(rows: list[dict], done: str, left: float) -> dict:
    """Unseen strips, one around each point, that tell the curves' heights under the pointer."""
    edges = np.array([row["x"] for row in rows])
    edges = np.concatenate([[left], (edges[1:] + edges[:-1]) / 2, [left + 1]])
    strips = [
        {**row, "x": float(first), "x2": float(last), "y": TITLE, "y2": TITLE + HEIGHT}
        for row, first, last in zip(rows, edges[:-1], edges[1:], strict=True)
    ]
    tooltip = [
        told("share", f"pixels {done}", ".1%"),
        told("value", "answer, this map's order"),
        told("chance", "answer, random order"),
    ]
    far = {"x2": {"field": "x2"}, "y2": {"field": "y2"}}
    return _layer(strips, {"type": "rect", "opacity": 0}, tooltip=tooltip, **far)


def _line(colour: str, dash: Sequence[int] = (1, 0)) -> dict:
    return {"type": "line", "color": colour, "strokeWidth": 2, "strokeDash": list(dash)}


def _rule(inks: Inks) -> dict:
    return {"type": "rule", "color": inks.soft, "opacity": 0.45}


def _layer(rows: list[dict], mark: dict, **encoding) -> dict:
    across = {"domain": [-LEFT, 1 + APART], "nice": False, "zero": False}
    axes = {
        "x": {"field": "x", "type": "quantitative", "axis": None, "scale": across},
        "y": {"field": "y", "type": "quantitative", "axis": None, "scale": {"nice": False, "zero": False}},
    }
    return {"data": {"values": rows}, "mark": mark, "encoding": {**axes, **encoding}}


def _specification(layers: list[dict], height: float, description: str) -> dict:
    for layer in layers:
        layer["encoding"]["y"]["scale"]["domain"] = [height, 0]
    frameless = {"view": {"stroke": None}}
    return {"layer": layers, "height": height, "description": description, "config": frameless}
