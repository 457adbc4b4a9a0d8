"""A part of *CTC in depth*: two letters and the blank over a few frames, all paths listed, with sliders."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st

from explain.charts.examples import paths as chart
from explain.charts.theme import Inks
from explain.ctc.alphabet import Alphabet
from explain.ctc.paths import Path, Reading, paths, readings
from explain.panels.page import address
from explain.panels.page.guard import fragment
from explain.panels.page.theme import is_dark
from explain.panels.words.explained import caption

ALPHABET = Alphabet(("a", "b", ""), blank=2)
# Hundredths of a and of b in each frame; the rest is the blank's. Best path and best text differ in each.
FIRST = {"3": ((60, 10), (30, 40), (40, 0)), "4": ((70, 0), (30, 40), (40, 30), (10, 90))}
KEY = "small_paths"  # in the address: the numbers of all frames
BARS = 7  # texts that are drawn; all are listed


@fragment
def show() -> None:
    """Draws the example."""
    st.markdown("**A small example: all paths by hand**")
    caption(
        "Drag the numbers: two letters and the blank (·), a few frames. A path takes one label from every frame; its "
        "probability is the product. Several paths read as the same text, and a text's probability is their sum."
    )
    controls, drawn = st.columns([1, 1.5], gap="medium")
    with controls:
        frames = address.switch("Frames", FIRST, key="small_frames", labelled=True)
        shares = _shares(frames)
        p = np.array([_slider(frames, shares, at) for at in range(len(shares))])
    listed = readings(p, ALPHABET.blank)
    best = max(paths(p, ALPHABET.blank), key=lambda path: path.probability)
    with drawn:
        likely = [reading for reading in listed if reading.probability > 0][:BARS]
        st.vega_lite_chart(chart.paths(likely, best, ALPHABET, Inks.of(is_dark())), width="stretch", key="small-paths")
        st.markdown(says(listed, best))
        caption("A bar is a text, each part of it a path that reads as this text. Framed: the best path.")
    with st.expander(f"All {sum(len(reading.paths) for reading in listed)} paths and what they read as"):
        st.html(table(listed))


def first() -> tuple[Path, list[Reading]]:
    """The best path and all readings, the likeliest first, of the example as it stands at first."""
    shares = np.array(next(iter(FIRST.values()))) / 100
    p = np.column_stack([shares, 1 - shares.sum(axis=1)])
    return max(paths(p, ALPHABET.blank), key=lambda path: path.probability), readings(p, ALPHABET.blank)


def _shares(frames: str) -> list[tuple[int, int]]:
    """Hundredths of a and of b in each frame: those in the address where they make sense, else the first."""
    first = FIRST[frames]
    numbers = address.numbers(KEY, 2 * len(first))
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True)) if numbers else []
    return pairs if pairs and all(a + b <= 100 for a, b in pairs) else list(first)


def _slider(frames: str, shares: list[tuple[int, int]], at: int) -> tuple[float, float, float]:
    """One frame's probabilities of a, b and the blank, as a slider with two handles between the three."""
    key = f"small-frame-{frames}-{at}"
    a, b = shares[at]
    st.session_state[key] = (a, a + b)

    def keep() -> None:
        first, second = st.session_state[key]
        changed = [*shares[:at], (first, second - first), *shares[at + 1 :]]
        address.note(KEY, ".".join(str(share) for pair in changed for share in pair), _written(FIRST[frames]))

    st.slider(
        f"Frame {at}: a {a} %, b {b} %, blank {100 - a - b} %",
        0,
        100,
        step=5,
        key=key,
        on_change=keep,
        help="Left of the first handle is a, between the two b, right of the second the blank.",
    )
    return a / 100, b / 100, (100 - a - b) / 100


def _written(shares: tuple[tuple[int, int], ...]) -> str:
    return ".".join(str(share) for pair in shares for share in pair)


def _text(labels) -> str:
    return f"“{ALPHABET.text(labels)}”" if labels else "nothing"


def _path(path: Path) -> str:
    return "".join(map(ALPHABET.mark, path.labels))


def says(listed: list[Reading], best: Path) -> str:
    """Whether the best path reads as the likeliest text, and why it may not, as Markdown."""
    likeliest = listed[0]
    own = next(reading for reading in listed if reading.text == best.text)
    path = f"The best path, `{_path(best)}`, has {best.probability:.3f} and reads {_text(best.text)}"
    if own.text == likeliest.text:
        return f"{path}. All {len(own.paths)} paths that read so have {own.probability:.3f}: here path and text agree."
    return (
        f"{path}, {own.probability:.3f} with all its paths. But {len(likeliest.paths)} paths read "
        f"{_text(likeliest.text)}, none of them likelier, **together {likeliest.probability:.3f}**: the best path "
        "loses to the best text."
    )


def table(listed: list[Reading]) -> str:
    """All texts with all their paths as HTML, the likeliest first."""
    rows = []
    for reading in listed:
        terms = " + ".join(f"<code>{html.escape(_path(path))}</code> {path.probability:.3f}" for path in reading.paths)
        text = html.escape(ALPHABET.text(reading.text)) or "<i>nothing</i>"
        rows.append(f"<tr><th scope='row'>{text}</th><td>{terms}</td><td>{reading.probability:.3f}</td></tr>")
    head = "<tr><th scope='col'>text</th><th scope='col'>its paths</th><th scope='col'>sum</th></tr>"
    style = "<style>.small-paths td, .small-paths th { padding: 3px 10px; text-align: left; }</style>"
    return f"{style}<table class='small-paths'><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"
