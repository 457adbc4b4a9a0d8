"""Which methods a network has that say what in a picture its answer hangs on, and each of them asked for.

The methods are those of the page: `explain.attribution` without a gradient, `explain.gradients.attribution` with one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explain.attribution import cam, class_map, occlusion, targets
from explain.gradients.attribution.job import ABSOLUTE, INPUT_METHODS, LAYER_METHODS
from explain.layers.receptive_field import receptive_field
from explain.network.description import Description
from explain.network.head import CLASSES
from explain.network.session import Network
from explain.network.weights import network_weights
from explain.notebook import gradients
from explain.notebook.chosen import Chosen, Explained, explained
from explain.notebook.map import Map
from explain.notebook.picture import Picture

OCCLUSION, SCORE_CAM, CLASS_MAP = "occlusion", "score_cam", "class_map"
UNSIGNED = (*ABSOLUTE, SCORE_CAM, "grad_cam_plus_plus", "layer_cam")  # show how much alone
OnStep = Callable[[int, int], bool | None]


class Refused(ValueError):
    """A method or one of its settings that there is not for this network, in one sentence."""


@dataclass(frozen=True)
class Asked:
    """network, picture: what is explained. outputs: every layer for the picture, without the batch."""

    network: Network
    picture: Picture
    outputs: dict[str, np.ndarray]

    @property
    def description(self) -> Description:
        return self.network.description


def methods(description: Description) -> tuple[str, ...]:
    """Names of the methods that fit a network, those without a gradient first."""
    layer = cam.usual_layer(description) is not None
    has_map = description.head.kind == CLASSES and class_map.fits(description)
    without = [OCCLUSION, *[CLASS_MAP] * has_map, *[SCORE_CAM] * layer]
    gradient = [] if gradients.missing(description) else [*INPUT_METHODS, *(LAYER_METHODS if layer else ())]
    return (*without, *gradient)


def explain(
    asked: Asked, target: Chosen, method: str, *, layer: str | None, patch: str | None, on_step: OnStep | None
) -> Map:
    """The map that a method makes; arguments and errors as `OpenedNetwork.why` has them."""
    _check(asked, method, layer, patch)
    chosen = explained(asked.description, asked.outputs, asked.picture.batch.shape[2], target)
    if method == OCCLUSION:
        values = _occlusion(asked, chosen, patch, on_step)
    elif method == SCORE_CAM:
        values = _score_cam(asked, chosen, layer or cam.usual_layer(asked.description))
    elif method == CLASS_MAP:
        values = _class_map(asked, chosen)
    else:
        values = _by_gradient(asked, chosen, method, layer or cam.usual_layer(asked.description), on_step)
    score = float(targets.score(chosen.target, {name: value[None] for name, value in asked.outputs.items()})[0])
    return Map(
        values=np.asarray(values, np.float64),
        method=method,
        target=chosen.target,
        about=chosen.about,
        score=score,
        seen=asked.picture.seen,
        frames=chosen.frames,
        signed=method not in UNSIGNED,
    )


def _check(asked: Asked, method: str, layer: str | None, patch: str | None) -> None:
    description = asked.description
    if method in (*INPUT_METHODS, *LAYER_METHODS) and (why_not := gradients.missing(description)):
        raise Refused(why_not)
    known = methods(description)
    if method not in known:
        raise Refused(f"{description.title} has no method {method!r}; it has {', '.join(known)}.")
    weighs = method == SCORE_CAM or method in LAYER_METHODS
    if layer is not None and not weighs:
        raise Refused(f"{method} weighs no layer; leave the layer out.")
    if layer is not None and layer not in cam.mapped_layers(description):
        raise Refused(f"{layer!r} is no layer to weigh; choose among {', '.join(cam.mapped_layers(description))}.")
    if patch is not None and method != OCCLUSION:
        raise Refused(f"{method} covers nothing; leave the patch out.")


def _occlusion(asked: Asked, chosen: Explained, patch: str | None, on_step: OnStep | None) -> np.ndarray:
    """As on the page: a word is covered with its paper's colour, any other picture with its own mean."""
    height, width = asked.picture.batch.shape[1:3]
    word = chosen.frames is not None
    known = occlusion.patches_of_a_word(height) if word else occlusion.patches_of_a_photograph(height, width)
    patch = next(iter(known)) if patch is None else patch
    if patch not in known:
        raise Refused(f"There are no patches called {patch!r}; choose among {', '.join(known)}.")
    fill = "background" if word else "mean"
    covered = occlusion.occlude(
        asked.network, asked.picture.values, *known[patch], fill, (chosen.target.layer,), on_step=on_step
    )
    if covered is None:
        raise Refused("This was stopped before its end.")
    return covered.map(chosen.target)


def _score_cam(asked: Asked, chosen: Explained, layer: str) -> np.ndarray:
    values = cam.score_cam(
        asked.network, asked.picture.values, chosen.target, layer, receptive_field(asked.description, layer)
    )
    return _over_picture(asked, layer, values)


def _class_map(asked: Asked, chosen: Explained) -> np.ndarray:
    if not isinstance(chosen.target, targets.ClassLogit):
        raise Refused("A class map explains a class; name one, or leave the target out.")
    found = class_map.class_map(asked.description, asked.outputs, chosen.target.unit, network_weights)
    if found is None:
        raise Refused(f"{asked.description.title} ends in a way that no class map can be had of; try occlusion.")
    return _over_picture(asked, found.layer, found.values)


def _by_gradient(asked: Asked, chosen: Explained, method: str, layer: str | None, on_step: OnStep | None) -> np.ndarray:
    layer = layer if method in LAYER_METHODS else None
    values = gradients.run(asked.description, asked.picture.values, chosen.target, method, layer, on_step)
    if values is None:
        raise Refused("This was stopped before its end.")
    return values if layer is None else _over_picture(asked, layer, values)


def _over_picture(asked: Asked, layer: str, values: np.ndarray) -> np.ndarray:
    return cam.over_picture(asked.description, layer, values, asked.picture.values.shape)
