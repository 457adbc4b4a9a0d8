"""The same network as every version of the standard writes it: axes as attributes or inputs, old meanings and new."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from explain.network.session import Network
from tests.explain.network.reading.parts import Parts, kinds, opened

OPSETS = (7, 8, 9, 10, 11, 12, 13, 15, 17, 18, 20, 21, 23)
WANTED = [
    "conv relu6",
    "conv leaky_relu",
    "resize",
    "max_pool",
    "slice",
    "part of the channels",
    "part of the channels",
    "multiply",
    "concat",
    "global_average_pool",
    "dense softmax",
]


def _classifier(opset: int) -> tuple[Parts, str]:
    made = Parts(opset)
    x = made.clip(made.norm(made.conv("picture", 3, 8, bias=False), 8), 0.0, 6.0)
    x = made.next("Conv", made.pad(x, [1, 0, 1, 2]), made.drawn(8, 8, 3, 3))
    x = made.dropped(made.next("LeakyRelu", x, alpha=0.2))
    x = made.next("MaxPool", made.twice(x), kernel_shape=[2, 2], strides=[2, 2])
    x = made.cut(x, 2, 1, 9)
    parts = ["a", "b"]
    split = {"num_outputs": 2} if opset >= 18 else {}
    made.next("Split", x, axis=1, **split)
    made.nodes[-1].output[:] = parts
    x = made.next("Concat", made.next("Mul", *parts), x, axis=1)
    x = made.with_axes("ReduceMean", 18, x, [2, 3], keepdims=0)
    x = made.with_axes("Squeeze", 13, made.with_axes("Unsqueeze", 13, x, [2]), [2])
    x = made.next("Gemm", x, made.drawn(12, 5), made.drawn(5))
    return made, made.next("Softmax", x, **({} if opset < 13 else {"axis": 1}))


@pytest.mark.parametrize("opset", OPSETS)
def test_a_classifier_is_the_same_at_every_opset(opset, tmp_path):
    made, output = _classifier(opset)
    description = opened(made.write(tmp_path, output), gradients=opset in (7, 9, 10, 12, 18, 23))
    assert kinds(description) == WANTED
    assert description.head.kind == "classes" and len(description.labels) == 5
    titles = [layer.title for layer in description.layers]
    assert len(set(titles)) == len(titles) and titles[1] == "1 conv 3 x 3, 8 channels"


@pytest.mark.parametrize(
    ("opset", "axis", "activation", "softmax"),
    [(11, 2, "softmax", None), (11, None, None, None), (13, None, "softmax", None), (13, 1, None, -2)],
)
def test_over_what_a_softmax_adds_up_to_one(opset, axis, activation, softmax, tmp_path):
    """Up to opset 12 over all axes from one on: over every number of a sequence where none is named."""
    made = Parts(opset)
    x = made.with_axes("Squeeze", 13, made.next("Conv", "picture", made.drawn(6, 3, 8, 1)), [2])
    x = made.next("MatMul", made.next("Transpose", x, perm=[0, 2, 1]), made.drawn(6, 4))
    output = made.next("Softmax", x, **({} if axis is None else {"axis": axis}))
    path = made.write(tmp_path, output, shape=(1, 3, 8, 10))
    description = opened(path)
    dense = next(layer for layer in description.layers if layer.kind == "dense")
    assert dense.activation == activation
    if activation is None:
        assert description.output.kind == "softmax" and description.output.settings["axis"] == softmax
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    picture = np.random.default_rng(0).random((1, 8, 10, 3), dtype=np.float32)
    (theirs,) = session.run(None, {"picture": picture.transpose(0, 3, 1, 2)})
    np.testing.assert_allclose(Network(path).run(picture)[description.output.name], theirs, atol=1e-6)


@pytest.mark.parametrize("kind", [1, 10, 2], ids=["single", "half", "bytes"])
def test_whatever_the_picture_is_made_of(kind, tmp_path):
    made = Parts()
    x = "picture" if kind in (1, 10) else made.next("Cast", "picture", to=1)
    weights = made.drawn(4, 3, 3, 3)
    if kind == 10:
        weights = made.next("Cast", weights, to=kind)
    output = made.next("Relu", made.next("Conv", x, weights))
    path = made.write(tmp_path, output, kind=kind)
    network = Network(path)
    picture = np.random.default_rng(0).integers(0, 255, (1, 16, 16, 3)).astype(np.float32)
    found = network.run(picture)[output]
    kernel = np.asarray(made.stored[0].raw_data and np.frombuffer(made.stored[0].raw_data, np.float32)).reshape(
        4, 3, 3, 3
    )
    windows = np.lib.stride_tricks.sliding_window_view(picture[0], (3, 3), (0, 1))
    expected = np.maximum(np.einsum("yxcij,ocij->yxo", windows, kernel), 0)
    np.testing.assert_allclose(found[0], expected, rtol=1e-2, atol=2 if kind == 10 else 1e-2)
    assert found.dtype == np.float32 and kinds(network.description) == ["conv relu"]
