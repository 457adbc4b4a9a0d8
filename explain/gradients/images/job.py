"""The job "dream": pictures of a class, a channel or a unit by activation maximisation."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explain.attribution import targets
from explain.gradients.kinds import Kind, Report, refusing
from explain.gradients.network import models
from explain.gradients.worker.dependencies import sources
from explain.network.description import Description
from explain.network.head import CLASSES
from models.card import Card
from models.networks import CARDS

if TYPE_CHECKING:
    from explain.gradients.network.function import NetworkFunction

KINDS = (targets.ClassLogit, targets.Channel, targets.Unit)


def check(settings: dict[str, Any], card: Description) -> dict[str, Any]:
    """The settings in full; raises ValueError, in one sentence, for what cannot be done.

    class_index: the class, or target: as `explain.attribution.targets.describe` tells it. The others: see
    `activation_maximisation.DreamSettings`.
    """
    from explain.gradients.images.activation_maximisation import DreamSettings, check_pixels

    known = (
        "network",
        "class_index",
        *(field.name for field in dataclasses.fields(DreamSettings) if field.name != "network"),
    )
    if unknown := sorted(set(settings) - set(known)):
        raise ValueError(f"A class visualisation has no setting {unknown[0]!r}; it has {', '.join(known)}.")
    target = _target(settings, card)
    given = {name: value for name, value in settings.items() if name != "class_index"}
    full = DreamSettings(**{**given, "network": card.name, "target": target})
    check_pixels(full, card)
    values = {field.name: getattr(full, field.name) for field in dataclasses.fields(full)}
    return {**values, "diversity": float(full.diversity), "target": targets.describe(target)}


def _target(settings: dict[str, Any], card: Description) -> targets.Target:
    if settings.get("class_index") is not None and settings.get("target") is not None:
        raise ValueError("Give a class_index or a target, not both.")
    if settings.get("target") is None:
        return targets.ClassLogit(_class_index(settings, card))
    target = targets.parse(settings["target"])
    if not isinstance(target, KINDS):
        raise ValueError(f"A picture is dreamt of a class, a channel or a unit, not of a {target.kind}.")
    if isinstance(target, targets.ClassLogit):
        return targets.ClassLogit(_class_index({"class_index": target.unit}, card))
    if target.layer not in card.layer_names:
        raise ValueError(f"{card.name} has no layer called {target.layer!r}.")
    shape = card.layer(target.layer).shape
    if isinstance(target, targets.Unit) and None in shape:
        raise ValueError(f"{target.layer} has no size of its own, so a unit has no place in it: dream a channel.")
    targets.check(target, shape)
    return target


def _class_index(settings: dict[str, Any], card: Description) -> int:
    if card.head.kind != CLASSES:
        raise ValueError(f"{card.name} names no classes: dream a channel or a unit of it.")
    if settings.get("class_index") is None:
        raise ValueError("Say which class to visualise: class_index is missing.")
    try:
        index = operator.index(settings["class_index"])
    except TypeError:
        raise ValueError(f"The class must be a whole number, not {settings['class_index']!r}.") from None
    if not 0 <= index < len(card.labels):
        raise ValueError(f"There is no class {index}: {card.name} knows 0 to {len(card.labels) - 1}.")
    return index


def run(function: NetworkFunction, settings: dict[str, Any], report: Report) -> dict[str, Any]:
    """What `check` has let through, done.

    "pictures" `(count, size, size, 3)` uint8 and "scores" `(count,)`, the target's on a plain pass over each; of a
    class also "logits", the same numbers, and "probabilities". "picture", "score", "logit", "probability" are the
    first's. "steps" done, "seconds" taken, tracing included.
    """
    from explain.gradients.images.activation_maximisation import DreamSettings, dream

    results = dream(function, DreamSettings(**{**settings, "target": targets.parse(settings["target"])}), report)
    scores = np.array([result.score for result in results])
    found = {
        "picture": results[0].picture,
        "pictures": np.stack([result.picture for result in results]),
        "score": results[0].score,
        "scores": scores,
        "steps": results[0].steps,
        "seconds": results[0].seconds,
    }
    if results[0].probability is None:
        return found
    chances = np.array([result.probability for result in results])
    return {
        **found,
        "logit": results[0].score,
        "logits": scores,
        "probability": float(chances[0]),
        "probabilities": chances,
    }


def dreamt(network: Card | Description) -> bool:
    """Whether pictures are dreamt of a network: of one that takes pictures, in colour or grey."""
    return network.preprocessing is not None


@refusing
def _check(settings: dict[str, Any]) -> dict[str, Any]:
    usual = next(card.name for card in CARDS.values() if card.labels and card.blank is None)
    return check(settings, models.network(settings.get("network", usual), dreamt))


def files(settings: dict[str, Any]) -> Sequence[Path]:
    """What a result depends on besides the settings: the network, and the code that the job runs."""
    return [*models.files(settings["network"]), *sources(__name__)]


def _word(settings: dict[str, Any]) -> str:
    return "logit" if isinstance(targets.parse(settings["target"]), targets.ClassLogit) else "activation"


KIND = Kind(models.on_network(run, _check), _check, files, score=_word)
