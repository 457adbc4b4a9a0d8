"""The strip on top: where the word comes from (samples, upload, camera, a typed word)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from explain.panels.components import component
from explain.panels.page import address, resources
from explain.pictures import images
from models import crnn, typeface
from models.card import WEIGHTS
from models.pictures import PictureError, open_picture

SAMPLES = WEIGHTS.parent / "samples" / "words"
AT_ONCE = 7  # samples in the strip; the others are behind a button
FORMATS = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "avif"]


@dataclass(frozen=True)
class Word:
    """The picture that the CRNN reads. batch: `(1, 32, 128, 1)` float32 in [0, 1], as the network gets it."""

    title: str
    batch: np.ndarray

    @property
    def seen(self) -> Image.Image:
        """The 128 x 32 grey picture as the network sees it."""
        return Image.fromarray(np.rint(self.batch[0, :, :, 0] * 255).astype(np.uint8))


@cache
def samples() -> dict[str, dict]:
    """The words that come with the page: `{id: {"file", "title", "text", ...}}`; the first is shown at first."""
    return {Path(item["file"]).stem: item for item in json.loads((SAMPLES / "samples.json").read_text())}


@cache
def _sample_picture(name: str) -> Image.Image:
    return open_picture(SAMPLES / samples()[name]["file"])


@cache
def _sample_url(name: str) -> str:
    return images.data_url(_sample_picture(name))


def show() -> Word:
    """Draws the strip and returns the word to explain; what can't be used is said, and the last good word stays."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.markdown("#### Inside CRNN & VGG16", width="content")
        st.caption("every layer of a real network, for the picture you give it", width="content")
        st.space("stretch")
        numbers = st.empty()
    choose, rest = st.columns([1, 3.1], vertical_alignment="center")
    with choose:
        source = address.switch("Where the word comes from", SOURCES, key="from")
    with rest:
        given = SOURCES[source]()
    if given is not None:
        st.session_state["word"] = given
    word = st.session_state.get("word") or _from_sample(next(iter(samples())))
    st.session_state["word"] = word
    taken = resources.run("crnn", word.batch).milliseconds
    layers = len(crnn.CARD.layer_names)
    numbers.caption(f"one pass, {layers} layers, {taken:.1f} ms", width="content")
    return word


def _from_sample(name: str) -> Word:
    return Word(samples()[name]["title"], crnn.prepare(_sample_picture(name)))


def _samples() -> Word:
    chosen = address.choice("sample", samples(), next(iter(samples())))
    names = list(samples())
    with st.container(key="sample-strip"):
        row, more = st.columns([12, 1.2], vertical_alignment="center")
    with row:
        _pictures("samples", names[:AT_ONCE], chosen)
    if names[AT_ONCE:]:
        with more.popover("More"):
            _pictures("samples-more", names[AT_ONCE:], chosen)
    return _from_sample(chosen)


def _pictures(key: str, names: list[str], chosen: str) -> None:
    """Samples to choose from by a click."""

    def take() -> None:
        address.note("sample", st.session_state[key].get("chosen"), next(iter(samples())))

    items = [{"id": name, "title": samples()[name]["title"], "src": _sample_url(name)} for name in names]
    component(
        "thumbnails",
        key=key,
        data={"label": "Samples", "items": items, "chosen": chosen, "size": 30},
        on_chosen_change=take,
    )


def _upload() -> Word | None:
    place, cut = st.columns([3, 1], vertical_alignment="center")
    file = place.file_uploader("A picture of one word", type=FORMATS, label_visibility="collapsed", key="upload")
    if file is None:
        cut.caption("A picture of one word, cropped close. It stays on this machine's server.")
        return None
    return _word_from(file, file.name, cut)


def _camera() -> Word | None:
    place, cut = st.columns([3, 1], vertical_alignment="center")
    with place.popover("Take a picture of a word", icon=":material/photo_camera:"):
        shot = st.camera_input("Hold one word close to the camera", key="camera")
    if shot is None:
        cut.caption("Fill the frame with one word.")
        return None
    return _word_from(shot, "camera", cut)


def _word_from(file, title: str, cut) -> Word | None:
    """The word in an uploaded or photographed picture, cropped as chosen; None, with a sentence, if unusable."""
    try:
        picture = open_picture(file.getvalue())
    except PictureError as problem:
        st.error(str(problem), icon=":material/error:")
        return None
    with cut.popover("Crop", icon=":material/crop:"):
        st.caption("The network reads one word that fills the picture; cut away the rest.")
        left, right = st.slider("Columns kept, %", 0, 100, (0, 100), key=f"{title}-columns")
        top, bottom = st.slider("Rows kept, %", 0, 100, (0, 100), key=f"{title}-rows")
        box = _box(picture.size, left, right, top, bottom)
        st.image(images.shrink(picture.crop(box), 480), alt="What is kept")
    return Word(title, crnn.prepare(picture.crop(box)))


def _box(size: tuple[int, int], left: int, right: int, top: int, bottom: int) -> tuple[int, int, int, int]:
    """Percentages to pixels; at least one pixel is kept each way."""
    width, height = size
    x0, y0 = min(left * width // 100, width - 1), min(top * height // 100, height - 1)
    return x0, y0, max(x0 + 1, right * width // 100), max(y0 + 1, bottom * height // 100)


def _typed() -> Word | None:
    text, font = st.columns([2, 1])
    word = text.text_input(
        "Word", value="Network", max_chars=24, key="word_text", bind="query-params", label_visibility="collapsed"
    )
    faces = list(typeface.FONTS)
    face = font.selectbox("Font", faces, key="font", bind="query-params", label_visibility="collapsed") or faces[0]
    try:
        return Word(word, crnn.prepare(typeface.draw_word(word, face)))
    except ValueError as problem:
        st.error(str(problem), icon=":material/error:")
        return None


SOURCES = {"Samples": _samples, "Upload": _upload, "Camera": _camera, "Type a word": _typed}
