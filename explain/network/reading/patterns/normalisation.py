"""Normalisations that a converter wrote as means, differences and roots: which nodes they are, and over which axes."""

from __future__ import annotations

from explain.network.axes import Axes
from explain.network.reading.following import reduced_axes
from explain.network.reading.graph import Graph
from explain.network.reading.nodes import Node
from explain.network.reading.patterns.curves import closed

PARTS = (
    *("ReduceMean", "ReduceSum", "Sub", "Pow", "Mul", "Add", "Sqrt", "Div", "Reciprocal", "Cast", "Neg", "Identity"),
    *("ReduceL2", "ReduceSumSquare", "Clip", "Max", "Expand", "Abs"),
)
MEANS = ("ReduceMean", "ReduceSum", "ReduceL2", "ReduceSumSquare")
ROOTS = ("Sqrt", "ReduceL2")
MOST = 16  # nodes that one is made of
OPERATORS = {
    "InstanceNormalization": "instance normalisation",
    "LayerNormalization": "layer normalisation",
    "GroupNormalization": "group normalisation",
    "LRN": "local response normalisation",
    "LpNormalization": "normalisation to length 1",
    "RMSNormalization": "root mean square normalisation",
    "SimplifiedLayerNormalization": "root mean square normalisation",
    "MeanVarianceNormalization": "normalisation",
}


def normalisation(graph: Graph, first: Node) -> tuple[list[Node], str] | None:
    """The normalisation that begins with a node: its nodes and the tensor that they put out; None where none does.

    What the nodes take may be used elsewhere too, as where a sum goes around them.
    """
    if first.operator not in (*MEANS, "Mul", "Pow", "Abs") or len(set(graph.data_inputs(first))) != 1:
        return None
    nodes = _grown(graph, graph.data_inputs(first)[0])
    if first not in nodes:
        return None
    nodes = nodes[nodes.index(first) :]
    for count in range(3, len(nodes) + 1):
        operators = [node.operator for node in nodes[:count]]
        if set(operators) & set(MEANS) and set(operators) & set(ROOTS):
            output = closed(graph, nodes[:count])
            divided = operators[-1] in ("Div", "Mul", "Add", "Sub")
            if output is not None and divided and len(graph.shapes.get(output, ())) > 1:
                taken = graph.data_inputs(first)[0]
                if graph.shapes.get(output) == graph.shapes.get(taken):
                    return nodes[:count], output
    return None


def called(graph: Graph, axes: dict[str, Axes], nodes: list[Node]) -> str:
    """What a normalisation of these nodes is called, by the axes that it works over."""
    for node in nodes:
        if node.operator in OPERATORS:
            apart = node.operator == "InstanceNormalization" and "?" in axes.get(node.output, ())
            return "group normalisation" if apart else OPERATORS[node.operator]
    means = [node for node in nodes if node.operator in MEANS]
    names = axes.get(means[0].inputs[0], ()) if means else ()
    over = {names[axis] for axis in reduced_axes(graph, means[0])} if names else set()
    centred = any(node.operator == "Sub" for node in nodes)
    if over == {"H", "W"}:
        return "instance normalisation"
    if over and over <= {"C"}:
        long = any(node.operator == "ReduceL2" for node in nodes) or "ReduceSum" in [node.operator for node in means]
        return (
            "layer normalisation"
            if centred
            else "normalisation to length 1"
            if long
            else "root mean square normalisation"
        )
    return "normalisation"


def _grown(graph: Graph, name: str) -> list[Node]:
    """The nodes after a tensor that take nothing else that depends on the picture, in order."""
    made, nodes = {name}, {}
    waiting = [name]
    while waiting and len(nodes) < MOST:
        for node in graph.consumers.get(waiting.pop(0), []):
            if id(node) not in nodes and node.operator in PARTS and set(graph.data_inputs(node)) <= made:
                nodes[id(node)] = node
                made.update(node.outputs)
                waiting = [*made]
    return sorted(nodes.values(), key=lambda node: graph.position[node.output])
