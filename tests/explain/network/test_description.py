"""What a network says of itself: the two that come along without what their files say, and small files made here."""

import json
import mmap

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from PIL import Image

from explain.layers.recompute import recompute
from explain.network.description import describe
from explain.network.errors import NetworkError
from explain.network.session import Network
from explain.network.weights import WeightsError, network_weights
from models import crnn, onnx_weights, vgg16
from models.networks import CARDS
from tests.explain.network.made import written
from tests.test_third_network import Maker


@pytest.mark.parametrize("card", [crnn.CARD, vgg16.CAM], ids=lambda card: card.name)
def test_grouping_finds_the_layers_that_the_file_names(card, tmp_path):
    """Without its metadata, and with its last output alone."""
    named = describe(card)
    model = onnx.load(card.weights)
    del model.metadata_props[:]
    last = next(output for output in model.graph.output if output.name == named.output.name)
    del model.graph.output[:]
    model.graph.output.append(last)
    onnx.save(model, tmp_path / "bare.onnx")
    bare = describe(tmp_path / "bare.onnx")
    assert not bare.named and named.named and bare.logits == named.logits == "logits"
    assert len(bare.layers) == len(named.layers)
    for theirs, ours in zip(named.layers, bare.layers, strict=True):
        assert (ours.kind, ours.window, ours.sees, ours.activation) == (
            theirs.kind,
            theirs.window,
            theirs.sees,
            theirs.activation,
        )
        varies = card is vgg16.CAM and len(theirs.shape) == 3  # nothing says a size there
        assert ours.shape == ((None, None, theirs.shape[2]) if varies else theirs.shape)
        assert ours.parameters == theirs.parameters


@pytest.mark.parametrize("card", [crnn.CARD, vgg16.CAM], ids=lambda card: card.name)
def test_weights_are_those_that_keras_keeps(card):
    kept = onnx_weights.read(card.weights)
    for layer in describe(card).layers:
        ours = network_weights(describe(card), layer.name)
        ours.pop("epsilon", None)
        for array, theirs in zip(ours.values(), kept.get(layer.name, []), strict=True):
            np.testing.assert_array_equal(array, theirs)


def test_cards_name_layers_that_are_there():
    assert set(CARDS) == {"crnn", "vgg16-cam", "vgg16"}
    for card in (crnn.CARD, vgg16.CAM):
        description = describe(card)
        assert {layer.name for layer in description.layers} <= set(card.words)
        assert all(layer.words == card.words[layer.name] for layer in description.layers)
        assert card.samples.is_dir() and card.gallery.is_dir()
    assert (describe(crnn.CARD).head.kind, describe(crnn.CARD).blank) == ("ctc", 62)
    assert (describe(vgg16.CAM).head.kind, describe(vgg16.CAM).labels) == ("classes", vgg16.CAM.labels)


def test_a_changed_file_is_described_anew(tmp_path):
    first = _classes(tmp_path, units=3)
    assert describe(first) is describe(first) and describe(first).output.shape == (3,)
    assert describe(_classes(tmp_path, units=4)).output.shape == (4,)


def _classes(tmp_path, units, metadata=None):
    """Channel-first colours, means of five filters, a transposed dense kernel, no softmax."""
    made = Maker()
    x = made.node("Conv", ["picture", made.weight("w", 5, 3, 3, 3)], "conv", strides=[2, 2], auto_pad="SAME_LOWER")
    x = made.node("Flatten", [made.node("GlobalAveragePool", [x], "map")], "means")
    made.node("Gemm", [x, made.weight("dense", units, 5), made.weight("bias", units)], "sums", transB=1)
    return written(tmp_path, made, ["n", 3, 31, None], output="sums", metadata=metadata)


