"""Beside the form: what the network answers to a few samples, if the answers given so far are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import streamlit as st
from PIL import Image

from explain.ctc import decoding
from explain.layers.activations import softmax
from explain.network.description import Description
from explain.network.errors import NetworkError
from explain.network.own import labels as labels_of
from explain.network.own.answers import Answers
from explain.network.own.trial import Trial
from explain.network.session import LOGITS
from explain.panels.inputs import photograph, word
from explain.panels.page import address, resources, views
from explain.panels.page.recent import Recent
from explain.panels.page.wording import plain
from explain.panels.words.explained import caption
from explain.pictures import images
from models.preprocessing import Preprocessing, fitting_size

WORDS, LIKELIEST = 4, 5  # samples that are read, classes that are named
REMEMBERED = 8_000_000  # bytes of answers to one sample under one preprocessing
ROW, STEP = 200, 36  # bytes of an answer with nothing in it; of one unit of a path, with its place in the row


@dataclass(frozen=True)
class Answered:
    """What the network answers to one picture.

    path: of a sequence, the likeliest unit of every step. chances: of a row of units, their probabilities. seen: the
    picture as the network takes it, as a data URL.
    """

    path: tuple[int, ...]
    chances: np.ndarray | None
    seen: str

    @property
    def bytes(self) -> int:
        return ROW + STEP * len(self.path) + len(self.seen) + (0 if self.chances is None else self.chances.nbytes)


def answered(opened: resources.Opened, wanted: Preprocessing, sample: str, picture: Image.Image) -> Answered:
    """The network's answer to a sample under a preprocessing; remembered, since labels may change without another pass.

    Raises NetworkError where the network takes no picture of that size.
    """
    key = opened.stamp, wanted, sample
    known = _remembered().get(key)
    if known is None:
        known = _answered(opened, wanted, picture)
        _remembered().add(key, known)
    return known


@st.cache_resource(show_spinner=False)
def _remembered() -> Recent:
    return Recent(REMEMBERED, lambda found: found.bytes)


def _answered(opened: resources.Opened, wanted: Preprocessing, picture: Image.Image) -> Answered:
    trial, last = Trial(opened.network), opened.network.description.output
    size = fitting_size(wanted, picture.size, opened.network.description.smallest)
    seen = images.data_url(wanted.as_seen(picture, *size))
    (values,) = trial.outputs(wanted, [picture], last.name)
    if values.ndim == 2:
        return Answered(tuple(values.argmax(axis=1).tolist()), None, seen)
    if values.ndim == 1 and last.activation not in ("softmax", "sigmoid"):
        (logits,) = trial.outputs(wanted, [picture], LOGITS)
        values = softmax(logits)
    return Answered((), values if values.ndim == 1 else None, seen)


def show(name: str, answers: Answers) -> None:
    """Draws the samples with what the network makes of them under these answers."""
    opened = resources.opened(name)
    try:
        if answers.head == views.RECOGNISER:
            _words(opened, answers)
        else:
            _photograph(opened, answers)
    except (NetworkError, ValueError) as problem:
        st.error(plain(str(problem)), icon=":material/error:")


def _words(opened: resources.Opened, answers: Answers) -> None:
    right = 0
    rows = []
    for sample in samples():
        found = answered(opened, answers.preprocessing, sample, word.from_sample(sample)[1])
        read, truth = text(found.path, answers, opened.network.description), word.samples()[sample]["text"]
        right += read == truth
        rows.append((found.seen, read, read == truth))
    st.markdown(f"**It reads** :gray[{right} of {len(rows)} samples as they are written]")
    for seen, read, agrees in rows:
        _row(seen, read or "nothing", agrees)
    if not answers.labels:
        caption("There are no labels yet: each unit is written as its number.")


def samples() -> list[str]:
    """Words of every kind that comes along: printed, written by hand, photographed in colour."""
    names = list(word.samples())
    return names[:: max(1, len(names) // WORDS)][:WORDS]


def text(path: Sequence[int], answers: Answers, description: Description) -> str:
    """The text that a path collapses to; units that have no label yet are written as numbers."""
    units = description.output.shape[-1]
    blank = answers.blank
    if not units or blank is None or not 0 <= blank < units:
        raise NetworkError("One of the last layer's units is the blank: say which.")
    labels = labels_of.fitted(answers.labels, units, blank) or labels_of.fitted(labels_of.numbered(units), units, blank)
    return decoding.text([span.label for span in decoding.collapse(path, blank)], labels)


def _row(seen: str, read: str, agrees: bool) -> None:
    mark = " ✓" if agrees else ""
    st.html(
        '<div style="display:flex;gap:12px;align-items:center">'
        f'<img src="{seen}" alt="" style="height:30px;max-width:60%;border-radius:4px">'
        f'<span style="font-family:monospace;overflow-wrap:anywhere">{escape(read)}{mark}</span></div>'
    )


def _photograph(opened: resources.Opened, answers: Answers) -> None:
    names = photograph.samples()
    sample = address.choice("photo", names, next(iter(names)))  # the one on top, unless that was uploaded
    found = answered(opened, answers.preprocessing, sample, photograph.sample(sample))
    picture, said = st.columns([1, 1.6])
    with picture:
        st.html(f'<img src="{found.seen}" alt="What the network sees" style="max-width:100%;max-height:200px">')
    with said:
        if answers.head == views.CLASSIFIER and found.chances is not None:
            _classes(found.chances, answers.labels)
        else:
            caption("Neither a text nor classes: its layers and units can be looked at.")


def _classes(chances: np.ndarray, labels: tuple[str, ...]) -> None:
    named = labels if len(labels) == len(chances) else tuple(f"class {index}" for index in range(len(chances)))
    st.markdown("**It says**")
    for unit in np.argsort(-chances, kind="stable")[:LIKELIEST]:
        st.html(f"<span style='font-family:monospace'>{chances[unit]:.3f} {escape(named[unit])}</span>")
