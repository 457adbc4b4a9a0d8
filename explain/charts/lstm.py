"""What an LSTM does over a word, as Vega-Lite charts: the memory it carries, and the story of one unit."""

from __future__ import annotations

import numpy as np

from explain.charts import vega
from explain.charts.word_axis import WORD_HEIGHT, Band, Chart, Ground
from explain.layers.lstm import Memory, Trace

GAP, KEY_HEIGHT = 16, 38  # screen pixels: under the word, and over a band for its title and key
BAND_HEIGHT, MEMORY_HEIGHT = 96, 84
# One colour each in all charts. What the forget gate kept and what the input gate let in carry their gate's colour.
FORGET, INPUT, OUTPUT, CANDIDATE, HIDDEN = "#e64980", "#2f9e44", "#4c8df6", "#f08c00", "#12a5b8"
NAMES = {
    "input_gate": "input gate",
    "forget_gate": "forget gate",
    "output_gate": "output gate",
    "kept": "kept",
    "written": "written",
    "cell": "cell state",
    "candidate": "candidate",
    "hidden": "hidden state",
}
COLOURS = {
    "input_gate": INPUT,
    "forget_gate": FORGET,
    "output_gate": OUTPUT,
    "kept": FORGET,
    "written": INPUT,
    "candidate": CANDIDATE,
    "hidden": HIDDEN,
}
DASHED = ("forget_gate", "candidate")  # told apart without colours too


def carried(ground: Ground, memory: Memory) -> dict:
    """Bars: how much memory there is after each step. Dots: how much was kept of the memory the step found."""
    band = Band(WORD_HEIGHT + GAP + KEY_HEIGHT, MEMORY_HEIGHT, 0, float(max(memory.after.max(), memory.kept.max())))
    chart = Chart(ground, band.bottom + 6)
    soft = ground.inks.soft
    key = [("▮ after the step", soft), ("● kept of what the step found", FORGET)]
    _heads(chart, [(band, "Memory carried over each step: length of the cell state's vector", key)])
    frames = ground.frames
    bars = [
        {"x": frames.left(t) + 0.4, "x2": frames.right(t) - 0.4, "y": band.y(after), "y2": band.bottom}
        for t, after in enumerate(memory.after)
    ]
    chart.add(chart.plane.rectangles(bars, {"color": soft, "opacity": 0.55}))
    points = [{"x": x, "y": band.y(kept)} for x, kept in zip(frames.centres, memory.kept, strict=True)]
    dotted = {"type": "line", "color": FORGET, "strokeWidth": 1.5, "point": {"color": FORGET, "size": 22}}
    chart.add(chart.plane.layer(points, dotted))
    rows = [
        {
            "before": float(memory.before[t]),
            "share": "no memory yet" if np.isnan(memory.share[t]) else f"{memory.share[t]:.0%}",
            "kept": float(memory.kept[t]),
            "written": float(memory.written[t]),
            "after": float(memory.after[t]),
        }
        for t in range(len(memory.after))
    ]
    lines = [
        vega.tip("before", "memory before"),
        *vega.tips(share="kept share"),
        vega.tip("kept", "kept of it"),
        vega.tip("written", "newly written"),
        vega.tip("after", "memory after"),
    ]
    chart.tooltips(rows, band.top, band.bottom, lines)
    chart.mark_frame(band)
    return chart.specification(f"Length of the cell state's vector over {len(memory.after)} frames, and what was kept.")


