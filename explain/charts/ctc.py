"""Arrays to Vega-Lite charts. No Streamlit here: a specification is returned, the page decides where it goes.

Lengths along the y axis are screen pixels, along the x axis input pixels, so that the word, the heat map, the best
path and the reading stand under one another on one x axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import numpy as np

from explain.charts.theme import GAP, LABEL_ROOM, ROW_HEIGHT, USUAL_WIDTH, WORD_HEIGHT, Inks, Labels, room
from explain.ctc.decoding import BestPath

MOST_ROWS, MOST_READ = 13, 40
MOST_NUMBERS = 16  # frames that are numbered
WIDEST_LETTERS = 40  # frames whose labels have room beside one another at full size


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


class _Axes:
    """The chart's one coordinate system: x in input pixels, y in screen pixels from the top.

    Every encoding says that it has no axis: Vega-Lite fails to merge "none" with "not said".
    """

    def __init__(self, width: int, height: float):
        self.across = alt.Scale(domain=[-room(width), width], nice=False, zero=False)
        self.down = alt.Scale(domain=[height, 0], nice=False, zero=False)

    def x(self, field: str = "x") -> alt.X:
        return alt.X(f"{field}:Q", scale=self.across, axis=None)

    def y(self, field: str = "y") -> alt.Y:
        return alt.Y(f"{field}:Q", scale=self.down, axis=None)


@dataclass(frozen=True)
class _Plan:
    """What stands where in the CTC chart.

    rows: labels that get a row of the heat map. centres: of each frame's columns, in input pixels; step: between them.
    top, ruler, path, reading: y of the heat map, the frames' numbers, the best path and the text, in screen pixels.

    width: of the picture in input pixels.
    """

    rows: list[int]
    centres: list[float]
    labels: Labels
    width: int

    @property
    def step(self) -> float:
        return self.centres[1] - self.centres[0] if len(self.centres) > 1 else self.width

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
    def height(self) -> int:
        return self.reading + 16


def ctc(
    word_url: str,
    probabilities: np.ndarray,
    best: BestPath,
    labels: Sequence[str],
    columns: Sequence[tuple[int, int]],
    width: int,
    inks: Inks,
    frame: int | None = None,
    blank: int | None = None,
) -> dict:
    """The word, the softmax over the frames, the best path and what it collapses to, on one x axis.

    word_url: data URL of the picture as the network sees it. probabilities: `(frame, label)`.
    labels: what each writes. columns: the input columns `(first, last)` that each frame's convolutions see. width: of
    the input in pixels. frame: the frame that is framed on the word from the start. blank: its index, the last label
    unless given.
    """
    blank = probabilities.shape[1] - 1 if blank is None else blank
    rows = rows_to_show(probabilities, best, blank)
    plan = _Plan(rows, [(first + last + 1) / 2 for first, last in columns], Labels(labels, blank), width)
    axes, sources = _Axes(width, plan.height), _Sources()
    start = [{"frame": frame}] if frame is not None else []
    chosen = alt.selection_point(name="frame", fields=["frame"], on="click", empty=False, value=start)
    hovered = alt.selection_point(name="hovered", fields=["frame"], on="pointerover", clear="pointerout", empty=False)
    seen = [(max(first, 0), min(last + 1, width)) for first, last in columns]
    layers = [
        _word(sources, word_url, width, axes),
        _heat(sources, probabilities, plan, seen, axes).add_params(chosen, hovered),
        *(layer.transform_filter(chosen | hovered) for layer in _frames(sources, plan, seen, axes, inks)),
        _row_names(sources, plan, axes, inks),
        _ruler(sources, plan, axes, inks),
        _path(sources, best, plan, axes, inks),
    ]
    if best.spans:
        layers += _reading(sources, best, plan, axes, inks)
    text = "".join(labels[label] for label in best.labels)
    described = f"Softmax over {len(probabilities)} frames under the word; the best path reads {text or 'nothing'}."
    chart = alt.layer(*layers).properties(height=plan.height, description=described).configure_view(stroke=None)
    return sources.specification(chart)


class _Sources(dict):
    """The rows of a chart's layers, kept out of Altair until it is done: it copies them at every step, for 0.4 s."""

    def chart(self, rows: list[dict]) -> alt.Chart:
        name = f"rows {len(self)}"
        self[name] = rows
        return alt.Chart(alt.NamedData(name=name))

    def specification(self, chart: alt.LayerChart) -> dict:
        """The chart as Vega-Lite with its rows in it. What Altair would check anew each time, the tests check."""
        whole = chart.to_dict(validate=False)
        common = whole.pop("data", None)  # of rows on top Streamlit makes a table, and loads pandas for it
        for layer in whole["layer"]:
            layer["data"] = {"values": self[layer.get("data", common)["name"]]}
        return whole


