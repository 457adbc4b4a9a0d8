"""What the axes of a tensor are: batch, height, width, channel; followed from the picture through every operator.

A tensor's axes are a tuple of short names: "N" batch, "H" height, "W" width, "C" channel or feature, "D" direction of
an LSTM, "?" unknown; two letters, such as "WN", where a reshape has laid two axes into one. A sequence made of a map's
columns keeps "W" as its axis of time.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from explain.network.graph import BATCH, Graph, Node

Axes = tuple[str, ...]
MAP = ("N", "C", "H", "W")
ALWAYS_MAPS = (
    *("Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool"),
    *("BatchNormalization", "InstanceNormalization", "Resize", "Upsample", "DepthToSpace", "SpaceToDepth"),
)


def follow(graph: Graph) -> dict[str, Axes]:
    """The axes of every tensor that is computed from the picture's values and whose shape is known."""
    axes: dict[str, Axes] = {graph.input: MAP if graph.channel_first else ("N", "H", "W", "C")}
    for node in graph.nodes:
        taken = [name for name in graph.data_inputs(node) if name in axes]
        if not taken:
            continue
        source = max(taken, key=lambda name: len(axes[name]))
        for index, name in enumerate(node.outputs):
            if name in graph.shapes:
                rank = len(graph.shapes[name])
                made = _made(graph, node, index, source, axes[source])
                axes[name] = made if len(made) == rank else ("?",) * rank
    return axes


def _made(graph: Graph, node: Node, index: int, source: str, axes: Axes) -> Axes:
    operator = node.operator
    if operator in ALWAYS_MAPS and len(axes) == 4:
        return MAP
    if operator == "LSTM":
        return (_step(axes), "D", "N", "C") if index == 0 else ("D", "N", "C")
    if operator == "Transpose":
        return tuple(axes[axis] for axis in node["perm"] or range(len(axes))[::-1])
    if operator in ("Reshape", "Flatten", "Squeeze"):
        return reshaped(graph.shapes[source], axes, graph.shapes[node.outputs[index]])
    if operator == "Unsqueeze":
        return _unsqueezed(graph, node, axes)
    if operator == "Gather":
        scalar = graph.shapes.get(node.inputs[1]) == ()
        at = (node["axis"] or 0) % len(axes)
        return (*axes[:at], *axes[at + 1 :]) if scalar else axes
    if operator.startswith("Reduce") and node["keepdims"] == 0:
        gone = {axis % len(axes) for axis in reduced_axes(graph, node)}
        return tuple(name for axis, name in enumerate(axes) if axis not in gone)
    if operator in ("MatMul", "Gemm"):
        return (*axes[:-1], "C")
    return axes


def reduced_axes(graph: Graph, node: Node) -> tuple[int, ...]:
    """The axes over which a Reduce operator works; all where none is stated."""
    given = node["axes"]
    if given is None and len(node.inputs) > 1 and node.inputs[1]:
        given = graph.constant(node.inputs[1])
    if given is None:
        return tuple(range(len(graph.shapes[node.inputs[0]])))
    return tuple(int(axis) for axis in np.atleast_1d(given))


def _step(axes: Axes) -> str:
    return next((name for name in axes if name in ("W", "H")), axes[0])


def _unsqueezed(graph: Graph, node: Node, axes: Axes) -> Axes:
    given = node["axes"] if node["axes"] is not None else graph.constant(node.inputs[1])
    rank = len(graph.shapes[node.output])
    new = {int(axis) % rank for axis in np.atleast_1d(given if given is not None else ())}
    rest = iter(axes)
    names = [None if axis in new else next(rest, "?") for axis in range(rank)]
    missing = iter([name for name in ("N", "H", "W") if name not in axes])
    return tuple(next(missing, "?") if name is None else name for name in names)


def reshaped(shape: Sequence[int], axes: Axes, wanted: Sequence[int]) -> Axes:
    """The axes after a reshape from `shape` to `wanted`: runs of axes with equal products belong together."""
    names: list[str] = []
    dropped: list[str] = []
    i = j = 0
    while j < len(wanted):
        if wanted[j] == 1 and not (i < len(shape) and shape[i] == 1):
            names.append(dropped.pop(0) if dropped else _unused(axes, names))
            j += 1
            continue
        if i < len(shape) and shape[i] == 1 and wanted[j] != 1:
            dropped.append(axes[i])
            i += 1
            continue
        first, start = i, j
        i, j = i + 1, j + 1
        while i <= len(shape) and j <= len(wanted) and prod(shape[first:i]) != prod(wanted[start:j]):
            if prod(shape[first:i]) < prod(wanted[start:j]):
                i += 1
            else:
                j += 1
            if i > len(shape) or j > len(wanted):
                return ("?",) * len(wanted)
        names += _grouped(shape[first:i], axes[first:i], wanted[start:j])
    return tuple(names)


def _unused(axes: Axes, names: list[str]) -> str:
    return next((name for name in ("N", "H", "W") if name not in names and name not in axes), "?")


def _grouped(shape: Sequence[int], axes: Axes, wanted: Sequence[int]) -> list[str]:
    """Names for one run of axes laid out anew."""
    if len(wanted) == 1:
        return [_joined(shape, axes)]
    if len(axes) == 1 and len(axes[0]) == len(wanted) and "?" not in axes[0]:
        return list(axes[0])
    if len(axes) == 1 and len(wanted) == 2 and axes[0] == "C":
        return ["?", "C"]
    return ["?"] * len(wanted)


def _joined(shape: Sequence[int], axes: Axes) -> str:
    long = [name for length, name in zip(shape, axes, strict=True) if length > 1] or list(axes[:1])
    if len(long) == 1:
        return long[0]
    if "N" in long:
        return "".join(long) if len(long) == 2 and "C" not in long and "D" not in long else "?"
    if "C" in long:
        return "C"
    return "W" if set(long) <= {"H", "W"} else "?"


def plain(axes: Axes) -> tuple[int, ...] | None:
    """The order of axes (N, H, W, C), or (N, step, C), or (N, C): what to transpose by; None where they are none.

    A tensor without an axis for the batch gets none here: it is of one picture.
    """
    letters = [name for name in ("N", "H", "W", "C") if name in axes]
    if len(letters) != len(axes) or "C" not in letters:
        return None
    return tuple(axes.index(name) for name in letters)


def plain_shape(graph: Graph, axes: dict[str, Axes], name: str) -> tuple[int, ...] | None:
    """A tensor's shape as (height, width, channel), (step, feature) or (unit,), without the batch."""
    if name not in axes:
        return None
    unfolded, shape = unfold(axes[name], graph.shapes[name])
    order = plain(unfolded)
    if order is None:
        return None
    return tuple(shape[axis] for axis in order if unfolded[axis] != "N")


def unfold(axes: Axes, shape: Sequence[int | None], batch: int = BATCH) -> tuple[Axes, tuple[int | None, ...]]:
    """Axes and lengths with those that a reshape laid into one, such as "WN", taken apart again."""
    names: list[str] = []
    lengths: list[int | None] = []
    for name, length in zip(axes, shape, strict=True):
        names += list(name)
        if len(name) == 2:
            other = None if length is None else length // batch
            lengths += [batch, other] if name[0] == "N" else [other, batch]
        else:
            lengths.append(length)
    return tuple(names), tuple(lengths)
