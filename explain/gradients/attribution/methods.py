"""Attribution by gradient: which pixels, or which places of a layer, a target of the network hangs on.

Every method takes a `Differentiable`, one picture and one target of `explain.attribution.targets`, and returns a map. A
map of the input has the picture's shape `(height, width, channel)`; `flat` sums the channels up. Importing this module
does not import TensorFlow; calling it does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from explain.attribution.targets import Target
from explain.gradients.network import target_scores

if TYPE_CHECKING:
    from explain.gradients.network.function import NetworkFunction

OnStep = Callable[[int, int], bool | None]  # (passes done, passes in all); False stops
FIRST_STEPS, MOST_STEPS = 15, 256  # of integrated gradients: 16 points are a batch; 257 of a photograph 155 MB
TOLERANCE, LOCAL_TOLERANCE = 0.02, 0.1
UNTRACED = 2  # gradients of one target before its pass is traced, which takes as long as some four passes


class Differentiable:
    """A network whose every layer, and the logits, can be differentiated with respect to the picture.

    batch: pictures at once, which bounds the memory. The first passes run eagerly; a target asked for again and again
    is traced, which the LSTMs' loops over the frames gain most from.
    """

    def __init__(self, function: NetworkFunction, batch: int = 16):
        self.function, self.batch = function, batch
        self._asked: Counter[Target] = Counter()
        self._traced: dict[Target, Callable] = {}
        self._sizes: dict[tuple, Sequence[int]] = {}
        self._single: tuple = (None, None)  # the last picture that was asked for alone, with its target, and the answer

    def outputs(self, pictures, layers: Iterable[str]) -> dict:
        """Tensors `(batch, ...)` by layer name; "logits" are the last layer's values before its softmax.

        pictures: tensor `(batch, height, width, channel)` as the network takes it. Raises TargetError, in one sentence,
        for a layer that the network does not have.
        """
        return self.function.outputs(pictures, layers)

    def guided(self) -> Differentiable:
        """The same network with the gradient of guided backpropagation at every Relu."""
        return Differentiable(self.function.guided(), self.batch)

    def score(self, pictures: np.ndarray, target: Target) -> np.ndarray:
        """The target for each picture, `(batch,)`."""
        import tensorflow as tf

        parts = np.array_split(pictures, -(-len(pictures) // self.batch))
        return np.concatenate(
            [
                target_scores.score(target, self.outputs(tf.constant(part, tf.float32), [target.layer])).numpy()
                for part in parts
            ]
        )

    def gradient(self, pictures: np.ndarray, target: Target) -> tuple[np.ndarray, np.ndarray]:
        """The target for each picture, `(batch,)`, and its gradient with respect to the picture, shaped like it."""
        if len(pictures) > 1:
            return self._gradient(pictures, target)
        asked = (target, pictures.tobytes(), pictures.shape)  # several methods begin with the gradient at the picture
        if self._single[0] != asked:
            self._single = asked, self._gradient(pictures, target)
        return self._single[1]

    def _gradient(self, pictures: np.ndarray, target: Target) -> tuple[np.ndarray, np.ndarray]:
        import tensorflow as tf

        self._asked[target] += 1
        if self._asked[target] <= UNTRACED:
            return self.untraced_gradient(pictures, target)
        if target not in self._traced:
            signature = [tf.TensorSpec((None, *pictures.shape[1:]), tf.float32)]
            work = partial(self._values_and_gradient, target)
            self._traced[target] = tf.function(work, input_signature=signature, autograph=False)
        values, gradient = self._traced[target](tf.constant(pictures, tf.float32))
        return values.numpy(), gradient.numpy()

    def untraced_gradient(self, pictures: np.ndarray, target: Target) -> tuple[np.ndarray, np.ndarray]:
        """As `gradient`, from the layers as they are at this moment, whatever was traced before."""
        import tensorflow as tf

        values, gradient = self._values_and_gradient(target, tf.constant(pictures, tf.float32))
        return values.numpy(), gradient.numpy()

    def _values_and_gradient(self, target: Target, pictures):
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(pictures)
            values = target_scores.score(target, {target.layer: self._of_known_size(pictures, target.layer)})
        return values, tape.gradient(values, pictures, unconnected_gradients="zero")

    def _of_known_size(self, pictures, layer: str):
        """A layer's output; while it is traced, its size is that which it had in the passes before."""
        import tensorflow as tf

        values = self.outputs(pictures, [layer])[layer]
        if tf.executing_eagerly():
            self._sizes[layer, pictures.shape[1:]] = values.shape[1:]
        elif size := self._sizes.get((layer, pictures.shape[1:])):
            values = tf.ensure_shape(values, [None, *size])
        return values

    def layer_gradients(
        self, picture: np.ndarray, target: Target, layers: Iterable[str]
    ) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """By layer, its output for one picture and the target's gradient with respect to it; no batch axis."""
        import tensorflow as tf

        layers = list(layers)
        pictures = tf.constant(picture[None], tf.float32)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(pictures)
            values = self.outputs(pictures, {*layers, target.layer})
            total = target_scores.score(target, values)
        gradients = tape.gradient(total, [values[layer] for layer in layers], unconnected_gradients="zero")
        return {
            layer: (values[layer].numpy()[0], gradient.numpy()[0])
            for layer, gradient in zip(layers, gradients, strict=True)
        }


