"""The graph that tf2onnx made, brought into the form in which it is read best; nothing that it computes changes.

Weights that stood in as inputs become stored arrays; what is computed from them alone, such as the transposes of
kernels, is computed once. Feature maps are put out channel-first, as ONNX computes them, instead of being transposed
for nobody; a bias joins its convolution; a dense layer over a sequence is one product; an LSTM begins from nothing
instead of from zeros that are worked out; shapes that are known are written down.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from export.keras_files.editing import Editing, attribute
from export.keras_files.showing import TO_FIRST, apart

TO_LAST = (0, 2, 3, 1)
ZEROS_OF = ("Unsqueeze", "Squeeze", "Concat", "Expand", "Identity", "Cast", "Reshape")


def tidied(model, variables: Mapping[str, Any]) -> Editing:
    """model: the onnx.ModelProto from `export.keras_files.tracing`, with its variables by the names of their inputs."""
    edited = Editing(model, variables)
    edited.fold()
    _without_identities(edited)
    _reshapes_as_transposes(edited)
    _channel_first(edited)
    _without_there_and_back(edited)
    edited.drop_unused()
    _from_nothing(edited)
    _dense_in_one(edited)
    edited.drop_unused()
    _known_shapes(edited)
    _biases_joined(edited)
    edited.drop_unused()
    apart(edited)
    return edited


def _without_identities(edited: Editing) -> None:
    names: dict[str, str] = {}
    for node in edited.nodes:
        if node.op_type == "Identity":
            names[node.output[0]] = names.get(node.input[0], node.input[0])
    edited.replaced(names)
    edited.without([node for node in edited.nodes if node.op_type == "Identity"])


def _reshapes_as_transposes(edited: Editing) -> None:
    """Reshapes that do what a transpose does, where a map has one channel or one place, written as that transpose."""
    from onnx import helper

    shapes = edited.shapes()
    for index, node in enumerate(edited.nodes):
        given, made = (shapes.get(name, ())[1:] for name in (node.input[0] if node.input else "", node.output[0]))
        if node.op_type != "Reshape" or len(given) != 3 or len(made) != 3 or None in given:
            continue
        for perm in (TO_FIRST, TO_LAST):
            channel = given[2] if perm == TO_FIRST else given[0]
            if made == tuple(given[axis - 1] for axis in perm[1:]) and 1 in (channel, prod(given) // channel):
                edited.nodes[index] = helper.make_node("Transpose", node.input[:1], node.output, perm=perm)
                break


def _without_there_and_back(edited: Editing) -> None:
    """Transposes of transposes become one, or none, but for those between which a layer is shown."""
    producer, names, shown = edited.producer, {}, set(edited.shown.values())
    for node in edited.nodes:
        if node.op_type != "Transpose":
            continue
        while (before := producer.get(node.input[0])) is not None and before.op_type == "Transpose":
            if before.output[0] in shown:
                break
            first, second = attribute(before, "perm"), attribute(node, "perm")
            both = [first[axis] for axis in second]
            node.input[0] = before.input[0]
            del node.attribute[:]
            node.attribute.extend(_perm(both))
            if both == sorted(both):
                names[node.output[0]] = node.input[0]
                break
    for made in names:
        while names[made] in names:
            names[made] = names[names[made]]
    edited.replaced(names)


def _perm(axes: list[int]) -> list:
    from onnx import helper

    return [helper.make_attribute("perm", axes)]


def _channel_first(edited: Editing) -> None:
    """Shows the map that a transpose to channel-last takes, not what it makes."""
    producer = edited.producer
    for key, tensor in edited.shown.items():
        node = producer.get(tensor)
        if node is not None and node.op_type == "Transpose" and tuple(attribute(node, "perm")) == TO_LAST:
            edited.shown[key] = node.input[0]
            edited.channel_first.add(key)


def _from_nothing(edited: Editing) -> None:
    """Recurrent operators without the zeros that they begin from: those are what ONNX takes where nothing is given."""
    producer = edited.producer

    def zero(name: str) -> bool:
        if name in edited.stored:
            return not np.any(edited.stored[name])
        node = producer.get(name)
        if node is None:
            return False
        if node.op_type == "ConstantOfShape":
            value = attribute(node, "value")
            return value is None or not np.any(np.frombuffer(value.raw_data, np.uint8))
        parts = node.input if node.op_type == "Concat" else node.input[:1]
        return node.op_type in ZEROS_OF and all(zero(part) for part in parts)

    for node in edited.nodes:
        if node.op_type in ("LSTM", "GRU", "RNN") and all(zero(name) for name in node.input[5:7] if name):
            del node.input[5:7]
            while not node.input[-1]:
                node.input.pop()


def _dense_in_one(edited: Editing) -> None:
    """A dense layer over a sequence: rows laid into one, multiplied and laid out again is one product."""
    producer, users, shapes, gone, names = edited.producer, edited.users, edited.shapes(), [], {}
    for node in edited.nodes:
        if node.op_type != "MatMul" or node.input[1] not in edited.stored:
            continue
        before, after = producer.get(node.input[0]), edited.only_user(node.output[0], users)
        if before is None or after is None or (before.op_type, after.op_type) != ("Reshape", "Reshape"):
            continue
        taken, kernel = shapes.get(before.input[0], ()), edited.stored[node.input[1]]
        made = shapes.get(after.output[0], ())
        if len(taken) > 2 and len(made) in (0, len(taken)) and taken[-1] == kernel.shape[0] and kernel.ndim == 2:
            node.input[0] = before.input[0]
            names[after.output[0]] = node.output[0]
            gone.append(after)
    edited.replaced(names)
    edited.without(gone)


def _known_shapes(edited: Editing) -> None:
    """Reshapes to shapes that are the same for any number of pictures take stored ones."""
    shapes = edited.shapes()
    for node in edited.nodes:
        wanted = shapes.get(node.output[0])
        if node.op_type == "Reshape" and node.input[1] not in edited.stored and wanted and wanted.count(None) <= 1:
            lengths = np.asarray([-1 if length is None else length for length in wanted], np.int64)
            name = f"{node.output[0]}:shape"
            edited.stored[name] = lengths
            node.input[1] = name


def _biases_joined(edited: Editing) -> None:
    """A sum with one number a channel after a convolution becomes its bias."""
    users, gone, names = edited.users, [], {}
    for node in edited.nodes:
        if node.op_type != "Conv" or len(node.input) > 2:
            continue
        add = edited.only_user(node.output[0], users)
        channels = edited.stored[node.input[1]].shape[0] if node.input[1] in edited.stored else 0
        if add is None or add.op_type != "Add":
            continue
        bias = next((name for name in add.input if name in edited.stored), None)
        shape = edited.stored[bias].shape if bias else ()
        if shape in ((1, channels, 1, 1), (channels, 1, 1)):
            edited.stored[f"{bias}:bias"] = edited.stored[bias].reshape(channels)
            node.input.append(f"{bias}:bias")
            names[add.output[0]] = node.output[0]
            gone.append(add)
    edited.replaced(names)
    edited.without(gone)
