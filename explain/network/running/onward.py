"""A network run on from some of its layers: what lies behind them is computed from their values, nothing before them.

outputs = run(network, {"conv_4": maps}, ("logits",))      # maps: `(batch, height, width, channel)`

The part of the file between some tensors and others is a session of its own, opened when it is first wanted. A
stranger's network is run on by its own process, which cuts its file in the same way.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime

from explain.network.axes import as_in_file, batched
from explain.network.description import Description
from explain.network.errors import NetworkError
from explain.network.reading.shapes import TYPES
from explain.network.running.cpus import available_cpus
from explain.network.running.opening import held_bytes, open_session
from explain.network.session import PASSES_BETWEEN_TRIMS, Network, giving_back, session_options, trim

if TYPE_CHECKING:
    import onnx

KEPT = 64_000_000  # bytes that the weights of kept parts take, of all networks together; at least one part is kept
NUMBERS_AT_ONCE = 2**20  # of what is handed in, in one pass: 4 MB
Feeds = Mapping[str, np.ndarray]


class Part:
    """A part of a file, made by `cut`, as a session: some tensors made of others, in the axes of the file.

    bytes: that its weights take while it is open. Raises what ONNX Runtime raises where it cannot open the part.
    """

    def __init__(self, model: onnx.ModelProto, options: onnxruntime.SessionOptions):
        self.bytes = held_bytes(model)
        self._count = 0
        self._session = open_session(model.SerializeToString(), options)
        self._types = {taken.name: TYPES.get(taken.type, np.float32) for taken in self._session.get_inputs()}

    def run(self, given: Feeds, names: Iterable[str] | None = None) -> dict[str, np.ndarray]:
        """Tensors by name. Now and then the arena's free memory is given back."""
        self._count += 1
        options = giving_back() if self._count % PASSES_BETWEEN_TRIMS == 0 else None
        wanted = list(dict.fromkeys(names or (made.name for made in self._session.get_outputs())))
        feeds = {name: np.ascontiguousarray(given[name], kind) for name, kind in self._types.items()}
        return dict(zip(wanted, self._session.run(wanted, feeds, options), strict=True))


def options_for(description: Description, threads: int) -> onnxruntime.SessionOptions:
    """How parts of a network's file are opened. threads: of each session."""
    options = session_options(threads)
    if description.beside.is_file():  # stays mapped, as in the network's own session
        folder = str(description.path.parent)
        options.add_session_config_entry("session.disable_prepacking", "1")
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", folder)
    return options


def cut(model: onnx.ModelProto, before: Iterable[str], names: Sequence[str]) -> onnx.ModelProto:
    """The part of a network that makes some tensors of others; it takes only those of the others that it needs."""
    import onnx
    from onnx import helper

    before = dict.fromkeys(before)
    producer = {name: i for i, node in enumerate(model.graph.node) for name in node.output}
    needed, waiting = set(), [name for name in names if name not in before]
    while waiting:
        at = producer.get(waiting.pop())
        if at is not None and at not in needed:
            needed.add(at)
            waiting += [name for name in _taken(model.graph.node[at]) if name not in before]
    nodes = [onnx.NodeProto.FromString(model.graph.node[at].SerializeToString()) for at in sorted(needed)]
    used = {name for node in nodes for name in _taken(node)}
    types = _types(model)
    graph = helper.make_graph(
        nodes,
        "part",
        [helper.make_tensor_value_info(name, _type(types, name), None) for name in before if name in used],
        [helper.make_tensor_value_info(name, _type(types, name), None) for name in names],
        [tensor for tensor in model.graph.initializer if tensor.name in used],
    )
    part = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    part.functions.extend(model.functions)
    return part


