"""Readings of one word by the network with parts of it left out, under one another, as a Vega-Lite chart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explain.charts import vega
from explain.charts.word_axis import WORD_HEIGHT, Band, Chart, Ground
from explain.ctc.alphabet import Alphabet

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


def readings(ground: Ground, conditions: list[Reading], alphabet: Alphabet) -> dict:
    """A row a reading, the whole network's first: each frame's likeliest label, its probability, and what they read as.

    Frames whose label differs from the first reading's are framed.
    """
    top = WORD_HEIGHT + GAP
    chart = Chart(ground, top + ROW_HEIGHT * len(conditions) + 4, NAME_ROOM, ANSWER_ROOM)
    _cells(chart, conditions, alphabet, top)
    _names(chart, conditions, top)
    _answers(chart, conditions, top)
    for r, reading in enumerate(conditions):
        if reading.reset is not None:
            _line(chart, reading.reset, top + r * ROW_HEIGHT)
    chart.mark_frame(Band(top, ROW_HEIGHT * len(conditions) - 6, 0, 1))
    read_as = "; ".join(f"{reading.name}: {reading.text or 'nothing'}" for reading in conditions)
    return chart.specification(f"Best paths under the word. {read_as}.")


def _cells(chart: Chart, conditions: list[Reading], alphabet: Alphabet, top: float) -> None:
    frames = chart.ground.frames
    cells = [
        {
            "frame": t,
            "name": reading.name,
            **frames.across(t),
            "mid": frames.centres[t],
            "y": top + r * ROW_HEIGHT,
            "y2": top + (r + 1) * ROW_HEIGHT - 8,
            "below": top + (r + 0.5) * ROW_HEIGHT - 4,
            "text": alphabet.mark(label),
            "character": alphabet.name(label),
            "probability": float(reading.sure[t]),
            "ink": "#ffffff" if reading.sure[t] <= DARK else "#101418",
            "other": bool(label != conditions[0].path[t]),
        }
        for r, reading in enumerate(conditions)
        for t, label in enumerate(reading.path)
    ]
    tooltip = [
        *vega.tips(name="read with"),
        vega.tip("frame", "frame", "d"),
        *vega.tips(character="likeliest"),
        vega.tip("probability", "its probability", ".4f"),
    ]
    chart.add(chart.plane.rectangles(cells, color=vega.colour_scale("probability", 0, 1), tooltip=tooltip))
    changed = [cell for cell in cells if cell["other"]]
    chart.add(chart.plane.rectangles(changed, vega.outline(chart.ground.inks.frame, 1.5, tooltip=None)))
    letters = [{"x": cell["mid"], "y": cell["below"], "text": cell["text"], "ink": cell["ink"]} for cell in cells]
    chart.texts(letters, align="center", font="monospace", fontWeight="bold", fontSize=13, tooltip=None)


def _names(chart: Chart, conditions: list[Reading], top: float) -> None:
    rows = [
        {"x": 0, "y": top + (r + 0.5) * ROW_HEIGHT - 4, "text": reading.name} for r, reading in enumerate(conditions)
    ]
    chart.texts(rows, align="right", fontSize=12)


def _answers(chart: Chart, conditions: list[Reading], top: float) -> None:
    """What each path reads as, and the probability of what the whole network reads."""
    beside = chart.ground.frames.right(len(chart.ground.frames) - 1) + 2
    texts = [
        {"x": beside, "y": top + r * ROW_HEIGHT + 8, "text": reading.text or "(nothing)"}
        for r, reading in enumerate(conditions)
    ]
    chart.texts(texts, fontSize=15, fontWeight="bold", limit=200)
    whole = conditions[0].text or "nothing"
    figures = [
        {"x": beside, "y": top + r * ROW_HEIGHT + 25, "text": f"P({whole}) = {shown(reading.probability)}"}
        for r, reading in enumerate(conditions)
    ]
    chart.texts(figures, fontSize=11, limit=200)


def _line(chart: Chart, reset: int, y: float) -> None:
    """The line that no memory crosses, over the word and through the row."""
    x, frame = chart.ground.frames.left(reset), chart.ground.inks.frame
    rows = [{"x": x, "y": 0, "y2": WORD_HEIGHT + 4}, {"x": x, "y": y - 3, "y2": y + ROW_HEIGHT - 5}]
    dashes = {"type": "rule", "color": frame, "strokeWidth": 2.5, "strokeDash": [4, 2]}
    chart.add(chart.plane.layer(rows, dashes, **vega.Y2))
    note = {"x": x, "y": WORD_HEIGHT + 12, "text": f"memory reset before frame {reset}", "ink": frame}
    chart.texts([note], align="center", fontSize=11)


def shown(probability: float) -> str:
    """Three decimals, or the power of ten where they would all be zero."""
    return f"{probability:.3f}" if probability >= 0.0005 or probability == 0 else f"{probability:.0e}"
