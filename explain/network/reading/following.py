"""The axes of every tensor of a graph, followed from the picture through every operator."""

from __future__ import annotations

import numpy as np

from explain.network.axes import LYING, MAP, Axes, plain, reshaped, unfold
from explain.network.reading.graph import Graph
from explain.network.reading.nodes import Node

ALWAYS_MAPS = (
    *("Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool"),
    *("BatchNormalization", "InstanceNormalization", "Upsample", "DepthToSpace", "SpaceToDepth"),
    *("QLinearConv", "ConvInteger", "LRN", "GroupNormalization", "NhwcMaxPool", "QLinearGlobalAveragePool"),
)
RECURRENT = ("LSTM", "GRU", "RNN", "DynamicQuantizeLSTM")
STEPS_BACK = 60  # nodes, looked through for a tensor of the same shape


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
                made = made if len(made) == rank else ("?",) * rank
                axes[name] = _as_before(graph, axes, node, name) or made if "?" in made else made
    for name in graph.outputs:
        if "?" in axes.get(name, ()):
            axes[name] = _by_lengths(graph, name) or axes[name]
    return axes


def _as_before(graph: Graph, axes: dict[str, Axes], node: Node, name: str) -> Axes | None:
    """The axes that a tensor of this shape had before a detour, as for a normalisation between two reshapes."""
    if node.operator != "Reshape" or len(graph.shapes[name]) < 3:
        return None
    for _ in range(STEPS_BACK):
        (before, *_) = graph.data_inputs(node) or (None,)
        if before in axes and "?" not in axes[before] and graph.shapes.get(before) == graph.shapes[name]:
            return axes[before]
        node = graph.producer.get(before)
        if node is None:
            return None
    return None


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
    if operator in RECURRENT:
        if node["layout"]:
            return ("N", _step(axes), "D", "C") if index == 0 else ("N", "D", "C")
        return (_step(axes), "D", "N", "C") if index == 0 else ("D", "N", "C")
    if operator == "Transpose":
        return tuple(axes[axis] for axis in node["perm"] or range(len(axes))[::-1])
    if operator == "Squeeze":
        return _squeezed(graph, node, source, axes)
    if operator in ("Reshape", "Flatten"):
        return reshaped(graph.shapes[source], axes, graph.shapes[node.outputs[index]])
    if operator == "Unsqueeze":
        return _unsqueezed(graph, node, axes)
    if operator == "Gather":
        scalar = graph.shapes.get(node.inputs[1]) == ()
        at = (node["axis"] or 0) % len(axes)
        return (*axes[:at], *axes[at + 1 :]) if scalar else axes
    if operator.startswith(("Reduce", "ArgM")) and node["keepdims"] == 0:
        over = reduced_axes(graph, node) if operator.startswith("Reduce") else (node["axis"] or 0,)
        gone = {axis % len(axes) for axis in over}
        return tuple(name for axis, name in enumerate(axes) if axis not in gone)
    if operator in PRODUCTS:
        return (*axes[:-1], "C")
    return axes


PRODUCTS = ("MatMul", "Gemm", "QLinearMatMul", "MatMulInteger", "QGemm")


def _squeezed(graph: Graph, node: Node, source: str, axes: Axes) -> Axes:
    """The axes that are left when the file says which go; of several with a length of 1 the shape would not tell."""
    given = node["axes"]
    if given is None and len(node.inputs) > 1 and node.inputs[1]:
        given = graph.constant(node.inputs[1])
    if given is None:
        return reshaped(graph.shapes[source], axes, graph.shapes[node.output])
    gone = {int(axis) % len(axes) for axis in np.atleast_1d(given)}
    return tuple(name for axis, name in enumerate(axes) if axis not in gone)


def softmax_axis(graph: Graph, axes: dict[str, Axes], node: Node) -> str | None:
    """The one axis along which a softmax adds up to 1, None where that is several or unknown.

    Up to opset 12 all axes from the one that is named on are one row, the second where none is named.
    """
    names, shape = axes.get(node.output, ()), graph.shapes.get(node.output, ())
    if not names:
        return None
    if graph.opset >= 13:
        return names[-1 if node["axis"] is None else node["axis"]]
    first = (1 if node["axis"] is None else node["axis"]) % len(names)
    long = [name for name, length in zip(names[first:], shape[first:], strict=True) if length > 1]
    return long[0] if len(long) == 1 else names[-1] if not long else None


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
