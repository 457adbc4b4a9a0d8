"""A network small enough to work every method out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from explain.attribution.targets import ClassLogit
from tests.explain.gradients.network.written import averaged_classes, conv, written

PICTURE = np.array([[[3.0, 1.0], [-1.0, 1.0]]])  # the second place: first filter closed, and then the last one
SCORE = ClassLogit(0)  # the mean of two places times 2, so their sum: (3 (3 - 1) - 2) + relu(-2) = 4


def write(path: Path) -> Path:
    """Two 1 x 1 filters with ReLU over a 1 x 2 picture of two channels, one over these, their means, a dense layer.

    With a and b the picture's channels: first filter relu(a - b), second relu(2 b); logit 3 first - second.
    """
    rows = [
        ("Transpose", ["input"], "maps", {"perm": [0, 3, 1, 2]}),
        *conv("conv", "maps"),
        *conv("second", "conv"),
        *averaged_classes("second", "Sigmoid"),
    ]
    weights = {
        "conv/kernel": np.array([[1.0, -1.0], [0.0, 2.0]], np.float32)[..., None, None],  # (out, in, 1, 1)
        "conv/bias": np.zeros(2, np.float32),
        "second/kernel": np.array([[3.0, -1.0]], np.float32)[..., None, None],
        "second/bias": np.zeros(1, np.float32),
        "predictions/kernel": np.array([[2.0]], np.float32),
        "predictions/bias": np.zeros(1, np.float32),
    }
    layers = ("conv", "second", "global_average", "predictions")
    return written(path, rows, weights, ("n", 1, 2, 2), ["predictions"], layers=layers, logits="logits")
