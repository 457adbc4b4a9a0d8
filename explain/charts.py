"""Arrays to Altair charts. No Streamlit here: a chart is returned, the page decides where it goes.

Lengths along the y axis are screen pixels, along the x axis input pixels, so that the word, the heat map, the best
path and the reading stand under one another on one x axis.
"""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt
import numpy as np

from explain.ctc import BestPath

BLANK_MARK = "·"
BLANK_NAME = "blank"
LABEL_ROOM = 7  # input pixels kept free on the left for the names of the rows
WORD_HEIGHT, ROW_HEIGHT, GAP = 92, 13, 5
MOST_ROWS = 13


@dataclass(frozen=True)
class Inks:
    """The colours that must differ between a light and a dark page."""

    text: str
    soft: str
    accent: str
    frame: str = "#d9480f"

    @staticmethod
    def of(dark: bool) -> Inks:
        return Inks("#e7eaf0", "#8a94a6", "#7aa7ff") if dark else Inks("#1d2433", "#98a1b0", "#2563eb")


def rows_to_show(probabilities: np.ndarray, best: BestPath, blank: int, most: int = MOST_ROWS) -> list[int]:
    """Labels that get a row of the heat map: the blank, the read characters in order, then the strongest others.

    probabilities: `(frame, label)`.
    """
    rows = [blank, *dict.fromkeys(best.labels)]
    for label in np.argsort(-probabilities.max(0), kind="stable"):
        if len(rows) >= most:
            break
        if int(label) not in rows:
            rows.append(int(label))
    return rows[: max(most, len(dict.fromkeys(best.labels)) + 1)]


