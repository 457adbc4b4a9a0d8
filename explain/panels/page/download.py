"""The button that saves everything shown for the present word as one .zip file."""

from __future__ import annotations

import re

import numpy as np
import streamlit as st

from explain.network.needs import Needs
from explain.network.weights import network_weights
from explain.panels.page.subject import Subject

NEEDS = Needs("ctc")
LONGEST = 40  # characters of a title that go into a file's name


def button(word: Subject) -> None:
    """Draws the button; what it saves is put together when it is pressed."""
    missing = NEEDS.missing(word.description)
    st.download_button(
        "Download everything",
        lambda: archive(word),
        file_name=f"{file_name(word.title)}.zip",
        mime="application/zip",
        icon=":material/download:",
        key="download-everything",
        on_click="ignore",
        disabled=bool(missing),
        help=missing
        or "Pictures, charts, arrays of every layer and the reading of this word, with a report to open from disk.",
    )


def archive(word: Subject) -> bytes:
    """The .zip for a word: `explain.report.archive` of the same pass that the panels show."""
    from explain.report import archive as report_archive  # only whoever presses the button waits for these
    from explain.report import reading

    description = word.description
    weights = {layer.name: network_weights(description, layer.name) for layer in description.of_kind("lstm")}
    picture = np.asarray(word.seen.convert("L"), np.float32) / np.float32(255)
    return report_archive.bundle(reading.Read(word.title, description, word.frames, picture, word.values, weights))


def file_name(title: str) -> str:
    """A title as a file's name on any disk: letters, digits, dots, dashes and underscores."""
    return re.sub(r"[^\w.-]+", "-", title)[:LONGEST].strip("-.") or "word"