def test_a_classifier_of_logits(tmp_path):
    description = describe(_classes(tmp_path, 3, {"labels": json.dumps(["cat", "dog", "newt"])}))
    assert [layer.kind for layer in description.layers] == ["input", "conv", "global_average_pool", "dense"]
    assert description.logits == "sums" and description.labels == ("cat", "dog", "newt")
    conv, means, dense = description.layers[1:]
    assert (conv.window.kernel, conv.window.stride, conv.window.padding[0]) == ((3, 3), (2, 2), (1, 1))
    assert conv.shape == (16, None, 5) and means.shape == (5,) and conv.activation is None
    assert (dense.parameters, conv.parameters) == (18, 135)
    assert network_weights(description, "sums")["kernel"].shape == (5, 3)
    batch = np.random.default_rng(0).random((4, 31, 40, 3), dtype=np.float32)
    network = Network(description)
    outputs = network.run(batch)
    np.testing.assert_array_equal(outputs["logits"], outputs["sums"])
    weights = network_weights(description, "sums")
    np.testing.assert_allclose(outputs["sums"], outputs["means"] @ weights["kernel"] + weights["bias"], atol=1e-5)
    with pytest.raises(KeyError, match="made has no layer called 'conv_9'; it has conv, means, sums"):
        description.layer("conv_9")


def _reader(tmp_path, batch, metadata):
    """Frames of a fixed or open batch, laid out as (frame and picture in one, feature) on their way through."""
    made = Maker()
    x = made.node("Conv", ["picture", made.weight("w", 6, 1, 8, 2)], "conv", strides=[1, 2])
    x = made.node("Squeeze", [made.node("Tanh", [x], "tanh"), made.array("two", np.array([2]))], "row")
    x = made.node("Transpose", [x], "steps", perm=[2, 0, 1])
    x = made.node("Reshape", [x, made.array("flat", np.array([-1, 6]))], "together")
    x = made.node("MatMul", [x, made.weight("dense", 6, 4)], "product")
    x = made.node("Add", [x, made.weight("bias", 4)], "sums")
    x = made.node("Reshape", [x, made.array("apart", np.array([10, -1, 4]))], "frames")
    return written(tmp_path, made, [batch, 1, 8, 20], output="frames", metadata=metadata)


@pytest.mark.parametrize("batch", ["n", 1, 2])
def test_time_first_and_pictures_laid_together(tmp_path, batch):
    labels = ["a", "b", "", "c"]
    network = Network(_reader(tmp_path, batch, {"labels": json.dumps(labels), "head": "ctc"}))
    description = network.description
    assert [layer.kind for layer in description.layers[1:]] == ["conv", "reshape", "dense"]
    assert (description.blank, description.head.time_axis) == (2, 0)
    pictures = np.random.default_rng(1).random((5, 8, 20, 1), dtype=np.float32)
    outputs = network.run(pictures)
    kernel = network_weights(description, description.layer_names[0])["kernel"]
    windows = pictures[..., 0].reshape(5, 8, 10, 2)
    conv = np.tanh(np.einsum("nhtw,hwo->nto", windows, kernel[:, :, 0]))
    dense = network_weights(description, description.output.name)
    np.testing.assert_allclose(outputs[description.layer_names[1]], conv, atol=1e-5)
    np.testing.assert_allclose(outputs["logits"], conv @ dense["kernel"] + dense["bias"], atol=1e-5)


@pytest.mark.parametrize(("order", "width"), [("WNC", 20), ("WNC", None), ("CNW", None), ("NCW", None)])
def test_axes_that_cannot_be_followed_are_told_by_their_lengths(tmp_path, order, width):
    """Everything is laid into one row on the way and apart again; the frames are as many as the width says."""
    made = Maker()
    x = made.node("Conv", ["picture", made.weight("w", 4, 1, 8, 2)], "conv", strides=[1, 2])
    x = made.node("Squeeze", [x, made.array("two", np.array([2]))], "row")
    x = made.node("Transpose", [x], "ordered", perm=["NCW".index(axis) for axis in order])
    shape = made.node("Shape", [x], "shape")
    x = made.node("Reshape", [x, made.array("flat", np.array([-1]))], "together")
    made.node("Reshape", [x, shape], "frames")
    network = Network(written(tmp_path, made, ["n", 1, 8, width], output="frames"))
    assert network.description.output.shape == (width and 10, 4)
    picture = np.random.default_rng(0).random((3, 8, 20, 1), dtype=np.float32)
    kernel = network_weights(network.description, network.description.layer_names[0])["kernel"]
    expected = np.einsum("nhtw,hwo->nto", picture[..., 0].reshape(3, 8, 10, 2), kernel[:, :, 0])
    np.testing.assert_allclose(network.run(picture)["frames"], expected, atol=1e-5)


