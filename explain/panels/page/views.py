"""The deeper views: what each is called, where its panel lies, and what it needs of a network."""

from __future__ import annotations

from dataclasses import dataclass

from explain.network.needs import Needs
from explain.panels.page import address, resources

RECOGNISER, CLASSIFIER = "ctc", "classes"


@dataclass(frozen=True)
class View:
    """title: on its button and in the address; None for the name of the classifier, which it is all about.

    panel: its module within `explain.panels`, imported when it is opened. needs: of the network it explains.
    """

    title: str | None
    panel: str
    needs: Needs = Needs()


VIEWS = (
    View("Layer by layer", "layers.layer_by_layer"),
    View("One unit by hand", "layers.by_hand"),
    View("Recurrent layers", "layers.recurrent", Needs(RECOGNISER, ("lstm",))),
    View("CTC in depth", "ctc.in_depth", Needs(RECOGNISER)),
    View("Why this character?", "attribution.word", Needs(RECOGNISER)),
    View(None, "attribution.photograph", Needs(CLASSIFIER)),
)


def of_page() -> dict[str, str]:
    """The networks that the page explains, by the kind of their head: the first that is here of each kind.

    The address may name others: "recogniser" and "classifier" are names as `resources.networks` has them.
    """
    chosen = {}
    for kind, name in ((RECOGNISER, "recogniser"), (CLASSIFIER, "classifier")):
        of_kind = [name for name, told in resources.networks().items() if told.head.kind == kind]
        if of_kind:
            chosen[kind] = address.choice(name, of_kind, of_kind[0])
    return chosen


def to_look_into() -> list[str]:
    """The networks whose layers can be looked at: the page's two, then those that answer neither text nor classes."""
    return [*of_page().values(), *(name for name, told in resources.networks().items() if told.head.kind == "none")]


def offered() -> dict[str, View]:
    """The views that fit one of the page's networks, by title."""
    networks = {kind: resources.description(name) for kind, name in of_page().items()}
    return {
        view.title or networks[CLASSIFIER].called: view
        for view in VIEWS
        if any(view.needs.fits(told) for told in networks.values())
    }
