"""A reader made by hand, whose blank, scaling and axes are known, and pictures that it reads: stripes for letters.

A letter is a stripe of four columns, lighter above than below, or darker, by a half or a whole of all there is from
black to white; between letters, and on an empty picture, above and below are alike. The network takes the difference
and gives each letter the square of how far it is off, so that with another scaling it reads something else.
"""

from __future__ import annotations

import json

import numpy as np
import onnx
from onnx import TensorProto, helper
from PIL import Image

from tests.test_third_network import Maker

HEIGHT, STRIPE = 32, 4
CONTRASTS = {"a": 0.5, "b": -0.5, "c": 1.0, "d": -1.0}
SCALES = {"255": 1.0, "signed": 2.0, "none": 255.0}  # from black to white, as the network is to have it
WORDS = ("abcd", "dcba", "acbd", "bad", "cab", "dada", "bcbc", "adcb")


def drawn(text: str) -> Image.Image:
    """The text as a picture of its own width."""
    pixels = np.full((HEIGHT, STRIPE * (2 * len(text) + 1)), 128, np.uint8)
    for place, letter in enumerate(text):
        columns = slice(STRIPE * (2 * place + 1), STRIPE * (2 * place + 2))
        half = 127 * CONTRASTS[letter]
        pixels[: HEIGHT // 2, columns], pixels[HEIGHT // 2 :, columns] = 128 + half, 128 - half
    return Image.fromarray(pixels)


def words() -> list[tuple[Image.Image, str]]:
    return [(drawn(text), text) for text in WORDS]


def reader(
    path,
    scaling: str = "255",
    blank: int = 0,
    *,
    time_first: bool = False,
    lying: bool = False,
    softmax: bool = False,
    sides: tuple[int | None, int | None] = (HEIGHT, None),
    metadata: dict | None = None,
    channels: int = 1,
):
    """Writes the network. sides: height and width as the file declares them, of the upright picture."""
    made = Maker()
    half = np.full((HEIGHT // 2, STRIPE), 2 / (HEIGHT * STRIPE * channels))
    kernel = np.concatenate([half, -half]) / SCALES[scaling]
    kernel = np.tile((kernel.T if lying else kernel)[None, None], (1, channels, 1, 1)).astype(np.float32)
    strides = [STRIPE, 1] if lying else [1, STRIPE]
    x = made.node("Conv", ["picture", made.array("kernel", kernel)], "contrast", strides=strides)
    x = made.node("Squeeze", [x, made.array("side", np.array([3 if lying else 2]))], "row")
    x = made.node("Transpose", [x], "steps", perm=[2, 0, 1] if time_first else [0, 2, 1])
    contrasts = np.insert(np.array(list(CONTRASTS.values())), blank, 0.0)
    x = made.node("MatMul", [x, made.array("weights", (80 * contrasts[None]).astype(np.float32))], "products")
    x = made.node("Add", [x, made.array("bias", (-40 * contrasts**2).astype(np.float32))], "frames")
    if softmax:
        x = made.node("Softmax", [x], "probabilities", axis=-1)
    height, width = (f"side {i}" if side is None else side for i, side in enumerate(sides))
    places = [width, height] if lying else [height, width]
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", channels, *places])
    graph = helper.make_graph(made.nodes, "striped", [picture], [onnx.ValueInfoProto(name=x)], made.stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, metadata or {})
    onnx.save(model, path)
    return path


def labelled(**others: str) -> dict[str, str]:
    """Metadata with the labels, the blank left out."""
    return {"labels": json.dumps(list(CONTRASTS)), **others}
