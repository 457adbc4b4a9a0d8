"""The recogniser's answers to pictures that differ from one in a few columns, without computing what stays the same.

A column of the picture reaches a strip of columns of each convolution layer and no more
(explain/layers/receptive_field.py). Only that strip is computed, from the changed columns and what stands unchanged
beside them; it is then laid into the unchanged sequence, and the recurrent layers, whose every step hears of every
other, run in full. The same products are added up in another order, so answers agree to rounding.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import onnxruntime

from explain.network.axes import MAP, plain
from explain.network.cpus import available_cpus
from explain.network.description import Description
from explain.network.layers import PLACE, WHOLE, Layer, Window
from explain.network.session import LOGITS, Network, session_options, trim

if TYPE_CHECKING:
    import onnx

_made: WeakKeyDictionary[Network, Splicing] = WeakKeyDictionary()
_making = threading.Lock()


@dataclass(frozen=True)
class _Stage:
    """A layer by itself, with those after it that take each column for itself; zeros at the sides left out.

    name: of the last of them. kernel, stride, pad: along the columns. wide: columns out.
    """

    name: str
    session: onnxruntime.InferenceSession
    kernel: int
    stride: int
    pad: int
    wide: int

    def reach(self, first: int, last: int) -> tuple[int, int]:
        """The output columns, from first up to but without last, that input columns of that range have a part in."""
        begin = max(0, math.ceil((first + self.pad - self.kernel + 1) / self.stride))
        return begin, min(self.wide, (last - 1 + self.pad) // self.stride + 1)

    def needs(self, first: int, last: int) -> tuple[int, int]:
        """The input columns that output columns of that range are made of; may go beyond the picture, as zeros."""
        return first * self.stride - self.pad, (last - 1) * self.stride - self.pad + self.kernel


class Splicing:
    """A network's layers one by one, up to its sequence, and the rest in one piece."""

    def __init__(self, network: Network):
        """Raises ValueError where the network does not fit, see `fits`."""
        if not fits(network):
            raise ValueError("Only a network that makes a sequence, by layers in a row, can be spliced.")
        import onnx

        model = onnx.load(str(network.path))
        self.network, description = network, network.description
        before_sequence, sequence, after = _parts(description)
        self.stages = []
        before = _first_map(model, network)
        for layer, last in _joined(before_sequence):
            piece = _piece(model, before, (last.name,))
            if any(layer.window.padding[1]):
                _open_sides(piece, layer.window)
            window = layer.window
            sizes = window.kernel[1], window.stride[1], window.padding[1][0]
            self.stages.append(_Stage(last.name, _session(piece), *sizes, last.shape[1]))
            before = last.name
        self.sequence = sequence.name
        self.after = tuple(dict.fromkeys((*(layer.name for layer in after), LOGITS)))
        self.tensors = {name: network.tensor(name) for name in self.after}
        self.head = _session(_piece(model, self.sequence, tuple(dict.fromkeys(self.tensors.values()))))
        self.lock = threading.Lock()

    def unchanged(self, network: Network, picture: np.ndarray) -> dict[str, np.ndarray]:
        """What every stage takes for the picture, (height, width, channel), channels first, by the stage's name."""
        names = [stage.name for stage in self.stages]
        found = network.run(picture[None], (*names, self.sequence))
        taken = [picture[None].astype(np.float32), *(found[name] for name in names[:-1])]
        answer = {
            name: np.ascontiguousarray(map_.transpose(0, 3, 1, 2)) for name, map_ in zip(names, taken, strict=True)
        }
        return answer | {self.sequence: found[self.sequence]}

    def steps(self, first: int, last: int) -> list[tuple[int, int, int, int]]:
        """For changed columns of the picture, of every stage: input columns needed, output columns that change."""
        answer = []
        for stage in self.stages:
            first, last = stage.reach(first, last)
            answer.append((*stage.needs(first, last), first, last))
        return answer

    def alike(self, spans: list[tuple[int, int]]) -> list[list[int]]:
        """Which spans, (first, last) columns of the picture, can be computed together: their strips are as wide.

        Numbers of spans, those of the same span side by side. They differ at the picture's sides, and where pooling
        cuts them in another place.
        """
        groups: dict[tuple, list[int]] = {}
        for span in sorted(set(spans)):
            first, last = span
            shape = []
            for left, right, begin, end in self.steps(*span):
                shape += [first - left, last - left, right - left]
                first, last = begin, end
            groups.setdefault(tuple(shape), []).extend(i for i, other in enumerate(spans) if other == span)
        return list(groups.values())

    def run(
        self, strips: np.ndarray, firsts: list[int], unchanged: dict[str, np.ndarray], layers: tuple[str, ...]
    ) -> dict[str, np.ndarray]:
        """Outputs by layer for pictures that differ from one in a strip of columns each.

        strips: (n, height, columns, channel). firsts: the column of the picture that each begins at, all `alike`.
        unchanged: of the picture that they differ from. layers: of those after the sequence.
        """
        wide = strips.shape[2]
        runs = _runs(firsts)
        ways = [self.steps(first, first + wide) for first, _ in runs]
        changed = np.ascontiguousarray(strips.transpose(0, 3, 1, 2), np.float32)
        places = [first for first, _ in runs]
        for i, stage in enumerate(self.stages):
            whole, (left, right) = unchanged[stage.name], ways[0][i][:2]
            windows = np.zeros((len(strips), *whole.shape[1:3], right - left), np.float32)
            for way, place, (_, part) in zip(ways, places, runs, strict=True):
                left, right = way[i][:2]
                inside = slice(max(left, 0), min(right, whole.shape[3]))
                windows[part, ..., inside.start - left : inside.stop - left] = whole[..., inside]
                windows[part, ..., place - left : place - left + changed.shape[3]] = changed[part]
            (changed,) = self._pass(stage.session, [stage.name], {stage.session.get_inputs()[0].name: windows})
            places = [way[i][2] for way in ways]
        sequence = np.repeat(unchanged[self.sequence], len(strips), axis=0)
        for place, (_, part) in zip(places, runs, strict=True):
            sequence[part, place : place + changed.shape[3]] = changed[part, :, 0].transpose(0, 2, 1)
        tensors = [self.tensors[name] for name in layers]
        order = plain(self.network.description.axes[self.sequence])
        given = np.ascontiguousarray(sequence.transpose(np.argsort(order)))  # as the file has its axes
        outputs = self._pass(self.head, tensors, {self.sequence: given})
        return {
            name: self.network.in_order(tensor, output, len(strips))
            for name, tensor, output in zip(layers, tensors, outputs, strict=True)
        }

    def _pass(self, session: onnxruntime.InferenceSession, names: list[str], given: dict) -> list[np.ndarray]:
        with self.lock:  # as Network: a second pass at the same time would win nothing
            return session.run(names, given)


