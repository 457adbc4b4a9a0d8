"""The lattice of a text as a Vega-Lite chart, under the word it was read from. No Streamlit here.

As in `explain.charts.ctc`, lengths along the y axis are screen pixels and along the x axis input pixels, so that the
word, the lattice and the text stand under one another on one x axis. The specification is written out here: putting one
together with Altair takes 0.2 s, which is too long for a text that is being typed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explain.charts.lattice_layout import STRIP, Sheet, tooltip
from explain.charts.theme import LABEL_ROOM, USUAL_WIDTH, WORD_HEIGHT, Inks, Labels, room
from explain.ctc import decoding
from explain.ctc.alternatives import shown

FAINTEST = -12  # powers of ten below which forward and backward variables all look alike
NEAREST_SCALE = 1.0  # nats: the least that the bars' full height stands for, so that nothing is not blown up
ON_WORD = {"y": 1, "y2": WORD_HEIGHT - 1}
EDGE = "#15181e"
INK = {"field": "ink", "type": "nominal", "scale": None}
TEXT = {"field": "text", "type": "nominal"}
CELLS = "cells"
SHOWS = {"posterior": (0, 1), "forward": (FAINTEST, 0), "backward": (FAINTEST, 0)}


def lattice(
    word_url: str,
    probabilities: np.ndarray,
    paths: decoding.Lattice,
    alignment: decoding.Alignment,
    labels: Sequence[str],
    columns: Sequence[tuple[int, int]],
    width: int,
    inks: Inks,
    *,
    blank: int | None = None,
    show: str = "posterior",
    character: int | None = None,
    against: np.ndarray | None = None,
    other: decoding.Alignment | None = None,
) -> dict:
    """A text's characters with blanks between, from top to bottom, against the frames, with its best alignment.

    word_url: data URL of the picture as the network sees it. probabilities: `(frame, label)`. labels: what each
    writes. columns: the input columns `(first, last)` that each frame's convolutions see. width: of the input in
    pixels. blank: its index, the last label unless given. show: "posterior", or "forward" or "backward" as powers of
    ten. character: place in the text of the one that is marked. against: `(frame,)`, drawn as bars below; other: the
    alignment it compares with.
    """
    names = Labels(labels, probabilities.shape[1] - 1 if blank is None else blank)
    sheet = Sheet(probabilities, paths, alignment, names, columns, width, inks, character, against is not None)
    layers = [_word(sheet, word_url), _cells(sheet, show), _columns(sheet), _names(sheet), *_line(sheet)]
    if alignment.spans:
        layers += _text(sheet)
    if character is not None and character < len(alignment.spans):
        layers.append(_mark(sheet, character))
    if against is not None:
        layers += _bars(sheet, against, other or alignment)
    text = "".join(labels[span.label] for span in alignment.spans)
    click = {"type": "point", "fields": ["character"], "on": "click"}
    hover = {"type": "point", "fields": ["frame"], "on": "pointerover", "clear": "pointerout"}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.4.1.json",
        "description": f"Lattice of “{text}” over {len(probabilities)} frames: {show} and the best alignment.",
        "height": sheet.height,
        "layer": layers,
        "params": [
            {"name": "character", "select": click, "views": [CELLS]},
            {"name": "hovered", "select": hover, "views": [CELLS]},
        ],
        "config": {"view": {"stroke": None}},
    }


def _word(sheet: Sheet, url: str) -> dict:
    wide = {"expr": f"width * {USUAL_WIDTH / (USUAL_WIDTH + LABEL_ROOM)}"}
    picture = {"align": "left", "baseline": "top", "aspect": False, "width": wide, "height": WORD_HEIGHT}
    url_of = {"url": {"field": "url", "type": "nominal"}}
    return sheet.layer([{"x": 0, "y": 0, "url": url}], "image", encoding=url_of, **picture)


def _cells(sheet: Sheet, show: str) -> dict:
    """One cell a frame and state; hovering tells all its figures."""
    paths = sheet.paths
    if show == "posterior":
        values = paths.gamma
    else:
        values = np.maximum((paths.alpha if show == "forward" else paths.beta) / np.log(10), FAINTEST)
    cells = [
        {
            "frame": t,
            "character": s // 2 if s % 2 else -1,
            **sheet.across(t),
            **sheet.down(s),
            "value": float(values[t, s]),
            "state": _state_name(sheet.letters, s),
            "posterior": f"{paths.gamma[t, s]:.4f}",
            "forward": shown(paths.alpha[t, s]),
            "backward": shown(paths.beta[t, s]),
            "softmax": f"{sheet.probabilities[t, label]:.4f}",
            "columns": f"{sheet.seen[t][0]} to {sheet.seen[t][1] - 1}",
        }
        for s, label in enumerate(paths.states)
        for t in range(len(paths.gamma))
    ]
    told = tooltip(
        frame="frame",
        state="row",
        posterior="posterior",
        forward="forward",
        backward="backward",
        softmax="softmax",
        columns="convolutions see columns",
    )
    scale = {"scheme": "viridis", "domain": list(SHOWS[show]), "clamp": True}
    colour = {"field": "value", "type": "quantitative", "scale": scale, "legend": None}
    return {"name": CELLS, **sheet.box(cells, {"color": colour, "tooltip": told}, cursor="pointer")}


def _state_name(letters: list[str], state: int) -> str:
    if state % 2:
        return f"{letters[state]}, character {state // 2 + 1}"
    before = letters[state - 1] if state else None
    after = letters[state + 1] if state + 1 < len(letters) else None
    if before and after:
        return f"blank between {before} and {after}"
    return f"blank after {before}" if before else f"blank before {after}" if after else "blank"


def _columns(sheet: Sheet) -> dict:
    """For every frame a box around the columns of the word that it sees, drawn while the pointer is over it."""
    frames = [{"frame": t, "x": a, "x2": b, **ON_WORD} for t, (a, b) in enumerate(sheet.seen)]
    boxes = sheet.box(frames, fillOpacity=0, stroke=sheet.inks.frame, strokeWidth=2)
    return {**boxes, "transform": [{"filter": {"param": "hovered", "empty": False}}]}


def _names(sheet: Sheet) -> dict:
    """The rows' names; that of the chosen character in the colour of its frame."""
    marked = None if sheet.character is None else 2 * sheet.character + 1
    rows = [
        {
            "x": -room(sheet.width, 1.5),
            "y": sheet.middle(s),
            "text": letter,
            "ink": sheet.inks.frame if s == marked else sheet.inks.text,
        }
        for s, letter in enumerate(sheet.letters)
    ]
    mark = {"align": "right", "baseline": "middle", "font": "monospace", "size": min(13, sheet.row * 1.1)}
    return sheet.layer(rows, "text", encoding={"text": TEXT, "color": INK}, **mark)


