"""Every tensor's shape for a picture of one size: as ONNX works it out, or as one pass shows it."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from math import prod
from pathlib import Path

import numpy as np

from explain.network.errors import NetworkError
from explain.network.reading.nodes import FOLDED, Node, array_of, fold, node_of

ROUNDS = 12  # of asking ONNX again; each goes on to the next place where it does not follow
SMALL = 4096  # numbers of a tensor whose values are worked out

Shapes = dict[str, tuple[int, ...]]

# what a network may want its picture as, by ONNX Runtime's names
TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
}


def inferred(model, picture: str, shape: list[int]) -> Shapes:
    """Shapes of all tensors for a picture of that shape, where ONNX can tell all of their lengths.

    Where it cannot because a length stands in a tensor whose values it does not follow, these are worked out from the
    shapes that are known, handed to it, and it is asked again.
    """
    import onnx

    sized = onnx.ModelProto()
    sized.CopyFrom(model)
    for value in sized.graph.input:
        if value.name == picture:
            for dim, length in zip(value.type.tensor_type.shape.dim, shape, strict=True):
                dim.dim_value = length
    for node in sized.graph.node:
        if node.op_type == "Range":  # ONNX would write out its numbers, however many
            node.op_type = "RangeOfAnyLength"
    del sized.graph.value_info[:]
    for output in sized.graph.output:  # what is declared holds for any size; the lengths are to be worked out
        if output.type.tensor_type.HasField("shape"):
            output.type.tensor_type.ClearField("shape")
    for _ in range(ROUNDS):
        shapes = _told(onnx.shape_inference.infer_shapes(sized, data_prop=True).graph)
        if not _handed_in(sized.graph, shapes):
            break
    return shapes


def _told(graph) -> Shapes:
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        if value.type.tensor_type.HasField("shape"):
            dims = value.type.tensor_type.shape.dim
            if all(dim.HasField("dim_value") for dim in dims):
                shapes[value.name] = tuple(dim.dim_value for dim in dims)
    return shapes


def _handed_in(graph, shapes: Shapes) -> int:
    """Puts values in the place of the nodes that work them out, where a node of unknown shape takes them; how many."""
    from onnx import numpy_helper

    stored = {tensor.name: tensor for tensor in graph.initializer}
    producer = {name: (at, node) for at, node in enumerate(graph.node) for name in node.output if name}
    values: dict[str, np.ndarray | None] = {}
    gone = set()
    for node in graph.node:
        if all(name in shapes for name in node.output if name):
            continue
        for name in node.input[:1] if node.op_type in ("ConstantOfShape", "Range") else node.input[1:]:
            if name in producer and (value := _value(name, shapes, stored, producer, values)) is not None:
                graph.initializer.append(numpy_helper.from_array(np.array(value, order="C"), name))
                stored[name] = graph.initializer[-1]
                gone.add(producer.pop(name)[0])
    for at in sorted(gone, reverse=True):
        del graph.node[at]
    return len(gone)


def _value(name: str, shapes: Shapes, stored, producer, values) -> np.ndarray | None:
    """A small tensor that depends on constants and on known shapes alone; None for any other.

    values: those worked out so far, to be added to. Nodes stand in order, so what a node takes lies before it.
    """
    waiting = [name]
    while waiting:
        top = waiting[-1]
        if top in values:
            waiting.pop()
            continue
        values[top] = None
        if top in stored:
            values[top] = _small(array_of(stored[top], None))
        elif top in producer and len(producer[top][1].output) == 1:
            node = node_of(producer[top][1])
            needed = [inner for inner in node.inputs if inner] if node.operator in WORKED_OUT else []
            missing = [inner for inner in needed if inner not in values]
            if missing:
                del values[top]
                waiting += missing
                continue
            values[top] = _worked_out(node, [values[inner] for inner in needed], shapes)
        waiting.pop()
    return values[name]


def _worked_out(node: Node, given: list[np.ndarray | None], shapes: Shapes) -> np.ndarray | None:
    """What a node makes of known values; nothing larger than SMALL is made."""
    if node.operator in ("Shape", "Size"):
        shape = shapes.get(node.inputs[0])
        if shape is None:
            return None
        return np.array(shape[node["start"] or 0 : node["end"]] if node.operator == "Shape" else prod(shape), np.int64)
    if node.operator == "Constant":
        return _small(fold(node.output, {}, {node.output: node}))
    if node.operator not in WORKED_OUT or not given or any(value is None for value in given):
        return None
    try:
        if node.operator == "ConstantOfShape" and prod(int(length) for length in given[0]) > SMALL:
            return None
        if len(given) > 1 and node.operator in BROADCAST and prod(np.broadcast_shapes(*map(np.shape, given))) > SMALL:
            return None
        return _small(WORKED_OUT[node.operator](node, *given))
    except (ArithmeticError, IndexError, KeyError, TypeError, ValueError):
        return None  # such as ONNX Runtime refuses as well, or means otherwise


def _small(value: np.ndarray | None) -> np.ndarray | None:
    return value if value is None or np.size(value) <= SMALL else None


BROADCAST = ("Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "Equal", "Where", "Mod")
WORKED_OUT = {
    **FOLDED,
    "Shape": None,
    "Size": None,
    "Constant": None,
    "Gather": lambda node, array, at: np.take(array, at, node["axis"] or 0),
    "Floor": lambda node, a: np.floor(a),
    "Ceil": lambda node, a: np.ceil(a),
    "Min": lambda node, *arrays: functools.reduce(np.minimum, arrays),
    "Max": lambda node, *arrays: functools.reduce(np.maximum, arrays),
    "Mod": lambda node, a, b: np.fmod(a, b) if node["fmod"] else np.mod(a, b),
    "Equal": lambda node, a, b: a == b,
    "Where": lambda node, chosen, a, b: np.where(chosen, a, b),
    "ReduceProd": lambda node, a, *axes: np.prod(a, keepdims=node["keepdims"] != 0),
}


def measured(path: Path, picture: str, shape: list[int], names: Iterable[str]) -> Shapes:
    """Shapes of those tensors as ONNX Runtime computes them: ONNX does not follow all arithmetic with shapes.

    Raises NetworkError where the network does not run on a picture of that shape.
    """
    import onnx
    import onnxruntime

    model = onnx.load(path, load_external_data=False)
    names = sorted(set(names))
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.add_session_config_entry("session.disable_prepacking", "1")
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(path.parent))
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        (taken,) = session.get_inputs()
        values = session.run(names, {picture: np.zeros(shape, TYPES.get(taken.type, np.float32))})
    except Exception as error:  # ONNX Runtime's exceptions share no public base class
        size = " x ".join(map(str, shape))
        raise NetworkError(
            f"{path.name} does not run on a picture of shape {size}: say its size under 'input'."
        ) from error
    return {
        name: value.shape for name, value in zip(names, values, strict=True) if isinstance(value, np.ndarray)
    }  # else it is a row of tensors, or none
