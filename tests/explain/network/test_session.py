"""Network against a small file whose outputs are worked out by NumPy, and against the cards of the shipped networks."""

import json
import threading

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from explain.network import session as module
from explain.network.description import describe
from explain.network.session import Network, NetworkError
from models.crnn import CARD
from models.vgg16 import CAM

SCALE, SHIFT = np.float32(3), np.array([1, -2], np.float32)


@pytest.fixture
def path(tmp_path):
    """(batch, height, width, 2): "scaled" channel-first, "mean" over the picture shifted, "logits" its negative."""
    nodes = [
        helper.make_node("Transpose", ["input"], ["first"], perm=[0, 3, 1, 2]),
        helper.make_node("Mul", ["first", "scale"], ["scaled"]),
        helper.make_node("GlobalAveragePool", ["scaled"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Add", ["flat", "shift"], ["mean"]),
        helper.make_node("Neg", ["mean"], ["logits"]),
    ]
    stored = [numpy_helper.from_array(SCALE, "scale"), numpy_helper.from_array(SHIFT, "shift")]

    def value(name, *dims):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)

    outputs = [value("scaled", "n", 2, "h", "w"), value("mean", "n", 2), value("logits", "n", 2)]
    graph = helper.make_graph(nodes, "tiny", [value("input", "batch", "height", "width", 2)], outputs, stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    told = {"layers": json.dumps(["scaled", "mean"]), "logits": "logits", "smallest": "[2, 3]"}
    helper.set_model_props(model, told)
    onnx.save(model, tmp_path / "tiny.onnx")
    return tmp_path / "tiny.onnx"


def batch(pictures=3, seed=0):
    return np.random.default_rng(seed).random((pictures, 4, 5, 2), dtype=np.float32)


def test_every_layer_in_order_channel_last(path):
    pictures = batch()
    outputs = Network(path).run(pictures)
    assert list(outputs) == ["scaled", "mean", "logits"]
    np.testing.assert_allclose(outputs["scaled"], pictures * SCALE)
    mean = (pictures * SCALE).mean((1, 2)) + SHIFT
    np.testing.assert_allclose(outputs["mean"], mean, rtol=1e-6)
    np.testing.assert_allclose(outputs["logits"], -mean, rtol=1e-6)


def test_a_feature_map_is_a_view_of_what_was_computed(path):
    scaled = Network(path).run(batch())["scaled"]
    assert scaled.transpose(0, 3, 1, 2).flags.c_contiguous and not scaled.flags.owndata


def test_only_the_layers_asked_for_in_the_networks_order(path):
    network = Network(path)
    assert list(network.run(batch(), ["mean", "scaled"])) == ["scaled", "mean"]
    assert list(network.run(batch(), "mean")) == ["mean"]
    assert network.run(batch(), []) == {}


def test_a_long_batch_goes_through_in_passes_with_the_same_answer(path, monkeypatch):
    pictures = batch(11)
    network = Network(path)
    whole = network.run(pictures)
    monkeypatch.setattr(module, "NUMBERS_AT_ONCE", 3 * pictures[0].size)
    seen, once = [], network._pass
    monkeypatch.setattr(network, "_pass", lambda names, part, back: seen.append(len(part)) or once(names, part, back))
    parts = network.run(pictures)
    assert seen == [3, 3, 3, 2]
    for name in whole:
        np.testing.assert_array_equal(parts[name], whole[name])


def test_many_threads_get_their_own_answers(path):
    network, wrong = Network(path), []

    def visit(seed):
        for _ in range(20):
            pictures = batch(seed=seed)
            if not np.allclose(network.run(pictures)["scaled"], pictures * SCALE):
                wrong.append(seed)

    threads = [threading.Thread(target=visit, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize(
    ("pictures", "sentence"),
    [
        (np.zeros((4, 5, 2)), r"tiny takes a batch of shape \(batch, height, width, 2\), not one of shape \(4, 5, 2\)"),
        (np.zeros((1, 4, 5, 3)), r"not one of shape \(1, 4, 5, 3\)"),
        (np.zeros((0, 4, 5, 2)), r"not one of shape \(0, 4, 5, 2\)"),
        (np.zeros((1, 4, 2, 2)), "at least 2 x 3 pixels, not of 4 x 2"),
    ],
)
def test_a_wrong_shape_is_told_in_one_sentence(path, pictures, sentence):
    with pytest.raises(NetworkError, match=sentence):
        Network(path).run(pictures)


def test_unknown_layers_and_files_are_told_in_one_sentence(path, tmp_path):
    with pytest.raises(NetworkError, match="no layer called 'conv_9'; it has scaled, mean, logits"):
        Network(path).run(batch(), ["conv_9"])
    with pytest.raises(NetworkError, match="python -m export crnn"):
        Network(tmp_path / "crnn.onnx")
    (tmp_path / "text.onnx").write_text("not a network")
    with pytest.raises(NetworkError, match="text.onnx is not a network"):
        Network(tmp_path / "text.onnx")


@pytest.mark.parametrize(("card", "shape"), [(CARD, (32, 128, 1)), (CAM, (224, 224, 3)), (CAM, (40, 64, 3))])
def test_the_shipped_networks_have_the_layers_of_their_descriptions(card, shape):
    network, described = Network(card), describe(card)
    outputs = network.run(np.zeros((2, *shape), np.float32))
    assert network.card is card
    assert list(outputs) == [*described.layer_names, "logits"]
    scale = [given / wanted for given, wanted in zip(shape[:2], described.input_shape, strict=False)]
    for layer in described.layers[1:]:
        height_width = [int(length * by) for length, by in zip(layer.shape, scale, strict=False)]
        wanted = (*height_width, layer.shape[-1]) if len(layer.shape) == 3 else layer.shape
        assert outputs[layer.name].shape == (2, *wanted), layer.name
    last = outputs[described.layer_names[-1]]
    exponents = np.exp(outputs["logits"] - outputs["logits"].max(-1, keepdims=True))
    np.testing.assert_allclose(last, exponents / exponents.sum(-1, keepdims=True), atol=1e-6)
