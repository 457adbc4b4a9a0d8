"""The job "dream": pictures of a class, a channel or a unit of VGG16 by activation maximisation."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explain import targets
from explain.network.description import Description

if TYPE_CHECKING:
    from explain.gradients.jobs import Report

KINDS = (targets.ClassLogit, targets.Channel, targets.Unit)


def check(settings: dict[str, Any], card: Description) -> dict[str, Any]:
    """The settings in full; raises ValueError, in one sentence, for what cannot be done.

    class_index: the class, or target: as `explain.targets.describe` tells it. The others: see `dream.DreamSettings`.
    """
    from explain.gradients.dream import DreamSettings

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
    values = {field.name: getattr(full, field.name) for field in dataclasses.fields(full)}
    return {**values, "diversity": float(full.diversity), "target": targets.describe(target)}


def _target(settings: dict[str, Any], card: Description) -> targets.Target:
    if settings.get("class_index") is not None and settings.get("target") is not None:
        raise ValueError("Give a class_index or a target, not both.")
    if settings.get("target") is None:
        return targets.ClassLogit(_class_index(settings, card))
    target = targets.parse(settings["target"])
    if not isinstance(target, KINDS):
        raise ValueError(f"{card.name} reads no text: dream a class, a channel or a unit of it.")
    if isinstance(target, targets.ClassLogit):
        return targets.ClassLogit(_class_index({"class_index": target.unit}, card))
    if target.layer not in card.layer_names:
        raise ValueError(f"{card.name} has no layer called {target.layer!r}.")
    targets.check(target, card.layer(target.layer).shape)
    return target


def _class_index(settings: dict[str, Any], card: Description) -> int:
    if settings.get("class_index") is None:
        raise ValueError("Say which class to visualise: class_index is missing.")
    try:
        index = operator.index(settings["class_index"])
    except TypeError:
        raise ValueError(f"The class must be a whole number, not {settings['class_index']!r}.") from None
    if not 0 <= index < len(card.labels):
        raise ValueError(f"There is no class {index}: {card.name} knows 0 to {len(card.labels) - 1}.")
    return index


def run(model, settings: dict[str, Any], card: Description, report: Report) -> dict[str, Any]:
    """What `check` has let through, done.

    "pictures" `(count, size, size, 3)` uint8 and "scores" `(count,)`, the target's on a plain pass over each; of a
    class also "logits", the same numbers, and "probabilities". "picture", "score", "logit", "probability" are the
    first's. "steps" done, "seconds" taken, tracing included.
    """
    from explain.gradients.dream import DreamSettings, dream

    results = dream(model, DreamSettings(**{**settings, "target": targets.parse(settings["target"])}), report, card)
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


def files(card: Description) -> Sequence[Path]:
    """What a result depends on besides the settings."""
    from models import vgg16

    here = Path(__file__).parent
    # the code as well: a changed method must not be answered with pictures of the old one
    return [*card.files, vgg16.STATISTICS, here.parent / "targets.py", *sorted(here.glob("*.py"))]
