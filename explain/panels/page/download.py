"""The button that saves everything shown for the present word as one .zip file."""

from __future__ import annotations

import re

import streamlit as st

from explain.network.description import describe
from explain.panels.page.subject import Subject
from models import crnn, onnx_weights

LONGEST = 40  # characters of a title that go into a file's name


def button(word: Subject) -> None:
    """Draws the button; what it saves is put together when it is pressed."""
    st.download_button(
        "Download everything",
        lambda: archive(word),
        file_name=f"{file_name(word.title)}.zip",
        mime="application/zip",
        icon=":material/download:",
        key="download-everything",
        on_click="ignore",
        help="Pictures, charts, arrays of every layer and the reading of this word, with a report to open from disk.",
    )


def archive(word: Subject) -> bytes:
    """The .zip for a word: `explain.report.archive` of the same pass that the panels show."""
    from explain.report import archive as report_archive  # only whoever presses the button waits for these
    from explain.report import reading

    recurrent = [layer.name for layer in describe(crnn.CARD).layers if layer.kind == "lstm"]
    weights = onnx_weights.read(crnn.CARD.weights, recurrent)
    picture = word.batch[0, :, :, 0]
    read = reading.Read(word.title, word.description, word.frames, picture, word.values, weights)
    return report_archive.bundle(read)


def file_name(title: str) -> str:
    """A title as a file's name on any disk: letters, digits, dots, dashes and underscores."""
    return re.sub(r"[^\w.-]+", "-", title)[:LONGEST].strip("-.") or "word"
