"""The job "attribute": several methods of `explain.gradients.attribution` on one picture and one target."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from explain import cam, targets
from models.card import ModelCard

if TYPE_CHECKING:
    from explain.gradients.jobs import Report

INPUT_METHODS = ("saliency", "gradient_times_input", "guided_backpropagation", "smooth_grad", "integrated_gradients")
LAYER_METHODS = {"grad_cam": cam.grad_cam, "grad_cam_plus_plus": cam.grad_cam_plus_plus, "layer_cam": cam.layer_cam}
METHODS = (*INPUT_METHODS, *LAYER_METHODS)
ABSOLUTE = ("saliency", "smooth_grad")  # of these the papers show the magnitude, the largest over the channels
LAYERS = {"crnn": "conv_6", "vgg16-cam": "block5_conv3"}  # whose feature maps are weighted unless told otherwise
BATCH = {"crnn": 16, "vgg16-cam": 4}  # pictures at once; a few hundred megabytes at most
SAMPLES = range(1, 257)


def check(settings: dict[str, Any], card: ModelCard) -> dict[str, Any]:
    """The settings in full; raises ValueError, in one sentence, for what cannot be done.

    picture: `(height, width, channel)` float32 as the network takes it. target: as `explain.targets.describe` tells it.
    methods: of `METHODS`, by default all. layer: of the card, with feature maps. samples: of SmoothGrad. seed.
    """
    defaults = {"methods": list(METHODS), "layer": LAYERS[card.name], "samples": 32, "seed": 0}
    known = ("network", "picture", "target", *defaults)
    if unknown := sorted(set(settings) - set(known)):
        raise ValueError(f"An attribution has no setting {unknown[0]!r}; it has {', '.join(known)}.")
    settings = {**defaults, **settings}
    target = targets.parse(settings.get("target"))
    targets.check(target, _shape(card, target))
    methods = settings["methods"]
    if not isinstance(methods, list | tuple) or not methods or not set(methods) <= set(METHODS):
        raise ValueError(f"Choose methods among {', '.join(METHODS)}.")
    layer = settings["layer"]
    if layer not in card.layer_names or len(card.layer(layer).shape) != 3:
        raise ValueError(f"{card.name} has no layer with feature maps called {layer!r}.")
    for name, allowed in (("samples", SAMPLES), ("seed", range(2**31))):
        if type(settings[name]) is not int or settings[name] not in allowed:
            raise ValueError(f"{name} must be a whole number from {allowed[0]} to {allowed[-1]}.")
    picture = settings.get("picture")
    if not isinstance(picture, np.ndarray) or picture.shape != card.input_shape or not np.isfinite(picture).all():
        raise ValueError(f"{card.name} takes a picture of shape {card.input_shape} for its attribution.")
    return {
        "network": card.name,
        "picture": np.ascontiguousarray(picture, np.float32),
        "target": targets.describe(target),
        "methods": [method for method in METHODS if method in methods],
        "layer": layer,
        "samples": settings["samples"],
        "seed": settings["seed"],
    }


def _shape(card: ModelCard, target: targets.Target) -> tuple[int, ...]:
    name = card.layer_names[-1] if target.layer == targets.LOGITS else target.layer
    if name not in card.layer_names:
        raise ValueError(f"{card.name} has no layer called {name!r}.")
    return card.layer(name).shape


def run(model, settings: dict[str, Any], report: Report) -> dict[str, Any]:
    """Each method's map by its name, float32 `(height, width)` of the input or of the layer; and plain values:
    "score", the target's, and of integrated gradients "difference", "error", "steps" as `attribution.Integrated`.

    Empty where the report said to stop.
    """
    from explain.gradients import attribution

    network = attribution.Differentiable(model, BATCH[settings["network"]])
    picture, target = settings["picture"], targets.parse(settings["target"])
    result: dict[str, Any] = {"score": float(network.score(picture[None], target)[0])}
    done = 0.0
    for method, share in zip(settings["methods"], _shares(settings["methods"]), strict=True):
        found, values = _one(network, method, settings, target, _progress(report, done, share))
        done += share
        if found is None or report(min(100, round(done)), 100) is False:
            return {}
        result |= {method: found.astype(np.float32), **values}
    return result


def _one(network, method: str, settings: dict[str, Any], target: targets.Target, on_step):
    """A method's map `(height, width)`, None where stopped, and the plain values that belong to it."""
    from explain.gradients import attribution

    picture = settings["picture"]
    ground = cam.background(picture) if settings["network"] == "crnn" else 0.0  # zero is ImageNet's mean colour
    if method in LAYER_METHODS:
        return LAYER_METHODS[method](*network.layer_gradient(picture, target, settings["layer"])), {}
    if method == "integrated_gradients":
        whole = attribution.integrated_gradients(network, picture, target, ground, on_step=on_step)
        if whole is None:
            return None, {}
        return attribution.flat(whole.map), {
            "difference": whole.difference,
            "error": whole.error,
            "steps": whole.steps,
        }
    if method == "smooth_grad":
        found = attribution.smooth_grad(
            network, picture, target, settings["samples"], seed=settings["seed"], on_step=on_step
        )
    elif method == "gradient_times_input":
        found = attribution.gradient_times_input(network, picture, target, ground)
    else:
        found = getattr(attribution, method)(network, picture, target)
    return None if found is None else attribution.flat(found, absolute=method in ABSOLUTE), {}


def _shares(methods: list[str]) -> list[int]:
    """How much of the work each method is, in hundredths; a pass a method but for those that take many."""
    passes = [{"smooth_grad": 32, "integrated_gradients": 128}.get(method, 2) for method in methods]
    return [max(1, round(100 * count / sum(passes))) for count in passes]


def _progress(report: Report, done: float, share: float) -> Callable[[int, int], bool]:
    def on_step(step: int, steps: int) -> bool:
        return report(min(99, int(done + share * step / steps)), 100)

    return on_step
