"""Layers with weights read from their nodes: where each array lies, and how it is brought to Keras's order."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

from explain.network.axes import LYING, Axes
from explain.network.layers import PLACE, WHOLE, WINDOW, Stored, Window
from explain.network.reading.following import plain_shape
from explain.network.reading.graph import Graph
from explain.network.reading.grouping import Group, is_affine
from explain.network.reading.nodes import Node
from explain.network.reading.windows import Unread, pad_before, window

OUT_IN_HEIGHT_WIDTH, OUT_IN_WIDTH_HEIGHT = (2, 3, 1, 0), (3, 2, 1, 0)  # lead to (height, width, in, out)
NORM = "BatchNormalization"


@dataclass
class Facts:
    """What is read of a layer, node by node."""

    kind: str = "other"
    window: Window | None = None
    sees: str = PLACE
    groups: int = 1
    weights: dict[str, Stored] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    parameters: int = 0  # of a layer whose weights are not read


def convolution(graph: Graph, axes: dict[str, Axes], node: Node) -> Facts:
    kernel, *bias = node.inputs[1:]
    if kernel not in graph.constants or kernel not in graph.shapes:
        raise Unread
    outputs, inputs, *sizes = graph.shapes[kernel]
    if len(sizes) == 1:
        steps = (("transpose", (2, 1, 0)), ("reshape", (1, sizes[0], inputs, outputs)))
        sizes = [1, *sizes]
    elif axes.get(node.inputs[0]) == LYING:
        steps, sizes = (("transpose", OUT_IN_WIDTH_HEIGHT),), sizes[::-1]
    else:
        steps = (("transpose", OUT_IN_HEIGHT_WIDTH),)
    weights = {"kernel": Stored((kernel,), steps, (*sizes, inputs, outputs))}
    if bias and bias[0]:
        weights["bias"] = vector(graph, bias[0])
    settings = {"padded_before": True} if pad_before(graph, node) is not None else {}
    return Facts("conv", window(graph, axes, node), WINDOW, node["group"] or 1, weights, settings)


def dense(graph: Graph, axes: dict[str, Axes], node: Node) -> Facts:
    kernel = node.inputs[1]
    transposed = bool(node["transB"])
    shape = graph.shapes[kernel]
    steps = (("transpose", (1, 0)),) if transposed else ()
    weights = {"kernel": Stored((kernel,), steps, shape[::-1] if transposed else shape)}
    if len(node.inputs) > 2 and node.inputs[2]:
        weights["bias"] = vector(graph, node.inputs[2])
    sequence = len(plain_shape(graph, axes, node.inputs[0]) or ()) > 1
    return Facts("dense", None, PLACE if sequence else WHOLE, 1, weights)


def followed(graph: Graph, axes: dict[str, Axes], facts: Facts, rest: list[Node]) -> Facts:
    """A weighted sum with what is added, normalised and scaled after it, in order in `settings["then"]`."""
    then = [("add", "bias")] if "bias" in facts.weights else []
    for node in rest:
        if node.operator == NORM and "gamma" not in facts.weights:
            normalisation(graph, node, facts)
            then.append(("normalise", "gamma"))
        elif is_affine(graph, axes, node):
            name = next(name for name in node.inputs if name in graph.constants)
            operation = "add" if node.operator in ("Add", "Sub") else "multiply"
            role = "bias" if operation == "add" and not then else {"add": "shift", "multiply": "scale"}[operation]
            count = sum(known.split("_")[0] == role for _, known in then)
            role += f"_{count + 1}" if count else ""
            undo = {"Sub": (("negative",),), "Div": (("inverse",),)}.get(node.operator, ())
            facts.weights[role] = vector(graph, name, undo)
            then.append((operation, role))
        else:
            raise Unread
    facts.settings["then"] = tuple(then)
    return facts


def normalisation(graph: Graph, node: Node, facts: Facts) -> Facts:
    for role, name in zip(("gamma", "beta", "mean", "variance"), node.inputs[1:5], strict=True):
        if name not in graph.constants:
            raise Unread
        facts.weights[role] = vector(graph, name)
    facts.settings["epsilon"] = float(1e-5 if node["epsilon"] is None else node["epsilon"])
    return facts


def vector(graph: Graph, name: str, steps: tuple = ()) -> Stored:
    """One number a channel, or one for all of them."""
    shape = graph.shapes[name]
    length = prod(shape)
    if len(shape) == 1 and length != 1 or shape == (1,):
        return Stored((name,), steps, shape)
    wanted = (length,) if length > 1 else ()
    return Stored((name,), (("reshape", wanted), *steps), wanted)


def lstm(graph: Graph, axes: dict[str, Axes], group: Group, node: Node, rest: list[Node]) -> Facts:
    """An LSTM operator: W (direction, 4 units, feature), R (direction, 4 units, units), B (direction, 8 units).

    rest: what brings its output into order; a sequence, or the last state of each direction.
    """
    if any(other.operator not in ("Slice", "Split", "Gather", "Concat") for other in rest):
        raise Unread
    inputs = [*node.inputs, *[""] * (8 - len(node.inputs))]
    kernel, recurrent, bias = inputs[1:4]
    usual = not node["layout"] and not node["input_forget"] and not node["clip"] and not inputs[7]
    usual = usual and (node["activations"] or ["Sigmoid", "Tanh", "Tanh"] * 2)[:3] == ["Sigmoid", "Tanh", "Tanh"]
    if not usual or not all(graph.is_zero(name) for name in inputs[5:7] if name):
        raise Unread
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
    last = len(plain_shape(graph, axes, group.output) or (0, 0)) == 1
    return Facts("lstm", None, WHOLE, 1, weights, {"units": units, "last_step": last})