def _runs(firsts: list[int]) -> list[tuple[int, slice]]:
    """Each value with the slice of the list that holds it; equal ones stand side by side."""
    starts = [i for i, first in enumerate(firsts) if i == 0 or first != firsts[i - 1]]
    return [(firsts[a], slice(a, b)) for a, b in zip(starts, [*starts[1:], len(firsts)], strict=True)]


def fits(network: Network) -> bool:
    """Whether layers in a row make a sequence of a picture's columns, each reaching few columns of the one before.

    Widths must be known, and zeros must be what lies beyond the sides: a largest or mean value of a window that reaches
    over a side is another one. The file must keep its maps channel-first and take any number of pictures.
    """
    return _parts(network.description) is not None and network.description.batch is None


def _parts(description: Description) -> tuple[list[Layer], Layer, list[Layer]] | None:
    """The layers before the sequence, the one that makes it, and those after it; None where there are none such."""
    layers = list(description.layers[1:])
    at = next((i for i, layer in enumerate(layers) if layer.kind == "reshape" and len(layer.shape) == 2), None)
    if at is None or layers[at].sees != PLACE or not _joined(layers[:at]):
        return None
    names = [layer.name for layer in description.layers]
    in_a_row = all(layer.inputs == (names[i],) for i, layer in enumerate(layers[: at + 1]))
    after = {name for layer in layers[at + 1 :] for name in layer.inputs}
    apart = not after & set(names[: at + 1])
    maps = all(description.axes.get(layer.name) == MAP for layer in layers[:at])
    order = plain(description.axes.get(layers[at].name, ()))
    known = in_a_row and apart and maps and order is not None and len(order) == 3
    return (layers[:at], layers[at], layers[at + 1 :]) if known and all(map(_can_be_cut, layers[:at])) else None


def _can_be_cut(layer: Layer) -> bool:
    """Whether a strip of a layer's columns can be computed from a strip of the columns before it."""
    window = layer.window
    if layer.sees == WHOLE or layer.shape[1] is None or layer.settings.get("padded_before"):
        return False
    if window is None or window.kernel[1] == 1:
        return window is None or (window.stride[1] == 1 and not any(window.padding[1]))
    return window.dilation[1] == 1 and (layer.kind == "conv" or not any(window.padding[1]))


def of(network: Network) -> Splicing:
    """The network's splicing, made at first need and kept as long as the network is; some 40 MB."""
    with _making:
        if network not in _made:
            _made[network] = Splicing(network)
            trim()
        return _made[network]


def _joined(layers: list[Layer]) -> list[tuple[Layer, Layer]]:
    """The layers that mix columns, each with the last of those behind it that don't; empty where the first doesn't."""
    mixing = [i for i, layer in enumerate(layers) if layer.window and layer.window.kernel[1] > 1]
    if not mixing or mixing[0]:
        return []
    return [(layers[i], layers[j - 1]) for i, j in zip(mixing, [*mixing[1:], len(layers)], strict=True)]


def _first_map(model: onnx.ModelProto, network: Network) -> str:
    """The picture as the first layer takes it, channel-first."""
    if network.description.channel_first:
        return network.description.input.name
    return next(node for node in model.graph.node if network.description.input.name in node.input).output[0]


def _piece(model: onnx.ModelProto, before: str, names: tuple[str, ...]) -> onnx.ModelProto:
    """The part of a network that makes some tensors of one."""
    import onnx
    from onnx import helper

    producer = {name: i for i, node in enumerate(model.graph.node) for name in node.output}
    needed, waiting = set(), [name for name in names if name != before]
    while waiting:
        at = producer.get(waiting.pop())
        if at is not None and at not in needed:
            needed.add(at)
            waiting += [name for name in model.graph.node[at].input if name != before]
    nodes = [model.graph.node[at] for at in sorted(needed)]
    used = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes],
        "piece",
        [helper.make_tensor_value_info(before, onnx.TensorProto.FLOAT, None)],
        [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names],
        [initializer for initializer in model.graph.initializer if initializer.name in used],
    )
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)


def _open_sides(piece: onnx.ModelProto, window: Window) -> None:
    """Let the first convolution, with zeros all around, have them above and below alone."""
    from onnx import helper

    conv = next(node for node in piece.graph.node if node.op_type == "Conv")
    kept = [attribute for attribute in conv.attribute if attribute.name not in ("auto_pad", "pads")]
    above, below = window.padding[0]
    del conv.attribute[:]
    conv.attribute.extend([*kept, helper.make_attribute("pads", [above, 0, below, 0])])


def _session(piece: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = session_options(available_cpus())
    return onnxruntime.InferenceSession(piece.SerializeToString(), options, providers=["CPUExecutionProvider"])
