"""The deeper view of a classifier: a photograph's class, where it is seen, by every method; its filters and classes."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.attribution import class_map
from explain.charts import ctc
from explain.charts.theme import Inks
from explain.interventions.intervention import Where
from explain.panels.attribution import photograph_checks, photograph_gradients, photograph_occlusion, weighed
from explain.panels.attribution.photograph_gradients import Asked
from explain.panels.components import thumbnails
from explain.panels.inputs import layer as layer_choice
from explain.panels.inputs import photograph
from explain.panels.interventions.silence import silence
from explain.panels.layers import filters, focus, names
from explain.panels.page import address
from explain.panels.page.guard import fragment
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark, show_picture
from explain.panels.visualisation import class_names, gallery
from explain.panels.visualisation.class_names import Catalogue
from explain.panels.words.explained import caption
from explain.pictures import images
from explain.pictures.overlay import overlay
from models.card import WHY_THESE

TOP = 5
SIZE = 300
ENLARGED = 448  # screen pixels of the picture's longer side, about
PARTS = ("Methods", "Filters", "Classes")
FITTED = {
    "crop": "The middle of the photograph",
    "pad": "The photograph, filled up on the right",
    "stretch": "The photograph, not in its proportions",
}


@fragment
def show(_word) -> None:
    """Draws the view; the word on top plays no part in it."""
    classes = class_names.of_page()
    if classes is None:
        st.info("No network here names classes.", icon=":material/info:")
        return
    shown = photograph.of(_network(classes))
    picture, where, answers = st.columns([1, 1, 1.5], gap="medium")
    with answers:
        unit = _answers(classes, shown)
    title = classes.of_unit(shown.network, unit)
    with picture:
        st.markdown("**What it sees**")
        large = images.enlarge(shown.seen, max(1, ENLARGED // max(shown.seen.size)))
        show_picture(large, width=SIZE, alt=f"The photograph as the network sees it, {shown.height} x {shown.width}")
        fit = FITTED[shown.description.preprocessing.fit]
        caption(f"{fit}, {shown.height} × {shown.width} pixels.")
    with where:
        st.markdown("**Where it sees it**")
        _where(shown, unit, title)
    part = address.switch("Part of the view", PARTS, key="vgg_part")
    if part == "Methods":
        asked = Asked(shown, unit, title)
        checks = photograph_checks.switch(shown, asked.target)
        photograph_gradients.show(asked, checks)
        photograph_occlusion.show(asked, checks)
        checks.compared()
    elif part == "Filters":
        _filters(shown)
    else:
        pictures, table = st.columns([2, 1], gap="medium")
        with pictures:
            _gallery(classes)
        with table:
            class_names.table(classes)


def _network(classes: Catalogue) -> str:
    """The choice between networks that know classes of the list, where there are several."""
    if len(classes.choices) == 1:
        return next(iter(classes.choices.values()))
    return classes.choices[address.switch("Network", classes.choices, key="vgg_network")]


def _answers(classes: Catalogue, shown: Subject) -> int:
    """The likeliest classes, and the choice of the one to explain: one of them or that of panel 3. Returns its unit."""
    probabilities = shown.probabilities
    best = [int(unit) for unit in np.argsort(-probabilities, kind="stable")[:TOP]]
    units = {classes.of_unit(shown.network, unit): unit for unit in best}
    st.markdown("**What it calls this**")
    likeliest = "The five likeliest" if len(probabilities) > TOP else "The likeliest"
    card = shown.description.card
    caption(
        f"{likeliest} of its {len(probabilities)} classes, with {classes.numbering}. Choose one below, and the maps "
        "explain that one.",
        more=card.about.get(WHY_THESE) if card else None,
    )
    st.vega_lite_chart(
        ctc.texts(
            [(name, float(probabilities[unit])) for name, unit in units.items()],
            Inks.of(is_dark()),
            names=0.62,
        ),
        width="stretch",
        key="answers",
    )
    other = class_names.chosen(classes)
    known = classes.unit(shown.network, other)
    if known is not None:
        units.setdefault(classes.label(other), known)
    chosen = st.selectbox(
        "Explain",
        list(units),
        key="map_of",
        bind="query-params",
        help="One of the five, or the class that panel 3 shows, whether the photograph has it or not.",
    )
    return units.get(chosen, best[0])


def _where(shown: Subject, unit: int, title: str) -> None:
    """The map that one pass and the last layers' weights give, where the network ends so that they do."""
    found = class_map.class_map(shown.description, shown.values, unit, focus.weights)
    if found is None:
        caption(
            "A map at once needs a network that ends in global average pooling and one dense layer, or in dense layers "
            f"with ReLUs over a map laid out flat. The gradient methods below show where in the picture **{title}** is."
        )
        return
    kind = "Class activation map" if found.exact else "Grad-CAM"
    layer = names.layer_name(shown.description, shown.description.layer(found.layer))
    at = "" if found.exact else f" at {layer}"
    show_picture(overlay(shown.seen, found.values, SIZE), width=SIZE, alt=f"{kind} of {title}{at}")
    places = f"{found.values.shape[0]} × {found.values.shape[1]} places of {layer}"
    if found.exact:
        caption(
            f"Red places speak for **{title}**, blue ones against. This class activation map is exact, other maps are "
            "estimates. It shows where the evidence lies, not which details make it up.",
            more=f"It has the {places}. The mean over all places is the logit of the class, but for the bias.",
        )
        return
    caption(
        f"Red places speak for **{title}**, blue ones against, after Grad-CAM. This is no exact share: with dense "
        "layers behind it, a channel counts by its mean weight over all places.",
        more=f"It has the {places}.",
    )


def _filters(shown: Subject) -> None:
    convolutions = [layer.name for layer in shown.description.of_kind("conv")]
    if not convolutions:
        caption(weighed.missing(shown.description))
        return
    name = layer_choice.choose("Layer", shown.description, convolutions, convolutions[0], "vgg_filters")
    number = address.numbers("vgg_filter", 1)
    layer = shown.description.layer(name)
    channel = filters.show(
        shown,
        layer,
        key="vgg-filter-tiles",
        number=number[0] if number else None,
        choose=lambda clicked: address.note("vgg_filter", str(clicked)),
    )
    if channel is not None:
        silence(shown, layer, [Where((channel,))], "filters")


def _gallery(classes: Catalogue) -> None:
    network = next((name for name in classes.networks if gallery.classes_of(name)), None)
    if network is None:
        caption("No pictures of these classes come with the page; the panel above dreams one where it can.")
        return
    pictures = gallery.thumbnails(network)
    labels = {classes.of_unit(network, unit): unit for unit in pictures}
    st.markdown(f"**The {len(labels)} classes that come with the page**")
    caption("What the network thinks each class looks like. A click shows it in the panel above.")
    chosen = classes.label(class_names.chosen(classes))

    def take(clicked: str) -> None:
        class_names.take(classes, classes.found(clicked))
        address.tell_all()

    thumbnails(
        key="gallery",
        data={
            "label": "Gallery",
            "chosen": chosen,
            "size": 88,
            "square": True,
            "names": True,
            "height": 430,
            "items": [
                {"id": label, "title": label, "src": pictures[labels[label]]} for label in sorted(labels, key=str.lower)
            ],
        },
        choose=take,
    )
