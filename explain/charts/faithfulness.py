"""Whether a map tells the truth, as small Vega-Lite charts under it: deletion and insertion, and the sanity check."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explain.attribution.faithfulness import Curve
from explain.charts import vega
from explain.charts.theme import Inks

HEIGHT, TITLE, FOOT = 92, 20, 24  # screen pixels: of a curve's field, over it, under it
APART, LEFT = 1.22, 0.13  # where the second field begins and the room for a scale, in widths of a field
SANITY_FOOT, MOST_NAMES, LETTER = 44, 10, 3.3  # LETTER: height of a slanted name, a letter


def curves(deletion: Curve, insertion: Curve, random: tuple[Curve, Curve], inks: Inks) -> dict:
    """Deletion on the left, insertion on the right, each with its area shaded and the random order in grey.

    random: the two curves of the random order. The curves lie on a scale from 0 to 1, or to their own ends where they
    are no probabilities.
    """
    every = (deletion, insertion, *random)
    low = min(0.0, *(float(curve.values.min()) for curve in every))
    high = max(1.0, *(float(curve.values.max()) for curve in every))
    plane, layers = _plane(TITLE + HEIGHT + FOOT), []
    fields = (
        ("Taken away: should fall early", "taken away", deletion, random[0]),
        ("Put back: should rise early", "put back", insertion, random[1]),
    )
    for number, (title, done, curve, by_chance) in enumerate(fields):
        left = number * APART
        rows = _points(curve, by_chance, left, low, high)
        base = {"y2": {"datum": _y(low, low, high)}}
        layers += [
            plane.layer(rows, {"type": "area", "color": inks.accent, "opacity": 0.16}, **base),
            plane.layer(_points(by_chance, by_chance, left, low, high), _line(inks.soft, [4, 3])),
            plane.layer(rows, _line(inks.accent)),
            *_frame(plane, left, title, (low, high), ("0 %", "of the pixels", "100 %"), inks),
            _tooltips(plane, rows, done, left),
        ]
    described = (
        f"Deletion: area {deletion.area:.2f}, random order {random[0].area:.2f}. "
        f"Insertion: area {insertion.area:.2f}, random order {random[1].area:.2f}."
    )
    return vega.specification(layers, plane.height, described)


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
    tooltip = [*vega.tips(stage="shuffled down to"), vega.tip("likeness", "likeness", ".2f")]
    every = -(-len(stages) // MOST_NAMES)  # so many points for one name, the last point's among them
    named = rows[:0:-1][::every]
    names = [{"x": row["x"], "y": TITLE + HEIGHT + 6, "text": row["stage"]} for row in named]
    foot = max(SANITY_FOOT, *(12 + LETTER * len(row["stage"]) for row in rows[:1] + named))
    slanted = {"angle": 325, "align": "right", "fontSize": 10, "color": inks.text}
    dot = {"type": "point", "filled": True, "size": 55, "opacity": 1, "color": inks.accent}
    plane = _plane(TITLE + HEIGHT + foot)
    layers = [
        plane.rules([{"x": 0, "x2": 1 + APART, "y": _y(0, low, 1)}], _thin(inks)),
        plane.layer(rows, _line(inks.accent)),
        plane.layer(rows, dot, tooltip=tooltip),
        plane.texts(names, slanted),
        *_frame(plane, 0.0, "Shuffling the network, layer by layer: the map should change", (low, 1.0), None, inks),
    ]
    last = f"{likeness[-1]:.2f}" if len(likeness) else "1"
    return vega.specification(layers, plane.height, f"Likeness of the map, in the end {last}.")


def _plane(height: float) -> vega.Plane:
    return vega.Plane(-LEFT, 1 + APART, height)


def _points(curve: Curve, by_chance: Curve, left: float, low: float, high: float) -> list[dict]:
    return [
        {"x": left + float(share), "y": _y(value, low, high), "share": float(share), "value": float(value), "chance": c}
        for share, value, c in zip(curve.shares, curve.values, map(float, by_chance.values), strict=True)
    ]


def _y(value: float, low: float, high: float) -> float:
    return TITLE + HEIGHT * (high - float(value)) / (high - low)


def _frame(
    plane: vega.Plane,
    left: float,
    title: str,
    ends: tuple[float, float],
    below: tuple[str, str, str] | None,
    inks: Inks,
) -> list[vega.Layer]:
    """Title, the two ends of the scale, the lines at them, and what runs along the bottom."""
    low, high = ends
    texts = {"left": [{"x": left, "y": 8, "text": title}], "center": [], "right": []}
    room = 0.12 * (high - low)  # for a number of the scale
    for value in sorted({0.0, high} | ({low} if low < -room else set())):
        texts["right"].append({"x": left - 0.02, "y": _y(value, low, high), "text": f"{value:.2g}"})
    if below:
        for x, written, align in zip((left, left + 0.5, left + 1), below, texts, strict=True):
            texts[align].append({"x": x, "y": TITLE + HEIGHT + 14, "text": written})
    width = 1.0 if below else 1 + APART
    rules = [{"x": left, "x2": left + width, "y": _y(value, low, high)} for value in ends]
    aligned = [
        plane.texts(rows, {"fontSize": 11, "color": inks.text, "align": align}) for align, rows in texts.items() if rows
    ]
    return [plane.rules(rules, _thin(inks)), *aligned]


def _tooltips(plane: vega.Plane, rows: list[dict], done: str, left: float) -> vega.Layer:
    """Unseen strips, one around each point, that show the curves' heights under the pointer."""
    edges = np.array([row["x"] for row in rows])
    edges = np.concatenate([[left], (edges[1:] + edges[:-1]) / 2, [left + 1]])
    strips = [
        {**row, "x": float(first), "x2": float(last), "y": TITLE, "y2": TITLE + HEIGHT}
        for row, first, last in zip(rows, edges[:-1], edges[1:], strict=True)
    ]
    tooltip = [
        vega.tip("share", f"pixels {done}", ".1%"),
        vega.tip("value", "answer, this map's order"),
        vega.tip("chance", "answer, random order"),
    ]
    return plane.rectangles(strips, {"opacity": 0}, tooltip=tooltip)


def _line(colour: str, dash: Sequence[int] = (1, 0)) -> dict:
    return {"type": "line", "color": colour, "strokeWidth": 2, "strokeDash": list(dash)}


def _thin(inks: Inks) -> dict:
    return {"color": inks.soft, "opacity": 0.45}
