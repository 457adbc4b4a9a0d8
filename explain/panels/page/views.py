"""The parts of the page: what each is called, where its panel lies, and what it needs of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import streamlit as st

from explain.network.description import Description
from explain.network.needs import Needs
from explain.panels.page import address, resources
from explain.panels.page.wording import plain

RECOGNISER, CLASSIFIER, NEITHER = "ctc", "classes", "none"
AXES = {RECOGNISER: 2, CLASSIFIER: 1}  # of what such a network answers, without the batch
NETWORK = "network"  # in the address: the one that the page explains
OLD_NAMES = ("recogniser", "classifier")  # of the same, in links from before
# What the address says of one network; in another it would point at layers and units that are not there.
OF_ONE = (
    "layer",
    "unit",
    "deep",
    "deep_unit",
    "frame",
    "character",
    "beam_frame",
    "rival",
    "changes",
    "changes_off",
    "stages",
)
IF_IT_DOES = " If it is one, say so under *Answers*."
WHY_CLASS = "Why this class?"
FOLLOW = "Follow an answer"
VIEW = "view"  # the choice of the deeper view, in the address and in the visitor's session
PRESSES = "view-presses"  # in the session: how many of the visitor's presses have opened a view, see `presses`


@dataclass(frozen=True)
class View:
    """title: on its button and in the address; None for the view of a classifier, see `title_of`.

    panel: its module within `explain.panels`, imported when it is opened. needs: of the network it explains.
    """

    title: str | None
    panel: str
    needs: Needs = Needs()

    @property
    def missing(self) -> str:
        """What the page's network lacks for this view, in a sentence; empty where it, or its companion, has it all."""
        networks = [resources.description(name) for name in to_look_into()]
        sentences = [self.needs.missing(network) for network in networks]
        if "" in sentences:
            return ""
        may = (
            networks and networks[0].head.kind == NEITHER and len(networks[0].output.shape) == AXES.get(self.needs.head)
        )
        return next(iter(sentences), "There is no network here.") + (IF_IT_DOES if may else "")


LAYERS = View("Layers", "layers.feature_maps")
DECODING = View("CTC decoding", "ctc.decoding", Needs(RECOGNISER))
CLASSES = View("Classes", "visualisation.likeliest", Needs(CLASSIFIER))
CLASS_VISUALISATION = View("Class visualisation", "visualisation.classes", Needs(CLASSIFIER))
VIEWS = (
    View("Layer by layer", "layers.layer_by_layer"),
    View("One unit by hand", "layers.by_hand"),
    View("Recurrent layers", "layers.recurrent", Needs(RECOGNISER, ("lstm",))),
    View("CTC in depth", "ctc.in_depth", Needs(RECOGNISER)),
    View("How it learnt", "moments.how_it_learnt", Needs(along=("moments",))),
    View("Why this character?", "attribution.word", Needs(RECOGNISER)),
    View(FOLLOW, "flow.follow"),
    View("What if?", "interventions.what_if"),
    View(None, "attribution.photograph", Needs(CLASSIFIER)),
)


def first() -> str | None:
    """The network that an address without any names: the first that reads words, of those that come along at best."""
    here = resources.networks()
    readers = [name for name, network in here.items() if network.head.kind == RECOGNISER]
    along = [name for name in readers if here[name].card]
    return next(iter([*along, *readers, *here]), None)


def chosen() -> str | None:
    """The network that the page explains: the one that the address names, by its name or by what it is called."""
    named = _named()
    return first() if named is None else named


def _named() -> str | None:
    here, named = resources.networks(), address.given(NETWORK, *OLD_NAMES)
    if named in here:
        return named
    return next((name for name, network in here.items() if named and network.called == named), None)


def not_here() -> str:
    """One sentence on the network that the address names where that is not here, or no longer; else empty."""
    named = address.given(NETWORK, *OLD_NAMES)
    if not named or _named() is not None:
        return ""
    instead = first()
    shows = f" This is {plain(resources.description(instead).called)}." if instead else ""
    return (
        f"There is no network called “{plain(named[:60])}” here. If somebody opened it from a file, it was open for "
        f"that visitor alone: open the file yourself.{shows}"
    )


def choose(name: str) -> None:
    """The page explains this network from the next run on."""
    address.note(NETWORK, name, first())
    for other in (*OLD_NAMES, *OF_ONE):
        address.note(other, None)


def of_page() -> dict[str, str]:
    """The networks that the page explains, by the kind of their head: the chosen one first.

    Beside a recogniser that comes along stands the classifier that does, which the third panel visualises.
    """
    name = chosen()
    if name is None:
        return {}
    here = resources.networks()
    page = {here[name].head.kind: name}
    if here[name].card and here[name].head.kind == RECOGNISER:
        along = [other for other, network in here.items() if network.card and network.head.kind == CLASSIFIER]
        page |= {CLASSIFIER: along[0]} if along else {}
    return page


def to_look_into() -> list[str]:
    """The networks that the page explains, the chosen one first."""
    return list(of_page().values())


def middle() -> View:
    """What the panel in the middle shows: what the chosen network answers."""
    return CLASSES if next(iter(of_page()), None) == CLASSIFIER else DECODING


def titles(names: Iterable[str]) -> dict[str, str]:
    """What these networks are called on buttons, with their names; two that are called alike go by their names."""
    called = {name: resources.description(name).called for name in names}
    alike = {title for title in called.values() if list(called.values()).count(title) > 1}
    return {f"{title} ({name})" if title in alike else title: name for name, title in called.items()}


def title_of(view: View) -> str:
    """A view's title; that of a classifier which comes along is the network's name, as links have it."""
    if view.title is not None:
        return view.title
    network = of_page().get(CLASSIFIER)
    return _of_classifier(resources.description(network)) if network else WHY_CLASS


def _of_classifier(network: Description) -> str:
    return network.called if network.card else WHY_CLASS


def leading(title: str, network: str, key: str, into_sight: bool = True) -> Callable[[], None]:
    """What a callback calls to have a view of a network open from the next run on. key: of the view's choice of one.

    into_sight: the page moves to it, as nothing else shows that something was pressed.

    Made while the page is drawn: a callback that reads the address after it has noted something ends there.
    """
    called = next((called for called, name in titles(to_look_into()).items() if name == network), None)

    def lead() -> None:
        st.session_state.update({VIEW: title, key: called})
        if into_sight:
            pressed()

    return lead


def pressed() -> None:
    """From a callback: the visitor has opened a view, which the page is then to bring into sight."""
    st.session_state[PRESSES] = presses() + 1


def presses() -> int:
    """How many of the visitor's presses have opened a view so far."""
    return st.session_state.get(PRESSES, 0)


def switch() -> View:
    """Draws the choice of the deeper view and returns the chosen one, whether or not it applies to the network."""
    by_title = {title_of(view): view for view in VIEWS}
    _by_another_name(by_title)
    return by_title[address.switch("Deeper view", by_title, key=VIEW, then=pressed)]


def _by_another_name(by_title: dict[str, View]) -> None:
    """The view of a classifier stays the chosen one, in links and from network to network, where its title differs."""
    wanted = st.session_state.get(VIEW) or address.given(VIEW)
    here = resources.networks().values()
    names = {WHY_CLASS, *(_of_classifier(network) for network in here if network.head.kind == CLASSIFIER)}
    if wanted in names - set(by_title):
        st.session_state[VIEW] = title_of(VIEWS[-1])
