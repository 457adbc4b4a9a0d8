"""The button that saves everything shown for the picture on top as one .zip file, whatever network looks at it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import streamlit as st

from explain.attribution import class_map, occlusion
from explain.network.costs.layers import Cost
from explain.network.errors import NetworkError
from explain.network.head import CLASSES, CTC
from explain.network.weights import network_weights
from explain.panels.page.subject import Subject
from explain.panels.page.wording import plain
from explain.panels.visualisation import gallery

LONGEST = 40  # characters of a title that go into a file's name
COVERING = 15.0  # seconds that maps of the classes may take where each needs a pass
BESIDES = "download-besides"  # in the session: files that views want to go along, each with the picture that it is of
NUMBERS_A_SECOND = 4_000_000  # of all layers together, written as arrays and as pictures


def button(subject: Subject) -> None:
    """Draws the button; what it saves is put together when it is pressed.

    subject: the picture on top and the network that the page is about, not what a deeper view looks at besides.
    """
    besides = st.session_state.setdefault(BESIDES, {})  # the same one when it is pressed, whatever has been added
    st.download_button(
        "Download everything",
        lambda: archive(subject, besides),
        file_name=f"{file_name(_called(subject))}.zip",
        mime="application/zip",
        icon=":material/download:",
        key="download-everything",
        on_click="ignore",
        help=said(subject),
    )


def said(subject: Subject) -> str:
    """What the button saves, of which picture and network, and about how long that takes."""
    description = subject.description
    called, layers = plain(description.called), "every layer's maps and arrays"
    if description.head.kind == CTC:
        holds = f"the word on top, as {called} reads it: {layers}, charts, the reading"
    elif description.head.kind == CLASSES:
        holds = f"the photograph on top, as {called} sees it: {layers}, the classes and where they are seen"
    else:
        holds = f"the picture on top, as {called} sees it: {layers}"
    seconds = round(sum(values.size for values in subject.values.values()) / NUMBERS_A_SECOND + _covering(subject))
    return f"Of {holds}, with a report to open from disk." + (f" Takes about {seconds} s." if seconds > 1 else "")


def _covering(subject: Subject) -> float:
    """Seconds for passes of covered pictures, where the classes' maps are made of these."""
    description = subject.description
    if description.head.kind != CLASSES or class_map.fits(description):
        return 0.0
    size, step = next(iter(occlusion.patches_of_a_photograph(subject.height, subject.width).values()))
    seconds = len(occlusion.boxes((subject.height, subject.width), size, step)) * subject.ran.milliseconds / 1000
    return seconds if seconds <= COVERING else 0.0


def _called(subject: Subject) -> str:
    """A word goes by its own name; photographs are all called that."""
    is_word = subject.description.head.kind == CTC
    return subject.title if is_word else f"{subject.description.name}, {subject.title}"


def add(subject: Subject, name: str, text: str) -> None:
    """A file of what a view has worked out goes along in the archive of this picture. name: with its folder."""
    st.session_state.setdefault(BESIDES, {})[name] = subject.ran.digest, text


def archive(subject: Subject, besides: Mapping[str, tuple[str, str]] | None = None) -> bytes:
    """The .zip, of `explain.report`, from the same pass that the panels show.

    besides: more files by name, each with the digest of the picture that it is of, and its text.
    """
    from explain.report.files import added

    packed = _of_a_word(subject) if subject.description.head.kind == CTC else _of_a_photograph(subject)
    digest = subject.ran.digest
    return added(packed, {name: text for name, (of, text) in (besides or {}).items() if of == digest})


def _of_a_word(word: Subject) -> bytes:
    from explain.report import archive as report_archive  # only whoever presses the button waits for these
    from explain.report import reading

    description = word.description
    weights = {layer.name: network_weights(description, layer.name) for layer in description.of_kind("lstm")}
    picture = np.asarray(word.seen.convert("L"), np.float32) / np.float32(255)
    shown = word.title, description, word.frames, picture, word.values, weights, word.trust, word.prepared, _costs(word)
    return report_archive.bundle(reading.Read(*shown))


def _of_a_photograph(shown: Subject) -> bytes:
    from explain.report import photograph, seen  # only whoever presses the button waits for these

    values, network = shown.values, shown.opened.network
    passes = int(1000 * COVERING / max(shown.ran.milliseconds, 1))
    maps = seen.class_maps(network, shown.batch, values, network_weights, passes)
    visualised = {
        unit: gallery.class_picture(shown.network, unit)
        for unit in seen.likeliest(shown.description, values)
        if gallery.class_record(shown.network, unit) is not None
    }
    return photograph.bundle(
        seen.Seen(shown.title, shown.description, shown.seen, shown.batch, values, maps, visualised, _costs(shown))
    )


def _costs(shown: Subject) -> tuple[Cost, ...]:
    try:
        return shown.costs
    except NetworkError:  # the rest of the report stands without them
        return ()


def file_name(title: str) -> str:
    """A title as a file's name on any disk: letters, digits, dots, dashes and underscores."""
    return re.sub(r"[^\w.-]+", "-", title)[:LONGEST].strip("-.") or "word"
