"""Random weights through Keras, ONNX and back; what is written is what Keras computes, or nothing is."""

import contextlib

import h5py
import numpy as np
import onnx
import pytest

from explain.network.description import describe
from explain.network.session import Network
from export import export, graph, verify
from export.__main__ import main
from export.errors import SourceError, VerificationError
from export.networks import NETWORKS, VGG16_FILE, VGG16_MD5
from export.sources import opened
from models import crnn, onnx_weights
from models.vgg16 import CAM
from tests.export.keras_files.cases import write_weights


def quiet(line):
    pass


@pytest.fixture(scope="module")
def keras_crnn():
    """The CRNN as Keras builds it, every weight random, those of batch normalisation positive."""
    import keras

    keras.utils.set_random_seed(1)
    model, random = crnn.build(), np.random.default_rng(1)
    for layer in model.layers:
        if layer.name.startswith("batch_norm"):
            layer.set_weights([random.uniform(0.5, 1.5, array.shape) for array in layer.get_weights()])
        elif layer.weights:
            layer.set_weights([array + random.normal(0, 0.01, array.shape) for array in layer.get_weights()])
    return model


@pytest.fixture(scope="module")
def weights(keras_crnn):
    return {layer.name: layer.get_weights() for layer in keras_crnn.layers if layer.weights}


@pytest.fixture(scope="module")
def exported(weights, tmp_path_factory):
    return export("crnn", weights, tmp_path_factory.mktemp("crnn"), quiet)


def as_stored(array):
    return array.astype(np.float16).astype(np.float32) if array.ndim > 1 else array


def test_the_weights_come_back_rounded_to_half_precision(exported, weights):
    read = onnx_weights.read(exported)
    assert list(read) == list(weights)
    for layer, arrays in weights.items():
        assert len(read[layer]) == len(arrays)
        for given, array in zip(read[layer], arrays, strict=True):
            np.testing.assert_array_equal(given, as_stored(array), err_msg=layer)


def test_the_file_computes_what_keras_computes(exported, keras_crnn, weights):
    """A multi-output Keras model holding the rounded weights, run as a whole, against one pass of the file."""
    import keras

    for name, arrays in weights.items():
        keras_crnn.get_layer(name).set_weights([as_stored(array) for array in arrays])
    names = list(describe(crnn.CARD).layer_names)
    words = np.random.default_rng(3).random((3, *describe(crnn.CARD).input_shape), dtype=np.float32)
    every = keras.Model(keras_crnn.input, [keras_crnn.get_layer(name).output for name in names])
    wanted = dict(zip(names, every.predict(words, verbose=0), strict=True))
    given = Network(exported).run(words)
    assert list(given) == [*names, "logits"]
    for name in names:
        scale = np.abs(wanted[name]).max()
        np.testing.assert_allclose(given[name] / scale, wanted[name] / scale, atol=1e-4, err_msg=name)


def test_the_graph_has_one_lstm_a_layer_and_one_transpose_before_the_sequence(exported):
    model = onnx.load(exported)
    operators = [node.op_type for node in model.graph.node]
    assert operators.count("LSTM") == 2 and operators.count("Conv") == 7
    before = operators[: operators.index("Squeeze")]
    assert before.count("Transpose") == 1 and before[0] == "Transpose"
    halves = [tensor for tensor in model.graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT16]
    assert {len(tensor.dims) for tensor in halves} == {2, 3, 4}
    assert exported.stat().st_size < 2.05 * describe(crnn.CARD).parameters


def test_an_exported_file_is_a_weights_file(exported, tmp_path):
    again = export("crnn", exported, tmp_path, quiet)
    assert again.read_bytes() == exported.read_bytes()


@pytest.mark.parametrize("name", ["crnn.weights.h5", "crnn.keras", "crnn.h5", "crnn.npz", "renamed.hdf5"])
def test_kerass_files_and_npz_are_read(name, keras_crnn, tmp_path):
    """In the file that Keras 2 writes of weights alone the layers are called something else: order and shapes tell."""
    held = {layer.name: layer.get_weights() for layer in keras_crnn.layers if layer.weights}
    path = tmp_path / name
    if name.endswith(".npz"):
        np.savez(path, **{f"{layer}/{i}": array for layer, arrays in held.items() for i, array in enumerate(arrays)})
    elif name == "renamed.hdf5":
        names = [f"layer_{19 - index}" for index in range(len(held) + 1)]  # the last has no weights
        with h5py.File(path, "w") as file:
            write_weights(file, names, dict(zip(names, held.values(), strict=False)))
    elif name.endswith(".weights.h5"):
        keras_crnn.save_weights(path)
    else:
        keras_crnn.save(path)
    with contextlib.ExitStack() as stack:
        source = opened(path, keras_crnn, stack)
        assert sorted(source) == sorted(held)
        for layer, arrays in held.items():
            for given, array in zip(source[layer], arrays, strict=True):
                np.testing.assert_array_equal(given, array, err_msg=layer)


