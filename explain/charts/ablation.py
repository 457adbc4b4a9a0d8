"""Readings of one word by the network with parts of it left out, under one another, as a Vega-Lite chart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explain.charts.theme import BLANK_MARK, BLANK_NAME
from explain.charts.word_axis import WORD_HEIGHT, Band, Chart, Ground, told

ROW_HEIGHT, GAP = 40, 26
NAME_ROOM, ANSWER_ROOM = 25, 46  # input pixels beside the word
DARK = 0.6  # up to here viridis is dark enough for white letters


@dataclass(frozen=True)
class Reading:
    """What the network reads under one condition.

    name: of the condition. path: `(frame,)` likeliest label of each frame; sure: `(frame,)` its probability. text: what
    the path reads as. probability: of the text that the whole network reads. reset: the frame before which memory was
    cleared, or None.
    """

    name: str
    path: np.ndarray
    sure: np.ndarray
    text: str
    probability: float
    reset: int | None = None


def readings(ground: Ground, given: list[Reading], alphabet: str) -> dict:
    """A row a reading, the whole network's first: each frame's likeliest label, its probability, and what they read as.

    alphabet: the characters of the labels, without the blank. Frames whose label differs from the first reading's are
    framed.
    """
    top = WORD_HEIGHT + GAP
    chart = Chart(ground, top + ROW_HEIGHT * len(given) + 4, NAME_ROOM, ANSWER_ROOM)
    _cells(chart, given, alphabet, top)
    _names(chart, given, top)
    _answers(chart, given, top)
    for r, reading in enumerate(given):
        if reading.reset is not None:
            _line(chart, reading.reset, top + r * ROW_HEIGHT)
    chart.marked(Band(top, ROW_HEIGHT * len(given) - 6, 0, 1))
    told_as = "; ".join(f"{reading.name}: {reading.text or 'nothing'}" for reading in given)
    return chart.specification(f"Best paths under the word. {told_as}.")


def _cells(chart: Chart, given: list[Reading], alphabet: str, top: float) -> None:
    ground, blank = chart.ground, len(alphabet)
    cells = [
        {
            "frame": t,
            "name": reading.name,
            "x": ground.left(t),
            "x2": ground.left(t) + ground.step,
            "mid": ground.centres[t],
            "y": top + r * ROW_HEIGHT,
            "y2": top + (r + 1) * ROW_HEIGHT - 8,
            "below": top + (r + 0.5) * ROW_HEIGHT - 4,
            "text": BLANK_MARK if label == blank else alphabet[label],
            "character": BLANK_NAME if label == blank else alphabet[label],
            "probability": float(reading.sure[t]),
            "ink": "#ffffff" if reading.sure[t] <= DARK else "#101418",
            "other": bool(label != given[0].path[t]),
        }
        for r, reading in enumerate(given)
        for t, label in enumerate(reading.path)
    ]
    scale = {"scheme": "viridis", "domain": [0, 1]}
    colour = {"field": "probability", "type": "quantitative", "scale": scale, "legend": None}
    character = {"field": "character", "type": "nominal", "title": "likeliest"}
    name = {"field": "name", "type": "nominal", "title": "read with"}
    tooltip = [name, told("frame", "frame", "d"), character, told("probability", "its probability", ".4f")]
    chart.add(cells, {"type": "rect"}, x2="x2:Q", y2="y2:Q", color=colour, tooltip=tooltip)
    changed = [cell for cell in cells if cell["other"]]
    outline = {"type": "rect", "fillOpacity": 0, "stroke": ground.inks.frame, "strokeWidth": 1.5}
    chart.add(changed, {**outline, "tooltip": None}, x2="x2:Q", y2="y2:Q")
    letters = [{"x": cell["mid"], "y": cell["below"], "text": cell["text"], "ink": cell["ink"]} for cell in cells]
    chart.texts(letters, align="center", font="monospace", fontWeight="bold", fontSize=13, tooltip=None)


def _names(chart: Chart, given: list[Reading], top: float) -> None:
    rows = [{"x": 0, "y": top + (r + 0.5) * ROW_HEIGHT - 4, "text": reading.name} for r, reading in enumerate(given)]
    chart.texts(rows, align="right", fontSize=12)


def _answers(chart: Chart, given: list[Reading], top: float) -> None:
    """What each path reads as, and the probability of what the whole network reads."""
    beside = chart.ground.left(len(chart.ground.centres) - 1) + chart.ground.step + 2
    texts = [
        {"x": beside, "y": top + r * ROW_HEIGHT + 8, "text": reading.text or "(nothing)"}
        for r, reading in enumerate(given)
    ]
    chart.texts(texts, fontSize=15, fontWeight="bold", limit=200)
    whole = given[0].text or "nothing"
    figures = [
        {"x": beside, "y": top + r * ROW_HEIGHT + 25, "text": f"P({whole}) = {shown(reading.probability)}"}
        for r, reading in enumerate(given)
    ]
    chart.texts(figures, fontSize=11, limit=200)


def _line(chart: Chart, reset: int, y: float) -> None:
    """The line that no memory crosses, over the word and through the row."""
    x, frame = chart.ground.left(reset), chart.ground.inks.frame
    rows = [{"x": x, "y": 0, "y2": WORD_HEIGHT + 4}, {"x": x, "y": y - 3, "y2": y + ROW_HEIGHT - 5}]
    chart.add(rows, {"type": "rule", "color": frame, "strokeWidth": 2.5, "strokeDash": [4, 2]}, y2="y2:Q")
    note = {"x": x, "y": WORD_HEIGHT + 12, "text": f"memory reset before frame {reset}", "ink": frame}
    chart.texts([note], align="center", fontSize=11)


def shown(probability: float) -> str:
    """Three decimals, or the power of ten where they would all be zero."""
    return f"{probability:.3f}" if probability >= 0.0005 or probability == 0 else f"{probability:.0e}"
