"""What gradient ascent raises: one number a picture, from what the network answers and from the picture itself.

An objective is an object with

    layers              names of the layers it reads; "picture" is the picture itself, `(batch, height, width, channel)`
    fed(share)          a list of arrays that `__call__` is handed as tensors; share in [0, 1) is how much of the run
                        is over, for what changes on the way
    __call__(responses, fed)    `(batch,)`: responses is a dict of tensors by layer name

Two objectives that compare equal share one traced function, whatever they are fed: what may differ between runs at no
cost (which class, which channel) is fed, what changes the computation is compared. Nothing here knows how pictures are
made or moved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from explain.attribution.targets import Channel, ClassLogit, Target, Unit
from explain.gradients.network import target_scores as differentiable
from explain.gradients.network.activations import PICTURE, leaky_name

PHOTOGRAPH_ROUGHNESS = 0.008  # measured on 200 pictures of Tiny ImageNet at 128 x 128


class Objective(Protocol):
    layers: tuple[str, ...]

    def fed(self, share: float) -> list[np.ndarray]: ...

    def __call__(self, responses, fed): ...


@dataclass(frozen=True)
class Score:
    """The number of a target of `explain.attribution.targets`, by `target_scores.score`; made by `score`.

    patterns: the targets with what is fed set to zero; one for all pictures, or one for each.
    places: what is fed: the class, the channel, or the unit's place as shares of the layer's extent.
    """

    patterns: tuple[Target, ...]
    places: tuple[tuple[float, ...], ...] = field(default=(), compare=False)

    @property
    def layers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(pattern.layer for pattern in self.patterns))

    def fed(self, share: float) -> list[np.ndarray]:
        return [np.array(self.places, np.float32)]

    def __call__(self, responses, fed):
        import tensorflow as tf

        first = self.patterns[0]
        if self.places:
            values = responses[first.layer]
            places = tf.broadcast_to(fed[0], [tf.shape(values)[0], fed[0].shape[1]])
            return differentiable.score(first, {first.layer: _picked(first, values, places)})
        if len(self.patterns) == 1:
            return differentiable.score(first, responses)
        parts = [
            differentiable.score(pattern, {pattern.layer: responses[pattern.layer][row : row + 1]})
            for row, pattern in enumerate(self.patterns)
        ]
        return tf.concat(parts, 0)


def score(targets: Target | Sequence[Target], shapes: Mapping[str, Sequence[int]] | None = None) -> Score:
    """The objective of a target, or of one target for each picture.

    shapes: the layers' output shapes, without the batch, at the size of picture for which the place of a `Unit` is
        told; where the picture has another size, the place is carried over in proportion.
    A class, a channel and a unit of one layer share a trace with all others of it.
    """
    targets = tuple(targets) if isinstance(targets, Sequence) else (targets,)
    first = targets[0]
    alike = all(type(target) is type(first) and target.layer == first.layer for target in targets)
    if alike and isinstance(first, ClassLogit):
        return Score((ClassLogit(0),), tuple((float(target.unit),) for target in targets))
    if alike and isinstance(first, Channel):
        return Score((replace(first, channel=0),), tuple((float(target.channel),) for target in targets))
    if alike and isinstance(first, Unit) and shapes and first.layer in shapes:
        shape = shapes[first.layer]
        shares = [[(at + 0.5) / extent for at, extent in zip(one.place, shape, strict=True)] for one in targets]
        return Score((Unit(first.layer, (0,)),), tuple(map(tuple, shares)))
    return Score(tuple(dict.fromkeys(targets)) if len(set(targets)) == 1 else targets)


def _picked(target: Target, values, places):
    """Of a layer's output, what the target reads, as an output of which it reads number 0."""
    import tensorflow as tf

    if isinstance(target, Unit):
        extents = tf.shape(values)[1:]
        index = tf.cast(places * tf.cast(extents, tf.float32), tf.int32)
        return tf.gather_nd(values, index, batch_dims=1)[:, None]
    channels = values.shape[-1]
    wanted = tf.one_hot(tf.cast(places, tf.int32), channels, axis=1)  # (batch, channel, 1)
    picked = tf.matmul(tf.reshape(values, [tf.shape(values)[0], -1, channels]), wanted)
    return picked[:, 0] if isinstance(target, ClassLogit) else picked


@dataclass(frozen=True)
class Unnatural:
    """How far the channels' means and standard deviations over the picture lie from those of photographs.

    statistics: for each layer, `(2, 2, channel)`: the average over photographs of [mean, standard deviation] of each
        channel, then how much it varies from photograph to photograph. A photograph scores about 1, whatever its class.
    After Yin et al., *Dreaming to Distill* (DeepInversion), 2020, https://arxiv.org/abs/1912.08795, who take the
    statistics from batch normalisation, which not every network has.
    """

    layers: tuple[str, ...]
    statistics: Mapping[str, np.ndarray] = field(compare=False)

    def fed(self, share: float) -> list[np.ndarray]:
        return [self.statistics[layer] for layer in self.layers]

    def __call__(self, responses, fed):
        import tensorflow as tf

        distances = []
        for layer, numbers in zip(self.layers, fed, strict=True):
            usual, varies = numbers[0], numbers[1]
            mean, variance = tf.nn.moments(responses[layer], (1, 2))
            found = tf.stack([mean, tf.sqrt(variance + 1e-2)], axis=1)
            # a channel that hardly ever varies must not decide alone
            floor = 0.1 * tf.reduce_mean(varies, axis=1, keepdims=True)
            distances.append(tf.reduce_mean(tf.square((found - usual) / (varies + floor)), (1, 2)))
        return tf.add_n(distances) / len(distances)


