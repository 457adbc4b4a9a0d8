"""The tidied graph as an ONNX file: layers and weights by their names, large weights beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from export.errors import UnknownLayer, first_line
from export.graph import IR_VERSION, LOGITS, OPSET
from export.keras_files.editing import SMALL, Editing
from export.stores import Beside, Whole
from models.card import weights_beside

INSIDE = 200e6  # bytes of weights that lie in the ONNX file; more lie beside it, to be mapped
ROLES = {  # what the inputs of an operator are, from the second on
    "Conv": ("kernel", "bias"),
    "ConvTranspose": ("kernel", "bias"),
    "BatchNormalization": ("gamma", "beta", "moving_mean", "moving_variance"),
    "LSTM": ("kernel", "recurrent_kernel", "bias"),
    "GRU": ("kernel", "recurrent_kernel", "bias"),
    "MatMul": ("kernel",),
    "Gemm": ("kernel", "bias"),
    "Add": ("bias",),
}


def store(
    path: Path, edited: Editing, shown: Mapping[str, str], shapes: Mapping[str, Sequence], facts: Mapping
) -> None:
    """Writes the file, with every layer as an output, and `<file>.data` where its weights are large.

    shown: names of the layers by their outputs' keys, in order. shapes: of these outputs as Keras has them. facts:
    what else the metadata says, by key.
    """
    import onnx
    from onnx import helper

    names = _named(edited, shown)
    logits = _logits(edited, names)
    _weights_named(edited, set(names.values()))
    size = sum(array.nbytes for array in edited.stored.values())
    keep = Beside(weights_beside(path)) if size > INSIDE else Whole()
    inside = Whole()
    try:
        initializers = [
            (inside if array.size <= SMALL or array.dtype != np.float32 else keep)(name, array, array.ndim == 1)[0]
            for name, array in edited.stored.items()
        ]
    finally:
        keep.close()
    outputs = [_output(names[key], shapes[key], key in edited.channel_first) for key in shown]
    if logits:
        last = list(shown)[-1]
        outputs.append(_output(logits, shapes[last], last in edited.channel_first))
    lengths = [
        dim.dim_value or name for dim, name in zip(_dims(edited.picture), ("batch", "height", "width", 0), strict=True)
    ]
    picture = helper.make_tensor_value_info(edited.picture.name, onnx.TensorProto.FLOAT, ["batch", *lengths[1:]])
    graph = helper.make_graph(edited.nodes, path.stem, [picture], outputs, initializers)
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="inside-crnn-vgg16",
    )
    metadata = {"network": path.stem, "layers": json.dumps([names[key] for key in shown]), **facts}
    helper.set_model_props(model, metadata | ({"logits": logits} if logits else {}))
    path.write_bytes(model.SerializeToString(deterministic=True))
    try:
        onnx.checker.check_model(str(path))
    except onnx.checker.ValidationError as error:
        raise UnknownLayer(f"The layers cannot be written as ONNX: {first_line(error)}") from error


def _dims(value) -> list:
    return list(value.type.tensor_type.shape.dim)


def _named(edited: Editing, shown: Mapping[str, str]) -> dict[str, str]:
    """Gives the layers' tensors their names, and returns them by key.

    A layer that hands its input on, such as a dropout once training is over, is the same tensor as that; it becomes an
    Identity of its own, and what comes later takes it from there.
    """
    from onnx import helper

    edited.renamed({name: f"{name}:inside" for name in _made(edited) if name in set(shown.values())})
    last: dict[str, str] = {}
    for key, name in shown.items():
        tensor = edited.shown[key]
        if tensor in last or tensor == edited.picture.name or tensor in edited.stored:
            before = last.get(tensor, tensor)
            users = [node for node in edited.nodes if before in node.input]
            at = next((i for i, node in enumerate(edited.nodes) if before in node.output), -1) + 1
            for node in users:
                for index, taken in enumerate(node.input):
                    if taken == before:
                        node.input[index] = name
            edited.nodes.insert(at, helper.make_node("Identity", [before], [name]))
            last[tensor] = name
        else:
            edited.renamed({tensor: name})
            last[tensor] = last[name] = name
            for other, kept in edited.shown.items():
                edited.shown[other] = name if kept == tensor else kept
    return dict(shown)


def _made(edited: Editing) -> list[str]:
    return [*edited.stored, *(name for node in edited.nodes for name in node.output if name)]


def _logits(edited: Editing, names: Mapping[str, str]) -> str:
    """The values before the last layer's softmax, under a name of their own; "" where there are none."""
    node = edited.producer.get(list(names.values())[-1])
    if node is None or node.op_type != "Softmax" or node.input[0] in names.values() or LOGITS in _made(edited):
        return ""
    edited.renamed({node.input[0]: LOGITS})
    return LOGITS


def _weights_named(edited: Editing, layers: set[str]) -> None:
    """Gives stored arrays the names of the layers that they belong to, as far as the nodes say which these are."""
    users = edited.users
    owner: dict[int, str] = {}
    for node in reversed(edited.nodes):
        own = next((name for name in node.output if name in layers), None)
        after = (owner.get(id(user)) for name in node.output for user in users.get(name, []))
        owner[id(node)] = own or next(filter(None, after), "")
    names, taken = {}, set(_made(edited))
    for node in edited.nodes:
        roles = dict(enumerate(ROLES.get(node.op_type, ()), start=1))
        for index, name in enumerate(node.input):
            if name in edited.stored and name not in names and owner[id(node)]:
                role = roles.get(index, "bias" if node.op_type == "Add" else "constant")
                wanted, count = f"{owner[id(node)]}/{role}", 2
                while wanted in taken:
                    wanted, count = f"{owner[id(node)]}/{role}_{count}", count + 1
                names[name] = wanted
                taken.add(wanted)
    edited.renamed(names)


def _output(name: str, shape: Sequence[int | None], channel_first: bool) -> Any:
    """shape: as Keras has it, channel-last, the batch first."""
    from onnx import TensorProto, helper

    lengths = ["batch", *(n or f"{name}_{axis}" for axis, n in enumerate(shape[1:], start=1))]
    if channel_first:
        lengths = [lengths[axis] for axis in (0, 3, 1, 2)]
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, lengths)
