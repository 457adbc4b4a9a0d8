"""A group of nodes read as a layer: kind, window, activation, and where its weights lie."""

from __future__ import annotations

from math import prod

from explain.network.axes import Axes, plain, unfold
from explain.network.layers import PLACE, WHOLE, WINDOW, Layer
from explain.network.reading.following import plain_shape, softmax_axis
from explain.network.reading.graph import Graph
from explain.network.reading.grouping import LAYING, PAIRS, Group, averages_all, is_affine, is_dense
from explain.network.reading.nodes import Node
from explain.network.reading.others import other, shuffled
from explain.network.reading.patterns import activations
from explain.network.reading.patterns.attention import is_attention
from explain.network.reading.patterns.normalisation import normalisation as is_normalisation
from explain.network.reading.weighted import (
    NORM,
    Facts,
    convolution,
    dense,
    followed,
    lstm,
    normalisation,
    vector,
)
from explain.network.reading.windows import PASSING, Unread, reshape_sees, window

CONV = "Conv"


def read(graph: Graph, axes: dict[str, Axes], group: Group, title: str | None = None) -> Layer:
    """The layer that a group of nodes is. title: its name for people, "" where the file has none."""
    activation, nodes = None, list(group.nodes)
    if not is_attention(graph, nodes):
        activation, nodes = _without_activation(graph, group)
    working = [node for node in nodes if node.operator not in (*PASSING, *LAYING, "Transpose")]
    try:
        facts = _facts(graph, axes, group, working)
    except (Unread, KeyError, ValueError, IndexError):  # of some tensors ONNX cannot tell the shape
        working = [node for node in group.nodes if node.operator not in (*PASSING, *LAYING, "Transpose")]
        facts = other(graph, axes, group, working) if working else Facts(sees=WHOLE)
        activation = None
    if activation is not None:
        facts.settings |= activation.settings
        if facts.kind == "other" and not working and not _lays_out(graph, axes, group):
            facts.kind = "softmax" if activation.name == "softmax" else "activation"
            facts.sees = PLACE
        if activation.name == "prelu":
            facts.weights["slope"] = vector(graph, activation.nodes[0].inputs[1])
    if facts.kind == "softmax":
        facts.settings["axis"] = _softmax_axis(graph, axes, activation.nodes[-1])
        facts.sees = PLACE if facts.settings["axis"] in (None, -1) else WHOLE
    return Layer(
        name=group.output,
        title=group.output if title is None else title,
        kind=facts.kind,
        inputs=facts.inputs or group.inputs,
        shape=_shape(graph, axes, group.output),
        window=facts.window,
        sees=facts.sees,
        groups=facts.groups,
        activation=activation.name if activation else None,
        parameters=facts.parameters + sum(prod(stored.shape) for stored in facts.weights.values() if stored.tensors),
        weights=facts.weights,
        settings=facts.settings,
    )


def picture(graph: Graph, axes: dict[str, Axes]) -> Layer:
    """The input as a layer."""
    return Layer(graph.input, graph.input, "input", (), _shape(graph, axes, graph.input))


def _shape(graph: Graph, axes: dict[str, Axes], name: str) -> tuple[int | None, ...]:
    if name not in axes:
        return ()
    opened = [
        None if may_vary else length for length, may_vary in zip(graph.shapes[name], graph.open(name), strict=True)
    ]
    names, lengths = unfold(axes[name], opened, graph.pictures)
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


def _facts(graph: Graph, axes: dict[str, Axes], group: Group, working: list[Node]) -> Facts:
    if not working:
        return shuffled(graph, axes, group) or _laid_out(graph, axes, group)
    if is_attention(graph, working) or is_normalisation(graph, working[0]):
        return other(graph, axes, group, working)
    before = [node for node in working if node.operator == "Pad"]
    first, *rest = [node for node in working if node.operator != "Pad"] or working
    if before and first.operator != CONV and first not in before:
        raise Unread
    if first.operator == CONV:
        return followed(graph, axes, convolution(graph, axes, first), rest)
    if is_dense(graph, first):
        return followed(graph, axes, dense(graph, axes, first), rest)
    if first.operator == "LSTM":
        return lstm(graph, axes, group, first, rest)
    if first.operator == NORM:
        return _alone(normalisation(graph, first, Facts("batch_norm")), rest)
    if averages_all(graph, axes, first):
        return _alone(Facts("global_average_pool", sees=WHOLE), rest)
    if first.operator in ("MaxPool", "AveragePool"):
        return _alone(_pooling(graph, axes, first), rest)
    if first.operator in PAIRS and len(graph.data_inputs(first)) >= 2:
        return _alone(Facts(PAIRS[first.operator], inputs=_operands(graph, axes, group, first)), rest)
    if first.operator == "Concat":
        return _alone(_concatenation(axes, first, _operands(graph, axes, group, first)), rest)
    if all(is_affine(graph, axes, node) for node in working):
        return followed(graph, axes, Facts("scaling"), working)
    return other(graph, axes, group, working)