def test_weights_alone_are_exported_where_they_fit_a_network_that_comes_along(keras_crnn, tmp_path, capsys):
    """`python -m export best_model.hdf5`: with the CRNN's labels, as precise as they are in the file."""
    held = [layer.get_weights() for layer in keras_crnn.layers if layer.weights]
    names = [f"layer_{index}" for index in range(len(held))]
    with h5py.File(tmp_path / "best_model.hdf5", "w") as file:
        write_weights(file, names, dict(zip(names, held, strict=True)))
    with h5py.File(tmp_path / "others.hdf5", "w") as file:
        write_weights(file, names[:2], dict(zip(names[:2], held[:2], strict=True)))
    assert main([str(tmp_path / "best_model.hdf5"), "--out", str(tmp_path / "out")]) == 0
    assert "which fit crnn layer by layer" in capsys.readouterr().err
    network = Network(tmp_path / "out" / "best_model.onnx")
    assert network.description.labels == crnn.CARD.labels and network.description.blank == crnn.BLANK
    assert network.description.preprocessing == crnn.CARD.preprocessing
    words = np.random.default_rng(3).random((2, *describe(crnn.CARD).input_shape), dtype=np.float32)
    np.testing.assert_allclose(network.run(words)["outputs"], keras_crnn(words, training=False), atol=1e-5)
    assert main([str(tmp_path / "others.hdf5"), "--out", str(tmp_path / "out")]) == 1
    assert "holds weights alone, which fit none of crnn, vgg16-cam, vgg16" in capsys.readouterr().err


def test_a_wrong_translation_is_found_and_leaves_what_was_there(weights, tmp_path, monkeypatch):
    (tmp_path / "crnn.onnx").write_text("the one before")
    monkeypatch.setattr(graph, "ONNX_GATES", "ifco")  # the gates left as Keras has them
    with pytest.raises(VerificationError, match="Layer 'blstm_1' differs from Keras|Layer 'blstm_2' differs"):
        export("crnn", weights, tmp_path, quiet)
    assert [path.name for path in tmp_path.iterdir()] == ["crnn.onnx"]
    assert (tmp_path / "crnn.onnx").read_text() == "the one before"


def test_a_difference_that_is_not_a_number_fails():
    with pytest.raises(VerificationError, match="'b'"):
        verify.check({"a": 1e-6, "b": float("nan")})
    verify.check({"a": 1e-6})


def test_the_cam_network_takes_any_picture_size(tmp_path):
    skeleton = NETWORKS["vgg16-cam"].skeleton()
    random = np.random.default_rng(4)
    drawn = {
        layer.name: [
            random.normal(0, np.sqrt(2 / np.prod(v.shape[:-1])) if len(v.shape) > 1 else 0.01, v.shape).astype("f4")
            for v in layer.weights
        ]
        for layer in skeleton.layers
        if layer.weights
    }
    told = []
    network = Network(export("vgg16-cam", drawn, tmp_path, told.append))
    differences = [line.split() for line in told if line.split()[0] in (*describe(CAM).layer_names, "logits")]
    assert len(differences) == len(describe(CAM).layers) and all(float(found) < 1e-3 for _, found in differences)
    outputs = network.run(np.zeros((1, 48, 80, 3), np.float32), ["block5_conv3", "predictions"])
    assert outputs["block5_conv3"].shape == (1, 3, 5, 512) and outputs["predictions"].shape == (1, 200)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda held: held.pop("conv_3"), "hold nothing for layer 'conv_3'"),
        (lambda held: held["conv_3"].pop(), r"weights of layer 'conv_3' have the shapes"),
        (lambda held: held.update(conv_3=[np.zeros((3, 3, 1, 1)), np.zeros(1)]), r"\(3, 3, 1, 1\)"),
    ],
)
def test_weights_that_do_not_fit_are_told_in_one_sentence(weights, tmp_path, change, sentence):
    held = {layer: list(arrays) for layer, arrays in weights.items()}
    change(held)
    with pytest.raises(SourceError, match=sentence):
        export("crnn", held, tmp_path, quiet)


def test_files_that_are_no_weights_are_told_in_one_sentence(tmp_path, capsys):
    for name, sentence in {
        "none.npz": "There is no weights file at",
        "text.txt": "is no kind of weights file",
        "text.npz": "cannot be read as weights",
        "text.h5": "is no Keras file",
        "text.onnx": "is not an ONNX file",
    }.items():
        if not name.startswith("none"):
            (tmp_path / name).write_text("not weights")
        assert main(["crnn", "--weights", str(tmp_path / name), "--out", str(tmp_path)]) == 1
        assert sentence in capsys.readouterr().err.splitlines()[-1]


def test_without_vgg16s_weights_it_says_what_to_download(tmp_path, monkeypatch, capsys):
    import keras

    def unreachable(name, url, **settings):
        assert (name, settings["cache_subdir"], settings["file_hash"]) == (VGG16_FILE, "models", VGG16_MD5)
        raise Exception(f"URL fetch failure on {url}")

    monkeypatch.setattr(keras.utils, "get_file", unreachable)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    assert main(["vgg16", "--out", str(tmp_path)]) == 1
    told = capsys.readouterr().err.splitlines()[-1]
    for part in (VGG16_FILE, "https://", "528 MB", VGG16_MD5, str(tmp_path / "keras" / "models"), "--weights"):
        assert part in told
