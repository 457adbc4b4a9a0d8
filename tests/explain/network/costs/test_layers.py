"""What layers cost: against naive loops that count every product, by hand for the CRNN, VGG16's published number."""

from __future__ import annotations

import numpy as np
import pytest

from explain.network.apart.network import RemoteNetwork
from explain.network.costs.layers import costs_of, read
from explain.network.description import describe
from explain.network.errors import NetworkError
from explain.network.session import Network
from models.networks import CARDS
from tests.explain.network.costs import loops
from tests.explain.network.made import written
from tests.explain.network.reading.parts import Parts
from tests.explain.panels.layers.third import HEIGHT, LABELS, STEPS, WIDTH, recogniser
from tests.test_third_network import make

BY_HAND = {  # height x width x channels out x (window x channels in), of every convolution of the CRNN
    "conv_1": 32 * 128 * 64 * 9 * 1,
    "conv_2": 16 * 64 * 128 * 9 * 64,
    "conv_3": 8 * 32 * 256 * 9 * 128,
    "conv_4": 8 * 32 * 256 * 9 * 256,
    "conv_5": 4 * 32 * 512 * 9 * 256,
    "conv_6": 4 * 32 * 512 * 9 * 512,
    "conv_7": 1 * 31 * 512 * 4 * 512,
    # steps x directions x gates x units x (features + units)
    "blstm_1": 31 * 2 * 4 * 128 * (512 + 128),
    "blstm_2": 31 * 2 * 4 * 128 * (256 + 128),
    "outputs": 31 * 256 * 63,
}


def by_name(costs, what="multiply_adds") -> dict[str, int]:
    return {cost.layer: getattr(cost, what) for cost in costs}


def test_the_recogniser_that_comes_along_by_hand():
    description = describe(CARDS["crnn"])
    costs = read(description, (32, 128))
    assert {name: count for name, count in by_name(costs).items() if count} == BY_HAND
    assert 0.8e9 < sum(BY_HAND.values()) < 0.83e9
    parameters = by_name(costs, "parameters")
    assert sum(parameters.values()) == 6_619_711 and parameters["conv_2"] == 9 * 64 * 128 + 128
    assert by_name(costs, "output")["conv_2"] == 16 * 64 * 128 * 4
    # Kernels lie in the file in half precision, vectors in single.
    assert by_name(costs, "weights")["conv_2"] == 9 * 64 * 128 * 2 + 128 * 4
    assert by_name(costs, "weights")["pool_1"] == 0
    whole, file = sum(by_name(costs, "weights").values()), description.path.stat().st_size
    assert 0.99 * file < whole < file


def test_the_convolutions_of_vgg16_take_the_published_15_3_thousand_millions():
    costs = by_name(read(describe(CARDS["vgg16-cam"]), (224, 224)))
    assert sum(count for name, count in costs.items() if name.startswith("block")) == 15_346_630_656


def _parts() -> tuple[Parts, str, dict[str, int]]:
    """A network of many kinds of layers for pictures of 3 x 9 x 8, and what each takes."""
    made, expected = Parts(), {}
    x = made.node("Conv", ["picture", made.drawn(4, 3, 3, 2), made.drawn(4)], "plain", pads=[1, 0, 1, 1])
    expected[x] = loops.convolution((1, 3, 9, 8), (4, 3, 3, 2), pads=(1, 0, 1, 1))
    x = made.node("Conv", [x, made.drawn(6, 2, 3, 3)], "grouped", group=2, strides=[2, 1], pads=[1, 1, 1, 1])
    expected[x] = loops.convolution((1, 4, 9, 8), (6, 2, 3, 3), 2, (2, 1), (1, 1, 1, 1))
    x = made.node("Conv", [x, made.drawn(6, 1, 3, 3)], "depthwise", group=6, pads=[1, 1, 1, 1])
    expected[x] = loops.convolution((1, 6, 5, 8), (6, 1, 3, 3), 6, pads=(1, 1, 1, 1))
    x = made.node("MaxPool", [x], "pooled", kernel_shape=[1, 2], strides=[1, 2])
    x = made.node("ConvTranspose", [x, made.drawn(6, 2, 2, 2)], "spread", group=2, strides=[1, 1])
    expected |= {"pooled": 0, x: loops.transposed_convolution((1, 6, 5, 4), (6, 2, 2, 2), 2)}
    x = made.node("GlobalAveragePool", [x], "mean")
    x = made.node("Flatten", [x], "flat")
    x = made.node("Gemm", [x, made.drawn(7, 4), made.drawn(7)], "turned", transB=1)
    expected |= {"flat": 0, x: loops.matrices(1, 4, 7)}
    x = made.node("MatMul", [x, made.drawn(7, 5)], "dense")
    expected[x] = loops.matrices(1, 7, 5)
    return made, x, expected


