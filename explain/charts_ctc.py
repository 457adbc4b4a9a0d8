"""The lattice of a text as a Vega-Lite chart, under the word it was read from. No Streamlit here.

As in `explain.charts`, lengths along the y axis are screen pixels and along the x axis input pixels, so that the word,
the lattice and the text stand under one another on one x axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import altair as alt
import numpy as np

from explain import ctc
from explain.charts import BLANK_MARK, BLANK_NAME, GAP, WORD_HEIGHT, Inks, _Axes, _Sources, _word
from explain.ctc_explain import shown

TALLEST, ROW_HEIGHT, LOWEST_ROW = 340, 16, 6
STRIP = 64  # height of the bars that tell which frames speak against a text
FAINTEST = -12  # powers of ten below which forward and backward variables all look alike
NEAREST_SCALE = 1.0  # nats: the least that the bars' full height stands for, so that nothing is not blown up
FRAME_WIDTH = 4.0  # input pixels, where there is only one frame and so no distance between two
ON_WORD = {"y": 1, "y2": WORD_HEIGHT - 1}
EDGE = "#15181e"
INK = alt.Color("ink:N", scale=None)
SHOWS = {"posterior": (0, 1), "forward": (FAINTEST, 0), "backward": (FAINTEST, 0)}


@dataclass(frozen=True)
class _Sheet:
    """What every layer of the chart needs: the arrays, and what stands where.

    letters: one a state, the blank marked. columns: input columns `(first, last)` that each frame's convolutions see.
    bars: whether there is room for bars below.
    """

    probabilities: np.ndarray
    found: ctc.Lattice
    alignment: ctc.Alignment
    alphabet: str
    columns: list[tuple[int, int]]
    width: int
    inks: Inks
    character: int | None
    bars: bool
    sources: _Sources

    @cached_property
    def letters(self) -> list[str]:
        return [BLANK_MARK if label == len(self.alphabet) else self.alphabet[label] for label in self.found.states]

    @cached_property
    def centres(self) -> list[float]:
        return [(first + last + 1) / 2 for first, last in self.columns]

    @cached_property
    def seen(self) -> list[tuple[int, int]]:
        """The columns as first and one past the last, within the picture."""
        return [(max(first, 0), min(last + 1, self.width)) for first, last in self.columns]

    @cached_property
    def axes(self) -> _Axes:
        return _Axes(self.width, self.height)

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

    @property
    def height(self) -> float:
        return self.zero + STRIP / 2 + 4 if self.bars else self.reading + 18

    def across(self, first: int, last: int | None = None) -> dict[str, float]:
        """The x axis from frame `first` to frame `last`, both whole."""
        half = (self.centres[1] - self.centres[0] if len(self.centres) > 1 else FRAME_WIDTH) / 2
        return {"x": self.centres[first] - half, "x2": self.centres[first if last is None else last] + half}

    def down(self, state: int) -> dict[str, float]:
        return {"y": self.top + state * self.row, "y2": self.top + (state + 1) * self.row}

    def middle(self, state: int) -> float:
        return self.top + (state + 0.5) * self.row

    def name(self, label: int) -> str:
        return BLANK_NAME if label == len(self.alphabet) else self.alphabet[label]

    def box(self, rows: list[dict], **mark) -> alt.Chart:
        """A rectangle for each of the rows, from x to x2 and y to y2."""
        axes = self.axes
        return self.sources.chart(rows).mark_rect(**mark).encode(x=axes.x(), x2="x2:Q", y=axes.y(), y2="y2:Q")


def lattice(
    word_url: str,
    probabilities: np.ndarray,
    found: ctc.Lattice,
    alignment: ctc.Alignment,
    alphabet: str,
    columns: list[tuple[int, int]],
    width: int,
    inks: Inks,
    *,
    show: str = "posterior",
    character: int | None = None,
    against: np.ndarray | None = None,
    other: ctc.Alignment | None = None,
) -> dict:
    """A text's characters with blanks between, from top to bottom, against the frames, with its best alignment.

    word_url: data URL of the picture as the network sees it. probabilities: `(frame, label)`, blank last. alphabet:
    the characters of the labels, without the blank. columns: the input columns `(first, last)` that each frame's
    convolutions see. width: of the input in pixels. show: "posterior", or "forward" or "backward" as powers of ten.
    character: place in the text of the one that is marked. against: `(frame,)`, drawn as bars below; other: the
    alignment it compares with.
    """
    sheet = _Sheet(
        probabilities, found, alignment, alphabet, columns, width, inks, character, against is not None, _Sources()
    )
    chosen = alt.selection_point(name="character", fields=["character"], on="click", empty=False)
    hovered = alt.selection_point(name="hovered", fields=["frame"], on="pointerover", clear="pointerout", empty=False)
    layers = [
        _word(sheet.sources, word_url, width, sheet.axes),
        _cells(sheet, show).add_params(chosen, hovered),
        _columns(sheet).transform_filter(hovered),
        _names(sheet),
        *_line(sheet),
    ]
    if alignment.spans:
        layers += _text(sheet)
    if character is not None and character < len(alignment.spans):
        layers.append(_mark(sheet, character))
    if against is not None:
        layers += _bars(sheet, against, other or alignment)
    text = "".join(alphabet[span.label] for span in alignment.spans)
    described = f"Lattice of “{text}” over {len(probabilities)} frames: {show} probabilities and the best alignment."
    chart = alt.layer(*layers).properties(height=sheet.height, description=described).configure_view(stroke=None)
    return sheet.sources.specification(chart)


def _cells(sheet: _Sheet, show: str) -> alt.Chart:
    """One cell a frame and state; hovering tells all its figures."""
    found = sheet.found
    if show == "posterior":
        values = found.gamma
    else:
        values = np.maximum((found.alpha if show == "forward" else found.beta) / np.log(10), FAINTEST)
    cells = [
        {
            "frame": t,
            "character": s // 2 if s % 2 else -1,
            **sheet.across(t),
            **sheet.down(s),
            "value": float(values[t, s]),
            "state": _state_name(sheet.letters, s),
            "posterior": f"{found.gamma[t, s]:.4f}",
            "forward": shown(found.alpha[t, s]),
            "backward": shown(found.beta[t, s]),
            "softmax": f"{sheet.probabilities[t, label]:.4f}",
            "columns": f"{sheet.seen[t][0]} to {sheet.seen[t][1] - 1}",
        }
        for s, label in enumerate(found.states)
        for t in range(len(found.gamma))
    ]
    tooltip = [alt.Tooltip("frame:Q", title="frame"), alt.Tooltip("state:N", title="row")]
    tooltip += [alt.Tooltip(f"{name}:N", title=name) for name in ("posterior", "forward", "backward", "softmax")]
    tooltip.append(alt.Tooltip("columns:N", title="convolutions see columns"))
    colour = alt.Color("value:Q", scale=alt.Scale(scheme="viridis", domain=list(SHOWS[show]), clamp=True), legend=None)
    return sheet.box(cells, cursor="pointer").encode(color=colour, tooltip=tooltip)


def _state_name(letters: list[str], state: int) -> str:
    if state % 2:
        return f"{letters[state]}, character {state // 2 + 1}"
    before = letters[state - 1] if state else None
    after = letters[state + 1] if state + 1 < len(letters) else None
    if before and after:
        return f"blank between {before} and {after}"
    return f"blank after {before}" if before else f"blank before {after}" if after else "blank"


def _columns(sheet: _Sheet) -> alt.Chart:
    """For every frame a box around the columns of the word that it sees."""
    frames = [{"frame": t, "x": a, "x2": b, **ON_WORD} for t, (a, b) in enumerate(sheet.seen)]
    return sheet.box(frames, fillOpacity=0, stroke=sheet.inks.frame, strokeWidth=2)


def _names(sheet: _Sheet) -> alt.Chart:
    """The rows' names; that of the chosen character in the colour of its frame."""
    marked = None if sheet.character is None else 2 * sheet.character + 1
    rows = [
        {"x": -1.5, "y": sheet.middle(s), "text": letter, "ink": sheet.inks.frame if s == marked else sheet.inks.text}
        for s, letter in enumerate(sheet.letters)
    ]
    mark = {"align": "right", "baseline": "middle", "font": "monospace", "size": min(13, sheet.row * 1.1)}
    chart = sheet.sources.chart(rows).mark_text(**mark)
    return chart.encode(x=sheet.axes.x(), y=sheet.axes.y(), text="text:N", color=INK)


