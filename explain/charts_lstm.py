"""What an LSTM does over a word, as Vega-Lite charts: heat map of all its units, and the story of one unit."""

from __future__ import annotations

import numpy as np

from explain import images
from explain.charts_ground import WORD_HEIGHT, Band, Chart, Ground, told
from explain.lstm import Memory, Trace

GAP, KEY_HEIGHT = 16, 38  # screen pixels: under the word, and over a band for its title and key
LEGEND = 34  # screen pixels under the word for the colours' legend
UNIT_HEIGHT, BAND_HEIGHT, MEMORY_HEIGHT = 3, 96, 84
STOPS = 17  # colours of the diverging palette that reach the browser; it blends between them
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
DASHES = {"forget_gate": [6, 2], "output_gate": [2, 2], "candidate": [6, 2]}  # told apart without colours too


def units(
    ground: Ground,
    values: np.ndarray,
    order: np.ndarray,
    name: str,
    unit: int,
    memory: Memory,
    *,
    signed: bool,
    per_unit: bool,
) -> dict:
    """One kind of state of every unit over the frames, and below it how much memory the direction carries.

    values: `(frame, unit)`. order: the units from top to bottom. name: of the values. unit: the one that is framed.
    signed: the diverging palette with zero in its middle, up to the largest absolute value; else from 0 to 1. per_unit:
    colours show each value as a share of its unit's largest absolute one, so that quiet units are seen too.
    A click chooses a unit: a point selection "unit" of the field `unit`.
    """
    frames, count = values.shape
    top = WORD_HEIGHT + LEGEND
    most = float(max(memory.after.max(), memory.kept.max()))
    carried = Band(top + count * UNIT_HEIGHT + KEY_HEIGHT, MEMORY_HEIGHT, 0, most)
    chart = Chart(ground, carried.bottom + 6)
    chart.texts([{"x": 0, "y": WORD_HEIGHT + 8, "text": _way(ground)}], color=ground.inks.soft)
    _heat(chart, values[:, order], order, name, top, signed=signed, per_unit=per_unit)
    row = top + int(np.flatnonzero(order == unit)[0]) * UNIT_HEIGHT
    framed = {
        "x": ground.left(0),
        "x2": ground.left(frames - 1) + ground.step,
        "y": row - 1,
        "y2": row + UNIT_HEIGHT + 1,
    }
    mark = {"type": "rect", "fillOpacity": 0, "stroke": ground.inks.frame, "strokeWidth": 1.5}
    chart.add([framed], mark, x2="x2:Q", y2="y2:Q")
    middle = row + UNIT_HEIGHT / 2
    chart.texts([{"x": ground.left(0) - 0.8, "y": middle, "text": f"unit {unit} ▸"}], align="right", fontSize=10)
    _carried(chart, memory, carried)
    chart.marked(Band(top, count * UNIT_HEIGHT, 0, 1), carried)
    spec = chart.specification(f"{name} of {count} units over {frames} frames, under the word.")
    return {**spec, "resolve": {"scale": {"color": "independent"}}}


def _heat(
    chart: Chart, values: np.ndarray, order: np.ndarray, name: str, top: float, *, signed: bool, per_unit: bool
) -> None:
    """Cells travel as bare numbers and get their places in the browser: as rows they would be half a megabyte."""
    ground, frames = chart.ground, len(values)
    peaks = np.abs(values).max(axis=0)
    peaks = np.where(peaks > 0, peaks, 1) if per_unit else np.ones_like(peaks)
    row, frame = f"floor((datum.index - 1) / {frames})", f"((datum.index - 1) % {frames})"
    places = {
        "frame": frame,
        "unit": f"{order.tolist()}[{row}]",
        "shade": f"datum.data / {[float(f'{peak:.4g}') for peak in peaks]}[{row}]",
        "x": f"{ground.left(0)} + {ground.step} * {frame}",
        "x2": f"{ground.left(1)} + {ground.step} * {frame}",
        "y": f"{top} + {UNIT_HEIGHT} * {row}",
        "y2": f"{top + UNIT_HEIGHT} + {UNIT_HEIGHT} * {row}",
    }
    index = {"window": [{"op": "row_number", "as": "index"}]}
    most = 1.0 if per_unit else float(np.abs(values).max()) or 1.0
    chart.add(
        [float(f"{value:.4g}") for value in values.T.ravel()],
        {"type": "rect", "cursor": "pointer"},
        name="heat",
        transform=[index, *({"calculate": how, "as": field} for field, how in places.items())],
        x2="x2:Q",
        y2="y2:Q",
        color={
            "field": "shade",
            "type": "quantitative",
            "scale": _diverging(most) if signed else {"scheme": "viridis", "domain": [0, 1]},
            "legend": _legend(f"{name}, share of each unit's peak" if per_unit else name),
        },
        tooltip=[told("unit", "unit", "d"), told("frame", "frame", "d"), told("data", name)],
    )
    chart.select("unit", "heat", ["unit"])


def _legend(title: str) -> dict:
    """Between the word and the rows, on the right."""
    return {
        "title": title,
        "titleOrient": "left",
        "titleFontWeight": "normal",
        "titleLimit": 260,
        "direction": "horizontal",
        "orient": "none",
        "legendX": {"expr": f"width - {200 + 5.3 * len(title)}"},
        "legendY": WORD_HEIGHT + 3,
        "gradientLength": 190,
        "gradientThickness": 8,
        "tickCount": 3,
        "padding": 0,
    }


