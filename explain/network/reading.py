"""A group of nodes read as a layer: kind, window, activation, and where its weights lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from explain.network import activations
from explain.network.axes import Axes, plain, plain_shape, unfold
from explain.network.graph import Graph, Node
from explain.network.grouping import LAYING, PAIRS, PASSING, Group, averages_all, is_affine, is_dense
from explain.network.layers import PLACE, WHOLE, WINDOW, Layer, Stored, Window
from explain.network.windows import padding, reshape_sees, window

OUT_IN_HEIGHT_WIDTH = (2, 3, 1, 0)  # leads to (height, width, in, out)
CONV, DENSE, NORM = "Conv", "dense", "BatchNormalization"


@dataclass
class _Facts:
    """What is read of a layer, node by node."""

    kind: str = "other"
    window: Window | None = None
    sees: str = PLACE
    groups: int = 1
    weights: dict[str, Stored] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


def read(graph: Graph, axes: dict[str, Axes], group: Group, title: str | None = None) -> Layer:
    """The layer that a group of nodes is. title: its name for people, "" where the file has none."""
    activation, nodes = _without_activation(graph, group)
    working = [node for node in nodes if node.operator not in (*PASSING, *LAYING, "Transpose")]
    try:
        facts = _facts(graph, axes, group, working)
    except _Unread:
        facts = _Facts(sees=WHOLE)
        activation = None
    if activation is not None:
        facts.settings |= activation.settings
        if facts.kind == "other" and not working and not _lays_out(graph, axes, group):
            facts.kind = "softmax" if activation.name == "softmax" else "activation"
            facts.sees = PLACE
        if activation.name == "prelu":
            facts.weights["slope"] = _vector(graph, activation.nodes[0].inputs[1])
    if facts.kind == "softmax" and not _over_channels(axes, activation.nodes[-1]):
        facts.sees = WHOLE
    return Layer(
        name=group.output,
        title=group.output if title is None else title,
        kind=facts.kind,
        inputs=group.inputs,
        shape=_shape(graph, axes, group.output),
        window=facts.window,
        sees=facts.sees,
        groups=facts.groups,
        activation=activation.name if activation else None,
        parameters=sum(prod(stored.shape) for stored in facts.weights.values() if stored.tensors),
        weights=facts.weights,
        settings=facts.settings,
    )


def picture(graph: Graph, axes: dict[str, Axes]) -> Layer:
    """The input as a layer."""
    return Layer(graph.input, graph.input, "input", (), _shape(graph, axes, graph.input))


class _Unread(Exception):
    """Nodes that are no layer of a kind known here."""


def _shape(graph: Graph, axes: dict[str, Axes], name: str) -> tuple[int | None, ...]:
    if name not in axes:
        return ()
    opened = [
        None if may_vary else length for length, may_vary in zip(graph.shapes[name], graph.open(name), strict=True)
    ]
    names, lengths = unfold(axes[name], opened)
    order = plain(names) or tuple(axis for axis, name_ in enumerate(names) if name_ != "N")
    return tuple(lengths[axis] for axis in order if names[axis] != "N")


def _without_activation(graph: Graph, group: Group) -> tuple[activations.Activation | None, list[Node]]:
    """The activation that the layer ends in, and the nodes before it."""
    inside = {id(node) for node in group.nodes}
    for node in group.nodes:
        found = activations.starting(graph, node)
        if found is not None and all(id(member) in inside for member in found.nodes):
            taken = {id(member) for member in found.nodes}
            rest = [member for member in group.nodes if id(member) not in taken]
            return found, rest
    return None, list(group.nodes)


def _lays_out(graph: Graph, axes: dict[str, Axes], group: Group) -> bool:
    shapes = [plain_shape(graph, axes, name) for name in (*group.inputs[:1], group.output)]
    return len(set(shapes)) > 1


def _facts(graph: Graph, axes: dict[str, Axes], group: Group, working: list[Node]) -> _Facts:
    if not working:
        return _laid_out(graph, axes, group)
    before = [node for node in working if node.operator == "Pad"]
    first, *rest = [node for node in working if node.operator != "Pad"] or working
    if before and first.operator != CONV and first not in before:
        raise _Unread
    if first.operator == CONV:
        return _followed(graph, axes, _convolution(graph, first), rest)
    if is_dense(graph, first):
        return _followed(graph, axes, _dense(graph, axes, first), rest)
    if first.operator == "LSTM":
        return _alone(_lstm(graph, first), rest)
    if first.operator == NORM:
        return _alone(_normalisation(graph, first, _Facts("batch_norm")), rest)
    if averages_all(graph, axes, first):
        return _alone(_Facts("global_average_pool", sees=WHOLE), rest)
    if first.operator in ("MaxPool", "AveragePool"):
        return _alone(_pooling(graph, first), rest)
    if first.operator in PAIRS and len(graph.data_inputs(first)) >= 2:
        return _alone(_Facts(PAIRS[first.operator]), rest)
    if first.operator == "Concat":
        return _alone(_concatenation(axes, first), rest)
    if first.operator == "Pad":
        sides = tuple(padding(graph, first))
        return _alone(_Facts("other", Window((1, 1), padding=sides), WINDOW, settings={"operator": "pad"}), rest)
    if is_affine(graph, axes, first) and all(is_affine(graph, axes, node) for node in rest):
        return _Facts("other", settings={"operator": "scaling"})
    return _Facts("other", sees=WHOLE, settings={"operator": first.operator.lower()})


def _alone(facts: _Facts, rest: list[Node]) -> _Facts:
    if rest:
        raise _Unread
    return facts


def _laid_out(graph: Graph, axes: dict[str, Axes], group: Group) -> _Facts:
    if not group.inputs or not any(node.operator in (*LAYING, "Transpose", *PASSING) for node in group.nodes):
        return _Facts()
    before, after = group.inputs[0], group.output
    old, new = plain_shape(graph, axes, before), plain_shape(graph, axes, after)
    if old is not None and new is not None and len(new) == 1 < len(old):
        return _Facts("flatten", sees=WHOLE)
    sees, slides = reshape_sees(graph, axes, before, after)
    return _Facts("reshape", slides, sees)


def _convolution(graph: Graph, node: Node) -> _Facts:
    kernel, *bias = node.inputs[1:]
    if kernel not in graph.constants or kernel not in graph.shapes:
        raise _Unread
    outputs, inputs, *sizes = graph.shapes[kernel]
    if len(sizes) == 1:
        steps = (("transpose", (2, 1, 0)), ("reshape", (1, sizes[0], inputs, outputs)))
        sizes = [1, *sizes]
    else:
        steps = (("transpose", OUT_IN_HEIGHT_WIDTH),)
    weights = {"kernel": Stored((kernel,), steps, (*sizes, inputs, outputs))}
    if bias and bias[0]:
        weights["bias"] = _vector(graph, bias[0])
    return _Facts("conv", window(graph, node), WINDOW, node["group"] or 1, weights)


def _dense(graph: Graph, axes: dict[str, Axes], node: Node) -> _Facts:
    kernel = node.inputs[1]
    transposed = bool(node["transB"])
    shape = graph.shapes[kernel]
    steps = (("transpose", (1, 0)),) if transposed else ()
    weights = {"kernel": Stored((kernel,), steps, shape[::-1] if transposed else shape)}
    if len(node.inputs) > 2 and node.inputs[2]:
        weights["bias"] = _vector(graph, node.inputs[2])
    sequence = len(plain_shape(graph, axes, node.inputs[0]) or ()) > 1
    return _Facts("dense", None, PLACE if sequence else WHOLE, 1, weights)


def _followed(graph: Graph, axes: dict[str, Axes], facts: _Facts, rest: list[Node]) -> _Facts:
    """A weighted sum with what is added, normalised and scaled after it, in this order and each once."""
    for node in rest:
        if node.operator == NORM and not {"gamma", "scale", "shift"} & set(facts.weights):
            _normalisation(graph, node, facts)
        elif is_affine(graph, axes, node):
            name = next(name for name in node.inputs if name in graph.constants)
            adds = node.operator in ("Add", "Sub")
            plain_sum = adds and not {"bias", "gamma", "scale"} & set(facts.weights)
            role = "bias" if plain_sum else "shift" if adds else "scale"
            if role in facts.weights or (role == "scale" and "shift" in facts.weights):
                raise _Unread
            undo = {"Sub": (("negative",),), "Div": (("inverse",),)}.get(node.operator, ())
            facts.weights[role] = _vector(graph, name, undo)
        else:
            raise _Unread
    return facts


def _normalisation(graph: Graph, node: Node, facts: _Facts) -> _Facts:
    for role, name in zip(("gamma", "beta", "mean", "variance"), node.inputs[1:5], strict=True):
        if name not in graph.constants:
            raise _Unread
        facts.weights[role] = _vector(graph, name)
    facts.settings["epsilon"] = float(1e-5 if node["epsilon"] is None else node["epsilon"])
    return facts


def _vector(graph: Graph, name: str, steps: tuple = ()) -> Stored:
    """One number a channel, or one for all of them."""
    shape = graph.shapes[name]
    length = prod(shape)
    if len(shape) == 1 and length != 1 or shape == (1,):
        return Stored((name,), steps, shape)
    wanted = (length,) if length > 1 else ()
    return Stored((name,), (("reshape", wanted), *steps), wanted)


def _pooling(graph: Graph, node: Node) -> _Facts:
    settings = {"includes_padding": bool(node["count_include_pad"])} if node.operator == "AveragePool" else {}
    kind = "max_pool" if node.operator == "MaxPool" else "average_pool"
    return _Facts(kind, window(graph, node), WINDOW, settings=settings)


def _concatenation(axes: dict[str, Axes], node: Node) -> _Facts:
    names = axes[node.output]
    if names[node["axis"]] == "C":
        return _Facts("concat")
    letters = [name for name in ("H", "W", "C") if name in names]
    return _Facts("concat", sees=WHOLE, settings={"axis": letters.index(names[node["axis"]])})


def _over_channels(axes: dict[str, Axes], node: Node) -> bool:
    names = axes.get(node.output, ())
    axis = -1 if node["axis"] is None else node["axis"]
    return bool(names) and names[axis] == "C"


def _lstm(graph: Graph, node: Node) -> _Facts:
    """An LSTM operator: W (direction, 4 units, feature), R (direction, 4 units, units), B (direction, 8 units)."""
    inputs = [*node.inputs, *[""] * (8 - len(node.inputs))]
    kernel, recurrent, bias = inputs[1:4]
    usual = not node["layout"] and not node["input_forget"] and not node["clip"] and not inputs[7]
    usual = usual and (node["activations"] or ["Sigmoid", "Tanh", "Tanh"] * 2)[:3] == ["Sigmoid", "Tanh", "Tanh"]
    starts = [graph.constant(name) for name in inputs[5:7] if name in graph.constants]
    opened = [name for name in inputs[5:7] if name and name not in graph.constants and name in graph.values]
    if not usual or opened or any(start is None or np.any(start) for start in starts):
        raise _Unread
    units, features = graph.shapes[recurrent][2], graph.shapes[kernel][2]
    direction = node["direction"] or "forward"
    names = {"forward": ["forward"], "reverse": ["backward"], "bidirectional": ["forward", "backward"]}[direction]
    weights = {}
    for index, name in enumerate(names):
        rows = (("take", index), ("gates",), ("transpose", (1, 0)))
        weights[f"{name}_kernel"] = Stored((kernel,), rows, (features, 4 * units))
        weights[f"{name}_recurrent"] = Stored((recurrent,), rows, (units, 4 * units))
        stored = (bias,) if bias else ()
        weights[f"{name}_bias"] = Stored(stored, (("take", index), ("halves",), ("gates",)), (4 * units,))
    last = (
        len(node.outputs) > 1
        and not graph.consumers.get(node.outputs[0])
        and bool(graph.consumers.get(node.outputs[1]))
    )
    return _Facts("lstm", None, WHOLE, 1, weights, {"units": units, "last_step": last})