def saliency(network: Differentiable, picture: np.ndarray, target: Target) -> np.ndarray:
    """The target's gradient with respect to every pixel; signed. Show its absolute value, as the paper does.

    **Ref.** K. Simonyan, A. Vedaldi, A. Zisserman, Deep Inside Convolutional Networks: Visualising Image Classification
    Models and Saliency Maps, 2013, https://arxiv.org/abs/1312.6034
    """
    return network.gradient(picture[None], target)[1][0]


def gradient_times_input(
    network: Differentiable, picture: np.ndarray, target: Target, baseline: np.ndarray | float = 0.0
) -> np.ndarray:
    """The gradient times how far the pixel is from the baseline: the first step of a Taylor series; signed.

    **Ref.** A. Shrikumar, P. Greenside, A. Shcherbina, A. Kundaje, Not Just a Black Box: Learning Important Features
    Through Propagating Activation Differences, 2016, https://arxiv.org/abs/1605.01713
    """
    return saliency(network, picture, target) * (picture - baseline)


def guided_backpropagation(network: Differentiable, picture: np.ndarray, target: Target) -> np.ndarray:
    """The gradient with every negative signal stopped at each ReLU on its way back; signed.

    **Ref.** J. T. Springenberg, A. Dosovitskiy, T. Brox, M. Riedmiller, Striving for Simplicity: The All Convolutional
    Net, 2014, https://arxiv.org/abs/1412.6806
    """
    return network.guided().untraced_gradient(picture[None], target)[1][0]


def smooth_grad(
    network: Differentiable,
    picture: np.ndarray,
    target: Target,
    samples: int = 16,
    spread: float = 0.1,
    seed: int = 0,
    on_step: OnStep | None = None,
) -> np.ndarray | None:
    """The mean gradient over noisy copies of the picture; signed. None where on_step stopped it.

    samples: how many copies. spread: the noise's standard deviation as a share of the picture's range.
    **Ref.** D. Smilkov, N. Thorat, B. Kim, F. Viégas, M. Wattenberg, SmoothGrad: removing noise by adding noise, 2017,
    https://arxiv.org/abs/1706.03825
    """
    random = np.random.default_rng(seed)
    deviation = spread * float(picture.max() - picture.min())
    total = np.zeros(picture.shape)
    for start in range(0, samples, network.batch):
        count = min(network.batch, samples - start)
        noisy = picture + deviation * random.standard_normal((count, *picture.shape))
        total += network.gradient(noisy, target)[1].sum(axis=0)
        if on_step is not None and on_step(start + count, samples) is False:
            return None
    return total / samples


