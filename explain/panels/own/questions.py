"""The questions of the form, each with its choices, and the answers that the fields give together."""

from __future__ import annotations

import json
from dataclasses import replace

import streamlit as st

from explain.network.description import Description
from explain.network.errors import NetworkError
from explain.network.own import labels as labels_of
from explain.network.own import scaling
from explain.network.own.answers import Answers
from explain.panels.page import views
from models.preprocessing import COLOURS, Preprocessing

LARGEST_FILE_MB = 5  # of labels
LONGEST_SIDE = 2048
SHORT = 128  # units that are all offered as the blank; of more the first and the last
HEADS = {
    views.RECOGNISER: "a text (CTC)",
    views.CLASSIFIER: "one of several classes",
    views.NEITHER: "neither",
}
COLOUR_NAMES = {"grey": "grey", "rgb": "red, green, blue", "bgr": "blue, green, red"}
FIT_NAMES = {
    "pad": "kept in proportion, filled up on the right",
    "crop": "kept in proportion, the middle cut out",
    "stretch": "stretched to the size",
}
AS_STATED = "as the file states it"


def asked(description: Description, first: Answers, turn: str) -> Answers:
    """Draws the questions and returns what the fields say. first: what stands in them at first. turn: of the form.

    Raises ValueError, in one sentence, for answers that make no sense together.
    """
    key = f"answers-{turn}-".__add__
    kind, colours, fitted, title = st.columns(4)
    with kind:
        head = _head(description, first, key("head"))
    wanted = first.preprocessing
    with colours:
        colour = _colour(description, wanted, key("colour"))
        made = _scaled(Preprocessing(None, None, colour), wanted, key(f"scaling-{colour == 'grey'}"))
    with fitted:
        fit = _choice("Other shapes are", FIT_NAMES, wanted.fit if wanted else "crop", key("fit"))
        transposed = st.toggle("Lying on its side", value=bool(wanted and wanted.transposed), key=key("transposed"))
    with title:
        called = st.text_input("Title", value=first.title or "", max_chars=80, key=key("title"))
        height, width = _size(description, wanted, transposed, key("size"))
    blank, labels = None, ()
    if head == views.RECOGNISER:
        with kind:
            blank = _blank(description.output.shape[-1], first.blank, key("blank"))
    if head != views.NEITHER:
        labels = _labels(first, key("labels"))
    made = replace(made, height=height, width=width, fit=fit, transposed=transposed)
    return Answers(head, labels, blank, made, called.strip() or None)


def _choice(label: str, options: dict[str, str], first: str, key: str) -> str:
    names = list(options)
    return st.selectbox(label, names, names.index(first), format_func=options.__getitem__, key=key)


def _head(description: Description, first: Answers, key: str) -> str:
    """What the last layer answers; only what its shape allows."""
    shape = description.output.shape
    counted = bool(shape) and (shape[-1] or 0) > 1  # else nobody knows how many labels there are
    sequence = {1: views.CLASSIFIER, 2: views.RECOGNISER}.get(len(shape)) if counted else None
    options = [*([sequence] if sequence else []), views.NEITHER]
    head = first.head if first.head in options else options[0]
    return _choice("It answers", {kind: HEADS[kind] for kind in options}, head, key)


def _colour(description: Description, wanted: Preprocessing | None, key: str) -> str:
    channels = description.picture[2]
    options = {
        colour: COLOUR_NAMES[colour]
        for colour in COLOURS
        if channels is None or channels == (1 if colour == "grey" else 3)
    }
    if not options:
        raise NetworkError(f"The network takes pictures of {channels} channels: neither grey ones nor coloured ones.")
    first = wanted.colour if wanted and wanted.colour in options else next(iter(options))
    return _choice("Colours", options, first, key)


def _scaled(wanted: Preprocessing, first: Preprocessing | None, key: str) -> Preprocessing:
    """The preprocessing with the scaling that is chosen. first: with the one that is chosen at first."""
    options = {name: scaling.SCALINGS[name] for name in scaling.usual(wanted)}
    named = scaling.name_of(first) if first else next(iter(options))
    if named is None:
        named, options = AS_STATED, {AS_STATED: AS_STATED, **options}
    chosen = _choice("Values", options, named if named in options else next(iter(options)), key)
    if chosen == AS_STATED:
        return replace(wanted, mean=first.mean, deviation=first.deviation)
    return scaling.scaled(wanted, chosen)


def _size(
    description: Description, wanted: Preprocessing | None, lies: bool, key: str
) -> tuple[int | None, int | None]:
    """Height and width of the upright picture; asked where the file leaves them free. lies: in the file."""
    opened = description.preprocessing is not None and description.preprocessing.transposed
    fixed = description.picture[:2] if lies == opened else description.picture[1::-1]
    usual = (wanted.height, wanted.width) if wanted else (None, None)
    usual = usual if wanted is None or lies == wanted.transposed else usual[::-1]
    sizes = []
    for side, length, first in zip(("Height", "Width"), fixed, usual, strict=True):
        if length is None:
            settings = {"step": 1, "key": f"{key}-{side}-{lies}", "placeholder": "as the picture's", "help": FREE}
            first = st.number_input(side, 1, LONGEST_SIDE, first, **settings)
        sizes.append(first)
    return tuple(sizes)


FREE = "The file takes any. Left empty, it follows the picture's proportions."


def _blank(units: int, first: int | None, key: str) -> int:
    """Which unit is the blank: nearly always the first or the last."""
    likely = [0, units - 1, *([first] if first is not None else [])]
    options = list(dict.fromkeys([*likely, *range(min(units, SHORT))]))
    named = {0: "the first, 0", units - 1: f"the last, {units - 1}"}
    start = options.index(first) if first is not None else 0
    return st.selectbox("Blank", options, start, format_func=lambda unit: named.get(unit, str(unit)), key=key)


def _labels(first: Answers, key: str) -> tuple[str, ...]:
    """The labels, typed or from a file."""

    def take() -> None:
        file = st.session_state[f"{key}-file"]
        if file is not None:
            st.session_state[key] = file.getvalue().decode("utf-8", "replace")

    text, file = st.columns([3, 1], vertical_alignment="bottom")
    if key not in st.session_state:
        st.session_state[key] = written(first)
    typed = text.text_area("Labels: all in one line, or one on each", height=90, key=key)
    with file.popover("From a file"):
        st.file_uploader(
            "A text with a label on each line, or a JSON list",
            type=["txt", "json", "names", "dict"],
            key=f"{key}-file",
            on_change=take,
            max_upload_size=LARGEST_FILE_MB,
        )
    return labels_of.listed(typed) if typed else ()


def written(answers: Answers) -> str:
    """Labels as they stand in the field, the blank left out: in one line where each is a character, else one on each.

    Where neither would be read as the same labels again, as a JSON list.
    """
    labels = list(answers.labels)
    if answers.blank is not None and answers.blank < len(labels):
        del labels[answers.blank]
    ways = ("".join(labels), "\n".join(labels))
    return next((way for way in ways if labels_of.listed(way) == tuple(labels)), json.dumps(labels, ensure_ascii=False))
