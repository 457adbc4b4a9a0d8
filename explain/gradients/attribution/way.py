"""The straight way from a baseline to a picture, with the outputs of layers and the target's gradient by them on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explain.attribution.targets import LOGITS, Target
from explain.gradients.attribution.methods import Differentiable
from explain.gradients.network import target_scores
from explain.network import paths

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

    def pictures(self, shares: Sequence[float]) -> np.ndarray:
        """The pictures at some shares of the way."""
        return self.baseline + np.asarray(shares, np.float32)[:, None, None, None] * self.length

    def points(self, shares: Sequence[float]) -> Iterator[Point]:
        """The points at some shares of the way, a batch of them computed at a time."""
        for first in range(0, len(shares), self.network.batch):
            yield from self._batch(shares[first : first + self.network.batch])

    def changed(self, point: Point, layer: str, outputs: np.ndarray) -> Iterator[dict[str, np.ndarray]]:
        """The target's gradients by layer, without the batch, where a layer puts out something else than at a point.

        layer: one that everything passes. outputs: with the batch, of which as many as the network works on at once are
        computed at a time. By the layer itself and by those behind it.
        """
        behind = [name for name in self.layers if layer in paths.before(self.network.function.description, name)]
        for first in range(0, len(outputs), self.network.batch):
            part = outputs[first : first + self.network.batch]
            pictures = np.broadcast_to(point.picture, (len(part), *point.picture.shape))
            _, _, slopes = self._pass(pictures, behind, {self.tensor(layer): part})
            yield from ({name: slope[number] for name, slope in slopes.items()} for number in range(len(part)))

    def _pass(
        self, pictures: np.ndarray, layers: Sequence[str], given: Mapping[str, np.ndarray]
    ) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, np.ndarray]]:
        """The target for some pictures, and by layer its outputs and the target's gradient by them. given: tensors that
        are not computed, by name."""
        import tensorflow as tf

        names = [self.tensor(layer) for layer in layers]
        start, known = tf.constant(pictures), {name: tf.constant(value) for name, value in given.items()}
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([start, *known.values()])
            values = self.network.function.outputs(start, {*names, self.target.layer} - set(known), known)
            values = {**values, **known}
            scores = target_scores.score(self.target, values)
        gradients = tape.gradient(scores, [values[name] for name in names], unconnected_gradients="zero")
        outputs = {layer: values[name].numpy() for layer, name in zip(layers, names, strict=True)}
        slopes = {layer: gradient.numpy() for layer, gradient in zip(layers, gradients, strict=True)}
        return scores.numpy(), outputs, slopes

    def _batch(self, shares: Sequence[float]) -> Iterator[Point]:
        pictures = self.pictures(shares)
        scores, outputs, slopes = self._pass(pictures, self.layers, {})
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
