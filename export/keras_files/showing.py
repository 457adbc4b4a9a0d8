"""Layers that tf2onnx has run together taken apart again, so that each is computed from the layers that it takes."""

from __future__ import annotations

import numpy as np

from export.keras_files.editing import Editing, attribute, taken_inside

TO_FIRST = (0, 3, 1, 2)


def apart(edited: Editing) -> None:
    """Has each layer take what the layers before it show, and puts the nodes in the order of the layers."""
    _padding_apart(edited)
    _taken_as_shown(edited)
    _in_order(edited)


def _padding_apart(edited: Editing) -> None:
    """A convolution takes the layer that lays zeros around its input, where tf2onnx has made one operator of both."""
    from onnx import helper

    producer, shown, ordered = edited.producer, set(edited.shown.values()), []
    padded = {
        (node.input[0], axes, _zeros_around(edited, node, axes)): node.output[0]
        for node in edited.nodes
        if node.op_type == "Pad" and node.output[0] in shown
        for axes in ((2, 3), (1, 2))
    }
    for node in edited.nodes:
        pads = tuple(attribute(node, "pads", ())) if node.op_type == "Conv" else ()
        before = producer.get(node.input[0]) if pads else None
        turned = before is not None and before.op_type == "Transpose" and tuple(attribute(before, "perm")) == TO_FIRST
        made = padded.get((node.input[0], (2, 3), pads))
        if made is None and turned and (made := padded.get((before.input[0], (1, 2), pads))) is not None:
            ordered.append(helper.make_node("Transpose", [made], [f"{made}:first"], perm=TO_FIRST))
            made = f"{made}:first"
        if pads and made is not None:
            node.input[0] = made
            kept = [entry for entry in node.attribute if entry.name != "pads"]
            del node.attribute[:]
            node.attribute.extend(kept)
        ordered.append(node)
    edited.nodes = ordered


def _zeros_around(edited: Editing, node, axes: tuple[int, int]) -> tuple[int, ...]:
    """Top, left, bottom and right of a Pad over a map whose height and width are these axes; nothing for any other."""
    pads = edited.stored.get(node.input[1]) if len(node.input) > 1 else None
    value = edited.stored.get(node.input[2]) if len(node.input) > 2 and node.input[2] else np.zeros(1)
    if (
        pads is None
        or len(pads) != 8
        or value is None
        or np.any(value)
        or attribute(node, "mode", b"constant") != b"constant"
    ):
        return ()
    return tuple(int(pads[axis + after]) for after in (0, 4) for axis in axes)


def _taken_as_shown(edited: Editing) -> None:
    """What takes a sequence before its axes are in the order in which it is shown takes it as shown, and turns it."""
    from onnx import helper

    producer, shown = edited.producer, set(edited.shown.values())
    for tensor in shown:
        node = producer.get(tensor)
        if node is None or node.op_type != "Transpose" or node.input[0] in (*shown, edited.picture.name):
            continue
        perm = list(attribute(node, "perm"))
        users = [user for user in edited.nodes if node.input[0] in user.input and user is not node]
        if not users:
            continue
        turned = f"{tensor}:turned"
        for user in users:
            for index, name in enumerate(user.input):
                user.input[index] = turned if name == node.input[0] else name
        back = helper.make_node("Transpose", [tensor], [turned], perm=[perm.index(axis) for axis in range(len(perm))])
        edited.nodes.append(back)


def _in_order(edited: Editing) -> None:
    """Nodes in the order of the layers that they belong to, each after what it takes."""
    producer, ordered, done = edited.producer, [], set()
    for tensor in edited.shown.values():
        waiting = [tensor]
        while waiting:
            node = producer.get(waiting[-1])
            if node is None or id(node) in done:
                waiting.pop()
                continue
            before = [
                name
                for name in (*node.input, *taken_inside(node))
                if name in producer and id(producer[name]) not in done
            ]
            if before:
                waiting += before
            else:
                ordered.append(node)
                done.add(id(node))
                waiting.pop()
    edited.nodes = ordered