def _word(sources: _Sources, url: str, width: int, axes: _Axes) -> alt.Chart:
    wide = alt.expr(f"width * {USUAL_WIDTH / (USUAL_WIDTH + LABEL_ROOM)}")
    mark = {"align": "left", "baseline": "top", "aspect": False, "width": wide, "height": WORD_HEIGHT}
    return sources.chart([{"x": 0, "y": 0, "url": url}]).mark_image(**mark).encode(x=axes.x(), y=axes.y(), url="url:N")


def _heat(
    sources: _Sources, probabilities: np.ndarray, plan: _Plan, seen: list[tuple[int, int]], axes: _Axes
) -> alt.Chart:
    """One cell a frame and label; hovering tells its probability."""
    cells = [
        {
            "frame": t,
            "x": plan.centres[t] - plan.step / 2,
            "x2": plan.centres[t] + plan.step / 2,
            "y": plan.top + r * ROW_HEIGHT,
            "y2": plan.top + (r + 1) * ROW_HEIGHT,
            "character": plan.labels.name(label),
            "probability": float(probabilities[t, label]),
            "columns": f"{seen[t][0]} to {seen[t][1] - 1}",
        }
        for r, label in enumerate(plan.rows)
        for t in range(len(probabilities))
    ]
    return (
        sources.chart(cells)
        .mark_rect(cursor="pointer")
        .encode(
            x=axes.x(),
            x2="x2:Q",
            y=axes.y(),
            y2="y2:Q",
            color=alt.Color("probability:Q", scale=alt.Scale(scheme="viridis", domain=[0, 1]), legend=None),
            tooltip=[
                alt.Tooltip("frame:Q", title="frame"),
                alt.Tooltip("character:N", title="character"),
                alt.Tooltip("probability:Q", format=".4f"),
                alt.Tooltip("columns:N", title="convolutions see columns"),
            ],
        )
    )


def _frames(sources: _Sources, plan: _Plan, seen: list[tuple[int, int]], axes: _Axes, inks: Inks) -> list[alt.Chart]:
    """For every frame a box around the columns of the word it sees, and one around its column of the heat map."""
    frames = [
        {
            "frame": t,
            "x": left,
            "x2": right,
            "y": 1,
            "y2": WORD_HEIGHT - 1,
            "cx": plan.centres[t] - plan.step / 2,
            "cx2": plan.centres[t] + plan.step / 2,
            "cy": plan.top,
            "cy2": plan.top + len(plan.rows) * ROW_HEIGHT,
        }
        for t, (left, right) in enumerate(seen)
    ]
    box = sources.chart(frames).mark_rect(fillOpacity=0, stroke=inks.frame, strokeWidth=2)
    return [
        box.encode(x=axes.x(), x2="x2:Q", y=axes.y(), y2="y2:Q"),
        box.encode(x=axes.x("cx"), x2="cx2:Q", y=axes.y("cy"), y2="cy2:Q"),
    ]


def _row_names(sources: _Sources, plan: _Plan, axes: _Axes, inks: Inks) -> alt.Chart:
    rows = [(plan.labels.name(label), plan.top + (r + 0.5) * ROW_HEIGHT) for r, label in enumerate(plan.rows)]
    names = [
        {"x": -room(plan.width, 1.5), "y": y, "text": name, "size": 9 if len(name) > 1 else 12}
        for name, y in [*rows, ("frame", plan.ruler)]
    ]
    mark = {"align": "right", "baseline": "middle", "color": inks.text, "font": "monospace"}
    chart = sources.chart(names).mark_text(**mark, size={"expr": "datum.size"})
    return chart.encode(x=axes.x(), y=axes.y(), text="text:N")


