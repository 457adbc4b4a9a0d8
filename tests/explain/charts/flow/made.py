"""A path worked out by hand: two layers of three channels each, a picture before them and an answer behind."""

from __future__ import annotations

import numpy as np

from explain.attribution.flow import Flow, LayerFlow, Link

# From row to column: what of each channel of "b" hangs on each of "a". Rows sum to a's costs, columns to b's; here as
# much passes through a channel as silencing it is expected to cost.
BETWEEN = np.array([[3.0, 1.0, 0.0], [0.5, -2.0, 0.5], [0.25, 0.0, -0.25]])
CHANGE = 3.0


def flow(alone: bool = True, links: np.ndarray = BETWEEN) -> Flow:
    """alone: whether everything passes through each of the two layers."""
    a, b = BETWEEN.sum(axis=1), BETWEEN.sum(axis=0)
    layers = (
        LayerFlow("a", a, np.full((2, 3), CHANGE / 6), a),
        LayerFlow("b", b, np.array(CHANGE), b),
    )
    between = tuple(Link(("a", i), ("b", j), float(links[i, j])) for i in range(3) for j in range(3))
    return Flow(CHANGE, -0.5, layers, between, (("a",), ("b",)) if alone else (("a", "b"),), 8)
