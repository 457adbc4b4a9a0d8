"""The steps of both tours, in the order in which the data flows; their texts stand in texts.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from explain.network.needs import Needs
from explain.panels.interventions import parts
from explain.panels.layers import by_hand, layer_by_layer
from explain.panels.page import views
from explain.panels.page.subject import Subject
from explain.panels.tour import deep, explained, naming, reading, windows
from explain.panels.tour.scene import Scene

TEXTS = Path(__file__).with_name("texts.toml")
READER = Needs(views.RECOGNISER)
NAMER = Needs(views.CLASSIFIER)
CONVOLUTIONS = Needs(kinds=("conv",))


@dataclass(frozen=True)
class Place:
    """What a step speaks of. key: of the container on the page. view: the deeper view that is opened there, None for a
    panel that is always there. network: in the address, of the view's choice of one. drawn_anew: in the session, the
    number of times that its maps were mounted afresh, which would go on marking what was clicked."""

    key: str
    view: views.View | None = None
    network: str | None = None
    drawn_anew: str | None = None


def _deeper(panel: str, key: str = "deeper", **more: str) -> Place:
    return Place(key, next(view for view in views.VIEWS if view.panel == panel), **more)


LAYERS, ANSWER, DREAMS = Place("panel-layers"), Place("panel-answer"), Place("visualisation")
HAND = _deeper("layers.by_hand", network=by_hand.NETWORK, drawn_anew=by_hand.TYPED)
LAYER = _deeper("layers.layer_by_layer", network=layer_by_layer.NETWORK, drawn_anew=layer_by_layer.CHOSEN)
WHAT_IF = _deeper("interventions.what_if", network=parts.NETWORK)


@dataclass(frozen=True)
class Step:
    """name: of its texts. make: its scene. needs: of the network. offered: whether there is something to show of this
    subject, asked only where the network has what it needs."""

    name: str
    make: Callable[[Subject], Scene]
    place: Place
    needs: Needs = Needs()
    offered: Callable[[Subject], bool] = lambda subject: True

    @property
    def title(self) -> str:
        return _texts()[self.name]["title"]

    def text(self, scene: Scene) -> str:
        """The step's sentences with the numbers of the scene filled in."""
        return _texts()[self.name][scene.variant].format(**scene.facts)


@cache
def _texts() -> dict[str, dict]:
    return tomllib.loads(TEXTS.read_text("utf-8"))


def _classes(subject: Subject) -> Scene:
    return naming.classes(subject, tuple(_texts()["classes"]["beside"]))


FILTER = Step("filter", windows.one_filter, HAND, CONVOLUTIONS, windows.has_maps)
FILTERS = Step("filters", windows.many_filters, LAYERS, CONVOLUTIONS, windows.has_maps)
FAILS = Step("fails", explained.fails, WHAT_IF, Needs(), explained.answers)
OF_WORDS = (
    Step("numbers", windows.numbers, LAYERS),
    FILTER,
    FILTERS,
    Step("pooling", windows.pooling, LAYERS, Needs(), windows.has_pooling),
    Step("deeper", deep.deeper, LAYER, CONVOLUTIONS, deep.has_deeper),
    Step("silence", deep.silence, WHAT_IF, Needs(views.RECOGNISER, ("conv",)), deep.can_be_silenced),
    Step("frame", reading.frame, ANSWER, READER, lambda subject: reading.sequence(subject) is not None),
    Step(
        "memory",
        reading.memory,
        _deeper("layers.recurrent", "unit-story"),
        Needs(views.RECOGNISER, ("lstm",)),
        reading.can_remember,
    ),
    Step("guesses", reading.guesses, ANSWER, READER),
    Step("collapse", reading.collapse, ANSWER, READER),
    Step("paths", reading.best_path, _deeper("ctc.in_depth", "small-example"), READER, deep.reads),
    Step("why", explained.why, _deeper("attribution.word"), READER, deep.reads),
    Step("dreams", explained.dreams, _deeper("attribution.word", "dreams"), READER, explained.has_dreams),
    FAILS,
)
OF_CLASSES = (
    Step("layers", naming.layers, LAYERS, CONVOLUTIONS, naming.has_layers),
    FILTER,
    FILTERS,
    Step("classes", _classes, DREAMS, NAMER, naming.has_dreams),
    Step("cover", naming.cover, _deeper("attribution.photograph"), NAMER),
    Step("saliency", naming.saliency, _deeper("attribution.photograph"), NAMER, naming.has_saliency),
    Step("activation", naming.activation, _deeper("attribution.photograph"), NAMER, naming.has_activation),
    FAILS,
)
ALL = tuple(dict.fromkeys((*OF_WORDS, *OF_CLASSES)))


def of(subject: Subject) -> list[Step]:
    """The tour of a network: its steps that fit it and have something to show of this picture."""
    steps = OF_CLASSES if subject.description.head.kind == views.CLASSIFIER else OF_WORDS
    return [step for step in steps if step.needs.fits(subject.description) and step.offered(subject)]