@dataclass(frozen=True)
class Integrated:
    """map: as the picture, signed. difference: the target's value for the picture less that for the baseline, which
    the map should sum up to. error: by how much its sum fails to, as a share of it. steps: of the path."""

    map: np.ndarray
    difference: float
    error: float
    steps: int


def integrated_gradients(
    network: Differentiable,
    picture: np.ndarray,
    target: Target,
    baseline: np.ndarray | float = 0.0,
    steps: int = FIRST_STEPS,
    most_steps: int = MOST_STEPS,
    on_step: OnStep | None = None,
) -> Integrated | None:
    """The gradient along the straight way from the baseline to the picture, times the way; None where stopped.

    baseline: a picture, one value a channel, or a number, in the network's units. steps: the integral is a trapezoid
    sum; what each step of it should give is known, the difference of the target's values at its two ends. The steps
    that miss theirs by most are halved, a batch of them at a time, until the whole is missed by at most `TOLERANCE` of
    the difference and the steps' misses, whatever their signs, sum up to at most `LOCAL_TOLERANCE` of it, or until
    most_steps is reached; the error that is left is returned. The first steps are equal in the square root of the share
    of the way, so shorter near the baseline: there a faint picture becomes readable and the gradient changes most.
    **Ref.** M. Sundararajan, A. Taly, Q. Yan, Axiomatic Attribution for Deep Networks, ICML 2017,
    https://arxiv.org/abs/1703.01365
    """
    path = _Path(network, picture, target, baseline)
    new = (np.arange(steps + 1) / steps) ** 2
    while True:
        for start in range(0, len(new), network.batch):
            path.add(new[start : start + network.batch])
            left = max(0, len(new) - start - network.batch)
            if on_step is not None and on_step(len(path.shares), len(path.shares) + left) is False:
                return None
        misses = path.misses()
        difference = float(path.values[-1] - path.values[0])
        whole, each = np.abs([misses.sum(), np.abs(misses).sum()]) / max(abs(difference), 1e-12)
        if whole <= TOLERANCE and each <= LOCAL_TOLERANCE or len(misses) >= most_steps:
            return Integrated(path.map(), difference, float(whole), len(misses))
        worst = np.argsort(-np.abs(misses))[: min(network.batch, most_steps - len(misses))]
        new = np.sort(path.shares[worst] + path.shares[worst + 1]) / 2


class _Path:
    """Points on the straight way from a baseline to a picture, in order, with the target and its gradient there."""

    def __init__(self, network: Differentiable, picture: np.ndarray, target: Target, baseline: np.ndarray | float):
        self.network, self.target = network, target
        self.baseline = np.broadcast_to(np.asarray(baseline, np.float64), picture.shape)
        self.way = picture - self.baseline
        self.shares, self.values = np.empty(0), np.empty(0)
        self.gradients = np.empty((0, *picture.shape), np.float32)

    def add(self, shares: np.ndarray) -> None:
        pictures = self.baseline + shares[:, None, None, None] * self.way
        values, gradients = self.network.gradient(pictures, self.target)
        places = np.searchsorted(self.shares, shares)
        self.shares = np.insert(self.shares, places, shares)
        self.values = np.insert(self.values, places, values.astype(np.float64))
        self.gradients = np.insert(self.gradients, places, gradients, axis=0)

    def misses(self) -> np.ndarray:
        """By how much each step's trapezoid is off the difference of the target's values at its two ends."""
        slopes = np.tensordot(self.gradients, self.way, 3)
        return (slopes[1:] + slopes[:-1]) / 2 * np.diff(self.shares) - np.diff(self.values)

    def map(self) -> np.ndarray:
        """The trapezoid sum of the gradient over the way, times the way."""
        lengths = np.diff(self.shares)
        weights = (np.append(lengths, 0) + np.insert(lengths, 0, 0)) / 2
        return self.way * np.tensordot(weights, self.gradients, 1)


def flat(values: np.ndarray, absolute: bool = False) -> np.ndarray:
    """A map of the input `(height, width, channel)` as `(height, width)`: the channels' sum, or largest magnitude."""
    return np.abs(values).max(axis=-1) if absolute else values.sum(axis=-1)
