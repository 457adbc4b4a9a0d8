"""Activation maximisation: gradient ascent on a picture, for any network, objective, parametrisation and transform.

D. Erhan, Y. Bengio, A. Courville, P. Vincent, *Visualizing Higher-Layer Features of a Deep Network*, 2009; K. Simonyan,
A. Vedaldi, A. Zisserman, *Deep Inside Convolutional Networks*, 2014, https://arxiv.org/abs/1312.6034. Four parts that
know nothing of each other: what is raised (`objectives`), what is moved (`parametrisation`), what the picture must
survive (`transforms`), and the loop here, with its step rule (`optimisers`). For example, a channel of a convolution:

    network = Responses(NetworkFunction("network.onnx"))        # any ONNX file that takes pictures
    target = explain.attribution.targets.Channel("block4_conv1", 7)         # any target of explain.attribution.targets
    objective = weighted((1.0, score(target)), (-0.5, Roughness()))
    stages = [Stage(Fourier(96), 30), Stage(Fourier(160), 30, settle=1.0)]
    found = ascend(network, objective, stages, Rule(transform=Move(share=0.1)), seeds=[1, 2, 3])
    found.pictures, found.scores                                # (3, 160, 160, 3) uint8, and the plain pass's numbers

One's own objective, parametrisation or transform needs only the methods told at the top of those modules. All parts
compare by value, so that the same parts run the same traced function again: tracing takes a second or two.

Importing this module does not import TensorFlow; calling it does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from explain.gradients.network.activations import PICTURE, Responses
from explain.gradients.visualisation.objectives import Objective, Term, Weighted
from explain.gradients.visualisation.optimisers import Adam
from explain.gradients.visualisation.transforms import Chain

# (step, steps, pictures or None, scores): pictures uint8 `(batch, height, width, channel)`, scores `(batch,)` as the
# network saw the transformed pictures before the step. False stops.
OnStep = Callable[[int, int, "np.ndarray | None", np.ndarray], "bool | None"]
RISE = 5  # steps until the full rate at the beginning of a stage, since the optimiser knows nothing yet


@dataclass(frozen=True)
class Stage:
    """A part of the run. Small pictures first: a step is cheap there, and large forms are found.

    image: the parametrisation at this stage's size. steps: how many. rate: a factor on the rule's.
    settle: over this share of the stage, its end, the rate falls to zero along half a cosine, as is good for the last.
    transform: in place of the rule's.
    """

    image: Any
    steps: int
    rate: float = 1.0
    settle: float = 0.0
    transform: Any = None

    def rate_at(self, step: int) -> float:
        """Share of the rule's rate for the step, counted from 1."""
        over = 1 - (1 - step / (self.steps + 1)) / self.settle if self.settle else 0.0
        fall = 0.5 * (1 + np.cos(np.pi * max(0.0, over)))
        return float(self.rate * min(1.0, step / RISE) * fall)


@dataclass(frozen=True)
class Rule:
    """How a picture is changed, step by step.

    rate: length of a step, in units of the coefficients with `optimisers.Adam`. start: spread of the first cloud.
    transform: of the picture before the network sees it. previews: a picture every so many steps.
    """

    rate: float = 0.06
    start: float = 0.2
    optimiser: Any = field(default_factory=Adam)
    transform: Any = field(default_factory=Chain)
    previews: int = 4


@dataclass(frozen=True)
class Ascent:
    """pictures: uint8 `(batch, height, width, channel)`. scores: float64 `(batch,)`, the objective's first term on a
    plain pass over those pictures. coefficients: what the last stage's parametrisation makes them of. steps: done."""

    pictures: np.ndarray
    scores: np.ndarray
    coefficients: np.ndarray
    steps: int


