"""Small networks for tests: descriptions that no file holds, and ONNX files of a few nodes."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from explain.network.description import Description
from explain.network.head import CLASSES, NONE, Head
from explain.network.layers import Layer
from models.preprocessing import Preprocessing


def chain(
    input_shape: tuple[int, ...], *layers: Layer, labels: tuple[str, ...] = (), name: str = "tiny"
) -> Description:
    """Layers in a row after a picture called "input", each taking what the one before it gives."""
    picture = Layer("input", "input", "input", (), tuple(input_shape))
    height, width, channels = input_shape
    return Description(
        name=name,
        title=name,
        path=Path(f"{name}.onnx"),
        layers=(picture, *layers),
        logits="logits",
        head=Head(CLASSES, labels) if labels else Head(NONE),
        preprocessing=Preprocessing(height, width, "grey" if channels == 1 else "rgb"),
        card=None,
        named=True,
        picture=tuple(input_shape),
        outputs=(),
        batch=None,
        smallest=(1, 1),
        channel_first=False,
        axes={},
        licence="",
        source="",
    )


def written(tmp_path, made, shape, *, output, metadata=None, name="made"):
    """The path of an ONNX file with these nodes; shape: of the picture, output: the one tensor that is put out."""
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)
    end = onnx.ValueInfoProto(name=output)
    graph = helper.make_graph(made.nodes, name, [picture], [end], made.stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, metadata or {})
    onnx.save(model, tmp_path / f"{name}.onnx")
    return tmp_path / f"{name}.onnx"
