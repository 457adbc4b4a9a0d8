"""A file with every tensor that is shown among its outputs, made in memory of one that puts out fewer."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

NEAR = 1e-6


def with_outputs(path: Path, tensors: Iterable[str], turned: Collection[str] = ()) -> tuple[bytes, dict[str, str]]:
    """The file, serialised, with these tensors as outputs too, and what those are called there that are turned.

    turned: tensors `(batch, height, width, channel)` to be put out as `(batch, channel, height, width)`, the order in
    which ONNX Runtime computes: so it has nothing to turn round on the way to the next layer, and puts activations into
    their convolutions. A hard swish in four nodes becomes two that ONNX Runtime has in the layout of its convolutions;
    the four are not, so that each map was laid out anew twice.
    """
    import onnx

    model = onnx.load(path, load_external_data=False)
    graph, tensors = model.graph, list(tensors)
    _shorten(graph, {*tensors, *(output.name for output in graph.output)})
    names = {name: f"{name}, channels first" for name in tensors if name in turned}
    graph.node.extend(onnx.helper.make_node("Transpose", [a], [b], perm=[0, 3, 1, 2]) for a, b in names.items())
    graph.output.extend(onnx.ValueInfoProto(name=names.get(name, name)) for name in tensors)
    return model.SerializeToString(), names


@dataclass(frozen=True)
class _HardSwish:
    """x * clip(x + 3, 0, 6) / 6 in four nodes: x, what it puts out, and the nodes in order."""

    taken: str
    output: str
    nodes: tuple


def _shorten(graph, kept: set[str]) -> None:
    """Hard swishes in four nodes as x * HardSigmoid(x). kept: tensors that must go on being computed."""
    from onnx import helper

    shorter = {}
    for found in _hard_swishes(graph, kept):
        gate = found.nodes[0].output[0]
        shorter |= {node.output[0]: [] for node in found.nodes}
        shorter[found.output] = [
            helper.make_node("HardSigmoid", [found.taken], [gate], alpha=1 / 6, beta=0.5),
            helper.make_node("Mul", [found.taken, gate], [found.output]),
        ]
    if shorter:
        nodes = [new for node in graph.node for new in shorter.get(node.output[0] if node.output else None, [node])]
        # Copies, for clearing takes the nodes themselves away.
        written = [type(node).FromString(node.SerializeToString()) for node in nodes]
        graph.ClearField("node")
        graph.node.extend(written)


def _hard_swishes(graph, kept: set[str]) -> list[_HardSwish]:
    """Those whose tensors between nobody else uses."""
    makers = {name: node for node in graph.node for name in node.output}
    users: dict[str, list] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    numbers = _numbers(graph)

    def next_one(node, *operators: str):
        """The node that alone uses what a node puts out, where it is of one of these kinds."""
        name = node.output[0]
        only = users.get(name, [])
        return only[0] if len(only) == 1 and only[0].op_type in operators and name not in kept else None

    found = []
    for clip in (node for node in graph.node if node.op_type == "Clip" and _bounds(node, numbers) == (0.0, 6.0)):
        add = makers.get(clip.input[0])
        if add is None or add.op_type != "Add" or next_one(add, "Clip") is not clip:
            continue
        if 3.0 not in [numbers.get(name) for name in add.input]:
            continue
        taken = next((name for name in add.input if name not in numbers), None)
        after = [clip, next_one(clip, "Mul", "Div")]
        after.append(after[1] and next_one(after[1], "Mul", "Div"))
        if taken is None or None in after:
            continue
        by = {taken in node.input: node for node in after[1:]}  # which multiplies by x, which divides by 6
        if set(by) != {True, False} or by[True].op_type != "Mul" or not _sixth(by[False], numbers):
            continue
        found.append(_HardSwish(taken, after[-1].output[0], (add, *after)))
    return found


def _sixth(node, numbers: dict[str, float]) -> bool:
    """Whether a node takes the sixth part of what it is given."""
    if node.op_type == "Div":
        return numbers.get(node.input[1]) == 6
    return any(abs(numbers.get(name, np.nan) - 1 / 6) < NEAR for name in node.input)


def _numbers(graph) -> dict[str, float]:
    """The constants of one number, in single precision."""
    from onnx import TensorProto, numpy_helper

    stored = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            stored.update((node.output[0], value.t) for value in node.attribute if value.name == "value")
    return {
        name: float(numpy_helper.to_array(tensor).reshape(-1)[0])
        for name, tensor in stored.items()
        if tensor.data_type == TensorProto.FLOAT
        and tensor.data_location != TensorProto.EXTERNAL
        and np.prod(tensor.dims) == 1
    }


def _bounds(clip, numbers: dict[str, float]) -> tuple[float | None, float | None]:
    """Below and above what a Clip cuts, as the standard had it first and has it now."""
    said = {attribute.name: attribute.f for attribute in clip.attribute}
    given = [*clip.input[1:], "", ""]
    return tuple(said.get(name, numbers.get(given[at])) for at, name in enumerate(("min", "max")))