def _diverging(most: float) -> dict:
    """The diverging palette from -most to most."""
    colours = images.palette("diverging")[np.linspace(1, 255, STOPS).round().astype(int)]
    places = np.linspace(-most, most, STOPS).tolist()
    return {"domain": places, "range": [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in colours]}


def _carried(chart: Chart, memory: Memory, band: Band) -> None:
    """Bars: the memory after each step. Line: what was kept of the memory before it."""
    ground, soft = chart.ground, chart.ground.inks.soft
    key = [("▮ after the step", soft), ("● kept of what the step found", FORGET)]
    _head(chart, band, "Memory carried over each step: length of the cell state's vector", key)
    bars = [
        {"x": ground.left(t) + 0.4, "x2": ground.left(t) + ground.step - 0.4, "y": band.y(after), "y2": band.bottom}
        for t, after in enumerate(memory.after)
    ]
    chart.add(bars, {"type": "rect", "color": soft, "opacity": 0.55}, x2="x2:Q", y2="y2:Q")
    points = [{"x": ground.centres[t], "y": band.y(kept)} for t, kept in enumerate(memory.kept)]
    chart.add(points, {"type": "line", "color": FORGET, "strokeWidth": 1.5, "point": {"color": FORGET, "size": 22}})
    chart.rule(band.bottom)
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
    titles = {"before": "memory before", "kept": "kept of it", "written": "newly written", "after": "memory after"}
    chart.read_off(rows, band.top, band.bottom, titles)
    chart.layers[-1]["encoding"]["tooltip"].insert(2, {"field": "share", "type": "nominal", "title": "kept share"})


def story(ground: Ground, steps: Trace, unit: int) -> dict:
    """One unit over the word: its three gates, its memory with what was kept and written, its candidate and output."""
    course = {name: getattr(steps, name)[:, unit] for name in NAMES}
    most = max(float(np.abs(course[name]).max()) for name in ("kept", "written", "cell")) or 1.0
    gates = Band(WORD_HEIGHT + GAP + KEY_HEIGHT, BAND_HEIGHT, 0, 1)
    memory = Band(gates.bottom + KEY_HEIGHT, BAND_HEIGHT, -most, most)
    ends = Band(memory.bottom + KEY_HEIGHT, BAND_HEIGHT, -1, 1)
    chart = Chart(ground, ends.bottom + 6)
    chart.texts([{"x": 0, "y": WORD_HEIGHT + 8, "text": _way(ground)}], color=ground.inks.soft)
    rows = [{name: float(values[t]) for name, values in course.items()} for t in range(len(ground.centres))]
    _lines(chart, gates, rows, ("input_gate", "forget_gate", "output_gate"))
    _head(chart, gates, "Gates, from 0 (shut) to 1 (open)", _key(chart, "input_gate", "forget_gate", "output_gate"))
    _bars(chart, memory, rows, ("kept", "written"))
    _lines(chart, memory, rows, ("cell",))
    _head(chart, memory, "Memory: kept + written = cell state", _key(chart, "kept", "written", "cell"))
    _lines(chart, ends, rows, ("candidate", "hidden"))
    _head(chart, ends, "What it could write, and what it hands on", _key(chart, "candidate", "hidden"))
    chart.marked(gates, memory, ends)
    chart.read_off(rows, gates.top, ends.bottom, NAMES)
    return chart.specification(f"Gates, memory and output of unit {unit} over {len(ground.centres)} frames.")


def _way(ground: Ground) -> str:
    return "← read from right to left" if ground.backward else "read from left to right →"


def _head(chart: Chart, band: Band, title: str, key: list[tuple[str, str]]) -> None:
    """A band's title, under it what its colours mean, and its scale on the left."""
    rows = [{"x": 0, "y": band.top - 26, "text": title}]
    far = 0.0
    for text, ink in key:
        rows.append({"x": far, "y": band.top - 11, "text": text, "ink": ink})
        far += 6 + 1.45 * len(text)  # about as wide as the text, in input pixels
    chart.texts(rows)
    marks = [{"x": -1, "y": band.y(value), "text": f"{value:.3g}"} for value in (band.low, band.high)]
    chart.texts(marks, align="right", fontSize=9)
    chart.rule(band.y(0))


def _key(chart: Chart, *names: str) -> list[tuple[str, str]]:
    marks = {"kept": "▮", "written": "▮"}
    dashed = {name: "╌" for name in DASHES}
    return [
        (f"{(marks | dashed).get(name, '━')} {NAMES[name]}", COLOURS.get(name, chart.ground.inks.text))
        for name in names
    ]


def _lines(chart: Chart, band: Band, rows: list[dict], names: tuple[str, ...]) -> None:
    for name in names:
        points = [{"x": chart.ground.centres[t], "y": band.y(row[name])} for t, row in enumerate(rows)]
        mark = {"type": "line", "color": COLOURS.get(name, chart.ground.inks.text), "strokeWidth": 2}
        chart.add(points, {**mark, "strokeDash": DASHES.get(name, [1, 0])})


def _bars(chart: Chart, band: Band, rows: list[dict], names: tuple[str, ...]) -> None:
    """Bars from zero, those of one frame side by side."""
    ground, wide = chart.ground, 0.4 * chart.ground.step
    for place, name in enumerate(names):
        bars = [
            {"x": left, "x2": left + wide, "y": band.y(0), "y2": band.y(row[name])}
            for left, row in ((ground.left(t) + 0.1 * ground.step + place * wide, row) for t, row in enumerate(rows))
        ]
        chart.add(bars, {"type": "rect", "color": COLOURS[name], "opacity": 0.6}, x2="x2:Q", y2="y2:Q")
