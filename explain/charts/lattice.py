"""The lattice of a text as a Vega-Lite chart, under the word it was read from.

As in `explain.charts.ctc`, lengths along the y axis are screen pixels and along the x axis input pixels, so that the
word, the lattice and the text stand under one another on one x axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from explain.charts import vega
from explain.charts.theme import GAP, WORD_HEIGHT, Inks, room
from explain.ctc import decoding
from explain.ctc.alphabet import Alphabet
from explain.ctc.alternatives import shown
from explain.layers.frames import Frames
from explain.pictures.notation import ordinal

FAINTEST = -12  # powers of ten below which forward and backward variables all look alike
NEAREST_SCALE = 1.0  # nats: the least that the bars' full height stands for, so that nothing is not blown up
ON_WORD = {"y": 1, "y2": WORD_HEIGHT - 1}
EDGE = "#15181e"
CELLS = "cells"
TALLEST, ROW_HEIGHT, LOWEST_ROW = 340, 16, 6
STRIP = 64  # height of the bars that tell which frames speak against a text
SHOWS = {"posterior": (0, 1), "forward": (FAINTEST, 0), "backward": (FAINTEST, 0)}


@dataclass(frozen=True)
class _Layout:
    """What every layer of the chart needs: the arrays, and their places.

    character: place in the text of the one that is marked, or None. bars: whether there is room for bars below.
    """

    probabilities: np.ndarray
    lattice: decoding.Lattice
    alignment: decoding.Alignment
    alphabet: Alphabet
    frames: Frames
    inks: Inks
    character: int | None
    bars: bool

    @cached_property
    def letters(self) -> list[str]:
        """One a state, the blank as a dot."""
        return [self.alphabet.mark(label) for label in self.lattice.states]

    @property
    def row(self) -> float:
        return max(LOWEST_ROW, min(ROW_HEIGHT, TALLEST / len(self.letters)))

    @property
    def top(self) -> float:
        return WORD_HEIGHT + GAP

    @property
    def bottom(self) -> float:
        return self.top + self.row * len(self.letters)

    @property
    def reading(self) -> float:
        return self.bottom + 22

    @property
    def zero(self) -> float:
        return self.reading + 22 + STRIP / 2

    @cached_property
    def plane(self) -> vega.Plane:
        height = self.zero + STRIP / 2 + 4 if self.bars else self.reading + 18
        return vega.Plane(-room(self.frames.width), self.frames.width, height)

    def down(self, state: int) -> dict[str, float]:
        return {"y": self.top + state * self.row, "y2": self.top + (state + 1) * self.row}

    def middle(self, state: int) -> float:
        return self.top + (state + 0.5) * self.row


def lattice(
    word_url: str,
    probabilities: np.ndarray,
    of_text: decoding.Lattice,
    alignment: decoding.Alignment,
    alphabet: Alphabet,
    frames: Frames,
    inks: Inks,
    *,
    show: str = "posterior",
    character: int | None = None,
    against: np.ndarray | None = None,
    other: decoding.Alignment | None = None,
) -> dict:
    """A text's characters with blanks between, from top to bottom, against the frames, with its best alignment.

    word_url: data URL of the picture as the network sees it. probabilities: `(frame, label)`. of_text: the text's
    lattice. show: "posterior", or "forward" or "backward" as powers of ten. character: place in the text of the one
    that is marked. against: `(frame,)`, drawn as bars below; other: the alignment it compares with.
    """
    layout = _Layout(probabilities, of_text, alignment, alphabet, frames, inks, character, against is not None)
    picture = layout.plane.picture(word_url, frames.width, WORD_HEIGHT)
    layers = [picture, _cells(layout, show), _columns(layout), _names(layout), *_line(layout)]
    if alignment.spans:
        layers += _text(layout)
    if character is not None and character < len(alignment.spans):
        layers.append(_mark(layout, character))
    if against is not None:
        layers += _bars(layout, against, other or alignment)
    text = alphabet.text(span.label for span in alignment.spans)
    click = {"type": "point", "fields": ["character"], "on": "click"}
    hover = {"type": "point", "fields": ["frame"], "on": "pointerover", "clear": "pointerout"}
    return vega.specification(
        layers,
        layout.plane.height,
        f"Lattice of “{text}” over {len(probabilities)} frames: {show} and the best alignment.",
        params=[
            {"name": "character", "select": click, "views": [CELLS]},
            {"name": "hovered", "select": hover, "views": [CELLS]},
        ],
    )


def _cells(layout: _Layout, show: str) -> vega.Layer:
    """One cell a frame and state; hovering tells all its figures."""
    lattice = layout.lattice
    if show == "posterior":
        values = lattice.gamma
    else:
        values = np.maximum((lattice.alpha if show == "forward" else lattice.beta) / np.log(10), FAINTEST)
    cells = [
        {
            "frame": t,
            "character": s // 2 if s % 2 else -1,
            **layout.frames.across(t),
            **layout.down(s),
            "value": float(values[t, s]),
            "state": _state_name(layout.letters, s),
            "posterior": f"{lattice.gamma[t, s]:.4f}",
            "forward": shown(lattice.alpha[t, s]),
            "backward": shown(lattice.beta[t, s]),
            "softmax": f"{layout.probabilities[t, label]:.4f}",
            "columns": layout.frames.columns_seen(t),
        }
        for s, label in enumerate(lattice.states)
        for t in range(len(lattice.gamma))
    ]
    tooltip = vega.tips(
        frame="frame",
        state="row",
        posterior="posterior",
        forward="forward",
        backward="backward",
        softmax="softmax",
        columns="convolutions see columns",
    )
    colour = vega.colour_scale("value", *SHOWS[show], clamp=True)
    return {"name": CELLS, **layout.plane.rectangles(cells, {"cursor": "pointer"}, color=colour, tooltip=tooltip)}


def _state_name(letters: list[str], state: int) -> str:
    if state % 2:
        return f"{letters[state]}, {ordinal(state // 2)} character"
    before = letters[state - 1] if state else None
    after = letters[state + 1] if state + 1 < len(letters) else None
    if before and after:
        return f"blank between {before} and {after}"
    return f"blank after {before}" if before else f"blank before {after}" if after else "blank"


def _columns(layout: _Layout) -> dict:
    """For every frame a box around the columns of the word that it sees, drawn while the pointer is over it."""
    frames = [{"frame": t, "x": a, "x2": b, **ON_WORD} for t, (a, b) in enumerate(layout.frames.within)]
    boxes = layout.plane.rectangles(frames, vega.outline(layout.inks.frame))
    return {**boxes, "transform": [{"filter": {"param": "hovered", "empty": False}}]}


def _names(layout: _Layout) -> dict:
    """The rows' names; that of the marked character in the colour of its frame."""
    marked = None if layout.character is None else 2 * layout.character + 1
    rows = [
        {
            "x": -room(layout.frames.width, 1.5),
            "y": layout.middle(s),
            "text": letter,
            "ink": layout.inks.frame if s == marked else layout.inks.text,
        }
        for s, letter in enumerate(layout.letters)
    ]
    mark = {"align": "right", "font": "monospace", "size": min(13, layout.row * 1.1)}
    return layout.plane.texts(rows, mark, color=vega.INK)


