"""The parts of the page: what each is called, where its panel lies, and what it needs of a network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from explain.network.needs import Needs
from explain.panels.page import address, resources
from explain.panels.page.wording import plain

RECOGNISER, CLASSIFIER, NEITHER = "ctc", "classes", "none"
IN_ADDRESS = {RECOGNISER: "recogniser", CLASSIFIER: "classifier"}  # also what such a network is called


@dataclass(frozen=True)
class View:
    """title: on its button and in the address; None for the name of the classifier, which it is all about.

    panel: its module within `explain.panels`, imported when it is opened. needs: of the network it explains.
    """

    title: str | None
    panel: str
    needs: Needs = Needs()

    @property
    def missing(self) -> str:
        """One sentence on what the page's networks lack for this view; empty where one of them has it all."""
        sentences = [self.needs.missing(resources.description(name)) for name in to_look_into()]
        return "" if "" in sentences else next(iter(sentences), "There is no network here.")


LAYERS = View("Layers", "layers.feature_maps")
DECODING = View("CTC decoding", "ctc.decoding", Needs(RECOGNISER))
CLASS_VISUALISATION = View("Class visualisation", "visualisation.classes", Needs(CLASSIFIER))
VIEWS = (
    View("Layer by layer", "layers.layer_by_layer"),
    View("One unit by hand", "layers.by_hand"),
    View("Recurrent layers", "layers.recurrent", Needs(RECOGNISER, ("lstm",))),
    View("CTC in depth", "ctc.in_depth", Needs(RECOGNISER)),
    View("Why this character?", "attribution.word", Needs(RECOGNISER)),
    View(None, "attribution.photograph", Needs(CLASSIFIER)),
)


def of_kind(kind: str) -> list[str]:
    """The networks that are here with this kind of head."""
    return [name for name, network in resources.networks().items() if network.head.kind == kind]


def of_page() -> dict[str, str]:
    """The networks that the page explains, by the kind of their head: the first that is here of each kind.

    The address may name others: "recogniser" and "classifier" are names as `resources.networks` has them.
    """
    here = {kind: of_kind(kind) for kind in IN_ADDRESS}
    return {kind: address.choice(IN_ADDRESS[kind], names, names[0]) for kind, names in here.items() if names}


def not_here() -> list[str]:
    """One sentence for each network that the address names and that is not here, or no longer."""
    of_the_page, sentences = of_page(), []
    for kind, parameter in IN_ADDRESS.items():
        named = st.query_params.get(parameter)
        if named and named != of_the_page.get(kind):
            instead = resources.description(of_the_page[kind]).called if kind in of_the_page else "none"
            sentences.append(f"There is no {parameter} called “{plain(named[:60])}” here; the page shows {instead}.")
    return sentences


def to_look_into() -> list[str]:
    """The networks whose layers can be looked at: the page's two, then those that answer neither text nor classes."""
    return [*of_page().values(), *of_kind(NEITHER)]


def titles(names: Iterable[str]) -> dict[str, str]:
    """What these networks are called on buttons, with their names; two that are called alike go by their names."""
    called = {name: resources.description(name).called for name in names}
    alike = {title for title in called.values() if list(called.values()).count(title) > 1}
    return {f"{title} ({name})" if title in alike else title: name for name, title in called.items()}


def offered() -> dict[str, View]:
    """The views that fit one of the page's networks, by title."""
    networks = of_page()
    return {
        view.title or resources.description(networks[CLASSIFIER]).called: view for view in VIEWS if not view.missing
    }
