"""Which nodes of a graph are one layer to a person: convolution, bias, folded normalisation and activation together."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from explain.network.axes import Axes
from explain.network.reading.following import RECURRENT, plain_shape, reduced_axes, softmax_axis
from explain.network.reading.graph import Graph
from explain.network.reading.nodes import Node
from explain.network.reading.patterns import activations
from explain.network.reading.patterns.attention import attention
from explain.network.reading.patterns.normalisation import OPERATORS as NORMALISATIONS
from explain.network.reading.patterns.normalisation import normalisation
from explain.network.reading.patterns.whole_numbers import whole_numbers
from explain.network.reading.windows import PASSING, pads_for_convolution

LAYING = ("Reshape", "Flatten", "Squeeze", "Unsqueeze")  # lay it out anew
PAIRS = {"Add": "add", "Sum": "add", "Mul": "multiply"}  # of two layers
AFFINE = ("Add", "Sub", "Mul", "Div")  # with constants: a bias or a folded normalisation


@dataclass(frozen=True)
class Group:
    """One layer's nodes in order. output: the tensor it puts out. inputs: those of the layers it takes."""

    output: str
    inputs: tuple[str, ...]
    nodes: tuple[Node, ...]


def groups(graph: Graph, axes: dict[str, Axes], named: list[str] | None = None) -> list[Group]:
    """The layers in order, from the first after the picture on.

    named: the tensors that the file says are its layers; worked out from the nodes where it says nothing.
    """
    position = {name: index for index, node in enumerate(graph.nodes) for name in node.outputs}
    ends = named or _ends(graph, axes)
    ends = sorted((name for name in dict.fromkeys(ends) if name in position), key=position.__getitem__)
    return [_behind(graph, end, {graph.input, *ends}, position) for end in ends]


def _behind(graph: Graph, end: str, stops: set[str], position: dict[str, int]) -> Group:
    """What lies between a layer's output and the outputs of the layers before it."""
    nodes: dict[int, Node] = {}
    inputs: dict[str, None] = {}
    waiting = [end]
    while waiting:
        node = graph.producer[waiting.pop()]
        if position[node.output] in nodes:
            continue
        nodes[position[node.output]] = node
        for name in graph.data_inputs(node):
            if name in stops:
                inputs[name] = None
            else:
                waiting.append(name)
    ordered = sorted(inputs, key=lambda name: position.get(name, -1))
    return Group(end, tuple(ordered), tuple(node for _, node in sorted(nodes.items())))


def _ends(graph: Graph, axes: dict[str, Axes]) -> list[str]:
    """The last tensor of every layer, for a file that does not say which these are."""
    inside: set[int] = set()
    ends = []
    for node in graph.nodes:
        if id(node) in inside or node.output not in graph.values or is_passing(graph, axes, node):
            continue
        if pads_for_convolution(graph, node):
            continue
        nodes, end = _grown(graph, axes, node)
        inside.update(id(member) for member in nodes)
        between = _is_between(graph, axes, nodes, end) or _is_as_before(graph, nodes, end)
        if len(graph.shapes.get(end, ())) > 1 and not between:
            ends.append(end)  # not what scales or counts the numbers of a layer
        ends += [other for other in node.outputs[1:] if other != end and _is_another(graph, nodes, other)]
    for name in graph.outputs:
        if name not in graph.values or _is_before_softmax(graph, name):
            continue
        end = _handed_on(graph, axes, name, set(ends))
        if end is None:
            ends.append(name)
        elif name != end and len(graph.consumers.get(end, [])) == 1:
            ends[ends.index(end)] = name  # what the file itself calls it
    return ends


def _is_between(graph: Graph, axes: dict[str, Axes], nodes: list[Node], end: str) -> bool:
    """Whether a layer's numbers are only laid out for the next, in an order in which nobody would look at them."""
    moves = all(node.operator in (*LAYING, *PASSING, "Transpose", "Gather", "Slice", "Split") for node in nodes)
    return moves and "?" in axes.get(end, ("?",)) and end not in graph.outputs and bool(graph.consumers.get(end))


def _is_as_before(graph: Graph, nodes: list[Node], end: str) -> bool:
    """Whether numbers were laid out anew and then as they had been."""
    (taken,) = graph.data_inputs(nodes[0])[:1] or ("",)
    lays = all(node.operator in (*LAYING, *PASSING) for node in nodes)
    return lays and taken in graph.shapes and graph.shapes[taken] == graph.shapes.get(end) and end not in graph.outputs


