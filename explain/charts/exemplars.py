"""What a unit of a recurrent layer does on average: by character and by place in the word, as Vega-Lite charts."""

from __future__ import annotations

from explain.charts.theme import Inks
from explain.exemplars.word_bank import PLACES_IN_WORD, Unit
from explain.pictures import images

HEIGHT = 112  # screen pixels of the bars
SHORT = ("before", "begin", "", "middle", "", "end", "after")  # what PLACES_IN_WORD are called under the bars


def by_character(unit: Unit, characters: tuple[str, ...], counts: tuple[int, ...], inks: Inks) -> dict:
    """A bar for the unit's mean at each character, highest first; a dashed line at its mean between characters.

    counts: frames that each mean is taken over.
    """
    order = sorted(range(len(characters)), key=lambda i: -unit.by_character[i])
    rows = [
        {"x": characters[i], "mean": float(unit.by_character[i]), "frames": int(counts[i]), "place": place}
        for place, i in enumerate(order)
    ]
    told = [_told("x", "character", "nominal"), _told("mean", "mean hidden state"), _told("frames", "frames", form="d")]
    axis = {"labelFontSize": 9.5, "labelPadding": 3, "labelOverlap": False}
    bars = _bars(rows, told, axis, inks)
    line = {"data": {"values": [{"mean": unit.gap}]}, "mark": {"type": "rule", "strokeDash": [4, 3]}}
    line["mark"]["color"] = inks.soft
    line["encoding"] = {"y": {"field": "mean", "type": "quantitative"}, "tooltip": [_told("mean", "mean at blanks")]}
    described = f"Mean hidden state at each character, from {rows[0]['x']} (highest) to {rows[-1]['x']} (lowest)."
    return _chart([bars, line], described)


def by_place(unit: Unit, inks: Inks) -> dict:
    """A bar for the unit's mean before the word, in each fifth of it and after it, from left to right."""
    rows = [
        {"x": name, "mean": float(mean), "place": place}
        for place, (name, mean) in enumerate(zip(PLACES_IN_WORD, unit.by_place, strict=True))
    ]
    told = [_told("x", "place in the word", "nominal"), _told("mean", "mean hidden state")]
    short = dict(zip(PLACES_IN_WORD, SHORT, strict=True))
    words = " : ".join(f"datum.label == '{name}' ? '{said}'" for name, said in short.items()) + " : ''"
    bars = _bars(rows, told, {"labelFontSize": 10.5, "labelExpr": words, "labelOverlap": False}, inks)
    return _chart([bars], "Mean hidden state by place in the word: " + _listed(rows))


def _bars(rows: list[dict], told: list[dict], axis: dict, inks: Inks) -> dict:
    low, high = ("#{:02x}{:02x}{:02x}".format(*images.palette("diverging")[i]) for i in (40, 215))
    for row in rows:
        row["ink"] = high if row["mean"] >= 0 else low
    plain = {"title": None, "ticks": False, "domain": False, "labelAngle": 0, "labelColor": inks.text}
    x = {"field": "x", "type": "nominal", "sort": {"field": "place"}, "axis": {**plain, **axis}}
    numbers = {"title": None, "labelColor": inks.soft, "values": [-1, 0, 1], "domain": False}
    numbers |= {"gridColor": "#80808040", "format": "d", "labelOverlap": False}
    y = {"field": "mean", "type": "quantitative", "scale": {"domain": [-1, 1]}, "axis": numbers}
    encoding = {"x": x, "y": y, "color": {"field": "ink", "type": "nominal", "scale": None}, "tooltip": told}
    return {"data": {"values": rows}, "mark": {"type": "bar"}, "encoding": encoding}


def _told(field: str, title: str, kind: str = "quantitative", form: str = "+.2f") -> dict:
    return {"field": field, "type": kind, "title": title, **({"format": form} if kind == "quantitative" else {})}


def _listed(rows: list[dict]) -> str:
    return "; ".join(f"{row['x']} {row['mean']:+.2f}" for row in rows) + "."


def _chart(layers: list[dict], described: str) -> dict:
    return {"layer": layers, "height": HEIGHT, "description": described, "config": {"view": {"stroke": None}}}