def run(network: Network, given: Feeds, layers: Sequence[str]) -> dict[str, np.ndarray]:
    """Outputs by layer, as `Network.run` gives them, computed from the values of other layers.

    given: the values of layers, and of the picture under its name, as `Network.run` gives and takes them, for n
    pictures, or for one where all n share it; what does not stand there is computed anew from what does.
    layers: those wanted, "logits" among them if it is. Raises NetworkError where the file cannot be run on from there.
    """
    description = network.description
    count = max(len(values) for values in given.values())
    tensors = {name: network.tensor(name) for name in layers}
    places = {name: _tensor(network, name) for name in given}
    each = sum(math.prod(values.shape[1:]) for values in given.values())
    together = all(batched(description.axes.get(name)) for name in (*places.values(), *tensors.values()))
    at_once = description.batch or (max(1, NUMBERS_AT_ONCE // each) if together else 1)
    found: dict[str, list[np.ndarray]] = {name: [] for name in layers}
    for first in range(0, count, at_once):
        last = min(first + at_once, count)
        length = description.batch or last - first
        feeds = {
            tensor: as_in_file(description.axes.get(tensor), _some(given[name], first, last, length))
            for name, tensor in places.items()
        }
        made = _computed(network, feeds, list(dict.fromkeys(tensors.values())))
        for name, tensor in tensors.items():
            found[name].append(network.in_order(tensor, made[tensor], length)[: last - first])
    return {name: parts[0] if len(parts) == 1 else np.concatenate(parts) for name, parts in found.items()}


def _some(values: np.ndarray, first: int, last: int, length: int) -> np.ndarray:
    """The values of some pictures, the last of them again where a pass takes more."""
    if len(values) == 1:
        return np.repeat(values, length, axis=0) if length > 1 else values
    some = values[first:last]
    return some if len(some) == length else np.concatenate([some, np.repeat(some[-1:], length - len(some), axis=0)])


def _tensor(network: Network, name: str) -> str:
    return name if name == network.description.input.name else network.tensor(name)


def _computed(network: Network, given: Feeds, tensors: list[str]) -> dict[str, np.ndarray]:
    if network.apart:
        return network.onward(given, tensors)
    return computed(network.description, given, tensors)


_kept: OrderedDict[tuple, Part] = OrderedDict()
_lock = threading.Lock()  # as in Network: a second pass at the same time would win nothing


def computed(description: Description, given: Feeds, tensors: Sequence[str]) -> dict[str, np.ndarray]:
    """Tensors by their names in the file, in the axes of the file, from others; NetworkError where that fails.

    For the process that may open the file; see `run`.
    """
    key = (description, *sorted(given), "", *tensors)
    try:
        with _lock:
            if key not in _kept:
                _make_room_and_keep(key, description, given, tensors)
            _kept.move_to_end(key)
            made = _kept[key].run(given, tensors)
    except Exception as error:  # ONNX Runtime's exceptions share no public base class
        said = " ".join(str(error).split())[:200]
        raise NetworkError(f"{description.path.stem} cannot be run on from the middle: {said}") from error
    return {name: np.asarray(values, np.float32) for name, values in made.items()}


def _make_room_and_keep(key: tuple, description: Description, given: Feeds, tensors: Sequence[str]) -> None:
    import onnx

    part = cut(onnx.load(str(description.path), load_external_data=False), given, tensors)
    size = held_bytes(part)
    while _kept and sum(other.bytes for other in _kept.values()) + size > KEPT:
        _kept.popitem(last=False)
    _kept[key] = Part(part, options_for(description, available_cpus()))
    trim()


def _taken(node: onnx.NodeProto) -> list[str]:
    """What a node takes, and what the graphs inside it take from around them."""
    inner = [graph for attribute in node.attribute for graph in (attribute.g, *attribute.graphs) if graph.node]
    return [*filter(None, node.input), *(name for graph in inner for other in graph.node for name in _taken(other))]


def _types(model: onnx.ModelProto) -> dict[str, int]:
    """Kinds of numbers by tensor; of a file in single precision none are looked for, all are that."""
    import onnx

    usual = {onnx.TensorProto.FLOAT, onnx.TensorProto.INT64, onnx.TensorProto.INT32, onnx.TensorProto.BOOL}
    kinds = {tensor.data_type for tensor in model.graph.initializer}
    kinds |= {one.type.tensor_type.elem_type for one in (*model.graph.input, *model.graph.output)}
    if kinds <= usual and not any(node.op_type in ("Cast", "QuantizeLinear") for node in model.graph.node):
        return {}
    inferred = onnx.shape_inference.infer_shapes(model).graph
    return {one.name: one.type.tensor_type.elem_type for one in (*inferred.value_info, *inferred.input)} | {
        one.name: one.type.tensor_type.elem_type for one in inferred.output
    }


def _type(types: Mapping[str, int], name: str) -> int:
    import onnx

    return types.get(name) or onnx.TensorProto.FLOAT