def _is_another(graph: Graph, nodes: list[Node], name: str) -> bool:
    """Whether an operator's further output is used by itself, as a part that it splits off is."""
    inside = {id(node) for node in nodes}
    if len(graph.shapes.get(name, ())) < 2 or nodes[0].operator in RECURRENT:
        return False
    return any(id(user) not in inside for user in graph.consumers.get(name, []))


def _is_before_softmax(graph: Graph, name: str) -> bool:
    return [node.operator for node in graph.consumers.get(name, [])] == ["Softmax"]


def _handed_on(graph: Graph, axes: dict[str, Axes], name: str, ends: set[str]) -> str | None:
    """The end of a layer that a tensor is, handed on; None where more is done to it."""
    while name not in ends:
        node = graph.producer.get(name)
        if node is None or name not in axes or not is_passing(graph, axes, node):
            return None
        (name,) = graph.data_inputs(node)
    return name


def is_passing(graph: Graph, axes: dict[str, Axes], node: Node) -> bool:
    """Whether a node changes neither values nor, but for the order of axes, the shape."""
    if node.operator in PASSING:
        return True
    if node.operator not in (*LAYING, "Transpose"):
        return False
    (before,) = graph.data_inputs(node)
    old, new = (plain_shape(graph, axes, name) for name in (before, node.output))
    if old is None or new is None:
        return False
    return old == new or (len(old) == 1 and new == (1, 1, *old))  # one number a channel stays that


def is_dense(graph: Graph, node: Node) -> bool:
    return (
        node.operator in ("MatMul", "Gemm")
        and node.inputs[1] in graph.constants
        and len(graph.shapes.get(node.inputs[1], ())) == 2
        and not node["transA"]
        and all(node[factor] in (None, 1.0) for factor in ("alpha", "beta"))
    )


def is_affine(graph: Graph, axes: dict[str, Axes], node: Node) -> bool:
    """Whether a node adds, subtracts, multiplies or divides by one constant a channel, or one for all."""
    if node.operator not in AFFINE or len(graph.data_inputs(node)) != 1 or node.output not in axes:
        return False
    constant = next((name for name in node.inputs if name in graph.constants), None)
    shape = graph.shapes.get(constant)
    if shape is None or (node.operator in ("Div", "Sub") and node.inputs[0] == constant):
        return False
    long = [axis - len(shape) for axis, length in enumerate(shape) if length > 1]
    return not long or (len(long) == 1 and -long[0] <= len(axes[node.output]) and axes[node.output][long[0]] == "C")


def averages_all(graph: Graph, axes: dict[str, Axes], node: Node) -> bool:
    """Whether a node takes the mean over all places of a map."""
    if node.operator == "GlobalAveragePool":
        return True
    if node.operator != "ReduceMean" or node.inputs[0] not in axes:
        return False
    names = axes[node.inputs[0]]
    return {names[axis] for axis in reduced_axes(graph, node)} == {"H", "W"}


def _grown(graph: Graph, axes: dict[str, Axes], first: Node) -> tuple[list[Node], str]:
    """The layer that begins with a node: its nodes, and the tensor it ends in."""
    whole = normalisation(graph, first) or attention(graph, first) or whole_numbers(graph, first)
    activation = None if whole else activations.starting(graph, first)
    if activation is not None:
        return list(activation.nodes), activation.output
    if whole is not None:
        nodes, end = whole
        return _grown_on(graph, axes, list(nodes), end)
    nodes = [first]
    end = next((name for name in first.outputs if graph.consumers.get(name)), first.output)
    return _grown_on(graph, axes, nodes, end)


def _grown_on(graph: Graph, axes: dict[str, Axes], nodes: list[Node], end: str) -> tuple[list[Node], str]:
    """A layer that ends in a tensor so far, with what joins it after that."""
    while True:
        nodes_between, name = _skipped(graph, axes, end)
        more = _extended(graph, axes, nodes, name)
        if more is None:
            break
        nodes += [*nodes_between, *more.nodes]
        end = more.output
        if more.last:
            break
    return nodes, end


@dataclass(frozen=True)
class _More:
    """Nodes that join a layer, and the tensor it then ends in. last: whether nothing joins after them."""

    nodes: tuple[Node, ...]
    output: str
    last: bool = False


