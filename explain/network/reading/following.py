"""The axes of every tensor of a graph, followed from the picture through every operator."""

from __future__ import annotations

import numpy as np

from explain.network.axes import LYING, MAP, Axes, plain, reshaped, unfold
from explain.network.reading.graph import Graph
from explain.network.reading.nodes import Node

ALWAYS_MAPS = (
    *("Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool"),
    *("BatchNormalization", "InstanceNormalization", "Resize", "Upsample", "DepthToSpace", "SpaceToDepth"),
)


def follow(graph: Graph) -> dict[str, Axes]:
    """The axes of every tensor that is computed from the picture's values and whose shape is known."""
    axes: dict[str, Axes] = {graph.input: graph.input_axes}
    for node in graph.nodes:
        taken = [name for name in graph.data_inputs(node) if name in axes]
        if not taken:
            continue
        source = max(taken, key=lambda name: len(axes[name]))
        for index, name in enumerate(node.outputs):
            if name in graph.shapes:
                rank = len(graph.shapes[name])
                made = _made(graph, node, index, source, axes[source])
                axes[name] = made if len(made) == rank else ("?",) * rank
    for name in graph.outputs:
        if "?" in axes.get(name, ()):
            axes[name] = _by_lengths(graph, name) or axes[name]
    return axes


def _by_lengths(graph: Graph, name: str) -> Axes | None:
    """The axes of an output of three that could not be followed: the batch has as many places as there are pictures,
    frames follow the picture's width where that is open; else they come before the features."""
    shape, may_vary = graph.shapes[name], graph.open(name)
    batch = [axis for axis in range(len(shape)) if shape[axis] == graph.pictures and not may_vary[axis]]
    if len(shape) != 3 or len(batch) != 1 or sum(may_vary) > 1:
        return None
    rest = [axis for axis in range(3) if axis != batch[0]]
    frames = next((axis for axis in rest if may_vary[axis]), rest[0])
    return tuple("N" if axis == batch[0] else "W" if axis == frames else "C" for axis in range(3))


def _made(graph: Graph, node: Node, index: int, source: str, axes: Axes) -> Axes:
    operator = node.operator
    if operator in ALWAYS_MAPS and len(axes) == 4:
        return LYING if axes == LYING else MAP
    if operator == "LSTM":
        return (_step(axes), "D", "N", "C") if index == 0 else ("D", "N", "C")
    if operator == "Transpose":
        return tuple(axes[axis] for axis in node["perm"] or range(len(axes))[::-1])
    if operator in ("Reshape", "Flatten", "Squeeze"):
        return reshaped(graph.shapes[source], axes, graph.shapes[node.outputs[index]])
    if operator == "Unsqueeze":
        return _unsqueezed(graph, node, axes)
    if operator == "Gather":
        scalar = graph.shapes.get(node.inputs[1]) == ()
        at = (node["axis"] or 0) % len(axes)
        return (*axes[:at], *axes[at + 1 :]) if scalar else axes
    if operator.startswith("Reduce") and node["keepdims"] == 0:
        gone = {axis % len(axes) for axis in reduced_axes(graph, node)}
        return tuple(name for axis, name in enumerate(axes) if axis not in gone)
    if operator in ("MatMul", "Gemm"):
        return (*axes[:-1], "C")
    return axes


def reduced_axes(graph: Graph, node: Node) -> tuple[int, ...]:
    """The axes over which a Reduce operator works; all where none is stated."""
    given = node["axes"]
    if given is None and len(node.inputs) > 1 and node.inputs[1]:
        given = graph.constant(node.inputs[1])
    if given is None:
        return tuple(range(len(graph.shapes[node.inputs[0]])))
    return tuple(int(axis) for axis in np.atleast_1d(given))


def _step(axes: Axes) -> str:
    return next((name for name in axes if name in ("W", "H")), axes[0])


def _unsqueezed(graph: Graph, node: Node, axes: Axes) -> Axes:
    given = node["axes"] if node["axes"] is not None else graph.constant(node.inputs[1])
    rank = len(graph.shapes[node.output])
    new = {int(axis) % rank for axis in np.atleast_1d(given if given is not None else ())}
    rest = iter(axes)
    names = [None if axis in new else next(rest, "?") for axis in range(rank)]
    missing = iter([name for name in ("N", "H", "W") if name not in axes])
    return tuple(next(missing, "?") if name is None else name for name in names)


def plain_shape(graph: Graph, axes: dict[str, Axes], name: str) -> tuple[int, ...] | None:
    """A tensor's shape as (height, width, channel), (step, feature) or (unit,), without the batch."""
    if name not in axes:
        return None
    unfolded, shape = unfold(axes[name], graph.shapes[name], graph.pictures)
    order = plain(unfolded)
    if order is None:
        return None
    return tuple(shape[axis] for axis in order if unfolded[axis] != "N")