def ascend(
    network: Responses,
    objective: Objective,
    stages: Sequence[Stage],
    rule: Rule | None = None,
    seeds: Sequence[int] = (0,),
    on_step: OnStep | None = None,
    transform_seed: int | None = None,
) -> Ascent:
    """Raises the objective from noise, one picture for each seed, side by side.

    seeds: each picture's first cloud. transform_seed: of the transforms, the first of the seeds if not told. The same
        numbers make the same pictures.
    Raises ValueError where there are no stages, and what the parts raise.
    """
    import tensorflow as tf

    rule = rule or Rule()
    objective = as_weighted(objective)
    on_step = on_step or (lambda *_: True)
    total, done, going = sum(stage.steps for stage in stages), 0, True
    if not total or not len(seeds):
        raise ValueError("There must be at least one step and one seed.")
    drawn = int(seeds[0] if transform_seed is None else transform_seed)
    coefficients, before = None, None
    for stage in stages:
        if not stage.steps:
            continue
        image = stage.image
        coefficients = begun(image, seeds, rule.start) if before is None else before.grown(coefficients, image)
        transform = stage.transform or rule.transform
        climb, show = _compiled(network, objective, image, transform, rule.optimiser)
        coefficients, before = tf.constant(coefficients), image
        state = rule.optimiser.start(coefficients)
        for step in range(1, stage.steps + 1):
            fed = [tf.constant(array) for array in objective.fed(done / total)]
            seen = [tf.constant(array) for array in getattr(transform, "fed", _nothing)(done)]
            number, rate = tf.constant(float(step)), tf.constant(rule.rate * stage.rate_at(step))
            seed = tf.constant([drawn, done])
            coefficients, state, scores = climb(coefficients, state, fed, seen, seed, number, rate)
            done += 1
            shown = done % rule.previews == 0 or done == total
            preview = as_bytes(show(coefficients)) if shown else None
            going = on_step(done, total, preview, scores.numpy()) is not False
            if not going:
                break
        coefficients = np.asarray(coefficients)
        if not going:
            break
    pictures = as_bytes(show(coefficients))
    return Ascent(pictures, measure(network, objective, pictures), coefficients, done)


def _nothing(step: int) -> list[np.ndarray]:
    return []


def begun(image, seeds: Sequence[int], spread: float) -> np.ndarray:
    """The first coefficients: a cloud of its own for every seed."""
    if len(set(seeds)) == 1:
        return image.start(int(seeds[0]), spread, len(seeds))
    return np.concatenate([image.start(int(seed), spread, 1) for seed in seeds])


def as_weighted(objective: Objective) -> Weighted:
    return objective if isinstance(objective, Weighted) else Weighted((Term(1.0, objective),))


def measure(network: Responses, objective: Objective, pictures: np.ndarray) -> np.ndarray:
    """The objective's first term for finished pictures `(batch, height, width, channel)` uint8, float64 `(batch,)`.

    A plain pass: no transform, no leak.
    """
    import tensorflow as tf

    first = as_weighted(objective).terms[0].objective
    given = tf.constant(pictures, tf.float32) / 255.0
    responses = {**network.of(first.layers)(given), PICTURE: given}
    return np.asarray(first(responses, [tf.constant(array) for array in first.fed(1.0)]), np.float64)


def as_bytes(pictures) -> np.ndarray:
    """Pictures in [0, 1], what is outside clipped, as uint8."""
    return np.rint(np.clip(np.asarray(pictures), 0, 1) * 255).astype(np.uint8)


@lru_cache(maxsize=8)  # two stages each for the last few kinds of run
def _compiled(network: Responses, objective: Weighted, image, transform, optimiser):
    """(one step of ascent, the pictures of coefficients to be shown) as TensorFlow functions.

    The step takes coefficients, the optimiser's state, what objective and transform are fed, a seed, the step's number
    in its stage and the rate; it returns new coefficients and state, and the first term `(batch,)` before the step.
    """
    import tensorflow as tf

    respond = network.of(objective.layers, leaky=objective.terms[0].objective.layers)

    @tf.function(reduce_retracing=True, autograph=False)
    def climb(coefficients, state, fed, seen, seed, number, rate):
        with tf.GradientTape() as tape:
            tape.watch(coefficients)
            pictures = image.pictures(coefficients)
            responses = respond(transform(pictures, seed, *seen))
            values, first = objective.parts({**responses, PICTURE: pictures}, fed)
            total = tf.reduce_sum(values)
        gradient = tape.gradient(total, coefficients)
        change, state = optimiser.step(gradient, state, number, rate)
        return coefficients + change, state, first

    shown = getattr(image, "shown", image.pictures)
    return climb, tf.function(shown, reduce_retracing=True, autograph=False)