def _skipped(graph: Graph, axes: dict[str, Axes], name: str) -> tuple[list[Node], str]:
    """The nodes that hand a tensor on to its one user, and what they hand on."""
    nodes = []
    while len(users := graph.consumers.get(name, [])) == 1 and is_passing(graph, axes, users[0]):
        nodes.append(users[0])
        name = users[0].output
    return nodes, name


def _extended(graph: Graph, axes: dict[str, Axes], nodes: list[Node], name: str) -> _More | None:
    """What else belongs to a layer whose output so far is the tensor; None where it ends there."""
    first = nodes[0]
    users = graph.consumers.get(name, [])
    only = users[0] if len(users) == 1 and name not in graph.outputs else None
    weighted = first.operator in ("Conv", "DynamicQuantizeLinear") or is_dense(graph, first)
    lays = only is not None and only.operator in (*LAYING, "Transpose")
    if first.operator in RECURRENT:
        return _rest_of_recurrent(graph, axes, name)
    if first.operator == "QuantizeLinear":
        joins = only is not None and only.operator == "DequantizeLinear"
    elif averages_all(graph, axes, first):
        joins = lays and len(plain_shape(graph, axes, only.output) or ()) == 1
    elif first.operator in (*LAYING, "Transpose") or _is_attention(nodes):
        joins = lays
    elif weighted:
        joins = only is not None and (only.operator == "BatchNormalization" or is_affine(graph, axes, only))
    elif first.operator in NORMALISATIONS or normalisation(graph, first):
        back = lays and "?" in axes.get(name, ())  # of groups of channels, which were laid apart
        joins = back or (only is not None and is_affine(graph, axes, only))
    else:
        joins = is_affine(graph, axes, first) and only is not None and is_affine(graph, axes, only)
    if joins:
        return _More((only,), only.output)
    takes_activation = first.operator in ("BatchNormalization", *PAIRS, "Concat", "ConvTranspose")
    if weighted or (takes_activation and not is_affine(graph, axes, first)):
        return _activated(graph, axes, name, softmax=is_dense(graph, first))
    return None


def _is_attention(nodes: list[Node]) -> bool:
    return (
        len(nodes) > 2 and "Softmax" in [node.operator for node in nodes] and nodes[0].operator in ("MatMul", "Einsum")
    )


def _rest_of_recurrent(graph: Graph, axes: dict[str, Axes], name: str) -> _More | None:
    """What brings a recurrent layer's output into order: its directions side by side, or its last step alone."""
    users = graph.consumers.get(name, [])
    if "D" not in axes.get(name, ()):
        takes = len(users) == 1 and users[0].operator in ("Slice", "Gather") and name not in graph.outputs
        shape = graph.shapes.get(users[0].output) if takes else None
        if (
            shape is None
            or "W" not in axes[name]
            or prod(shape) * graph.shapes[name][axes[name].index("W")] != prod(graph.shapes[name])
        ):
            return None
        nodes, end = _skipped(graph, axes, users[0].output)
        after = graph.consumers.get(end, [])
        if len(shape) == len(axes[name]) and len(after) == 1 and after[0].operator in LAYING:
            nodes, end = [*nodes, after[0]], after[0].output
        return _More((users[0], *nodes), end, last=True)
    made, nodes = {name}, []
    for node in graph.nodes:
        taken = set(graph.data_inputs(node))
        if taken and taken <= made and node.operator in (*LAYING, "Transpose", "Slice", "Split", "Concat", "Identity"):
            nodes.append(node)
            made.update(node.outputs)
            inside = {id(member) for member in nodes}
            leaving = [end for end in made if any(id(user) not in inside for user in graph.consumers.get(end, []))]
            ends = [end for end in leaving if end != name] or [node.output]
            if name not in leaving and len(ends) == 1 and "D" not in axes.get(ends[0], ("D",)):
                return _More(tuple(nodes), ends[0])
    return None


def _activated(graph: Graph, axes: dict[str, Axes], name: str, softmax: bool) -> _More | None:
    activation = activations.after(graph, name)
    if activation is None:
        return None
    if activation.name in ("softmax", "log_softmax"):
        softmax = softmax and softmax_axis(graph, axes, activation.nodes[-1]) == "C"
        if not softmax:
            return None
    return _More(activation.nodes, activation.output, last=True)
