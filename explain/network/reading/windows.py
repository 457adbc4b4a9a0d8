"""The window that a node slides over its input, and which part of its input each unit of a reshape sees."""

from __future__ import annotations

from collections.abc import Sequence

from explain.network.axes import LYING, Axes
from explain.network.layers import PLACE, WHOLE, WINDOW, Window
from explain.network.reading.following import plain_shape
from explain.network.reading.graph import Graph
from explain.network.reading.nodes import Node


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
    padding_node = graph.producer.get(taken)
    if padding_node is not None and padding_node.operator == "Pad" and node.operator == "Conv":
        sides = [(a + c, b + d) for (a, b), (c, d) in zip(sides, padding(graph, padding_node), strict=True)]
    if rank == 1:
        kernel, stride, dilation, sides = [1, *kernel], [1, *stride], [1, *dilation], [(0, 0), *sides]
    if axes.get(taken) == LYING:
        kernel, stride, dilation, sides = kernel[::-1], stride[::-1], dilation[::-1], sides[::-1]
    return Window(tuple(kernel), tuple(stride), tuple((int(a), int(b)) for a, b in sides), tuple(dilation))


def padding(graph: Graph, node: Node) -> list[tuple[int, int]]:
    """What a Pad node lays around a channel-first map: (before, after) of each axis after the channel."""
    given = node["pads"] if node["pads"] is not None else graph.constant(node.inputs[1])
    if given is None:
        raise Unread
    before, after = _split(given, len(given) // 2)
    return list(zip(before, after, strict=True))[2:]


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
