"""Class visualisation: a picture that a class of the network answers to as strongly as a photograph-like picture can.

Activation maximisation (Erhan et al., *Visualizing Higher-Layer Features of a Deep Network*, 2009; Simonyan, Vedaldi,
Zisserman, *Deep Inside Convolutional Networks*, 2014, https://arxiv.org/abs/1312.6034) by gradient ascent. Four parts
that know nothing of each other: `objectives`, `parametrisation`, `transforms`, and the loop here. Begun small, where a
step is cheap and large forms are found, and ended at full size.

Importing this module does not import TensorFlow; `dream` does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from explain.gradients import objectives, transforms
from explain.gradients.parametrisation import Fourier
from models.vgg16 import MEAN_BGR, statistics

STEPS = range(2, 1001)
SIZES = range(48, 321)
PREVIEW_EVERY = 4  # steps


@dataclass(frozen=True)
class Recipe:
    """How pictures are made; the names are those of the parts' own settings.

    stages: for each stage its share of the final size and its share of the steps.
    rate: step length in units of the coefficients' normal spread; it falls along half a cosine in the last stage.
    natural, smooth: weights of the penalties against the logit.
    jitter: share of the size.
    """

    stages: tuple[tuple[float, float], ...] = ((0.6, 0.55), (1.0, 0.45))
    start: float = 0.2
    rate: float = 0.06
    decay: float = 1.2
    low_pass: float = 0.3
    natural: float = 2.0
    smooth: float = 0.0
    jitter: float = 0.08
    scale: tuple[float, float] = (0.9, 1.1)
    degrees: float = 5.0
    noise: float = 0.0
    layers: tuple[str, ...] = ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3")


PRESETS = {"calm": Recipe(), "plain": Recipe(natural=0.0)}


@dataclass(frozen=True)
class DreamSettings:
    """What to visualise. The same settings make the same picture.

    network: name of the card; class_index: unit of its last layer; seed: of the first cloud and of the transforms.
    steps: of gradient ascent, in all. size: pixels of the picture's side. preset: one of `PRESETS`.
    Raises ValueError with one sentence for values out of range.
    """

    network: str = "vgg16-cam"
    class_index: int = 0
    seed: int = 0
    steps: int = 56
    size: int = 128
    preset: str = "calm"

    def __post_init__(self) -> None:
        for name, allowed in (("steps", STEPS), ("size", SIZES), ("seed", range(2**31))):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
                raise ValueError(f"{name} must be a whole number from {allowed[0]} to {allowed[-1]}, not {value!r}.")
        if self.preset not in PRESETS:
            raise ValueError(f"There is no preset {self.preset!r}; choose one of {', '.join(PRESETS)}.")


@dataclass(frozen=True)
class DreamResult:
    """picture: uint8 `(size, size, 3)`; logit, probability: the class's, on a plain pass over that picture; steps: done
    until the end or the stop; seconds: all of it, tracing included."""

    picture: np.ndarray
    logit: float
    probability: float
    steps: int
    seconds: float


OnStep = Callable[[int, int, np.ndarray | None, float], bool]  # (step, steps, picture, score); False stops


def dream(model, settings: DreamSettings, on_step: OnStep | None = None) -> DreamResult:
    """Visualises one class with a Keras model as `models.vgg16` builds it, with or without the softmax."""
    return dream_many(model, [settings.class_index], settings, on_step)[0]


def dream_many(
    model, classes: Sequence[int], settings: DreamSettings, on_step: OnStep | None = None, recipe: Recipe | None = None
) -> list[DreamResult]:
    """Visualises several classes side by side with the same seed; on_step is shown the first picture and mean score."""
    import tensorflow as tf

    began = time.perf_counter()
    recipe = recipe or PRESETS[settings.preset]
    on_step = on_step or (lambda *_: True)
    classes = tf.constant(list(classes), tf.int32)
    coefficients, paint, done, going = None, None, 0, True
    for image, count, last in _stages(recipe, settings):
        coefficients = (
            image.start(settings.seed, recipe.start, len(classes))
            if paint is None
            else paint.grown(coefficients, image)
        )
        paint = image
        climb, show = _compiled(model, image, recipe)
        state = (tf.constant(coefficients), tf.zeros_like(coefficients), tf.zeros_like(coefficients))
        for step in range(1, count + 1):
            rate = recipe.rate * _schedule(step, count, last)
            *state, score = climb(
                *state, classes, tf.constant([settings.seed, done]), tf.constant(float(step)), tf.constant(rate)
            )
            done += 1
            shown = done % PREVIEW_EVERY == 0 or done == settings.steps
            preview = _bytes(show(state[0]))[0] if shown else None
            going = on_step(done, settings.steps, preview, float(np.mean(score))) is not False
            if not going:
                break
        coefficients = np.asarray(state[0])
        if not going:
            break
    return _results(model, _bytes(show(state[0])), classes, done, began)


def _stages(recipe: Recipe, settings: DreamSettings):
    """(image parametrisation, steps, is it the last) of each stage; the last one takes the steps that are left."""
    left = settings.steps
    for position, (size_share, step_share) in enumerate(recipe.stages, start=1):
        last = position == len(recipe.stages)
        size = settings.size if last else max(32, 2 * round(size_share * settings.size / 2))
        count = left if last else min(left - 1, round(step_share * settings.steps))
        left -= count
        if count:
            yield Fourier(size, recipe.decay, recipe.low_pass), count, last


def _schedule(step: int, steps: int, last: bool) -> float:
    """Share of the full rate: up over the first steps of a stage, since Adam knows nothing yet; down over the last."""
    rise = min(1.0, step / 5)
    fall = 0.5 * (1 + np.cos(np.pi * step / (steps + 1))) if last else 1.0
    return float(rise * fall)


@lru_cache(maxsize=4)  # tracing a stage takes a second or two; two stages of two sizes are kept
def _compiled(model, image: Fourier, recipe: Recipe):
    """(one step of ascent, the picture of coefficients) as TensorFlow functions for one stage.

    The step takes coefficients, both moments of Adam, classes, a seed, the step's number in its stage and the rate, and
    returns the new coefficients and moments and the objective `(batch,)` before it.
    """
    import tensorflow as tf

    respond = _responses(model, recipe.layers if recipe.natural else ())
    usual = statistics()
    objective = objectives.weighted(
        (1.0, objectives.class_logit()),
        (-recipe.natural, objectives.unnatural({layer: usual[layer] for layer in recipe.layers})),
        (-recipe.smooth, objectives.roughness()),
    )
    change = transforms.chain(
        transforms.move(recipe.jitter * image.size, recipe.scale, recipe.degrees), transforms.noise(recipe.noise)
    )

    @tf.function
    def climb(coefficients, first, second, classes, seed, step, rate):
        with tf.GradientTape() as tape:
            tape.watch(coefficients)
            picture = image.pictures(coefficients)
            responses = respond(change(picture, seed))
            values = objective({**responses, "picture": picture}, classes)
            total = tf.reduce_sum(values)
        gradient = tape.gradient(total, coefficients)
        # each picture's gradient at length 1 a coefficient: classes differ much in how steep they are
        gradient /= tf.sqrt(tf.reduce_mean(tf.square(gradient), (1, 2, 3, 4), keepdims=True)) + 1e-12
        first = 0.9 * first + 0.1 * gradient
        second = 0.99 * second + 0.01 * tf.square(gradient)
        ascent = first / (1 - 0.9**step) / (tf.sqrt(second / (1 - 0.99**step)) + 1e-6)
        logits = tf.gather(responses["logits"], classes, batch_dims=1)
        return coefficients + rate * ascent, first, second, logits

    return climb, tf.function(image.pictures)


def _responses(model, layers: Sequence[str]):
    """A function from RGB in [0, 1] to the outputs of these layers and the logits, Keras's preprocessing included."""
    import keras
    import tensorflow as tf

    head = model.get_layer("predictions")
    inner = keras.Model(
        model.input, {**{layer: model.get_layer(layer).output for layer in layers}, "features": head.input}
    )
    fixed = model.input_shape[1:3]

    def respond(pictures):
        if None not in fixed:
            pictures = tf.image.resize(pictures, fixed)
        outputs = inner(pictures[..., ::-1] * 255.0 - tf.constant(MEAN_BGR), training=False)
        return {**outputs, "logits": tf.matmul(outputs["features"], head.kernel) + head.bias}

    return respond


def _bytes(pictures) -> np.ndarray:
    return np.rint(np.asarray(pictures) * 255).astype(np.uint8)


def _results(model, pictures: np.ndarray, classes, steps: int, began: float) -> list[DreamResult]:
    import tensorflow as tf

    logits = _responses(model, ())(tf.constant(pictures, tf.float32) / 255.0)["logits"]
    chances = tf.nn.softmax(logits).numpy()
    seconds = time.perf_counter() - began
    return [
        DreamResult(picture, float(logits[row, unit]), float(chances[row, unit]), steps, seconds)
        for row, (picture, unit) in enumerate(zip(pictures, np.asarray(classes), strict=True))
    ]