@pytest.mark.parametrize("batch", ["n", 1, 3])
def test_every_kind_of_layer_as_loops_count_it(tmp_path, batch):
    made, output, expected = _parts()
    path = written(tmp_path, made, [batch, 3, 9, 8], output=output)
    costs = by_name(read(describe(path), (9, 8)))
    assert {name: costs[name] for name in expected} == expected


def _sequence(operator: str, gates: int):
    """Columns of a map as steps, through a recurrent layer and attention in one form or another."""
    made = Parts()
    x = made.node("Conv", ["picture", made.drawn(5, 1, 4, 3)], "columns")  # 1 x 10 places
    x = made.node("Squeeze", [x, made.array("two", np.array([2]))], "row")
    x = made.node("Transpose", [x], "steps", perm=[2, 0, 1])
    stored = [made.drawn(2, gates * 6, 5), made.drawn(2, gates * 6, 6)]
    x = made.node(operator, [x, *stored], "both", hidden_size=6, direction="bidirectional")
    x = made.node("Transpose", [x], "turned", perm=[2, 0, 1, 3])  # (batch, step, direction, unit)
    x = made.node("Reshape", [x, made.array("shape", np.array([0, 0, 12]))], "recurrent")
    scores = made.node("MatMul", [x, made.node("Transpose", [x], "keys", perm=[0, 2, 1])], "scores")
    x = made.node("MatMul", [made.node("Softmax", [scores], "shares", axis=-1), x], "attention")
    x = made.node("Einsum", [x, made.drawn(12, 3)], "last", equation="bsf,fu->bsu")
    layers = {"recurrent": loops.recurrent(10, 1, 5, 6, gates, 2)}
    layers |= {"attention": loops.matrices(10, 12, 10) + loops.matrices(10, 10, 12), "last": loops.matrices(10, 12, 3)}
    return made, x, layers


@pytest.mark.parametrize(("operator", "gates"), [("LSTM", 4), ("GRU", 3), ("RNN", 1)])
def test_recurrent_layers_and_attention_as_loops_count_them(tmp_path, operator, gates):
    made, output, expected = _sequence(operator, gates)
    named = {"layers": '["columns", "recurrent", "attention", "last"]'}
    path = written(tmp_path, made, ["n", 1, 4, 12], output=output, metadata=named)
    assert (
        by_name(read(describe(path), (4, 12))) == {"columns": loops.convolution((1, 1, 4, 12), (5, 1, 4, 3))} | expected
    )


def test_a_width_that_the_file_leaves_open_is_the_pictures(tmp_path):
    made = Parts()
    made.node("Conv", ["picture", made.drawn(2, 1, 3, 3)], "map")
    path = written(tmp_path, made, ["n", 1, "h", "w"], output="map")
    for size in ((9, 11), (16, 5)):
        (cost,) = read(describe(path), size)
        assert cost.multiply_adds == loops.convolution((1, 1, *size), (2, 1, 3, 3))
        assert cost.output == (size[0] - 2) * (size[1] - 2) * 2 * 4


def test_a_network_that_nothing_knows_is_counted_whole(tmp_path):
    description = describe(make(tmp_path / "third.onnx"))
    costs = read(description, (24, 60))
    assert [cost.layer for cost in costs] == list(description.layer_names)
    assert sum(cost.parameters for cost in costs) == description.parameters
    counted = {layer.kind for layer, cost in zip(description.layers[1:], costs, strict=True) if cost.multiply_adds}
    assert counted == {"conv", "lstm", "dense"}


def test_a_strangers_network_is_asked_in_its_own_process(tmp_path, monkeypatch):
    path = recogniser(tmp_path / "third.onnx", lstms=((5, "bidirectional"),))
    network = RemoteNetwork(path)
    try:
        costs = costs_of(network, (HEIGHT, WIDTH))
        assert costs == costs_of(Network(path), (HEIGHT, WIDTH))
        assert costs[-1].multiply_adds in (STEPS * 10 * len(LABELS), 0) and max(by_name(costs).values()) > 0
        count = len(costs)
        for lie in (np.zeros((count, 2), np.int64), np.zeros((count, 3)), -np.ones((count, 3), np.int64)):
            monkeypatch.setattr(network, "_ask", lambda message, arrays, lie=lie: {"costs": lie})
            with pytest.raises(NetworkError, match="something else"):
                network.costs((HEIGHT, WIDTH))
    finally:
        network.close()
