"""Whole models of Keras 3 and Keras 2: every layer under its name, as Keras computes it, and nothing in them is run."""

import shutil

import numpy as np
import onnx
import pytest

from explain.network.description import describe
from explain.network.session import Network
from export import own_onnx
from export.__main__ import main
from export.keras_files import storing
from tests.export.keras_files import cases


def exported(path, out) -> Network:
    assert main([str(path), "--out", str(out)]) == 0
    return Network(out / f"{path.stem}.onnx")


def largest_difference(given: dict, wanted: dict) -> float:
    return max(np.abs(given[name] - wanted[name]).max() / np.abs(wanted[name]).max() for name in wanted)


@pytest.fixture(scope="module")
def rich(tmp_path_factory):
    """The model, its files' folder, a batch, and every layer of it as Keras computes them, the inner model's too."""
    import keras

    folder, model = tmp_path_factory.mktemp("rich"), cases.rich_model()
    model.save(folder / "rich.keras")
    model.save(folder / "rich.h5")
    batch = np.random.default_rng(8).random((2, 8, 12, 3), np.float32) * 255
    stem = model.get_layer("stem")
    wanted, value = {}, batch
    for layer in stem.layers:
        value = layer(value, training=False)
        wanted[layer.name] = np.asarray(value)
    names = [name for name in cases.RICH_LAYERS if name not in wanted]
    found = {operation.name: operation for operation in model.operations}
    whole = keras.Model(model.inputs, [found[name].output for name in names])
    wanted |= {name: np.asarray(value) for name, value in zip(names, whole(batch, training=False), strict=True)}
    return folder, batch, wanted


@pytest.mark.parametrize("name", ["rich.keras", "rich.h5"])
def test_every_layer_is_what_keras_computes(rich, name, tmp_path, capsys):
    folder, batch, wanted = rich
    network = exported(folder / name, tmp_path)
    assert network.layer_names == cases.RICH_LAYERS
    assert largest_difference(network.run(batch), wanted) < 1e-5
    told = capsys.readouterr().err
    assert "squeezing: a Lambda, taken for a squeeze from 1 x 12 x 6 to 12 x 6" in told
    assert "stem: a model within the model" in told and "all 19 layers agree" in told
    if name == "rich.keras":
        check_what_the_file_says(network)


def check_what_the_file_says(network):
    """Layers take the layers that they take in Keras; the graph has one operator a layer where ONNX has one."""
    description = describe(network.path)
    assert description.input.name == "photograph"
    taken = {layer.name: layer.inputs for layer in description.layers[1:]}
    before = ("photograph", *cases.RICH_LAYERS)
    chain = {name: (before[index],) for index, name in enumerate(cases.RICH_LAYERS)}
    assert taken == chain | {"gated": ("depthwise", "gate"), "summed": ("dropped", "gated")}
    kinds = {name: description.layer(name).kind for name in ("first", "normalised", "summed", "columns", "classes")}
    assert list(kinds.values()) == ["conv", "batch_norm", "add", "max_pool", "dense"]
    assert description.layer("bent").activation == "gelu" and description.layer("classes").activation == "softmax"
    assert description.logits == "logits"
    model = onnx.load(network.path)
    operators = [node.op_type for node in model.graph.node]
    counted = {name: operators.count(name) for name in ("Conv", "BatchNormalization", "GRU", "LSTM", "RNN", "Loop")}
    assert counted == {"Conv": 3, "BatchNormalization": 1, "GRU": 2, "LSTM": 2, "RNN": 1, "Loop": 0}
    assert {"first/kernel", "first/bias", "normalised/gamma", "both_ways_again/recurrent_kernel"} <= {
        tensor.name for tensor in model.graph.initializer
    }
    assert operators[: operators.index("Conv")].count("Transpose") == 1  # to channel-first, once
    assert all(tensor.data_type != onnx.TensorProto.FLOAT16 for tensor in model.graph.initializer)


@pytest.fixture(scope="module")
def reader():
    """Keras 3's model of what the training file holds, a batch, and its layers' outputs."""
    import keras

    model = cases.reader()
    batch = np.random.default_rng(9).random((3, 4, 12, 1), np.float32)
    outputs = keras.Model(model.inputs, [layer.output for layer in model.layers[1:]])(batch, training=False)
    return model.get_weights(), batch, [np.asarray(output) for output in outputs]


def test_a_training_model_of_keras_2_is_cut_at_its_softmax(reader, tmp_path, capsys, monkeypatch):
    weights, batch, wanted = reader
    monkeypatch.setattr(storing, "INSIDE", 100)  # bytes: these weights count as large
    monkeypatch.setattr(storing, "SMALL", 16)
    monkeypatch.setattr(own_onnx, "export_onnx", lambda path, out, *_: shutil.copytree(path.parent, out) / path.name)
    network = exported(cases.training_file(tmp_path / "training.hdf5", weights), tmp_path / "out")
    names = ("conv2d_7", "norm", "leaky", "pool", "squeeze", "bidirectional_3", "dense_2")
    assert network.layer_names == names
    assert largest_difference(network.run(batch), dict(zip(names, wanted, strict=True))) < 1e-5
    told = capsys.readouterr().err
    assert "squeeze: a Lambda, taken for a squeeze from 1 x 12 x 3 to 12 x 3; its code is not run" in told
    assert "cut after 'dense_2': 'ctc' (Lambda) also takes 'text', 'steps', which training alone has" in told
    model = onnx.load(network.path, load_external_data=False)
    beside = {tensor.name for tensor in model.graph.initializer if tensor.external_data}
    assert {"conv2d_7/kernel", "bidirectional_3/kernel", "dense_2/kernel"} <= beside
    head = network.description.head
    assert (head.kind, head.blank) == ("ctc", 4)


def test_a_frozen_model_within_a_model_of_keras_2_finds_its_weights(tmp_path):
    """Its group holds the arrays that learn first; frozen, none of them does, and they stand layer by layer."""
    import keras

    layers = keras.layers
    inner = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(2, 3, name="a"),
            layers.BatchNormalization(name="b"),
            layers.Conv2D(2, 3, name="c"),
        ],
        name="inner",
    )
    picture = keras.Input((6, 6, 1))
    model = keras.Model(picture, layers.Dense(3, name="d")(layers.Flatten(name="f")(inner(picture))))
    cases.randomised(model)
    batch = np.random.default_rng(3).random((2, 6, 6, 1), np.float32)
    wanted = np.asarray(model(batch, training=False))
    for frozen in (False, True):
        inner.trainable = not frozen
        path = tmp_path / f"frozen_{frozen}.h5"
        model.save(path)
        network = exported(path, tmp_path)
        assert network.layer_names == ("a", "b", "c", "f", "d")
        np.testing.assert_allclose(network.run(batch)["d"], wanted, atol=1e-5)
