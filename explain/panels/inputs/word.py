"""Which word a recogniser reads: a sample, an upload, a picture from the camera, a typed word."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

import streamlit as st
from PIL import Image

from explain.ctc import alternatives
from explain.network.description import Description
from explain.panels.components import thumbnails
from explain.panels.inputs import box, brought, made_ready
from explain.panels.page import address, resources
from explain.panels.page.subject import OWN, SAMPLE, TYPED, Subject
from explain.panels.page.wording import bold, plain
from explain.panels.words.explained import caption
from explain.pictures import images
from models import typeface
from models.networks import CARDS
from models.pictures import open_picture

Titled = tuple[str, Image.Image]  # a picture with its title
AT_ONCE = 7  # samples in the strip; the others are behind a button
FORMATS = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic", "heif"]


def samples() -> dict[str, dict]:
    """The words that come with the page: `{id: {"file", "title", "text", ...}}`; the first is shown at first."""
    return samples_in(words_folder())


def words_folder() -> Path:
    """Where the sample words lie: pictures of words are what every recogniser reads, whoever brought them along."""
    return next(card.samples for card in CARDS.values() if card.blank is not None and card.samples)


@cache
def samples_in(folder: Path) -> dict[str, dict]:
    return {Path(item["file"]).stem: item for item in json.loads((folder / "samples.json").read_text())}


@cache
def _sample_picture(name: str) -> Image.Image:
    return open_picture(words_folder() / samples()[name]["file"])


@cache
def _sample_url(name: str) -> str:
    return images.data_url(_sample_picture(name))


def show(network: str) -> Subject:
    """Draws the choice and returns the word to explain; what can't be used is said, and the last good word stays.

    network: the recogniser that reads it.
    """
    box.settled()
    choose, rest = st.columns([1, 3.1], vertical_alignment="center")
    with choose:
        source = address.switch("Where the word comes from", SOURCES, key="from")
    _begin_anew_at(source)
    with rest:
        picture = SOURCES[source](resources.description(network))
    if picture is not None:
        st.session_state["word"] = *picture, ORIGINS.get(source, OWN)
    title, shown, origin = st.session_state.get("word") or (*from_sample(next(iter(samples()))), SAMPLE)
    st.session_state["word"] = title, shown, origin
    if picture is None:
        rest.caption(f"Still showing {bold(title)}.")
    ready = made_ready.chosen() if origin == OWN else {}
    look = partial(Subject.of, network, title, origin=origin, **ready)
    subject = look(shown)
    if source in BROUGHT and picture is not None:
        box.show(subject, brought.here(), look)
    return subject


def from_sample(name: str) -> Titled:
    return samples()[name]["title"], _sample_picture(name)


def _samples(_network: Description) -> Titled:
    selected = address.choice("sample", samples(), next(iter(samples())))
    names = list(samples())
    with st.container(key="sample-strip"):
        row, more = st.columns([12, 1.2], vertical_alignment="center")
    with row:
        _pictures("samples", names[:AT_ONCE], selected)
    if names[AT_ONCE:]:
        with more.popover("More"):
            _pictures("samples-more", names[AT_ONCE:], selected)
    return from_sample(selected)


def _pictures(key: str, names: list[str], selected: str) -> None:
    """Samples to choose from by a click."""

    items = [{"id": name, "title": samples()[name]["title"], "src": _sample_url(name)} for name in names]
    thumbnails(
        key=key,
        data={"label": "Samples", "items": items, "chosen": selected, "size": 30},
        choose=lambda clicked: address.note("sample", clicked, next(iter(samples()))),
    )


def _begin_anew_at(source: str) -> None:
    """A picture that was brought is gone once another source is chosen. A browser may still have the file when the
    visitor comes back at once, and would hand it in again: the field that asks for one is then another."""
    if st.session_state.setdefault(SOURCE, source) != source:
        st.session_state[SOURCE] = source
        st.session_state[FIELDS] = st.session_state.get(FIELDS, 0) + 1


def _upload(network: Description) -> Titled | None:
    place, beside = st.columns([3, 1], vertical_alignment="center")
    file = place.file_uploader(
        "A picture with a word in it", type=FORMATS, label_visibility="collapsed", key=_key("upload")
    )
    _beside(beside, network, None if file else "Any picture with a word in it.")
    return _word_on(file, file.name if file else "")


def _key(name: str) -> str:
    return f"{name}-{st.session_state.get(FIELDS, 0)}"


def _camera(network: Description) -> Titled | None:
    place, beside = st.columns([3, 1], vertical_alignment="center")
    with place.popover("Take a picture of a word", icon=":material/photo_camera:"):
        shot = st.camera_input("Hold a word before the camera", key=_key("camera"))
    _beside(beside, network, None if shot else "Anything with a word on it.")
    return _word_on(shot, "camera")


def _beside(place, network: Description, wanted: str | None) -> None:
    """What is wanted of the visitor, or once that is there, how it is made ready."""
    with place:
        if wanted:
            caption(f"{wanted} It stays on this machine's server.")
        else:
            made_ready.choose(network)


def _word_on(file: brought.File | None, title: str) -> Titled | None:
    """The word in an uploaded or photographed picture, cut out as marked; None if there is none, or it is unusable."""
    if file is None:
        brought.forget()
        return None
    given = brought.take(file, title)
    if given.problem:
        st.error(given.problem, icon=":material/error:")
        return None
    return title, given.marked.cut(given.picture)


def _first(labels: Sequence[str] | None) -> str:
    """The word that stands in the field at first: "Network" where the network can write that."""
    word = "Network"
    if labels is None or set(word) <= set(labels):
        return word
    letters = [label for label in labels if len(label) == 1]
    return "".join([letter for letter in letters if letter.isascii() and letter.isalnum()] or letters)[:6]


def _typed(network: Description) -> Titled | None:
    labels = network.labels if network.blank is not None and network.head.stated else None  # nobody knows them
    text, font = st.columns([2, 1])
    word = text.text_input(
        "Word",
        value=_first(labels),
        max_chars=24,
        key="word_text",
        bind="query-params",
        label_visibility="collapsed",
    )
    faces = list(typeface.FONTS)
    face = font.selectbox("Font", faces, key="font", bind="query-params", label_visibility="collapsed") or faces[0]
    try:
        return word, typeface.draw_word(word, face, tuple(word))  # a character that nobody knows is drawn as well
    except ValueError as problem:
        unknown = labels and alternatives.why_unreadable(word, labels, 2 * len(word), network.blank)
        st.error(plain(unknown or str(problem)), icon=":material/error:")
        return None


SOURCES = {"Samples": _samples, "Upload": _upload, "Camera": _camera, "Type a word": _typed}
ORIGINS = {"Samples": SAMPLE, "Type a word": TYPED}  # whose the pictures are; those of the other sources the visitor's
SOURCE, FIELDS = "word-source", "word-fields"  # of the last run; how many times it has changed
BROUGHT = ("Upload", "Camera")  # the sources whose pictures have a box