def _line(sheet: _Sheet) -> list[alt.Chart]:
    """The alignment as a line through the lattice, white with a dark edge so that it stands out from every colour."""
    points = [
        {"x": sheet.centres[t], "y": sheet.middle(state), "frame": t} for t, state in enumerate(sheet.alignment.states)
    ]
    source = sheet.sources.chart(points)
    place = {"x": sheet.axes.x(), "y": sheet.axes.y()}
    order = alt.Order("frame:Q")
    return [
        source.mark_line(color=EDGE, strokeWidth=3.5, tooltip=None).encode(**place, order=order),
        source.mark_line(color="white", strokeWidth=1.6, tooltip=None).encode(**place, order=order),
        source.mark_circle(size=18, color="white", stroke=EDGE, strokeWidth=1, opacity=1, tooltip=None).encode(**place),
    ]


def _text(sheet: _Sheet) -> list[alt.Chart]:
    """A line under the frames of each character, and the character under the line."""
    spans = [
        {
            "character": place,
            **sheet.across(span.start, span.end - 1),
            "mid": (sheet.centres[span.start] + sheet.centres[span.end - 1]) / 2,
            "y": sheet.bottom + 6,
            "below": sheet.reading,
            "text": sheet.alphabet[span.label],
            "ink": sheet.inks.frame if place == sheet.character else sheet.inks.text,
        }
        for place, span in enumerate(sheet.alignment.spans)
    ]
    axes = sheet.axes
    rules = sheet.sources.chart(spans).mark_rule(color=sheet.inks.accent, strokeWidth=2)
    letters = sheet.sources.chart(spans).mark_text(baseline="middle", size=21, fontWeight="bold", cursor="pointer")
    return [
        rules.encode(x=axes.x(), x2="x2:Q", y=axes.y()),
        letters.encode(x=axes.x("mid"), y=axes.y("below"), text="text:N", color=INK),
    ]