def ctc(
    word_url: str,
    probabilities: np.ndarray,
    best: BestPath,
    alphabet: str,
    columns: list[tuple[int, int]],
    width: int,
    inks: Inks,
    frame: int | None = None,
) -> alt.LayerChart:
    """The word, the softmax over the frames, the best path and what it collapses to, on one x axis.

    word_url: data URL of the picture as the network sees it. probabilities: `(frame, label)`, blank last.
    alphabet: the characters of the labels, without the blank. columns: the input columns `(first, last)` that each
    frame's convolutions see. width: of the input in pixels. frame: the frame that is framed on the word from the start.
    """
    blank = len(alphabet)
    rows = rows_to_show(probabilities, best, blank)
    top = WORD_HEIGHT + GAP
    path_at = top + len(rows) * ROW_HEIGHT + 12
    reading_at = path_at + 32
    across = alt.Scale(domain=[-LABEL_ROOM, width], nice=False, zero=False)
    down = alt.Scale(domain=[reading_at + 16, 0], nice=False, zero=False)
    # Every layer says that it has no axis: Vega-Lite fails to merge "none" with "not said".
    x, y = alt.X("x:Q", scale=across, axis=None), alt.Y("y:Q", scale=down, axis=None)

    def name(label: int) -> str:
        return BLANK_NAME if label == blank else alphabet[label]

    centres = [(first + last + 1) / 2 for first, last in columns]
    step = centres[1] - centres[0]
    chosen = alt.selection_point(
        name="frame", fields=["frame"], on="click", empty=False, value=[{"frame": frame}] if frame is not None else []
    )
    hovered = alt.selection_point(name="hovered", fields=["frame"], on="pointerover", clear="pointerout", empty=False)

    word = (
        alt.Chart(alt.Data(values=[{"x": 0, "y": 0, "url": word_url}]))
        .mark_image(
            align="left",
            baseline="top",
            aspect=False,
            width=alt.expr(f"width * {width / (width + LABEL_ROOM)}"),
            height=WORD_HEIGHT,
        )
        .encode(x=x, y=y, url="url:N")
    )
    cells = [
        {
            "frame": t,
            "x": centres[t] - step / 2,
            "x2": centres[t] + step / 2,
            "y": top + r * ROW_HEIGHT,
            "y2": top + (r + 1) * ROW_HEIGHT,
            "character": name(label),
            "probability": float(probabilities[t, label]),
            "columns": f"{max(columns[t][0], 0)} to {min(columns[t][1], width - 1)}",
        }
        for r, label in enumerate(rows)
        for t in range(len(probabilities))
    ]
    heat = (
        alt.Chart(alt.Data(values=cells))
        .mark_rect(cursor="pointer")
        .encode(
            x=x,
            x2="x2:Q",
            y=y,
            y2="y2:Q",
            color=alt.Color("probability:Q", scale=alt.Scale(scheme="viridis", domain=[0, 1]), legend=None),
            tooltip=[
                alt.Tooltip("frame:Q", title="frame"),
                alt.Tooltip("character:N", title="character"),
                alt.Tooltip("probability:Q", format=".4f"),
                alt.Tooltip("columns:N", title="convolutions see columns"),
            ],
        )
        .add_params(chosen, hovered)
    )
    frames = [
        {
            "frame": t,
            "x": max(columns[t][0], 0),
            "x2": min(columns[t][1] + 1, width),
            "y": 1,
            "y2": WORD_HEIGHT - 1,
            "cx": centres[t] - step / 2,
            "cx2": centres[t] + step / 2,
            "cy": top,
            "cy2": top + len(rows) * ROW_HEIGHT,
        }
        for t in range(len(probabilities))
    ]
    box = alt.Chart(alt.Data(values=frames)).mark_rect(fillOpacity=0, stroke=inks.frame, strokeWidth=2)
    seen = box.encode(x=x, x2="x2:Q", y=y, y2="y2:Q").transform_filter(chosen | hovered)
    column = box.encode(
        x=alt.X("cx:Q", scale=across, axis=None), x2="cx2:Q", y=alt.Y("cy:Q", scale=down, axis=None), y2="cy2:Q"
    ).transform_filter(chosen | hovered)
    labels = [
        {"x": -1.5, "y": top + (r + 0.5) * ROW_HEIGHT, "text": name(label), "size": 9 if label == blank else 12}
        for r, label in enumerate(rows)
    ]
    row_names = (
        alt.Chart(alt.Data(values=labels))
        .mark_text(align="right", baseline="middle", color=inks.text, font="monospace", size={"expr": "datum.size"})
        .encode(x=x, y=y, text="text:N")
    )
    path = [
        {
            "x": centres[t],
            "y": path_at,
            "text": BLANK_MARK if label == blank else alphabet[label],
            "blank": int(label) == blank,
        }
        for t, label in enumerate(best.path)
    ]
    path_row = (
        alt.Chart(alt.Data(values=path))
        .mark_text(baseline="middle", font="monospace", fontWeight="bold", size=13)
        .encode(
            x=x,
            y=y,
            text="text:N",
            color=alt.condition("datum.blank", alt.value(inks.soft), alt.value(inks.accent)),
        )
    )
    spans = [
        {
            "x": centres[span.start] - step / 2,
            "x2": centres[span.end - 1] + step / 2,
            "mid": (centres[span.start] + centres[span.end - 1]) / 2,
            "y": path_at + 11,
            "below": reading_at,
            "text": alphabet[span.label],
        }
        for span in best.spans
    ]
    layers = [word, heat, seen, column, row_names, path_row]
    if spans:
        source = alt.Data(values=spans)
        layers.append(
            alt.Chart(source).mark_rule(color=inks.accent, strokeWidth=2, opacity=0.7).encode(x=x, x2="x2:Q", y=y)
        )
        layers.append(
            alt.Chart(source)
            .mark_text(baseline="middle", size=27, fontWeight="bold", color=inks.text)
            .encode(x=alt.X("mid:Q", scale=across, axis=None), y=alt.Y("below:Q", scale=down, axis=None), text="text:N")
        )
    text = "".join(alphabet[label] for label in best.labels)
    described = f"Softmax over {len(probabilities)} frames under the word; the best path reads {text or 'nothing'}."
    return alt.layer(*layers).properties(height=reading_at + 16, description=described).configure_view(stroke=None)


def texts(candidates: list[tuple[str, float]], inks: Inks, names: float = 0.6) -> alt.LayerChart:
    """The likeliest answers with their probabilities as bars from 0 to 1.

    candidates: `(text, probability)`, best first. names: room on the left for the texts, in lengths of a full bar.
    """
    rows = [
        {"row": r, "text": text or "(empty)", "probability": probability, "shown": f"{probability:.3f}", "zero": 0.0}
        for r, (text, probability) in enumerate(candidates)
    ]
    source = alt.Data(values=rows)
    y = alt.Y("row:O", axis=None)
    x = alt.X("probability:Q", scale=alt.Scale(domain=[-names, 1.15], nice=False), axis=None)
    tooltip = [alt.Tooltip("text:N"), alt.Tooltip("probability:Q", format=".6f")]
    bars = (
        alt.Chart(source)
        .mark_bar(height=8, color=inks.accent, cornerRadius=3)
        .encode(x=x, x2="zero:Q", y=y, tooltip=tooltip)
    )
    texts_shown = (
        alt.Chart(source)
        .mark_text(align="left", color=inks.text, font="monospace", size=13)
        .encode(x=alt.XDatum(-names, axis=None), y=y, text="text:N", tooltip=tooltip)
    )
    figures = (
        alt.Chart(source)
        .mark_text(align="right", color=inks.text, size=12)
        .encode(x=alt.XDatum(1.15, axis=None), y=y, text="shown:N", tooltip=tooltip)
    )
    return alt.layer(bars, texts_shown, figures).properties(height=22 * len(rows)).configure_view(stroke=None)
