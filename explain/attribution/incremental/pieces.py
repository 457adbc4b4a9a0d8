"""Parts of a network's file as sessions of their own: each stage by itself, and what is behind all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from explain.attribution.incremental.reach import Stage
from explain.network.description import Description
from explain.network.running.cpus import available_cpus
from explain.network.running.onward import Part, cut, options_for
from explain.network.session import trim

if TYPE_CHECKING:
    import onnx

SLIDING = ("Conv", "MaxPool", "AveragePool")


THREADS = 64  # of all sessions together; they sleep but for those of one


class Pieces:
    """Each stage, and the rest of the network, as a session of its own.

    The network's weights are in them together once more: a copy beside the session that is opened already.
    """

    def __init__(self, description: Description, stages: Sequence[Stage], ends: Iterable[str], tensors: Iterable[str]):
        """stages: to be computed by themselves. ends: layers from which the tensors are to be computed.

        Raises ValueError where the file's nodes are not as the description has them.
        """
        import onnx

        model = onnx.load(str(description.path), load_external_data=False)
        self._made = [stage.name for stage in stages]
        self._input, self._last_channel = description.input.name, not description.channel_first
        options = options_for(description, max(1, min(available_cpus(), THREADS // (len(stages) + 1))))
        self._stages = [None if _pads(stage) else Part(_stage(model, stage), options) for stage in stages]
        self._rest = Part(cut(model, tuple(ends), tuple(dict.fromkeys(tensors))), options)
        trim()

    def stage(self, number: int, given: Sequence[np.ndarray], names: Sequence[str]) -> np.ndarray:
        """What a stage makes of `(batch, channel, height, width)` maps, the sides laid around them already.

        names: of the layers that these are of.
        """
        session = self._stages[number]
        if session is None:  # it lays zeros around the map, and they are there already
            return given[0]
        feeds = {name: self._in_file(name, map_) for name, map_ in zip(names, given, strict=True)}
        return session.run(feeds)[self._made[number]]

    def rest(self, given: dict[str, np.ndarray], tensors: Sequence[str]) -> dict[str, np.ndarray]:
        """What the rest makes of the ends, as the file has it. Now and then the arena's free memory is given back."""
        return self._rest.run({name: self._in_file(name, map_) for name, map_ in given.items()}, tensors)

    def _in_file(self, name: str, map_: np.ndarray) -> np.ndarray:
        """A map, channels first, as the file has it: only the picture may come with its channels last."""
        turned = name == self._input and self._last_channel
        return np.ascontiguousarray(map_.transpose(0, 2, 3, 1) if turned else map_)


def _pads(stage: Stage) -> bool:
    return stage.layers[0].settings.get("operator") == "pad"


def _stage(model: onnx.ModelProto, stage: Stage) -> onnx.ModelProto:
    """A stage by itself, without what it lays around its map along the axes that are cut."""
    part = cut(model, stage.inputs, (stage.name,))
    _open_sides(part.graph, stage)
    return part


def _open_sides(part: onnx.GraphProto, stage: Stage) -> None:
    """Takes away what the stage lays around its map along the axes that are cut: it comes with the windows."""
    from onnx import helper

    window = stage.layers[0].window
    if window is None:
        return
    sliding = [node for node in part.node if node.op_type in SLIDING]
    if not sliding:
        raise ValueError(f"{stage.name} slides a window, but none of its nodes does.")
    node = sliding[0]
    for padding in [other for other in part.node if other.op_type == "Pad" and other.output[0] == node.input[0]]:
        node.input[0] = padding.input[0]
        part.node.remove(padding)
    sides = [(0, 0) if axis in stage.axes else window.padding[axis] for axis in (0, 1)]
    kept = [one for one in node.attribute if one.name not in ("auto_pad", "pads", "ceil_mode")]
    del node.attribute[:]
    node.attribute.extend([*kept, helper.make_attribute("pads", [side[end] for end in (0, 1) for side in sides])])
