"""A file of anybody's, looked at before anything of it is computed: that it is whole, bounded, and keeps to itself.

Nothing here runs the network or opens another file. What can be seen of a file without that is refused in one sentence;
what only shows when it runs is for the process that it runs in.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from explain.network.errors import NetworkError

MOST_NODES = 20_000
MOST_TENSORS = 100_000  # stored in a file
MOST_NUMBERS = 2**28  # in one tensor; 1 GB in single precision
KINDS = range(1, 24)  # of onnx.TensorProto.DataType
MOST_TURNS = 4096  # of a loop, those of loops inside it multiplied
DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")  # what ONNX Runtime comes with


def load(path: Path):
    """The onnx.ModelProto of a file, whatever lies beside it left there. Raises NetworkError."""
    import onnx

    try:
        if not path.stat().st_size:
            raise NetworkError(f"{path.name} is empty; save or upload it once more.")
        model = onnx.load(path, load_external_data=False)
    except NetworkError:
        raise
    except OSError as error:
        raise NetworkError(f"{path.name} cannot be read.") from error
    except Exception as error:  # protobuf raises its own DecodeError, which onnx does not re-export
        raise NetworkError(
            f"{path.name} is not a network: it is cut short or no ONNX file at all; export it again."
        ) from error
    if not model.graph.node:
        raise NetworkError(f"{path.name} is not a network: no operator stands in it.")
    return model


def check(model, path: Path) -> None:
    """Raises NetworkError, in one sentence, for a file that is not to be opened. path: where the model was read."""
    name = path.name
    _nodes(model, name)
    tensors = list(_tensors(model))
    if len(tensors) > MOST_TENSORS:
        raise NetworkError(f"{name} stores {len(tensors):,} arrays; at most {MOST_TENSORS:,} are opened here.")
    for tensor in tensors:
        _place(tensor, path)
        _size(tensor, name)
    _loops(model.graph, name)
    _order(model.graph, name)
    for tensor in tensors:
        _numbers(tensor, name)


def subgraphs(node) -> Iterator:
    """The onnx.GraphProto of each branch or loop of a node."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def _nodes(model, name: str) -> None:
    """How many nodes there are once every function is written out where it is used, and of which domains."""
    own = {(function.domain, function.name): function for function in model.functions}
    counted: dict[tuple[str, str], int] = {}

    def count(nodes, inside: tuple = ()) -> int:
        total = len(nodes)
        for node in nodes:
            if total > MOST_NODES:
                break
            total += sum(count(graph.node, inside) for graph in subgraphs(node))
            called = (node.domain, node.op_type)
            if called in own:
                if called in inside:
                    raise NetworkError(f"{name} has a function that calls itself, {node.op_type}.")
                if called not in counted:
                    counted[called] = count(own[called].node, (*inside, called))
                total += counted[called]
            elif node.domain not in DOMAINS:
                raise NetworkError(
                    f"{name} uses {node.op_type[:80]!r} of {node.domain[:80]!r}, which is no operator of ONNX's own; "
                    "export it with the standard ones."
                )
        return total

    if count(model.graph.node) > MOST_NODES:
        raise NetworkError(f"{name} has more than {MOST_NODES:,} operators, the most that are opened here.")


def _tensors(model) -> Iterator:
    """Every onnx.TensorProto of a file: of its graph, of the graphs within, of its functions, in attributes or not."""
    waiting = [model.graph]
    for function in model.functions:
        yield from _of_nodes(function.node, waiting)
    while waiting:
        graph = waiting.pop()
        if graph.sparse_initializer:
            raise NetworkError("The file stores weights without their zeros (sparse), which is not opened here.")
        yield from graph.initializer
        yield from _of_nodes(graph.node, waiting)


def _of_nodes(nodes, waiting: list) -> Iterator:
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("sparse_tensor") or attribute.sparse_tensors:
                raise NetworkError("The file stores weights without their zeros (sparse), which is not opened here.")
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
        waiting += subgraphs(node)