def _alone(facts: Facts, rest: list[Node]) -> Facts:
    if rest:
        raise Unread
    return facts


def _laid_out(graph: Graph, axes: dict[str, Axes], group: Group) -> Facts:
    if not group.inputs or not any(node.operator in (*LAYING, "Transpose", *PASSING) for node in group.nodes):
        return Facts()
    before, after = group.inputs[0], group.output
    old, new = plain_shape(graph, axes, before), plain_shape(graph, axes, after)
    settings = _order(axes, before, group.nodes)
    if old is None or new is None or settings is None:
        return Facts(sees=WHOLE, settings={"operator": "reshape"})
    if len(new) == 1 < len(old):
        return Facts("flatten", sees=WHOLE, settings=settings)
    sees, slides = reshape_sees(graph, axes, before, after)
    return Facts("reshape", slides, sees, settings=settings)


def _order(axes: dict[str, Axes], before: str, nodes: tuple[Node, ...]) -> dict[str, Axes] | None:
    """Between which orders of axes, the batch left out, the numbers of a reshape stand in one row.

    None where it is a reshape, an exchange of axes and a reshape again.
    """
    laying = [node for node in nodes if node.operator in LAYING]
    if not laying:
        return None
    first, last = nodes.index(laying[0]), nodes.index(laying[-1])
    if any(node.operator == "Transpose" for node in nodes[first:last]):
        return None
    source = axes[before] if first == 0 else axes[nodes[first - 1].output]
    order, laid = ("".join(names).replace("N", "") for names in (source, axes[laying[-1].output]))
    return None if "?" in order + laid else {"order": tuple(order), "laid": tuple(laid)}


def _pooling(graph: Graph, axes: dict[str, Axes], node: Node) -> Facts:
    settings = {"includes_padding": bool(node["count_include_pad"])} if node.operator == "AveragePool" else {}
    kind = "max_pool" if node.operator == "MaxPool" else "average_pool"
    return Facts(kind, window(graph, axes, node), WINDOW, settings=settings)


def _operands(graph: Graph, axes: dict[str, Axes], group: Group, node: Node) -> tuple[str, ...]:
    """The layers that a node takes, in its own order; one may come twice."""
    operands = []
    if len(graph.data_inputs(node)) < len(node.inputs):
        raise Unread  # it takes numbers that are learned as well
    for name in graph.data_inputs(node):
        if plain_shape(graph, axes, name) is None:
            raise Unread
        while name not in group.inputs:
            between = graph.producer[name]
            if between.operator not in (*PASSING, *LAYING, "Transpose"):
                raise Unread
            name = graph.data_inputs(between)[0]
        operands.append(name)
    return tuple(operands)


def _concatenation(axes: dict[str, Axes], node: Node, inputs: tuple[str, ...]) -> Facts:
    axis = _plain_axis(axes, node)
    if axis is None:
        raise Unread
    return Facts("concat", sees=PLACE if axis == -1 else WHOLE, settings={"axis": axis}, inputs=inputs)


def _plain_axis(axes: dict[str, Axes], node: Node) -> int | None:
    """Along which axis of the plain output, the batch left out, layers are laid side by side: -1 is that of the
    channels."""
    names = axes.get(node.output, ())
    return _from_behind(names, names[node["axis"]] if names and node["axis"] is not None else None)


def _softmax_axis(graph: Graph, axes: dict[str, Axes], node: Node) -> int | None:
    """The same for the axis along which a softmax adds up to 1."""
    return _from_behind(axes.get(node.output, ()), softmax_axis(graph, axes, node))


def _from_behind(names: Axes, axis: str | None) -> int | None:
    letters = [name for name in ("H", "W", "C") if name in names]
    return letters.index(axis) - len(letters) if axis in letters else None
