"""Descriptions of networks that no file holds, for tests of what only reads them."""

from __future__ import annotations

from pathlib import Path

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