def _place(tensor, path: Path) -> None:
    """What lies outside the file lies beside it, under a plain name, and is a file of its own."""
    if not tensor.external_data:
        return
    said = {entry.key: entry.value for entry in tensor.external_data}
    location = said.get("location", "")
    plain = location and location not in (".", "..") and not set(location) & {"/", "\\", "\0", ":"}
    if not plain or path.with_name(location).is_symlink():
        raise NetworkError(
            f"{path.name} keeps weights in {location[:80]!r}, which is no file beside it; save them inside."
        )
    if not all(said.get(key, "0").isdecimal() for key in ("offset", "length")):
        raise NetworkError(f"{path.name} does not say where in {location[:80]!r} its weights lie.")


def _size(tensor, name: str) -> None:
    if tensor.data_type not in KINDS:
        raise NetworkError(f"{name} stores an array {tensor.name[:80]!r} of no type that is known here.")
    numbers = 1
    for length in tensor.dims:
        if length < 0:
            raise NetworkError(f"{name} stores an array {tensor.name[:80]!r} with fewer than no numbers.")
        numbers *= length
    if numbers > MOST_NUMBERS:
        raise NetworkError(
            f"{name} stores {tensor.name[:80]!r} with {numbers:,} numbers; at most {MOST_NUMBERS:,} are opened here."
        )


def _loops(graph, name: str, turns: int = 1) -> None:
    """A loop says how often it turns, and not too often. Branches, and scans along an axis, end by themselves."""
    stored = {tensor.name: tensor for tensor in graph.initializer}
    stored |= {
        node.output[0]: attribute.t
        for node in graph.node
        if node.op_type == "Constant" and node.output
        for attribute in node.attribute
        if attribute.name == "value"
    }
    for node in graph.node:
        inside = turns
        if node.op_type == "Loop":
            count = _whole_number(stored.get(node.input[0])) if node.input else None
            if count is None or count * turns > MOST_TURNS:
                raise NetworkError(f"{name} has a loop of which nobody can say that it ends soon; unroll it.")
            inside = max(1, count) * turns
        for body in subgraphs(node):
            _loops(body, name, inside)


def _whole_number(tensor) -> int | None:
    from onnx import numpy_helper

    if tensor is None or tensor.external_data or np.prod(tensor.dims, dtype=object) != 1:
        return None
    try:
        return int(numpy_helper.to_array(tensor).reshape(-1)[0])
    except (ValueError, TypeError, IndexError):
        return None


def _order(graph, name: str) -> None:
    """Every tensor is there before it is used, and made once."""
    known = {"", *(tensor.name for tensor in graph.initializer), *(value.name for value in graph.input)}
    for node in graph.node:
        if any(isinstance(text, bytes) for text in (node.op_type, *node.input, *node.output)):
            raise NetworkError(f"{name} names its tensors in letters that are none; export it again.")
        missing = next((given for given in node.input if given not in known), None)
        if missing is not None:
            raise NetworkError(
                f"{name} uses {missing[:80]!r} before anything makes it: its operators are out of order."
            )
        twice = next((made for made in node.output if made and made in known), None)
        if twice is not None or not node.output:
            raise NetworkError(f"{name} makes {(twice or node.op_type)[:80]!r} twice, or nothing of it.")
        known.update(node.output)


def _numbers(tensor, name: str) -> None:
    """Weights in the file are numbers: with one that is none, all that is computed is none."""
    from onnx import TensorProto, numpy_helper

    floats = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.BFLOAT16)
    if tensor.external_data or tensor.data_type not in floats:
        return
    try:
        array = numpy_helper.to_array(tensor)
    except (ValueError, TypeError) as error:
        raise NetworkError(f"{name} stores fewer or more numbers of {tensor.name[:80]!r} than it says.") from error
    if np.isnan(array.astype(np.float32, copy=False).sum(dtype=np.float64)) and np.isnan(array).any():
        raise NetworkError(
            f"The weights {tensor.name[:80]!r} of {name} are not all numbers (NaN): it computes nothing."
        )
