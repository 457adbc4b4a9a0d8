"""One unit that is to be worked out by hand, with all that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from explain.layers.activations import CURVES, activate, softmax
from explain.network.layers import Layer


class RecomputeError(ValueError):
    """The unit does not exist or cannot be worked out; the message is one sentence for the reader."""


@dataclass(frozen=True)
class Task:
    """What every kind needs. taken: the whole output of each layer that this one takes, by name."""

    layer: Layer
    channel: int
    place: tuple[int, int]
    taken: Mapping[str, np.ndarray]
    weights: Mapping[str, np.ndarray]
    by_runtime: float

    @property
    def source(self) -> str:
        return self.layer.inputs[0]

    @property
    def values(self) -> np.ndarray:
        """What the one layer before says, `(height, width, channel)`."""
        return laid_out(self.taken[self.source])

    def common(self, source: str | None = None) -> dict[str, Any]:
        return {
            "layer": self.layer.name,
            "channel": self.channel,
            "place": self.place,
            "source": self.source if source is None else source,
            "activation": self.layer.activation,
            "by_runtime": self.by_runtime,
        }

    def vector(self, role: str) -> np.ndarray:
        """Weights of one number a channel, or of one for all, as float64."""
        return np.asarray(self.weights[role], np.float64)

    def affine(self, channels: int) -> tuple[np.ndarray, np.ndarray]:
        """Scale and shift of every channel that follow a weighted sum: its bias, normalisation and what comes after."""
        scale, shift = np.ones(channels), np.zeros(channels)
        for operation, role in self.layer.settings.get("then", [("add", "bias")] if "bias" in self.weights else []):
            if operation == "add":
                shift = shift + self.vector(role)
            elif operation == "multiply":
                scale, shift = scale * self.vector(role), shift * self.vector(role)
            else:
                factor = self.vector("gamma") / np.sqrt(self.vector("variance") + self.vector("epsilon"))
                scale, shift = scale * factor, (shift - self.vector("mean")) * factor + self.vector("beta")
        return scale, shift

    def after(self, value: float) -> float:
        """The value after the activation that the layer ends in."""
        name = self.layer.activation
        if name not in CURVES and name not in (None, "prelu"):
            raise RecomputeError(f"{self.layer.name} ends in {name}, which is not worked out by hand.")
        slope = np.ravel(self.weights["slope"]) if name == "prelu" else np.zeros(1)
        return float(activate(name, value, self.layer.settings, slope[self.channel % len(slope)]))

    def curve(self, values: np.ndarray) -> tuple[float, np.ndarray | None]:
        """The unit's value and, after a softmax, all probabilities. values: before the activation, of all channels."""
        if self.layer.activation == "softmax":
            probabilities = softmax(values)
            return float(probabilities[self.channel]), probabilities
        return self.after(float(values[self.channel])), None


def laid_out(output: np.ndarray) -> np.ndarray:
    """A layer's output as `(height, width, channel)`: a sequence is one row, a flat layer one place."""
    return output.reshape((1,) * (3 - output.ndim) + output.shape)
