"""The window that a node slides over its input, and which part of its input each unit of a reshape sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explain.network.axes import LYING, Axes
from explain.network.layers import PLACE, WHOLE, WINDOW, Window
from explain.network.reading.following import plain_shape
from explain.network.reading.graph import Graph
from explain.network.reading.nodes import Node

PASSING = ("Identity", "Dropout", "Cast")  # hand their input on


class Unread(Exception):
    """Nodes that are no layer of a kind known here."""


def window(graph: Graph, axes: dict[str, Axes], node: Node) -> Window:
    """Of a convolution or pooling; one over a sequence has a height of 1."""
    taken = graph.data_inputs(node)[0]
    lengths = graph.shapes[taken][2:]
    rank = len(lengths)
    kernel = list(node["kernel_shape"] or graph.shapes[node.inputs[1]][2:])
    stride, dilation = list(node["strides"] or [1] * rank), list(node["dilations"] or [1] * rank)
    sides = list(zip(*_split(node["pads"], rank), strict=True))
    automatic = node["auto_pad"] or "NOTSET"
    if automatic.startswith("SAME"):
        sides = [
            _same(length, (k - 1) * d + 1, s, automatic == "SAME_UPPER")
            for length, k, s, d in zip(lengths, kernel, stride, dilation, strict=True)
        ]
    if node["ceil_mode"]:
        made = graph.shapes[node.output][2:]
        sides = [
            (before, max(after, (out - 1) * s + (k - 1) * d + 1 - length - before))
            for (before, after), out, s, k, d, length in zip(
                sides, made, stride, kernel, dilation, lengths, strict=True
            )
        ]
    if node.operator == "Conv" and (before := pad_before(graph, node)) is not None:
        sides = [(a + c, b + d) for (a, b), (c, d) in zip(sides, before, strict=True)]
    if rank == 1:
        kernel, stride, dilation, sides = [1, *kernel], [1, *stride], [1, *dilation], [(0, 0), *sides]
    if axes.get(taken) == LYING:
        kernel, stride, dilation, sides = kernel[::-1], stride[::-1], dilation[::-1], sides[::-1]
    return Window(tuple(kernel), tuple(stride), tuple((int(a), int(b)) for a, b in sides), tuple(dilation))


def pad_before(graph: Graph, node: Node) -> list[tuple[int, int]] | None:
    """What a node of its own lays around a convolution's input, (before, after) of each axis after the channel."""
    order = list(range(len(graph.shapes[node.inputs[0]])))
    before = graph.producer.get(node.inputs[0])
    while before is not None and before.operator in (*PASSING, "Transpose") and before.output not in graph.named:
        if before.operator == "Transpose":
            order = [before["perm"][axis] for axis in order]
        before = graph.producer.get(before.inputs[0])
    if before is None or before.operator != "Pad" or not pads_for_convolution(graph, before):
        return None
    if before.output in graph.named:  # a layer of its own
        return None
    sides = padding(graph, before)
    return [sides[axis] for axis in order[2:]]


def pads_for_convolution(graph: Graph, node: Node) -> bool:
    """Whether a node lays zeros around what a convolution alone takes, behind casts and exchanges of axes or not."""
    if node.operator != "Pad" or node["mode"] not in (None, "constant"):
        return False
    value = graph.constant(node.inputs[2]) if len(node.inputs) > 2 and node.inputs[2] else node["value"] or 0.0
    users = graph.consumers.get(node.output, [])
    while len(users) == 1 and users[0].operator in (*PASSING, "Transpose"):
        users = graph.consumers.get(users[0].output, [])
    return [user.operator for user in users] == ["Conv"] and value is not None and not np.any(value)


def padding(graph: Graph, node: Node) -> list[tuple[int, int]]:
    """What a Pad node lays around its input: (before, after) of each axis in the order of the file."""
    given = node["pads"] if node["pads"] is not None else graph.constant(node.inputs[1])
    rank = len(graph.shapes[node.output])
    axes = graph.constant(node.inputs[3]) if len(node.inputs) > 3 and node.inputs[3] else range(rank)
    if given is None or axes is None:
        raise Unread
    sides = [(0, 0)] * rank
    for axis, pair in zip(axes, zip(*_split(given, len(given) // 2), strict=True), strict=True):
        sides[int(axis) % rank] = pair
    return sides


def _split(pads: Sequence[int] | None, rank: int) -> tuple[list[int], list[int]]:
    pads = [0] * (2 * rank) if pads is None else [int(pad) for pad in pads]
    return pads[:rank], pads[rank:]


def _same(length: int, extent: int, stride: int, more_after: bool) -> tuple[int, int]:
    """The padding that makes one unit of every `stride` places."""
    total = max((-(-length // stride) - 1) * stride + extent - length, 0)
    return (total // 2, total - total // 2) if more_after else (total - total // 2, total // 2)


def reshape_sees(graph: Graph, axes: dict[str, Axes], before: str, after: str) -> tuple[str, Window | None]:
    """What a unit of a reshape sees: its place, a column of the map where rows became features, or anything."""
    old, new = plain_shape(graph, axes, before), plain_shape(graph, axes, after)
    if old is None or new is None or len(old) != 3 or len(new) != 2 or "W" not in axes[after]:
        return (PLACE if old == new and old is not None else WHOLE), None
    height, width, channels = old
    if new != (width, height * channels):
        return WHOLE, None
    return (PLACE, None) if height == 1 else (WINDOW, Window((height, 1), (height, 1)))
