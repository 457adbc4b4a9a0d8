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

from explain.network.cpus import available_cpus
from explain.network.layers import Layer
from explain.network.session import Network, session_options, trim

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
        """Raises ValueError where the network cannot be spliced, see `fits`."""
        if not fits(network):
            raise ValueError("Only a chain of convolutions and poolings that makes a sequence can be spliced.")
        import onnx

        model = onnx.load(str(network.path))
        cards = list(network.description.layers[1:])
        at = next(i for i, card in enumerate(cards) if card.kind == "reshape")
        self.stages = []
        before = next(node for node in model.graph.node if node.op_type in ("Conv", "MaxPool", "AveragePool")).input[0]
        for card, last in _joined(cards[:at]):
            piece = _piece(model, before, (last.name,), 4)
            pad = card.window.padding[1][0]
            if pad:
                _open_sides(piece)
            self.stages.append(
                _Stage(last.name, _session(piece), card.window.kernel[1], card.window.stride[1], pad, last.shape[1])
            )
            before = last.name
        self.sequence = cards[at].name
        self.after = (*(card.name for card in cards[at + 1 :]), network.output_names[-1])
        self.head = _session(_piece(model, self.sequence, self.after, 3))
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
        outputs = self._pass(self.head, list(layers), {self.sequence: sequence})
        return dict(zip(layers, outputs, strict=True))

    def _pass(self, session: onnxruntime.InferenceSession, names: list[str], given: dict) -> list[np.ndarray]:
        with self.lock:  # as Network: a second pass at the same time would win nothing
            return session.run(names, given)


def _runs(firsts: list[int]) -> list[tuple[int, slice]]:
    """Each value with the slice of the list that holds it; equal ones stand side by side."""
    starts = [i for i, first in enumerate(firsts) if i == 0 or first != firsts[i - 1]]
    return [(firsts[a], slice(a, b)) for a, b in zip(starts, [*starts[1:], len(firsts)], strict=True)]


def fits(network: Network) -> bool:
    """Whether the network makes a sequence of a picture's columns by a chain of layers whose strips can be computed.

    Padded convolutions have rows and columns of zeros on both sides, as many as keep the size; only the last map, of
    one row, is laid out as a sequence, and the file keeps that as (batch, step, feature).
    """
    description = network.description
    cards = description.layers[1:]
    at = next((i for i, card in enumerate(cards) if card.kind == "reshape"), None)
    if at is None or not at or cards[at - 1].shape[:1] != (1,) or len(cards[at].shape) != 2:
        return False
    taken = (description.input.name, *(card.name for card in cards))
    after = (*(card.name for card in cards[at:]), description.logits)
    return (
        None not in (shape for card in cards[:at] for shape in card.shape)
        and all(card.inputs == (before,) for card, before in zip(cards, taken, strict=False))
        and all(_is_strip(card) for card in cards[:at])
        and all(description.axes.get(name) == ("N", "W", "C") for name in after)
    )


def _is_strip(card: Layer) -> bool:
    """Whether a strip of a layer's columns needs no more than a strip of the columns before."""
    if card.window is None:
        return card.kind in ("batch_norm", "activation") and card.activation != "softmax"
    (top, bottom), (left, right) = card.window.padding
    kernel, stride = card.window.kernel, card.window.stride
    padded = (top, bottom, left, right) != (0, 0, 0, 0)
    same = (top, bottom) == ((kernel[0] - 1) // 2,) * 2 and (left, right) == ((kernel[1] - 1) // 2,) * 2
    return (
        card.kind in ("conv", "max_pool", "average_pool")
        and card.window.dilation == (1, 1)
        and (kernel[1] > 1 or stride[1] == 1)
        and (not padded or (same and card.kind == "conv" and stride == (1, 1)))
    )


def of(network: Network) -> Splicing:
    """The network's splicing, made at first need and kept as long as the network is; some 40 MB."""
    with _making:
        if network not in _made:
            _made[network] = Splicing(network)
            trim()
        return _made[network]


def _joined(cards: list[Layer]) -> list[tuple[Layer, Layer]]:
    """The layers that mix columns, each with the last of those behind it that don't."""
    mixing = [i for i, card in enumerate(cards) if card.window and card.window.kernel[1] > 1]
    return [(cards[i], cards[j - 1]) for i, j in zip(mixing, [*mixing[1:], len(cards)], strict=True)]


def _piece(model: onnx.ModelProto, before: str, names: tuple[str, ...], axes: int) -> onnx.ModelProto:
    """The part of a chain of layers between one tensor, with so many axes, and others."""
    import onnx
    from onnx import helper

    ends = [i for i, node in enumerate(model.graph.node) if set(node.output) & {before, *names}]
    start = next(i for i in ends if before in model.graph.node[i].output) + 1
    nodes = model.graph.node[start : max(ends) + 1]
    used = {name for node in nodes for name in node.input}
    float32 = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes],
        "piece",
        [helper.make_tensor_value_info(before, float32, [None] * axes)],
        [helper.make_tensor_value_info(name, float32, None) for name in names],
        [initializer for initializer in model.graph.initializer if initializer.name in used],
    )
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)


def _open_sides(piece: onnx.ModelProto) -> None:
    """Let a convolution with zeros all around have them above and below alone."""
    from onnx import helper

    (conv,) = (node for node in piece.graph.node if node.op_type == "Conv")
    kept = [attribute for attribute in conv.attribute if attribute.name not in ("auto_pad", "pads")]
    above = next((attribute.ints[0] - 1) // 2 for attribute in kept if attribute.name == "kernel_shape")
    del conv.attribute[:]
    conv.attribute.extend([*kept, helper.make_attribute("pads", [above, 0, above, 0])])


def _session(piece: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = session_options(available_cpus())
    return onnxruntime.InferenceSession(piece.SerializeToString(), options, providers=["CPUExecutionProvider"])