def _line(layout: _Layout) -> list[dict]:
    """The alignment as a line through the lattice, white with a dark edge so that it stands out from every colour."""
    points = [
        {"x": layout.frames.centres[t], "y": layout.middle(state), "frame": t}
        for t, state in enumerate(layout.alignment.states)
    ]
    order, line = vega.quantitative("frame"), {"type": "line", "tooltip": None}
    dot = {"type": "circle", "size": 18, "color": "white", "stroke": EDGE, "strokeWidth": 1, "opacity": 1}
    return [
        layout.plane.layer(points, {**line, "color": EDGE, "strokeWidth": 3.5}, order=order),
        layout.plane.layer(points, {**line, "color": "white", "strokeWidth": 1.6}, order=order),
        layout.plane.layer(points, {**dot, "tooltip": None}),
    ]


def _text(layout: _Layout) -> list[dict]:
    """A line under the frames of each character, and the character under the line."""
    spans = [
        {
            "character": place,
            **layout.frames.across(span.start, span.end - 1),
            "mid": (layout.frames.centres[span.start] + layout.frames.centres[span.end - 1]) / 2,
            "y": layout.bottom + 6,
            "below": layout.reading,
            "text": layout.alphabet.name(span.label),
            "ink": layout.inks.frame if place == layout.character else layout.inks.text,
        }
        for place, span in enumerate(layout.alignment.spans)
    ]
    rule = {"color": layout.inks.accent, "strokeWidth": 2}
    letter = {"size": 21, "fontWeight": "bold"}
    return [
        layout.plane.rules(spans, rule),
        layout.plane.texts(spans, letter, x="mid", y="below", color=vega.INK),
    ]


def _mark(layout: _Layout, character: int) -> dict:
    """The marked character: a box around its frames in its row, and one around what these frames see of the word."""
    _, start, end = layout.alignment.spans[character]
    boxes = [
        {**layout.frames.across(start, end - 1), **layout.down(2 * character + 1)},
        {"x": layout.frames.within[start][0], "x2": layout.frames.within[end - 1][1], **ON_WORD},
    ]
    return layout.plane.rectangles(boxes, vega.outline(layout.inks.frame, tooltip=None))


def _bars(layout: _Layout, against: np.ndarray, other: decoding.Alignment) -> list[dict]:
    """Per frame a bar: upwards where it speaks against the text, downwards where it speaks for it."""
    full = max(NEAREST_SCALE, float(np.abs(against).max()))

    def says(label: int, t: int) -> str:
        return f"{layout.alphabet.name(label)} {layout.probabilities[t, label]:.4g}"

    bars = [
        {
            "frame": t,
            **layout.frames.across(t),
            "y": layout.zero,
            "y2": layout.zero - float(value) / full * STRIP / 2,
            "nats": f"{value:+.2f}",
            "read": says(other.path[t], t),
            "text": says(layout.alignment.path[t], t),
            "ink": layout.inks.frame if value > 0 else layout.inks.accent,
        }
        for t, value in enumerate(against)
    ]
    tooltip = vega.tips(frame="frame", nats="against, in nats", read="reading has", text="this text needs")
    zero = [{**layout.frames.across(0, len(against) - 1), "y": layout.zero}]
    left = -room(layout.frames.width, 0.6)
    words = [
        {"x": left, "y": layout.zero - STRIP / 4, "text": "against"},
        {"x": left, "y": layout.zero + STRIP / 4, "text": "for"},
    ]
    soft = layout.inks.soft
    return [
        layout.plane.rules(zero, {"color": soft}),
        layout.plane.rectangles(bars, color=vega.INK, tooltip=tooltip),
        layout.plane.texts(words, {"align": "right", "size": 9, "color": soft}),
    ]
