"""The deeper view *VGG16*: a photograph's class, where it is seen, by every method; its filters and classes."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.attribution import cam, dense_gradient
from explain.charts import ctc
from explain.charts.theme import Inks
from explain.panels.attribution import photograph_gradients, photograph_occlusion
from explain.panels.components import component
from explain.panels.inputs import photograph
from explain.panels.layers import filters
from explain.panels.page import address, resources
from explain.panels.page.theme import is_dark
from explain.panels.visualisation import class_names
from explain.pictures import images
from explain.pictures.overlay import overlay
from models import vgg16

TOP = 5
SIZE = 300
NETWORKS = {"200 classes, exact class map": vgg16.CAM.name, "1000 classes, Keras's VGG16": vgg16.FULL.name}
PARTS = ("Methods", "Filters", "Classes")
FIRST_FILTERS = "block1_conv1"


@st.fragment
def show(_word) -> None:
    """Draws the view; the word on top plays no part in it."""
    card = resources.description(_network())
    shown = photograph.choose()
    batch = vgg16.prepare(shown)
    ran = resources.run(card.name, batch)
    seen = vgg16.as_seen(shown)
    picture, where, answers = st.columns([1, 1, 1.5], gap="medium")
    with answers:
        unit = _answers(card, ran.values["predictions"])
    title = class_names.label(vgg16.imagenet_index(card, unit))
    with picture:
        st.markdown("**What it sees**")
        st.image(images.enlarge(seen, 2), width=SIZE, alt="The photograph as the network sees it, 224 x 224")
        st.caption("The middle of the photograph, 224 × 224 pixels.")
    with where:
        st.markdown("**Where it sees it**")
        _where(card, ran.values, seen, unit, title)
    part = address.switch("Part of the view", PARTS, key="vgg_part")
    asked = photograph_gradients.Asked(card, ran.digest, batch, seen, unit, title)
    if part == "Methods":
        photograph_gradients.show(asked)
        photograph_occlusion.show(asked, ran.milliseconds)
    elif part == "Filters":
        _filters(card, ran.values)
    else:
        gallery, table = st.columns([2, 1], gap="medium")
        with gallery:
            _gallery()
        with table:
            class_names.table()


def _network() -> str:
    """The full VGG16 can be chosen where its weights are; else a sentence in the part Classes says how to get them."""
    if not vgg16.full_is_here():
        return vgg16.CAM.name
    return NETWORKS[address.switch("Network", NETWORKS, key="vgg_network")]


def _answers(card, probabilities: np.ndarray) -> int:
    """The likeliest classes, and the choice of the one to explain: one of them or that of panel 3. Returns its unit."""
    best = [int(unit) for unit in np.argsort(-probabilities, kind="stable")[:TOP]]
    units = {class_names.label(vgg16.imagenet_index(card, unit)): unit for unit in best}
    st.markdown("**What it calls this**")
    st.caption(f"The five likeliest of its {len(card.labels)} classes, with their numbers among ImageNet's 1000.")
    st.vega_lite_chart(
        ctc.texts(
            [(name, float(probabilities[unit])) for name, unit in units.items()],
            Inks.of(is_dark()),
            names=0.62,
        ),
        width="stretch",
        key="answers",
    )
    other = class_names.chosen()
    known = class_names.cam_units().get(other) if card.name == vgg16.CAM.name else other
    if known is not None:
        units.setdefault(class_names.label(other), known)
    chosen = st.selectbox(
        "Explain",
        list(units),
        key="map_of",
        bind="query-params",
        help="One of the five, or the class that panel 3 shows, whether the photograph has it or not.",
    )
    return units.get(chosen, best[0])


def _where(card, values: dict[str, np.ndarray], seen, unit: int, title: str) -> None:
    if card.name == vgg16.CAM.name:
        evidence = cam.class_activation_map(values["block5_conv3"], resources.class_weights()[:, unit])
        st.image(overlay(seen, evidence, SIZE), width=SIZE, alt=f"Class activation map of {title}")
        st.caption(
            f"Class activation map of **{title}**: red places speak for it, blue ones against. It shows where in the "
            "14 × 14 places of block5_conv3 the evidence lies, not which details make it up."
        )
        return
    kernels = resources.dense_kernels()
    gradient = dense_gradient.logit_gradient(kernels, [values["fc1"], values["fc2"]], unit)
    features = values["block5_pool"]
    st.image(
        overlay(seen, cam.grad_cam(features, gradient.reshape(features.shape)), SIZE),
        width=SIZE,
        alt=f"Grad-CAM of {title} at block5_pool",
    )
    st.caption(
        f"Grad-CAM of **{title}** at the 7 × 7 places of block5_pool: red places speak for it, blue ones against. With "
        "dense layers behind it this is no exact share: a channel counts by its mean weight over all places."
    )


def _filters(card, values: dict[str, np.ndarray]) -> None:
    convolutions = [layer.name for layer in card.layers if layer.kind == "conv"]
    layer = st.segmented_control(
        "Layer", convolutions, default=FIRST_FILTERS, required=True, key="vgg_filters", bind="query-params"
    )
    layer = layer or FIRST_FILTERS
    filters.show(card, card.layer(layer), values[layer], key="vgg-filter-tiles", in_address="vgg_filter")


def _gallery() -> None:
    st.markdown("**The 200 classes that come with the page**")
    st.caption("What the network thinks each class looks like. A click shows it in the panel above.")
    numbers = sorted(class_names.cam_units(), key=lambda number: class_names.label(number).lower())
    chosen = class_names.chosen()

    def take() -> None:
        picked = class_names.found(st.session_state["gallery"].get("chosen"))
        if picked is not None:
            class_names.take(picked)

    picked = component(
        "thumbnails",
        key="gallery",
        data={
            "label": "Gallery",
            "chosen": class_names.label(chosen),
            "size": 88,
            "square": True,
            "names": True,
            "height": 430,
            "items": [
                {"id": class_names.label(number), "title": class_names.label(number), "src": thumbnails()[unit]}
                for number in numbers
                if (unit := class_names.cam_units()[number]) in thumbnails()
            ],
        },
        on_chosen_change=take,
    )
    if picked.get("chosen") and picked["chosen"] != class_names.label(chosen):
        st.rerun()


@st.cache_resource(show_spinner=False)
def thumbnails() -> dict[int, str]:
    """Small pictures of the gallery as data URLs, `{unit: url}`; about 1 MB together."""
    return {
        unit: images.data_url(images.shrink(resources.gallery_picture(unit), 96), "WEBP")
        for unit, record in enumerate(resources.gallery()["classes"])
        if record is not None
    }