def test_a_file_that_channels_come_last_in(tmp_path):
    """And whose metadata says what a person answered: the size, the order of colours, the scale."""
    made = Maker()
    x = made.node("Transpose", ["picture"], "first", perm=[0, 3, 1, 2])
    made.node("Conv", [x, made.weight("w", 2, 3, 1, 1)], "conv")
    stated = {"height": 6, "width": 9, "colour": "bgr", "mean": [1, 2, 3], "deviation": 2, "fit": "stretch"}
    path = written(tmp_path, made, ["n", None, None, 3], output="conv", metadata={"input": json.dumps(stated)})
    description = describe(path)
    assert description.input_shape == (6, 9, 3) and description.output.shape == (6, 9, 2)
    assert description.picture == (None, None, 3) and description.head.kind == "none"
    batch = description.preprocessing.prepare(Image.new("RGB", (50, 50), (10, 20, 30)))
    assert batch.shape == (1, 6, 9, 3) and batch[0, 0, 0].tolist() == [14.5, 9.0, 3.5]
    assert description.preprocessing.pixels(batch)[0, 0, 0].tolist() == [10, 20, 30]
    assert Network(path).run(batch)["conv"].shape == (1, 6, 9, 2)


def test_large_weights_beside_the_file_are_mapped(tmp_path):
    made = Maker()
    x = made.node("Flatten", ["picture"], "flat")
    made.node("MatMul", [x, made.weight("dense", 48, 7)], "sums")
    path = written(tmp_path, made, ["n", 3, 4, 4], output="sums")
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, location="made.onnx.data", size_threshold=0)
    kernel = network_weights(describe(path), "sums")["kernel"]
    owner = kernel
    while isinstance(owner, np.ndarray) and owner.base is not None:
        owner = owner.base
    assert isinstance(owner, mmap.mmap)
    np.testing.assert_array_equal(kernel, numpy_helper.to_array(onnx.load(path).graph.initializer[0]))
    (tmp_path / "gone.onnx").write_bytes(path.read_bytes().replace(b"made.onnx.data", b"none.onnx.data"))
    with pytest.raises(WeightsError, match="missing or cut short"):
        network_weights(describe(tmp_path / "gone.onnx"), "sums")
    picture = np.random.default_rng(2).random((1, 4, 4, 3), dtype=np.float32)
    outputs = Network(path).run(picture)
    np.testing.assert_allclose(outputs["sums"][0], picture[0].transpose(2, 0, 1).reshape(-1) @ kernel, atol=1e-5)
    taken = {"flat": outputs["flat"][0], "picture": picture[0]}
    for channel in (0, 17, 47):  # a flat layer tells from where its numbers came, channel-first as they stand there
        unit = recompute(describe(path), "flat", channel, (0, 0), taken)
        assert unit.by_hand == unit.by_runtime
        assert unit.source_place == ((channel % 16) // 4, channel % 4) and unit.source_channel == channel // 16


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"labels": '["a", 1]'}, "JSON list of strings"),
        ({"head": "words"}, "not 'words'"),
        ({"head": "ctc"}, "needs a sequence"),
        ({"input": "[]"}, "no JSON object"),
        ({"input": '{"colour": "grey"}'}, "takes pictures of 3 channels"),
        ({"input": '{"mean": "x"}'}, "are numbers, not 'x'"),
        ({"input": '{"deviation": 0}'}, "cannot be divided by"),
        ({"labels": '["a", "b", ""]', "blank": "last"}, "not 'last'"),
    ],
)
def test_answers_that_make_no_sense_are_said(tmp_path, metadata, said):
    with pytest.raises(NetworkError, match=said):
        describe(_classes(tmp_path, 3, metadata))


def test_what_is_no_network_for_pictures_is_said(tmp_path):
    made = Maker()
    made.node("Relu", ["picture"], "out")
    with pytest.raises(NetworkError, match="takes one batch of pictures, with 4 axes"):
        describe(written(tmp_path, made, ["n", 10], output="out"))
    with pytest.raises(NetworkError, match="python -m export nowhere"):
        describe(tmp_path / "nowhere.onnx")