@dataclass(frozen=True)
class Alike:
    """How much a picture resembles the others of its batch: the mean cosine of the layer's Gram matrices, 0 to 1.

    Take it off to have different pictures of one thing: the diversity term of Olah, Mordvintsev, Schubert, *Feature
    Visualization*, 2017, https://distill.pub/2017/feature-visualization. 0 for a picture alone.
    """

    layer: str

    @property
    def layers(self) -> tuple[str, ...]:
        return (self.layer,)

    def fed(self, share: float) -> list[np.ndarray]:
        return []

    def __call__(self, responses, fed):
        import tensorflow as tf

        values = responses[self.layer]
        count, channels = tf.shape(values)[0], values.shape[-1]
        places = tf.reshape(values, [count, -1, channels])
        grams = tf.reshape(tf.matmul(places, places, transpose_a=True), [count, -1])
        cosines = tf.matmul(*[tf.math.l2_normalize(grams, axis=1, epsilon=1e-10)] * 2, transpose_b=True)
        others = tf.cast(tf.maximum(count - 1, 1), tf.float32)
        return tf.reduce_sum(tf.linalg.set_diag(cosines, tf.zeros_like(cosines[:, 0])), 1) / others


@dataclass(frozen=True)
class Roughness:
    """Mean squared difference of neighbouring pixels (total variation, squared) over a photograph's, `usual`."""

    usual: float = PHOTOGRAPH_ROUGHNESS
    layers: tuple[str, ...] = (PICTURE,)

    def fed(self, share: float) -> list[np.ndarray]:
        return []

    def __call__(self, responses, fed):
        import tensorflow as tf

        picture = responses[PICTURE]
        down, right = picture[:, 1:] - picture[:, :-1], picture[:, :, 1:] - picture[:, :, :-1]
        square = tf.reduce_mean(tf.square(down), (1, 2, 3)) + tf.reduce_mean(tf.square(right), (1, 2, 3))
        return square / self.usual


@dataclass(frozen=True)
class Norm:
    """The p-norm of the picture's values in 0 to 255, divided by their number, as keras-vis 0.4 has it.

    Keeps single pixels from running away. https://github.com/raghakot/keras-vis, MIT.
    """

    power: float = 6.0
    layers: tuple[str, ...] = (PICTURE,)

    def fed(self, share: float) -> list[np.ndarray]:
        return []

    def __call__(self, responses, fed):
        import tensorflow as tf

        values = tf.abs(responses[PICTURE]) * 255.0
        largest = tf.reduce_max(values, (1, 2, 3), keepdims=True) + 1e-6  # the sixth power overflows float32 otherwise
        mean = tf.reduce_mean(tf.pow(values / largest, self.power), (1, 2, 3))
        number = tf.cast(tf.reduce_prod(tf.shape(values)[1:]), tf.float32)
        return largest[:, 0, 0, 0] * tf.pow(mean * number + 1e-12, 1 / self.power) / number


@dataclass(frozen=True)
class Term:
    """An objective and its weight; a negative weight makes a penalty.

    weight: a number, or a function from the share of the run that is over, [0, 1), to a number.
    """

    weight: float | Callable[[float], float] = field(compare=False)
    objective: Objective

    def at(self, share: float) -> float:
        return float(self.weight(share) if callable(self.weight) else self.weight)


@dataclass(frozen=True)
class Weighted:
    """The sum of terms, each times its weight. The first is the one that is reported as the score."""

    terms: tuple[Term, ...]

    @property
    def layers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(layer for term in self.terms for layer in term.objective.layers))

    def fed(self, share: float) -> list[np.ndarray]:
        weights = np.array([term.at(share) for term in self.terms], np.float32)
        return [weights, *(array for term in self.terms for array in term.objective.fed(share))]

    def __call__(self, responses, fed):
        return self.parts(responses, fed)[0]

    def parts(self, responses, fed):
        """(the sum, the first term's number without its weight), each `(batch,)`.

        The first term is given the layers that have a leak with it, the penalties as they are.
        """
        total, first, position = 0.0, None, 1
        leaky = {name: responses[leaky_name(name)] for name in responses if leaky_name(name) in responses}
        for number, term in enumerate(self.terms):
            count = len(term.objective.fed(0.0))
            given = {**responses, **leaky} if number == 0 else responses
            value = term.objective(given, fed[position : position + count])
            position += count
            total = total + fed[0][number] * value
            first = value if first is None else first
        return total, first


def weighted(*terms: tuple[float | Callable[[float], float], Objective]) -> Weighted:
    """`weighted((1.0, score(target)), (-2.0, penalty))`; a weight of exactly zero leaves its term out."""
    return Weighted(tuple(Term(weight, one) for weight, one in terms if callable(weight) or weight))
