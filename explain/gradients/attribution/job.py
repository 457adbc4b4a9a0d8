"""The job "attribute": several methods of `explain.gradients.attribution.methods` on one picture and one target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explain.attribution import cam, targets
from explain.gradients.kinds import Kind, Report, check_whole, refusing
from explain.gradients.network import models
from explain.gradients.worker.dependencies import sources
from explain.network.description import Description, describe
from explain.network.head import CTC
from models.card import Card
from models.networks import CARDS

if TYPE_CHECKING:
    from explain.gradients.network.function import NetworkFunction

INPUT_METHODS = ("saliency", "gradient_times_input", "guided_backpropagation", "smooth_grad", "integrated_gradients")
LAYER_METHODS = {"grad_cam": cam.grad_cam, "grad_cam_plus_plus": cam.grad_cam_plus_plus, "layer_cam": cam.layer_cam}
METHODS = (*INPUT_METHODS, *LAYER_METHODS)
ABSOLUTE = ("saliency", "smooth_grad")  # of these the papers show the magnitude, the largest over the channels
# of all pictures that are worked on at once, and how many at most: a few hundred megabytes
PIXELS_AT_ONCE, PICTURES_AT_ONCE = 4 * 224 * 224, 16
SAMPLES = range(1, 257)
DEFAULT = next(iter(CARDS))


def check(settings: dict[str, Any], network: Card | Description) -> dict[str, Any]:
    """The settings in full; raises ValueError, in one sentence, for what cannot be done.

    picture: `(height, width, channel)` float32 as the network takes it. target: as
    `explain.attribution.targets.describe` tells it.
    methods: of `METHODS`, by default all. layers: whose feature maps are weighted, by default every convolution.
    samples: of SmoothGrad. seed: of its noise.
    """
    card = describe(network)
    convolutions = [layer.name for layer in card.of_kind("conv") if len(layer.shape) == 3]
    defaults = {"methods": list(METHODS), "layers": convolutions, "samples": 16, "seed": 0}
    known = ("network", "picture", "target", *defaults)
    if unknown := sorted(set(settings) - set(known)):
        raise ValueError(f"An attribution has no setting {unknown[0]!r}; it has {', '.join(known)}.")
    settings = {**defaults, **settings}
    picture, target = explained(card, settings)
    methods = settings["methods"]
    if not isinstance(methods, list | tuple) or not methods or not set(methods) <= set(METHODS):
        raise ValueError(f"Choose methods among {', '.join(METHODS)}.")
    layers = settings["layers"]
    if not isinstance(layers, list | tuple) or not layers or not set(layers) <= set(convolutions):
        raise ValueError(f"Choose layers among {', '.join(convolutions)}.")
    for name, allowed in (("samples", SAMPLES), ("seed", range(2**31))):
        check_whole(name, settings[name], allowed)
    return {
        "network": card.name,
        "picture": picture,
        "target": targets.describe(target),
        "methods": [method for method in METHODS if method in methods],
        "layers": [layer for layer in convolutions if layer in layers],
        "samples": settings["samples"],
        "seed": settings["seed"],
    }


def explained(card: Description, settings: dict[str, Any]) -> tuple[np.ndarray, targets.Target]:
    """The picture, as float32, and the target of some settings; raises ValueError, in one sentence, where the network
    does not take the one or does not have the other."""
    target = targets.parse(settings.get("target"))
    targets.check(target, _shape(card, target))
    picture = settings.get("picture")
    if not isinstance(picture, np.ndarray) or not _takes(card, picture) or not np.isfinite(picture).all():
        raise ValueError(f"{card.name} takes a picture of shape {card.input_shape} for its attribution.")
    return np.ascontiguousarray(picture, np.float32), target


def _takes(card: Description, picture: np.ndarray) -> bool:
    lengths = card.input_shape
    return len(lengths) == picture.ndim and all(
        wanted in (None, length) for wanted, length in zip(lengths, picture.shape, strict=True)
    )


def _shape(card: Description, target: targets.Target) -> tuple[int, ...]:
    name = card.layer_names[-1] if target.layer == targets.LOGITS else target.layer
    if name not in card.layer_names:
        raise ValueError(f"{card.name} has no layer called {name!r}.")
    return card.layer(name).shape


def at_once(card: Description, picture: np.ndarray) -> int:
    """How many pictures of that size are worked on at once."""
    height, width, _ = picture.shape
    return card.batch or min(PICTURES_AT_ONCE, max(1, PIXELS_AT_ONCE // (height * width)))


def baseline(card: Description, picture: np.ndarray) -> np.ndarray | float:
    """What a picture is held against: the paper that a text stands on, and otherwise zero, the mean colour where the
    network's preprocessing takes one away."""
    return cam.background(picture) if card.head.kind == CTC else 0.0