def story(ground: Ground, steps: Trace, unit: int) -> dict:
    """One unit over the word: its three gates, its memory with what was kept and written, its candidate and output."""
    course = {name: getattr(steps, name)[:, unit] for name in NAMES}
    most = max(float(np.abs(course[name]).max()) for name in ("kept", "written", "cell")) or 1.0
    gates = Band(WORD_HEIGHT + GAP + KEY_HEIGHT, BAND_HEIGHT, 0, 1)
    memory = Band(gates.bottom + KEY_HEIGHT, BAND_HEIGHT, -most, most)
    ends = Band(memory.bottom + KEY_HEIGHT, BAND_HEIGHT, -1, 1)
    chart = Chart(ground, ends.bottom + 6)
    chart.texts([{"x": 0, "y": WORD_HEIGHT + 8, "text": way(ground)}], color=ground.inks.soft)
    rows = [{name: float(values[t]) for name, values in course.items()} for t in range(len(ground.frames))]
    _bars(chart, memory, rows, ("kept", "written"))
    lines = {gates: ("input_gate", "forget_gate", "output_gate"), memory: ("cell",), ends: ("candidate", "hidden")}
    for dashed in (False, True):
        _lines(
            chart, rows, [(band, name) for band, names in lines.items() for name in names if (name in DASHED) == dashed]
        )
    _heads(
        chart,
        [
            (gates, "Gates, from 0 (shut) to 1 (open)", _key(chart, "input_gate", "forget_gate", "output_gate")),
            (memory, "Memory: kept + written = cell state", _key(chart, "kept", "written", "cell")),
            (ends, "What it could write, and what it hands on", _key(chart, "candidate", "hidden")),
        ],
    )
    chart.mark_frame(gates, memory, ends)
    chart.tooltips(rows, gates.top, ends.bottom, [vega.tip(name, title) for name, title in NAMES.items()])
    return chart.specification(f"Gates, memory and output of unit {unit} over {len(ground.frames)} frames.")


def way(ground: Ground) -> str:
    """In which direction the frames are read."""
    return "← read from right to left" if ground.backward else "read from left to right →"


def _heads(chart: Chart, heads: list[tuple[Band, str, list[tuple[str, str]]]]) -> None:
    """Each band's title, under it what its colours mean, and its scale on the left."""
    rows, marks = [], []
    for band, title, key in heads:
        rows.append({"x": 0, "y": band.top - 26, "text": title})
        far = 0.0
        for text, ink in key:
            rows.append({"x": far, "y": band.top - 11, "text": text, "ink": ink})
            far += 6 + 1.45 * len(text)  # about as wide as the text, in input pixels
        marks += [{"x": -1, "y": band.y(value), "text": f"{value:.3g}"} for value in (band.low, band.high)]
    chart.texts(rows)
    chart.texts(marks, align="right", fontSize=9)
    chart.rules([band.y(0) for band, _, _ in heads])


def _key(chart: Chart, *names: str) -> list[tuple[str, str]]:
    marks = {"kept": "▮", "written": "▮"}
    dashed = {name: "╌" for name in DASHED}
    return [
        (f"{(marks | dashed).get(name, '━')} {NAMES[name]}", COLOURS.get(name, chart.ground.inks.text))
        for name in names
    ]


def _lines(chart: Chart, rows: list[dict], drawn: list[tuple[Band, str]]) -> None:
    """Courses over the frames, each in its band; all dashed, or none."""
    ink = chart.ground.inks.text
    points = [
        {"x": chart.ground.frames.centres[t], "y": band.y(row[name]), "name": name, "ink": COLOURS.get(name, ink)}
        for band, name in drawn
        for t, row in enumerate(rows)
    ]
    mark = {"type": "line", "strokeWidth": 2, "strokeDash": [5, 2] if drawn[0][1] in DASHED else [1, 0]}
    chart.add(chart.plane.layer(points, mark, color=vega.INK, detail=vega.nominal("name")))


def _bars(chart: Chart, band: Band, rows: list[dict], names: tuple[str, ...]) -> None:
    """Bars from zero, those of one frame side by side."""
    frames, wide = chart.ground.frames, 0.4 * chart.ground.frames.step
    bars = [
        {"x": left, "x2": left + wide, "y": band.y(0), "y2": band.y(row[name]), "ink": COLOURS[name], "name": name}
        for place, name in enumerate(names)
        for left, row in ((frames.left(t) + 0.1 * frames.step + place * wide, row) for t, row in enumerate(rows))
    ]
    chart.add(chart.plane.rectangles(bars, {"opacity": 0.6}, color=vega.INK))
