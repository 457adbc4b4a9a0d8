"""The straight way from a baseline to a picture, with the outputs of layers and the target's gradient by them on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explain.attribution.targets import LOGITS, Target
from explain.gradients.attribution.methods import Differentiable
from explain.gradients.network import target_scores

Span = tuple[float, float]  # of the way: where a step begins and ends, from 0 at the baseline to 1 at the picture


@dataclass(frozen=True)
class Point:
    """A point of the way. share: how far it is from the baseline, 1 at the picture. picture: there. score: the target.
    values, gradients: by layer, its output and the target's gradient by it, without the batch."""

    share: float
    picture: np.ndarray
    score: float
    values: Mapping[str, np.ndarray]
    gradients: Mapping[str, np.ndarray]

    def apart(self) -> Point:
        """The same in memory of its own, so that the rest of its batch can go."""
        copies = ({name: one.copy() for name, one in all_.items()} for all_ in (self.values, self.gradients))
        return Point(self.share, self.picture, self.score, *copies)


class Way:
    """layers: those whose values are wanted, by name. The last layer's are what the target reads of it: those before
    its softmax where that is so."""

    def __init__(
        self,
        network: Differentiable,
        picture: np.ndarray,
        target: Target,
        baseline: np.ndarray | float,
        layers: Sequence[str],
    ):
        self.network, self.target, self.layers = network, target, tuple(layers)
        self.baseline = np.broadcast_to(np.asarray(baseline, np.float32), picture.shape)
        self.length = (picture - self.baseline).astype(np.float32)

    def tensor(self, layer: str) -> str:
        """Under which name the network's function has a layer's values."""
        last = layer == self.network.function.description.output.name
        return LOGITS if last and self.target.layer == LOGITS else layer

    def points(self, shares: Sequence[float]) -> Iterator[Point]:
        """The points at some shares of the way, a batch of them computed at a time."""
        for first in range(0, len(shares), self.network.batch):
            yield from self._batch(np.asarray(shares[first : first + self.network.batch]))

    def _batch(self, shares: np.ndarray) -> Iterator[Point]:
        import tensorflow as tf

        pictures = self.baseline + shares[:, None, None, None].astype(np.float32) * self.length
        names = [self.tensor(layer) for layer in self.layers]
        given = tf.constant(pictures)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(given)
            values = self.network.outputs(given, {*names, self.target.layer})
            scores = target_scores.score(self.target, values)
        gradients = tape.gradient(scores, [values[name] for name in names], unconnected_gradients="zero")
        del tape
        scores = scores.numpy()
        outputs = {layer: values[name].numpy() for layer, name in zip(self.layers, names, strict=True)}
        slopes = {layer: gradient.numpy() for layer, gradient in zip(self.layers, gradients, strict=True)}
        for number, share in enumerate(shares):
            yield Point(
                float(share),
                pictures[number],
                float(scores[number]),
                {layer: output[number] for layer, output in outputs.items()},
                {layer: slope[number] for layer, slope in slopes.items()},
            )

    def spans(self, spans: Sequence[Span]) -> Iterator[tuple[Point, Point]]:
        """Both ends of each span; spans that touch share a point. In order, as the spans have to be."""
        starts = dict(spans)
        before: Point | None = None
        for point in self.points(sorted({end for span in spans for end in span})):
            if before is not None and starts.get(before.share) == point.share:
                yield before, point
            before = point.apart()
