"""Activation functions, in double precision, by the names that a network's description gives them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from explain.network.description import Description
from explain.network.session import LOGITS

VectorOrNumber = np.ndarray | float


def activate(name: str | None, values: VectorOrNumber, settings: Mapping[str, float], slope: VectorOrNumber = 0.0):
    """The function of each value; the values themselves where there is none. Softmax is not one: it takes a vector.

    settings: constants of the function, such as alpha. slope: of a PReLU, below zero. Raises KeyError for a function
    that is not known here.
    """
    if name is None:
        return values
    if name == "prelu":
        return np.where(np.asarray(values) < 0, np.asarray(slope) * values, values)
    return CURVES[name](np.asarray(values, np.float64), settings)


def softmax(values: np.ndarray) -> np.ndarray:
    """Probabilities of logits, over the last axis."""
    raised = np.exp(values - values.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def probabilities(description: Description, outputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """The probabilities of a network's labels, `(..., label)`, whether or not its file ends in a softmax.

    Where it ends in a sigmoid each label has one of its own, and they do not sum to 1.
    outputs: of `Network.run`, with the batch or without.
    """
    last = description.output
    return outputs[last.name] if last.activation in ("softmax", "sigmoid") else softmax(outputs[LOGITS])


def sigmoid(values: VectorOrNumber):
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(values)))  # by way of tanh nothing overflows


def _hard_sigmoid(x: np.ndarray, settings: Mapping[str, float]) -> np.ndarray:
    return np.clip(settings["alpha"] * x + settings["beta"], 0, 1)


def _below_zero(x: np.ndarray, curve: np.ndarray) -> np.ndarray:
    return np.where(x < 0, curve, x)


def _gelu(x: np.ndarray, settings: Mapping[str, float]) -> np.ndarray:
    """Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016, https://arxiv.org/abs/1606.08415."""
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def _gelu_by_tanh(x: np.ndarray, settings: Mapping[str, float]) -> np.ndarray:
    """The same by the approximation of that paper, section 2."""
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


CURVES = {
    "relu": lambda x, settings: np.maximum(x, 0),
    "relu6": lambda x, settings: np.clip(x, 0, 6),
    "clip": lambda x, settings: np.clip(x, settings.get("min"), settings.get("max")),
    "leaky_relu": lambda x, settings: _below_zero(x, settings["alpha"] * x),
    "elu": lambda x, settings: _below_zero(x, settings["alpha"] * np.expm1(np.minimum(x, 0))),
    "selu": lambda x, settings: settings["gamma"] * _below_zero(x, settings["alpha"] * np.expm1(np.minimum(x, 0))),
    "sigmoid": lambda x, settings: sigmoid(x),
    "hard_sigmoid": _hard_sigmoid,
    "swish": lambda x, settings: x * sigmoid(x * settings.get("alpha", 1.0)),
    "hard_swish": lambda x, settings: x * _hard_sigmoid(x, settings),
    "tanh": lambda x, settings: np.tanh(x),
    "softplus": lambda x, settings: np.logaddexp(x, 0),
    "softsign": lambda x, settings: x / (1 + np.abs(x)),
    "mish": lambda x, settings: x * np.tanh(np.logaddexp(x, 0)),
    "gelu": _gelu,
    "gelu_tanh": _gelu_by_tanh,
    "celu": lambda x, settings: _below_zero(x, settings["alpha"] * np.expm1(np.minimum(x / settings["alpha"], 0))),
    "thresholded_relu": lambda x, settings: np.where(x > settings["alpha"], x, 0),
}