def _mark(sheet: _Sheet, character: int) -> alt.Chart:
    """The chosen character: a box around its frames in its row, and one around what these frames see of the word."""
    _, start, end = sheet.alignment.spans[character]
    boxes = [
        {**sheet.across(start, end - 1), **sheet.down(2 * character + 1)},
        {"x": sheet.seen[start][0], "x2": sheet.seen[end - 1][1], **ON_WORD},
    ]
    return sheet.box(boxes, fillOpacity=0, stroke=sheet.inks.frame, strokeWidth=2, tooltip=None)


def _bars(sheet: _Sheet, against: np.ndarray, other: ctc.Alignment) -> list[alt.Chart]:
    """Per frame a bar: upwards where it speaks against the text, downwards where it speaks for it."""
    full = max(NEAREST_SCALE, float(np.abs(against).max()))

    def says(label: int, t: int) -> str:
        return f"{sheet.name(label)} {sheet.probabilities[t, label]:.4g}"

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
    tooltip = [alt.Tooltip("frame:Q"), alt.Tooltip("nats:N", title="against, in nats")]
    tooltip += [alt.Tooltip("read:N", title="reading has"), alt.Tooltip("text:N", title="this text needs")]
    zero = [{**sheet.across(0, len(against) - 1), "y": sheet.zero}]
    words = [
        {"x": -0.6, "y": sheet.zero - STRIP / 4, "text": "against"},
        {"x": -0.6, "y": sheet.zero + STRIP / 4, "text": "for"},
    ]
    axes, soft = sheet.axes, sheet.inks.soft
    named = sheet.sources.chart(words).mark_text(align="right", baseline="middle", size=9, color=soft)
    return [
        sheet.sources.chart(zero).mark_rule(color=soft).encode(x=axes.x(), x2="x2:Q", y=axes.y()),
        sheet.box(bars).encode(color=INK, tooltip=tooltip),
        named.encode(x=axes.x(), y=axes.y(), text="text:N"),
    ]
