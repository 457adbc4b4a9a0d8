"""The softmax of a CTC network under the word it was read from, and the likeliest answers, as Vega-Lite charts.

Lengths along the y axis are screen pixels, along the x axis input pixels, so that the word, the heat map, the best
path and the reading stand under one another on one x axis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explain.charts import vega
from explain.charts.theme import GAP, ROW_HEIGHT, WORD_HEIGHT, Inks, room
from explain.ctc.alphabet import Alphabet
from explain.ctc.decoding import BestPath
from explain.layers.frames import Frames

MOST_ROWS, MOST_READ = 13, 40
MOST_NUMBERS = 16  # frames that are numbered
WIDEST_LETTERS = 40  # frames whose labels have room beside one another at full size
FEW = 14  # screen pixels more for one or two bars, of which the edges of the chart would take too much
SCALE_LONG, SCALE_STEPS = 16, 24  # of the scale of colours: columns of a picture of the usual width; steps
CELLS = "cells"  # the layer that is clicked and hovered over


def rows_to_show(probabilities: np.ndarray, best: BestPath, blank: int, most: int = MOST_ROWS) -> list[int]:
    """Labels that get a row of the heat map: the blank, the read characters in order, then the strongest others.

    probabilities: `(frame, label)`. However long the text, at most MOST_READ of its characters get a row.
    """
    read = list(dict.fromkeys(best.labels))[:MOST_READ]
    rows = [blank, *read]
    for label in np.argsort(-probabilities.max(0), kind="stable"):
        if len(rows) >= most:
            break
        if int(label) not in rows:
            rows.append(int(label))
    return rows[: max(most, len(read) + 1)]


@dataclass(frozen=True)
class _Plan:
    """What stands where in the CTC chart.

    rows: labels that get a row of the heat map. read: those that the best path says. top, ruler, path, reading, scale:
    y of the heat map, the frames' numbers, the best path, the text and the scale of colours, in screen pixels.
    """

    rows: list[int]
    read: frozenset[int]
    frames: Frames
    alphabet: Alphabet
    inks: Inks

    @property
    def top(self) -> int:
        return WORD_HEIGHT + GAP

    @property
    def ruler(self) -> int:
        return self.top + len(self.rows) * ROW_HEIGHT + 8

    @property
    def path(self) -> int:
        return self.ruler + 16

    @property
    def reading(self) -> int:
        return self.path + 32

    @property
    def scale(self) -> int:
        return self.reading + 24

    @property
    def plane(self) -> vega.Plane:
        return vega.Plane(-room(self.frames.width), self.frames.width, self.scale + 8)


def ctc(
    word_url: str,
    probabilities: np.ndarray,
    best: BestPath,
    alphabet: Alphabet,
    frames: Frames,
    inks: Inks,
    frame: int | None = None,
    rows: list[int] | None = None,
) -> dict:
    """The word, the softmax over the frames, the best path and what it collapses to, on one x axis.

    word_url: data URL of the picture as the network sees it. probabilities: `(frame, label)`. frame: the frame that is
    framed on the word from the start. rows: labels that get a row of the heat map, those of `rows_to_show` unless told.
    """
    rows = rows or rows_to_show(probabilities, best, alphabet.blank)
    plan = _Plan(rows, frozenset(map(int, best.path)), frames, alphabet, inks)
    layers = [
        plan.plane.picture(word_url, frames.width, WORD_HEIGHT),
        _heat(probabilities, plan),
        *_frames(plan),
        _row_names(plan),
        _ruler(plan),
        _path(best, plan),
        *_scale(plan),
    ]
    if best.spans:
        layers += _reading(best, plan)
    text = alphabet.text(best.labels) or "nothing"
    return vega.specification(
        layers,
        plan.plane.height,
        f"Softmax over {len(probabilities)} frames under the word; the best path reads {text}.",
        params=_selections(frame),
    )


def _selections(frame: int | None) -> list[dict]:
    """The frame that was clicked, from the start `frame`, and the one under the pointer."""
    click = {"type": "point", "fields": ["frame"], "on": "click"}
    hover = {"type": "point", "fields": ["frame"], "on": "pointerover", "clear": "pointerout"}
    start = [] if frame is None else [{"frame": frame}]
    return [
        {"name": "frame", "select": click, "value": start, "views": [CELLS]},
        {"name": "hovered", "select": hover, "views": [CELLS]},
    ]


def _heat(probabilities: np.ndarray, plan: _Plan) -> vega.Layer:
    """One cell a frame and label; hovering tells its probability."""
    cells = [
        {
            "frame": t,
            **plan.frames.across(t),
            "y": plan.top + r * ROW_HEIGHT,
            "y2": plan.top + (r + 1) * ROW_HEIGHT,
            "character": plan.alphabet.name(label),
            "probability": float(probabilities[t, label]),
            "columns": plan.frames.columns_seen(t),
        }
        for r, label in enumerate(plan.rows)
        for t in range(len(probabilities))
    ]
    tooltip = [
        vega.quantitative("frame", title="frame"),
        vega.nominal("character", title="character"),
        vega.quantitative("probability", format=".4f"),
        vega.nominal("columns", title="convolutions see columns"),
    ]
    colour = vega.colour_scale("probability", 0, 1)
    return {"name": CELLS, **plan.plane.rectangles(cells, {"cursor": "pointer"}, color=colour, tooltip=tooltip)}


def _frames(plan: _Plan) -> list[vega.Layer]:
    """For every frame a box around the columns of the word it sees, and one around its column of the heat map.

    Drawn for the frame that was clicked and the one under the pointer.
    """
    on_word, on_heat = (1, WORD_HEIGHT - 1), (plan.top, plan.top + len(plan.rows) * ROW_HEIGHT)
    frames = [
        {
            "frame": t,
            "x": left,
            "x2": right,
            "y": on_word[0],
            "y2": on_word[1],
            "cx": plan.frames.left(t),
            "cx2": plan.frames.right(t),
            "cy": on_heat[0],
            "cy2": on_heat[1],
        }
        for t, (left, right) in enumerate(plan.frames.within)
    ]
    pointed_at = {"filter": {"or": [{"param": name, "empty": False} for name in ("frame", "hovered")]}}
    edge, far = vega.outline(plan.inks.frame), {"x2": {"field": "cx2"}, "y2": {"field": "cy2"}}
    boxes = [plan.plane.rectangles(frames, edge), plan.plane.layer(frames, edge, x="cx", y="cy", **far)]
    return [{**layer, "transform": [pointed_at]} for layer in boxes]


def _row_names(plan: _Plan) -> vega.Layer:
    left = -room(plan.frames.width, 1.5)
    names = [
        {
            "x": left,
            "y": plan.top + (r + 0.5) * ROW_HEIGHT,
            "text": name,
            "size": 9 if len(name) > 1 else 12,
            "ink": plan.inks.text if label in plan.read or label == plan.alphabet.blank else plan.inks.soft,
        }
        for r, (label, name) in enumerate((label, plan.alphabet.name(label)) for label in plan.rows)
    ]
    names.append({"x": left, "y": plan.ruler, "text": "frame", "size": 9, "ink": plan.inks.text})
    mark = {"align": "right", "font": "monospace", "size": {"expr": "datum.size"}}
    return plan.plane.texts(names, mark, color=vega.INK)


def _scale(plan: _Plan) -> list[vega.Layer]:
    """What the colours of the heat map mean, in the lower right corner."""
    width = plan.frames.width
    long, right = room(width, SCALE_LONG), width - room(width, 2)
    left, step = right - long, long / SCALE_STEPS
    steps = [
        {
            "x": left + place * step,
            "x2": min(right, left + (place + 1.3) * step),  # no seams
            "y": plan.scale - 4,
            "y2": plan.scale + 4,
            "probability": place / (SCALE_STEPS - 1),
        }
        for place in range(SCALE_STEPS)
    ]
    words = [{"x": left - room(width, 1), "y": plan.scale, "text": "probability 0"}]
    one = [{"x": right, "y": plan.scale, "text": "1"}]
    text = {"size": 10, "color": plan.inks.soft}
    return [
        plan.plane.rectangles(steps, color=vega.colour_scale("probability", 0, 1)),
        plan.plane.texts(words, {**text, "align": "right"}),
        plan.plane.texts(one, {**text, "align": "left", "dx": 3}),
    ]


def _ruler(plan: _Plan) -> vega.Layer:
    """The number of every fifth frame under its column; of fewer where there are many."""
    every = 5 * -(-len(plan.frames) // (5 * MOST_NUMBERS))
    numbers = [{"x": plan.frames.centres[t], "y": plan.ruler, "number": t} for t in range(0, len(plan.frames), every)]
    return plan.plane.texts(numbers, {"size": 9, "color": plan.inks.soft}, text=vega.quantitative("number"))


def _path(best: BestPath, plan: _Plan) -> vega.Layer:
    """The best path, one label a frame, blanks as dots."""
    path = [
        {
            "x": plan.frames.centres[t],
            "y": plan.path,
            "text": plan.alphabet.mark(label),
            "blank": int(label) == plan.alphabet.blank,
        }
        for t, label in enumerate(best.path)
    ]
    size = 13 * min(1.0, max(0.4, WIDEST_LETTERS / len(plan.frames)))
    ink = {"condition": {"test": "datum.blank", "value": plan.inks.soft}, "value": plan.inks.accent}
    return plan.plane.texts(path, {"font": "monospace", "fontWeight": "bold", "size": size}, color=ink)


def _reading(best: BestPath, plan: _Plan) -> list[vega.Layer]:
    """A line under the frames of each character, and the character under the line."""
    spans = [
        {
            **plan.frames.across(span.start, span.end - 1),
            "mid": (plan.frames.centres[span.start] + plan.frames.centres[span.end - 1]) / 2,
            "y": plan.path + 11,
            "below": plan.reading,
            "text": plan.alphabet.name(span.label),
        }
        for span in best.spans
    ]
    letter = {"size": 25, "fontWeight": "bold", "color": plan.inks.text, "font": "monospace"}  # l is not I
    return [
        plan.plane.rules(spans, {"color": plan.inks.accent, "strokeWidth": 2, "opacity": 0.7}),
        plan.plane.texts(spans, letter, x="mid", y="below"),
    ]


def texts(candidates: list[tuple[str, float]], inks: Inks, names: float = 0.6) -> dict:
    """The likeliest answers with their probabilities as bars from 0 to 1.

    candidates: `(text, probability)`, best first. names: room on the left for the texts, in lengths of a full bar.
    """
    rows = [
        {"row": r, "text": text or "(empty)", "probability": probability, "shown": f"{probability:.3f}", "zero": 0.0}
        for r, (text, probability) in enumerate(candidates)
    ]
    scale = {"domain": [-names, 1.15], "nice": False}
    along = vega.quantitative("probability", scale=scale, axis=None)
    common = {
        "y": {"field": "row", "type": "ordinal", "axis": None},
        "tooltip": [vega.TEXT, vega.quantitative("probability", format=".6f")],
    }
    bar = {"type": "bar", "height": 8, "color": inks.accent, "cornerRadius": 3}
    name = {"type": "text", "align": "left", "color": inks.text, "font": "monospace", "size": 13}
    figure = {"type": "text", "align": "right", "color": inks.text, "size": 12}
    layers = [
        vega.layer(rows, bar, {"x": along, "x2": {"field": "zero"}, **common}),
        vega.layer(rows, name, {"x": {"datum": -names, "axis": None}, "text": vega.TEXT, **common}),
        vega.layer(rows, figure, {"x": {"datum": 1.15, "axis": None}, "text": vega.nominal("shown"), **common}),
    ]
    described = "; ".join(f"{row['text']} {row['shown']}" for row in rows)
    height = 22 * len(rows) + (FEW if len(rows) < 3 else 0)
    return vega.specification(layers, height, f"Probabilities: {described}.")
