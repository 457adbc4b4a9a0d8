"""Which curve a few nodes bend each number along, found by bending some numbers along it.

Converters write one activation in many ways, hard swish alone in half a dozen; what they all have in common is what
comes out. So the nodes are run here on a row of numbers, and the answer is held against curves that have a name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from explain.network.reading.graph import Graph
from explain.network.reading.nodes import Node

MOST = 12  # nodes that one activation is made of
POINTS = np.linspace(-8, 8, 65)
NEAR = 1e-4

_erf = np.vectorize(math.erf)


def _clip(node: Node, x, low=None, high=None):
    low, high = node["min"] if low is None else low, node["max"] if high is None else high
    return x if low is None and high is None else np.clip(x, low, high)


OPERATORS = {
    "Add": lambda node, a, b: a + b,
    "Sub": lambda node, a, b: a - b,
    "Mul": lambda node, a, b: a * b,
    "Div": lambda node, a, b: a / b,
    "Pow": lambda node, a, b: a**b,
    "Max": lambda node, *values: np.maximum.reduce(np.broadcast_arrays(*values)),
    "Min": lambda node, *values: np.minimum.reduce(np.broadcast_arrays(*values)),
    "Neg": lambda node, x: -x,
    "Abs": lambda node, x: np.abs(x),
    "Exp": lambda node, x: np.exp(x),
    "Log": lambda node, x: np.log(x),
    "Sqrt": lambda node, x: np.sqrt(x),
    "Reciprocal": lambda node, x: 1 / x,
    "Erf": lambda node, x: _erf(x),
    "Tanh": lambda node, x: np.tanh(x),
    "Relu": lambda node, x: np.maximum(x, 0),
    "Clip": _clip,
    "Sigmoid": lambda node, x: _sigmoid(x),
    "Softplus": lambda node, x: np.logaddexp(x, 0),
    "HardSigmoid": lambda node, x: np.clip(_or(node["alpha"], 0.2) * x + _or(node["beta"], 0.5), 0, 1),
    "LeakyRelu": lambda node, x: np.where(x < 0, _or(node["alpha"], 0.01) * x, x),
    "Identity": lambda node, x: x,
    "Cast": lambda node, x: x,
}


@dataclass(frozen=True)
class Activation:
    """An activation. name, settings: as `explain.layers.activations` has them. nodes: all that belong to it. output:
    the tensor it puts out."""

    name: str
    nodes: tuple[Node, ...]
    output: str
    settings: dict[str, float] = field(default_factory=dict)


def curve(graph: Graph, name: str) -> Activation | None:
    """The curve that all uses of a tensor together are, None where they are none that has a name."""
    nodes = _alone(graph, name)
    for count in range(1, len(nodes) + 1):
        output = closed(graph, nodes[:count], name)
        if output is not None and (known := _named(_bent(graph, nodes[:count], name, output))) is not None:
            return Activation(known[0], tuple(nodes[:count]), output, known[1])
    return None


def closed(graph: Graph, nodes: list[Node], name: str | None = None) -> str | None:
    """The one tensor that leaves a few nodes, None where several do. name: a tensor that none but them may use."""
    inside = {id(node) for node in nodes}
    made = [tensor for node in nodes for tensor in node.outputs if tensor]
    leaving = [
        tensor
        for tensor in made
        if tensor in graph.outputs
        or any(id(user) not in inside for user in graph.consumers.get(tensor, []))
        or not graph.consumers.get(tensor)
    ]
    if name is not None and any(id(user) not in inside for user in graph.consumers.get(name, [])):
        return None
    return leaving[0] if len(leaving) == 1 and leaving[0] == nodes[-1].output else None


def _alone(graph: Graph, name: str) -> list[Node]:
    """The nodes after a tensor that work on each of its numbers by itself, in order."""
    made, nodes, waiting = {name}, {}, [name]
    while waiting and len(nodes) <= MOST:
        for node in graph.consumers.get(waiting.pop(), []):
            others = [given for given in node.inputs if given and given not in made]
            if id(node) in nodes or node.operator not in OPERATORS or not all(_is_number(graph, x) for x in others):
                continue
            nodes[id(node)] = node
            made.add(node.output)
            waiting = [*made]
    return sorted(nodes.values(), key=lambda node: graph.position[node.output])


def _is_number(graph: Graph, name: str) -> bool:
    return name in graph.constants and (value := graph.constant(name)) is not None and value.size == 1


def _bent(graph: Graph, nodes: list[Node], name: str, output: str) -> np.ndarray | None:
    """What the nodes make of POINTS."""
    values = {name: POINTS}
    try:
        with np.errstate(all="ignore"):
            for node in nodes:
                given = [
                    None if not x else values[x] if x in values else float(np.ravel(graph.constant(x))[0])
                    for x in node.inputs
                ]
                values[node.output] = OPERATORS[node.operator](node, *given)
    except (TypeError, ValueError, KeyError):
        return None
    found = values[output]
    return found if np.shape(found) == POINTS.shape and np.isfinite(found).all() else None


def _named(values: np.ndarray | None) -> tuple[str, dict[str, float]] | None:
    """The curve that goes through these values at POINTS, with its constants."""
    if values is None or np.ptp(values) < NEAR or np.allclose(np.diff(values), values[1] - values[0], atol=NEAR / 10):
        return None
    at = dict(zip(POINTS.tolist(), values.tolist(), strict=True))
    share = at[1.0] if 0 < at[1.0] < 1 else 0.5
    slope = (at[0.25] - at[-0.25]) / 0.5
    below = at[-1.0] / -1.0
    candidates = [
        ("relu", {}),
        ("relu6", {}),
        ("sigmoid", {}),
        ("tanh", {}),
        ("softplus", {}),
        ("gelu", {}),
        ("gelu_tanh", {}),
        ("mish", {}),
        ("hard_swish", {"alpha": 1 / 6, "beta": 0.5}),
        ("hard_sigmoid", {"alpha": slope, "beta": at[0.0]}),
        ("swish", {}),
        ("swish", {"alpha": math.log(share / (1 - share))}),
        ("leaky_relu", {"alpha": below}),
        ("clip", {"min": float(values.min()), "max": float(values.max())}),
    ]
    for name, settings in candidates:
        if np.abs(CURVES[name](POINTS, **settings) - values).max() < NEAR:
            return name, settings
    return None


def _sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def _or(value, usual: float) -> float:
    return usual if value is None else value


def _by_tanh(x):
    """The usual approximation of GELU: Hendrycks and Gimpel, 2016, https://arxiv.org/abs/1606.08415."""
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


CURVES = {
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "softplus": lambda x: np.logaddexp(x, 0),
    "gelu": lambda x: 0.5 * x * (1 + _erf(x / math.sqrt(2))),
    "gelu_tanh": _by_tanh,
    "mish": lambda x: x * np.tanh(np.logaddexp(x, 0)),
    "hard_swish": lambda x, alpha, beta: x * np.clip(alpha * x + beta, 0, 1),
    "hard_sigmoid": lambda x, alpha, beta: np.clip(alpha * x + beta, 0, 1),
    "swish": lambda x, alpha=1.0: x * _sigmoid(alpha * x),
    "leaky_relu": lambda x, alpha: np.where(x < 0, alpha * x, x),
    "clip": lambda x, min, max: np.clip(x, min, max),
}
