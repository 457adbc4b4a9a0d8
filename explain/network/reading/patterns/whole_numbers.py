"""Layers that round what they take to whole numbers of 8 bits, compute in those, and scale the result back."""

from __future__ import annotations

from explain.network.reading.graph import Graph
from explain.network.reading.nodes import Node
from explain.network.reading.patterns.curves import closed

COMPUTE = ("ConvInteger", "MatMulInteger", "DynamicQuantizeLSTM")
PARTS = (*COMPUTE, "Mul", "Div", "Floor", "Round", "Cast", "Reshape", "Unsqueeze", "Add")
MOST = 16  # nodes that one layer is made of


def whole_numbers(graph: Graph, first: Node) -> tuple[list[Node], str] | None:
    """The layer that begins with rounding its input: its nodes, and the tensor in which all of them end."""
    if first.operator != "DynamicQuantizeLinear":
        return None
    nodes, made = {id(first): first}, {name for name in first.outputs if name}
    waiting = list(made)
    while waiting and len(nodes) < MOST:
        for node in graph.consumers.get(waiting.pop(0), []):
            if id(node) not in nodes and node.operator in PARTS and set(graph.data_inputs(node)) <= made:
                nodes[id(node)] = node
                made.update(node.outputs)
                waiting = list(made)
    ordered = sorted(nodes.values(), key=lambda node: graph.position[node.output])
    for count in range(2, len(ordered) + 1):
        computed = any(node.operator in COMPUTE for node in ordered[:count])
        if computed and ordered[count - 1].operator == "Mul" and (output := closed(graph, ordered[:count])):
            return ordered[:count], output
    return None