def _ruler(sources: _Sources, plan: _Plan, axes: _Axes, inks: Inks) -> alt.Chart:
    """The number of every fifth frame under its column; of fewer where there are many."""
    every = 5 * -(-len(plan.centres) // (5 * MOST_NUMBERS))
    numbers = [{"x": plan.centres[t], "y": plan.ruler, "number": t} for t in range(0, len(plan.centres), every)]
    chart = sources.chart(numbers).mark_text(baseline="middle", size=9, color=inks.soft)
    return chart.encode(x=axes.x(), y=axes.y(), text="number:Q")


def _path(sources: _Sources, best: BestPath, plan: _Plan, axes: _Axes, inks: Inks) -> alt.Chart:
    """The best path, one label a frame, blanks as dots."""
    path = [
        {
            "x": plan.centres[t],
            "y": plan.path,
            "text": plan.labels.mark(label),
            "blank": int(label) == plan.labels.blank,
        }
        for t, label in enumerate(best.path)
    ]
    size = 13 * min(1.0, max(0.4, WIDEST_LETTERS / len(plan.centres)))
    ink = alt.condition("datum.blank", alt.value(inks.soft), alt.value(inks.accent))
    chart = sources.chart(path).mark_text(baseline="middle", font="monospace", fontWeight="bold", size=size)
    return chart.encode(x=axes.x(), y=axes.y(), text="text:N", color=ink)


def _reading(sources: _Sources, best: BestPath, plan: _Plan, axes: _Axes, inks: Inks) -> list[alt.Chart]:
    """A line under the frames of each character, and the character under the line."""
    spans = [
        {
            "x": plan.centres[span.start] - plan.step / 2,
            "x2": plan.centres[span.end - 1] + plan.step / 2,
            "mid": (plan.centres[span.start] + plan.centres[span.end - 1]) / 2,
            "y": plan.path + 11,
            "below": plan.reading,
            "text": plan.labels.mark(span.label),
        }
        for span in best.spans
    ]
    rules = sources.chart(spans).mark_rule(color=inks.accent, strokeWidth=2, opacity=0.7)
    letters = sources.chart(spans).mark_text(baseline="middle", size=27, fontWeight="bold", color=inks.text)
    return [
        rules.encode(x=axes.x(), x2="x2:Q", y=axes.y()),
        letters.encode(x=axes.x("mid"), y=axes.y("below"), text="text:N"),
    ]


def texts(candidates: list[tuple[str, float]], inks: Inks, names: float = 0.6) -> dict:
    """The likeliest answers with their probabilities as bars from 0 to 1.

    candidates: `(text, probability)`, best first. names: room on the left for the texts, in lengths of a full bar.
    """
    rows = [
        {"row": r, "text": text or "(empty)", "probability": probability, "shown": f"{probability:.3f}", "zero": 0.0}
        for r, (text, probability) in enumerate(candidates)
    ]
    sources = _Sources()
    source = sources.chart(rows)
    y = alt.Y("row:O", axis=None)
    x = alt.X("probability:Q", scale=alt.Scale(domain=[-names, 1.15], nice=False), axis=None)
    tooltip = [alt.Tooltip("text:N"), alt.Tooltip("probability:Q", format=".6f")]
    bars = source.mark_bar(height=8, color=inks.accent, cornerRadius=3).encode(x=x, x2="zero:Q", y=y, tooltip=tooltip)
    texts_shown = source.mark_text(align="left", color=inks.text, font="monospace", size=13).encode(
        x=alt.XDatum(-names, axis=None), y=y, text="text:N", tooltip=tooltip
    )
    figures = source.mark_text(align="right", color=inks.text, size=12).encode(
        x=alt.XDatum(1.15, axis=None), y=y, text="shown:N", tooltip=tooltip
    )
    chart = alt.layer(bars, texts_shown, figures).properties(height=22 * len(rows)).configure_view(stroke=None)
    return sources.specification(chart)
