"""Which photograph a network looks at: one that comes with the page, or an uploaded one."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st
from PIL import Image

from explain.panels.components import thumbnails
from explain.panels.ctc import believed
from explain.panels.inputs.word import FORMATS, samples_in
from explain.panels.page import address, views
from explain.panels.page.subject import Subject
from explain.pictures import images
from models.networks import CARDS
from models.pictures import PictureError, open_picture

TITLE = "photograph"
ON_TOP = "photograph-on-top"  # in the session: the photograph, where the choice stands in the strip on top


def samples() -> dict[str, dict]:
    """The photographs that come with the page: `{id: {"file", "title", "licence", ...}}`."""
    return samples_in(_folder())


def _folder() -> Path:
    """Where the sample photographs lie: any picture will do for a network that does not read words."""
    return next(card.samples for card in CARDS.values() if card.blank is None and card.samples)


@cache
def sample(name: str) -> Image.Image:
    return open_picture(_folder() / samples()[name]["file"])


def on_top(network: str) -> Subject:
    """Draws the choice in the strip on top, where there is no word: all that is below looks at this photograph.

    Until then the session must hold no photograph of an earlier run under ON_TOP.
    """
    picture = choose()
    st.session_state[ON_TOP] = picture
    return Subject.of(network, TITLE, picture)


def or_word(label: str, key: str, word: Subject) -> Subject:
    """Draws the choice of a network where the page explains two, and of a photograph where that looks at one.

    Returns what is to be explained; word: what the network on top looks at.
    """
    networks = views.titles(views.to_look_into())
    name = word.network if len(networks) == 1 else networks[address.switch(label, networks, key=key)]
    if name != word.network:
        return of(name)
    believed.mark(word)
    return word


def of(network: str) -> Subject:
    """Draws the choice of photographs, and returns the chosen one as that network takes it."""
    return Subject.of(network, TITLE, choose())


def choose() -> Image.Image:
    """Draws the choice of photographs and returns the chosen one; for an unusable upload, said, a sample.

    Where the strip on top has drawn it already, that photograph, and nothing is drawn.
    """
    if st.session_state.get(ON_TOP) is not None:
        return st.session_state[ON_TOP]
    first = next(iter(samples()))
    selected = address.choice("photo", samples(), first)

    def take(clicked: str) -> None:
        address.note("photo", clicked, first)
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
        thumbnails(
            key="photos",
            data={
                "label": "Photographs",
                "chosen": None if uploaded else selected,
                "size": 52,
                "items": [
                    {"id": name, "title": item["title"], "src": images.data_url(images.shrink(sample(name), 104))}
                    for name, item in samples().items()
                ],
            },
            choose=take,
        )
    return uploaded or sample(selected)


def _opened(file) -> Image.Image | None:
    if file is None:
        return None
    try:
        return open_picture(file.getvalue())
    except PictureError as problem:
        st.error(str(problem), icon=":material/error:")
        return None
