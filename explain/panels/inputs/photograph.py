"""Which photograph VGG16 looks at: one that comes with the page, or an uploaded one."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from explain.panels.components import component
from explain.panels.inputs.word import Word
from explain.panels.page import address, resources
from explain.pictures import images
from models import vgg16
from models.card import WEIGHTS
from models.pictures import PictureError, open_picture

PHOTOGRAPHS = WEIGHTS.parent / "samples" / "photographs"
FORMATS = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "avif"]


@cache
def samples() -> dict[str, dict]:
    """The photographs that come with the page: `{id: {"file", "title", "licence", ...}}`."""
    return {Path(item["file"]).stem: item for item in json.loads((PHOTOGRAPHS / "samples.json").read_text())}


@cache
def sample(name: str) -> Image.Image:
    return open_picture(PHOTOGRAPHS / samples()[name]["file"])


def or_word(label: str, key: str, word: Word) -> tuple[str, np.ndarray, Image.Image]:
    """Draws the choice of a network, and of a photograph where that looks at one.

    Returns the network's name, what it takes `(1, height, width, channels)` and the picture as it sees it.
    """
    name = resources.NAMES[address.switch(label, resources.NAMES, key=key)]
    if name == "crnn":
        return name, word.batch, word.seen
    shown = choose()
    return name, vgg16.prepare(shown), vgg16.as_seen(shown)


def choose() -> Image.Image:
    """Draws the choice of photographs and returns the chosen one; for an unusable upload, said, a sample."""
    first = next(iter(samples()))
    chosen = address.choice("photo", samples(), first)

    def take() -> None:
        address.note("photo", st.session_state["photos"].get("chosen"), first)
        # A click on a sample means the sample: a fresh key empties the uploader.
        st.session_state["photo-uploads"] = st.session_state.get("photo-uploads", 0) + 1

    pictures, upload = st.columns([1, 1], vertical_alignment="center")
    with upload:
        file = st.file_uploader(
            "A photograph",
            type=FORMATS,
            label_visibility="collapsed",
            key=f"photo-upload-{st.session_state.get('photo-uploads', 0)}",
        )
        uploaded = _opened(file)
    with pictures:
        component(
            "thumbnails",
            key="photos",
            data={
                "label": "Photographs",
                "chosen": None if uploaded else chosen,
                "size": 52,
                "items": [
                    {"id": name, "title": item["title"], "src": images.data_url(images.shrink(sample(name), 104))}
                    for name, item in samples().items()
                ],
            },
            on_chosen_change=take,
        )
    return uploaded or sample(chosen)


def _opened(file) -> Image.Image | None:
    if file is None:
        return None
    try:
        return open_picture(file.getvalue())
    except PictureError as problem:
        st.error(str(problem), icon=":material/error:")
        return None
