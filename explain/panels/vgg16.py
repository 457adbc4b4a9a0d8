"""The deeper view *VGG16*: what it calls a photograph, where it sees that class, and the gallery of all its classes."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain import charts, images
from explain.cam import class_activation_map
from explain.overlay import overlay
from explain.panels import address, class_visualisation, ctc_decoding, photograph, resources
from explain.panels.components import component
from models import vgg16

CARD = vgg16.CAM
TOP = 5
SIZE = 300


@st.fragment
def show(_word) -> None:
    """Draws the view; the word on top plays no part in it."""
    shown = photograph.choose()
    ran = resources.run(CARD.name, vgg16.prepare(shown))
    probabilities = ran.values["predictions"]
    best = np.argsort(-probabilities, kind="stable")[:TOP]
    seen = vgg16.as_seen(shown)
    picture, where, answers = st.columns([1, 1, 1.5], gap="medium")
    names = {str(unit): f"{CARD.labels[unit]} · {vgg16.imagenet_index(CARD, unit)}" for unit in map(int, best)}
    with answers:
        st.markdown("**What it calls this**")
        st.caption("The five likeliest of its 200 classes, with their numbers among ImageNet's 1000.")
        st.vega_lite_chart(
            charts.texts(
                [(names[str(unit)], float(probabilities[unit])) for unit in map(int, best)],
                charts.Inks.of(ctc_decoding.is_dark()),
                names=0.62,
            ),
            width="stretch",
            key="answers",
        )
        chosen = st.selectbox("Class map for", list(names), format_func=names.get, key="map_of", bind="query-params")
        unit = int(chosen or best[0])
    with picture:
        st.markdown("**What it sees**")
        st.image(images.enlarge(seen, 2), width=SIZE, alt="The photograph as the network sees it, 224 x 224")
        st.caption("The middle of the photograph, 224 × 224 pixels.")
    with where:
        st.markdown("**Where it sees it**")
        dense = resources.class_weights()
        evidence = class_activation_map(ran.values["block5_conv3"], dense[:, unit])
        st.image(overlay(seen, evidence, SIZE), width=SIZE, alt=f"Class activation map of {CARD.labels[unit]}")
        st.caption(
            f"Class activation map of **{CARD.labels[unit]}**: red places speak for it, blue ones against. It shows "
            "where in the 14 × 14 places of block5_conv3 the evidence lies, not which details make it up."
        )
    _gallery()


def _gallery() -> None:
    st.markdown("**All 200 classes**")
    st.caption("What the network thinks each class looks like. A click shows it in the panel above.")
    choices = class_visualisation.options()
    chosen = address.choice("class", choices, class_visualisation.first())

    def take() -> None:
        st.session_state["class"] = st.session_state["gallery"].get("chosen")

    picked = component(
        "thumbnails",
        key="gallery",
        data={
            "label": "Gallery",
            "chosen": chosen,
            "size": 88,
            "square": True,
            "names": True,
            "height": 430,
            "items": [
                {"id": name, "title": name, "src": thumbnails()[unit]}
                for name, unit in choices.items()
                if unit in thumbnails()
            ],
        },
        on_chosen_change=take,
    )
    if picked.get("chosen") and picked["chosen"] != chosen:
        st.rerun()


@st.cache_resource(show_spinner=False)
def thumbnails() -> dict[int, str]:
    """Small pictures of the gallery as data URLs, `{unit: url}`; about 1 MB together."""
    return {
        unit: images.data_url(images.shrink(resources.gallery_picture(unit), 96), "WEBP")
        for unit, record in enumerate(resources.gallery()["classes"])
        if record is not None
    }
