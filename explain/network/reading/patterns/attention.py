"""Attention: products of a sequence with itself, a softmax over the steps, and the steps weighed with it.

A. Vaswani et al., Attention Is All You Need, 2017, https://arxiv.org/abs/1706.03762, section 3.2.1.
"""

from __future__ import annotations

from explain.network.reading.graph import Graph
from explain.network.reading.nodes import Node

BETWEEN = ("Mul", "Div", "Add", "Sub", "Where", "Cast", "Identity", "Dropout", "Reshape", "Squeeze", "Unsqueeze")


def attention(graph: Graph, first: Node) -> tuple[list[Node], str] | None:
    """The attention that begins with a node: its nodes, up to the product with the values, and what that puts out."""
    if not _is_product(graph, first):
        return None
    nodes, name, turned = [first], first.output, False
    for _ in range(10):
        users = graph.consumers.get(name, [])
        if len(users) != 1 or name in graph.outputs:
            return None
        (node,) = users
        nodes.append(node)
        name = node.output
        if _is_product(graph, node):
            return (nodes, name) if turned else None
        if node.operator == "Softmax":
            turned = True
        elif node.operator not in BETWEEN:
            return None
    return None


def is_attention(graph: Graph, nodes: list[Node]) -> bool:
    return any(node.operator == "Softmax" for node in nodes) and sum(_is_product(graph, node) for node in nodes) == 2


def _is_product(graph: Graph, node: Node) -> bool:
    return node.operator in ("MatMul", "Einsum") and len(graph.data_inputs(node)) == 2