def run(function: NetworkFunction, settings: dict[str, Any], report: Report) -> dict[str, Any]:
    """Each method's map, float32 `(height, width)`: of the input by the method's name, of a layer by `name_at`.
    Plain values: "score", the target's, and of integrated gradients "difference", "error", "steps" as in
    `attribution.Integrated`.

    Empty where the report said to stop.
    """
    from explain.gradients.attribution import methods as attribution_methods

    picture, target = settings["picture"], targets.parse(settings["target"])
    network = attribution_methods.Differentiable(function, at_once(function.description, picture))
    result: dict[str, Any] = {"score": float(network.score(picture[None], target)[0])}
    # one pass back serves all methods that weigh a layer's feature maps
    at_layers = lru_cache(lambda: network.layer_gradients(picture, target, settings["layers"]))
    done = 0.0
    for method, share in zip(settings["methods"], _shares(settings["methods"]), strict=True):
        on_step = progress(report, done, share, _passes(method))
        if method in LAYER_METHODS:
            weigh = LAYER_METHODS[method]
            found = {name_at(method, layer): weigh(*pair).astype(np.float32) for layer, pair in at_layers().items()}
        else:
            found = _of_input(network, method, settings, target, on_step)
        done += share
        if not found or report(min(100, round(done)), 100) is False:
            return {}
        result |= found
    return result


def name_at(method: str, layer: str) -> str:
    """Under which name the result has a layer's map by a method of `LAYER_METHODS`."""
    return f"{method} at {layer}"


def _of_input(network, method: str, settings: dict[str, Any], target: targets.Target, on_step) -> dict[str, Any]:
    """What a method of `INPUT_METHODS` adds to the result; nothing where it was stopped."""
    from explain.gradients.attribution import methods as attribution_methods

    picture = settings["picture"]
    ground = baseline(network.function.description, picture)
    values: dict[str, Any] = {}
    if method == "integrated_gradients":
        whole = attribution_methods.integrated_gradients(network, picture, target, ground, on_step=on_step)
        found = whole and whole.map
        values = whole and {"difference": whole.difference, "error": whole.error, "steps": whole.steps}
    elif method == "smooth_grad":
        found = attribution_methods.smooth_grad(
            network, picture, target, settings["samples"], seed=settings["seed"], on_step=on_step
        )
    elif method == "gradient_times_input":
        found = attribution_methods.gradient_times_input(network, picture, target, ground)
    else:
        found = getattr(attribution_methods, method)(network, picture, target)
    if found is None:
        return {}
    return {method: attribution_methods.flat(found, absolute=method in ABSOLUTE).astype(np.float32), **values}


def _passes(method: str) -> int:
    """About how many passes a method takes on a word."""
    return {"smooth_grad": 16, "integrated_gradients": 64}.get(method, 2)


def _shares(methods: list[str]) -> list[float]:
    """How much of the work each method is, in hundredths."""
    passes = [_passes(method) for method in methods]
    return [100 * count / sum(passes) for count in passes]


def progress(report: Report, done: float, share: float, passes: int) -> Callable[[int, int], bool]:
    """What a method tells its steps to; never goes back where more of them turn out to be needed."""
    reached = done

    def on_step(step: int, steps: int) -> bool:
        nonlocal reached
        reached = max(reached, done + share * step / max(steps, passes))
        return report(min(99, int(reached)), 100)

    return on_step


def kind(
    run: Callable[[NetworkFunction, dict[str, Any], Report], dict[str, Any]],
    check: Callable[[dict[str, Any], Description], dict[str, Any]],
    module: str,
) -> Kind:
    """A job that explains a target of the network that its settings name. module: the job's; a result depends on the
    network and on the code that it can import."""

    @refusing
    def checked(settings: dict[str, Any]) -> dict[str, Any]:
        card = models.network(settings.get("network", DEFAULT))
        return check({**settings, "network": card.name}, card)

    def files(settings: dict[str, Any]) -> Sequence[Path]:
        return [*models.files(settings["network"]), *sources(module)]

    return Kind(models.on_network(run, checked), checked, files)


KIND = kind(run, check, __name__)
