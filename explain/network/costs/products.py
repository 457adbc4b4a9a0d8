"""How many multiply-adds a node takes: products that are summed up, as a naive loop over its definition counts them.

Counted are convolutions, products of matrices (dense layers and attention) and the weighted sums of recurrent layers,
zeros of a padding included, as published figures do. What works on each value by itself (activations, normalisations,
sums of two layers, pooling, gates) has none. What a loop or a branch of the file does inside is not looked into.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from explain.network.reading.graph import Graph
from explain.network.reading.nodes import Node

# Where among a node's inputs its kernel stands.
KERNELS = {"Conv": 1, "FusedConv": 1, "DeformConv": 1, "ConvInteger": 1, "QLinearConv": 3}


def multiply_adds(graph: Graph, node: Node) -> int:
    """Of one node, in a pass over `graph.pictures` pictures."""
    count = COUNTED.get(node.operator)
    try:
        return count(graph, node) if count else 0
    except KeyError:  # a tensor without a shape is a row of tensors or none, and no matrix
        return 0


def _convolution(graph: Graph, node: Node) -> int:
    """Every number put out is a sum over the kernel, of its group's channels alone."""
    kernel = graph.shapes[node.inputs[KERNELS[node.operator]]]  # (out, in / groups, *sizes)
    return prod(graph.shapes[node.output]) * prod(kernel[1:])


def _transposed_convolution(graph: Graph, node: Node) -> int:
    """Every number taken is spread over the kernel."""
    kernel = graph.shapes[node.inputs[1]]  # (in, out / groups, *sizes)
    return prod(graph.shapes[node.inputs[0]]) * prod(kernel[1:])


def _product(graph: Graph, node: Node) -> int:
    return prod(graph.shapes[node.output]) * graph.shapes[node.inputs[0]][-1]


def _general_product(graph: Graph, node: Node) -> int:
    return prod(graph.shapes[node.output]) * graph.shapes[node.inputs[0]][0 if node["transA"] else 1]


def _einstein_sum(graph: Graph, node: Node) -> int:
    """Of two operands: a product for every combination of all letters; more of them may be multiplied in any order."""
    terms = node["equation"].replace(" ", "").partition("->")[0].split(",")
    shapes = [graph.shapes[name] for name in node.inputs]
    if len(terms) != 2:
        return 0
    lengths: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        before, dots, after = term.partition("...")
        for letter, length in zip(before, shape, strict=False):
            lengths[letter] = length
        for letter, length in zip(after[::-1], shape[::-1], strict=False):
            lengths[letter] = length
        if dots:  # what they stand for is broadcast
            inner = shape[len(before) : len(shape) - len(after)]
            lengths["..."] = max(lengths.get("...", 1), prod(inner))
    return prod(lengths.values())


def _recurrent(graph: Graph, node: Node) -> int:
    """Every step multiplies what comes in and the state by all weights of every direction."""
    taken, kernel, recurrent = (graph.shapes[name] for name in node.inputs[:3])
    return prod(taken[:2]) * (prod(kernel) + prod(recurrent))


COUNTED: dict[str, Callable[[Graph, Node], int]] = {
    **dict.fromkeys(KERNELS, _convolution),
    "ConvTranspose": _transposed_convolution,
    **dict.fromkeys(("MatMul", "MatMulInteger", "QLinearMatMul", "FusedMatMul"), _product),
    **dict.fromkeys(("Gemm", "QGemm"), _general_product),
    "Einsum": _einstein_sum,
    **dict.fromkeys(("LSTM", "GRU", "RNN", "DynamicQuantizeLSTM"), _recurrent),
}