def _line(sheet: Sheet) -> list[dict]:
    """The alignment as a line through the lattice, white with a dark edge so that it stands out from every colour."""
    points = [
        {"x": sheet.centres[t], "y": sheet.middle(state), "frame": t} for t, state in enumerate(sheet.alignment.states)
    ]
    order = {"order": {"field": "frame", "type": "quantitative"}}
    return [
        sheet.layer(points, "line", encoding=order, color=EDGE, strokeWidth=3.5, tooltip=None),
        sheet.layer(points, "line", encoding=order, color="white", strokeWidth=1.6, tooltip=None),
        sheet.layer(points, "circle", size=18, color="white", stroke=EDGE, strokeWidth=1, opacity=1, tooltip=None),
    ]


def _text(sheet: Sheet) -> list[dict]:
    """A line under the frames of each character, and the character under the line."""
    spans = [
        {
            "character": place,
            **sheet.across(span.start, span.end - 1),
            "mid": (sheet.centres[span.start] + sheet.centres[span.end - 1]) / 2,
            "y": sheet.bottom + 6,
            "below": sheet.reading,
            "text": sheet.labels.mark(span.label),
            "ink": sheet.inks.frame if place == sheet.character else sheet.inks.text,
        }
        for place, span in enumerate(sheet.alignment.spans)
    ]
    ink, letter = {"text": TEXT, "color": INK}, {"baseline": "middle", "size": 21, "fontWeight": "bold"}
    return [
        sheet.layer(spans, "rule", encoding={"x2": {"field": "x2"}}, color=sheet.inks.accent, strokeWidth=2),
        sheet.layer(spans, "text", "mid", "below", encoding=ink, **letter),
    ]


def _mark(sheet: Sheet, character: int) -> dict:
    """The chosen character: a box around its frames in its row, and one around what these frames see of the word."""
    _, start, end = sheet.alignment.spans[character]
    boxes = [
        {**sheet.across(start, end - 1), **sheet.down(2 * character + 1)},
        {"x": sheet.seen[start][0], "x2": sheet.seen[end - 1][1], **ON_WORD},
    ]
    return sheet.box(boxes, fillOpacity=0, stroke=sheet.inks.frame, strokeWidth=2, tooltip=None)


def _bars(sheet: Sheet, against: np.ndarray, other: decoding.Alignment) -> list[dict]:
    """Per frame a bar: upwards where it speaks against the text, downwards where it speaks for it."""
    full = max(NEAREST_SCALE, float(np.abs(against).max()))

    def says(label: int, t: int) -> str:
        return f"{sheet.labels.name(label)} {sheet.probabilities[t, label]:.4g}"

    bars = [
        {
            "frame": t,
            **sheet.across(t),
            "y": sheet.zero,
            "y2": sheet.zero - float(value) / full * STRIP / 2,
            "nats": f"{value:+.2f}",
            "read": says(other.path[t], t),
            "text": says(sheet.alignment.path[t], t),
            "ink": sheet.inks.frame if value > 0 else sheet.inks.accent,
        }
        for t, value in enumerate(against)
    ]
    told = tooltip(frame="frame", nats="against, in nats", read="reading has", text="this text needs")
    zero = [{**sheet.across(0, len(against) - 1), "y": sheet.zero}]
    words = [
        {"x": -room(sheet.width, 0.6), "y": sheet.zero - STRIP / 4, "text": "against"},
        {"x": -room(sheet.width, 0.6), "y": sheet.zero + STRIP / 4, "text": "for"},
    ]
    soft = sheet.inks.soft
    small = {"align": "right", "baseline": "middle", "size": 9, "color": soft}
    return [
        sheet.layer(zero, "rule", encoding={"x2": {"field": "x2"}}, color=soft),
        sheet.box(bars, {"color": INK, "tooltip": told}),
        sheet.layer(words, "text", encoding={"text": TEXT}, **small),
    ]
