"""Activation functions in a graph: one operator, or the few nodes that a converter makes of one."""

from __future__ import annotations

from dataclasses import dataclass, field

from explain.network.reading.graph import Graph
from explain.network.reading.nodes import Node

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
}


@dataclass(frozen=True)
class Activation:
    """An activation. nodes: all that belong to it. output: the tensor it puts out. settings: its constants."""

    name: str
    nodes: tuple[Node, ...]
    output: str
    settings: dict[str, float] = field(default_factory=dict)


def after(graph: Graph, name: str) -> Activation | None:
    """The activation that takes all uses of a tensor, None where other things use it too or nothing of the kind."""
    consumers = graph.consumers.get(name, [])
    if name in graph.outputs and len(consumers) == 1 and consumers[0].operator not in ("Softmax", "LogSoftmax"):
        return None
    if len(consumers) == 1 and consumers[0].operator in OPERATORS:
        return _single(graph, consumers[0], name)
    for pattern in (_gate, _hard_swish, _gelu):
        if (matched := pattern(graph, name, consumers)) is not None:
            return matched
    return None


def starting(graph: Graph, node: Node) -> Activation | None:
    """The activation whose first node this is, also where other layers use its input too."""
    (name,) = graph.data_inputs(node)[:1] or (None,)
    matched = after(graph, name) if name else None
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


def _gate(graph: Graph, name: str, consumers: list[Node]) -> Activation | None:
    """x times a sigmoid of x: swish (also called SiLU), or hard swish where the sigmoid is a hard one."""
    if len(consumers) != 2:
        return None
    gate = next((node for node in consumers if node.operator in ("Sigmoid", "HardSigmoid")), None)
    product = next((node for node in consumers if node.operator == "Mul"), None)
    if gate is None or product is None or set(product.inputs) != {name, gate.output}:
        return None
    if graph.consumers.get(gate.output) != [product]:
        return None
    hard = gate.operator == "HardSigmoid"
    settings = (
        {**DEFAULTS["hard_sigmoid"], **{key: gate[key] for key in ("alpha", "beta") if gate[key]}} if hard else {}
    )
    return Activation("hard_swish" if hard else "swish", (gate, product), product.output, settings)


def _hard_swish(graph: Graph, name: str, consumers: list[Node]) -> Activation | None:
    """x clip(x + 3, 0, 6) / 6; the product first or the division."""
    plus = next((node for node in consumers if node.operator == "Add" and _scalar(graph, node) == 3), None)
    if len(consumers) != 2 or plus is None:
        return None
    clip = _only(graph, plus.output, "Clip")
    if clip is None or (_bound(graph, clip, "min", 1), _bound(graph, clip, "max", 2)) != (0, 6):
        return None
    nodes, last = [plus, clip], clip.output
    seen_product = seen_sixth = False
    while not (seen_product and seen_sixth):
        node = next(iter(graph.consumers.get(last, [])), None)
        if node is None or len(graph.consumers[last]) != 1:
            return None
        if node.operator == "Mul" and set(node.inputs) == {name, last}:
            seen_product = True
        elif _is_divided(graph, node, 6):
            seen_sixth = True
        else:
            return None
        nodes.append(node)
        last = node.output
    return Activation("hard_swish", tuple(nodes), last, {"alpha": 1 / 6, "beta": 0.5})


def _gelu(graph: Graph, name: str, consumers: list[Node]) -> Activation | None:
    """x (1 + erf(x / sqrt 2)) / 2, in any order of the products."""
    scaled = next((node for node in consumers if node.operator in ("Div", "Mul") and _scalar(graph, node)), None)
    erf = None if scaled is None else _only(graph, scaled.output, "Erf")
    plus = None if erf is None else _only(graph, erf.output, "Add")
    if plus is None or _scalar(graph, plus) != 1 or not 2 <= len(consumers) <= 3:
        return None
    nodes, open_ends = [scaled, erf, plus], {name, plus.output}
    for _ in range(3):
        for node in graph.nodes:
            if node.operator in ("Mul", "Div") and node not in nodes:
                taken = set(graph.data_inputs(node))
                if taken and taken <= open_ends:
                    nodes.append(node)
                    open_ends.add(node.output)
    inside = {id(node) for node in nodes}
    ends = [node for node in nodes if any(id(user) not in inside for user in graph.consumers.get(node.output, []))]
    ends = ends or nodes[-1:]
    if len(ends) != 1 or any(id(node) not in inside for node in consumers):
        return None
    return Activation("gelu", tuple(nodes), ends[0].output)


def _only(graph: Graph, name: str, operator: str) -> Node | None:
    users = graph.consumers.get(name, [])
    return users[0] if len(users) == 1 and users[0].operator == operator else None


def _scalar(graph: Graph, node: Node) -> float | None:
    """The one number that a node adds, multiplies or divides by."""
    for name in node.inputs:
        value = graph.constant(name) if name in graph.constants else None
        if value is not None and value.size == 1:
            return round(float(value.reshape(-1)[0]), 6)
    return None


def _is_divided(graph: Graph, node: Node, by: float) -> bool:
    value = _scalar(graph, node)
    if value is None:
        return False
    return (node.operator == "Div" and value == by) or (node.operator == "Mul" and abs(value - 1 / by) < 1e-5)
