"""Activation functions in a graph: one operator, or the few nodes that a converter makes of one."""

from __future__ import annotations

from explain.network.reading.graph import Graph
from explain.network.reading.nodes import Node
from explain.network.reading.patterns.curves import Activation, curve

OPERATORS = {
    "Relu": "relu",
    "LeakyRelu": "leaky_relu",
    "PRelu": "prelu",
    "Elu": "elu",
    "Selu": "selu",
    "Celu": "celu",
    "ThresholdedRelu": "thresholded_relu",
    "Sigmoid": "sigmoid",
    "HardSigmoid": "hard_sigmoid",
    "HardSwish": "hard_swish",
    "Swish": "swish",
    "Mish": "mish",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Gelu": "gelu",
    "Clip": "clip",
    "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
}
DEFAULTS = {
    "leaky_relu": {"alpha": 0.01},
    "elu": {"alpha": 1.0},
    "selu": {"alpha": 1.67326319217681884765625, "gamma": 1.05070102214813232421875},
    "hard_sigmoid": {"alpha": 0.2, "beta": 0.5},
    "hard_swish": {"alpha": 1 / 6, "beta": 0.5},
    "celu": {"alpha": 1.0},
    "thresholded_relu": {"alpha": 1.0},
}


def after(graph: Graph, name: str) -> Activation | None:
    """The activation that takes all uses of a tensor, None where other things use it too or nothing of the kind."""
    consumers = graph.consumers.get(name, [])
    if name in graph.outputs and [node.operator for node in consumers] not in (["Softmax"], ["LogSoftmax"]):
        return None
    return _taking(graph, name)


def _taking(graph: Graph, name: str) -> Activation | None:
    """The same, also where the file puts the tensor out."""
    consumers = graph.consumers.get(name, [])
    if len(consumers) == 1 and consumers[0].operator in OPERATORS:
        return _single(graph, consumers[0], name)
    return curve(graph, name)


def starting(graph: Graph, node: Node) -> Activation | None:
    """The activation whose first node this is, also where other layers use its input too."""
    (name,) = graph.data_inputs(node)[:1] or (None,)
    matched = _taking(graph, name) if name else None
    if matched is not None and node in matched.nodes:
        return matched
    return _single(graph, node, name) if node.operator in OPERATORS else None


def _single(graph: Graph, node: Node, name: str) -> Activation | None:
    if node.inputs[0] != name:
        return None
    kind = OPERATORS[node.operator]
    settings = {
        **DEFAULTS.get(kind, {}),
        **{key: float(node[key]) for key in ("alpha", "beta", "gamma") if node[key] is not None},
    }
    if kind == "gelu" and node["approximate"] == "tanh":
        kind = "gelu_tanh"
    if kind == "clip":
        low, high = (_bound(graph, node, key, index) for key, index in (("min", 1), ("max", 2)))
        settings = {key: value for key, value in (("min", low), ("max", high)) if value is not None}
        if settings == {"min": 0.0, "max": 6.0}:
            kind = "relu6"
        elif settings == {"min": 0.0}:
            kind = "relu"
    return Activation(kind, (node,), node.output, settings)


def _bound(graph: Graph, node: Node, key: str, index: int) -> float | None:
    if node[key] is not None:
        return float(node[key])
    if len(node.inputs) > index and node.inputs[index]:
        value = graph.constant(node.inputs[index])
        return None if value is None else float(value.reshape(-1)[0])
    return None
