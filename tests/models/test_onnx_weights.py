"""Weights read back from ONNX: an LSTM worked out by hand with them gives what ONNX Runtime gives."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.onnx_weights import WeightsError, read, reorder_gates

UNITS, FEATURES, STEPS = 3, 4, 6


def save(path, nodes, stored, recipes, inputs, outputs):
    graph = helper.make_graph(
        nodes, "tiny", inputs, outputs, [numpy_helper.from_array(a, n) for n, a in stored.items()]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if recipes is not None:
        helper.set_model_props(model, {"weights": json.dumps(recipes)})
    onnx.save(model, path)


def value(name, *dims):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def keras_lstm(kernel, recurrent, bias, steps):
    """Keras's LSTM, gates input, forget, cell, output (Hochreiter and Schmidhuber 1997); steps (step, feature)."""
    hidden = cell = np.zeros(UNITS)
    states = []
    for step in steps:
        i, f, c, o = np.split(step @ kernel + hidden @ recurrent + bias, 4)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(c)
        hidden = sigmoid(o) * np.tanh(cell)
        states.append(hidden)
    return np.array(states)


def test_a_bidirectional_lstm_comes_back_in_keras_layout(tmp_path):
    random = np.random.default_rng(1)
    stored = {
        "W": random.normal(size=(2, 4 * UNITS, FEATURES)).astype(np.float32),
        "R": random.normal(size=(2, 4 * UNITS, UNITS)).astype(np.float32),
        "B": np.concatenate([random.normal(size=(2, 4 * UNITS)), np.zeros((2, 4 * UNITS))], 1).astype(np.float32),
    }
    recipes = []
    for direction in (0, 1):
        gates = {"direction": direction, "gates": "iofc"}
        recipes += [
            {"initializer": "W", **gates, "transpose": [1, 0]},
            {"initializer": "R", **gates, "transpose": [1, 0]},
            {"initializer": "B", **gates, "first": 4 * UNITS},
        ]
    node = helper.make_node("LSTM", ["X", "W", "R", "B"], ["Y"], direction="bidirectional", hidden_size=UNITS)
    path = tmp_path / "lstm.onnx"
    ends = [value("X", STEPS, 1, FEATURES)], [value("Y", STEPS, 2, 1, UNITS)]
    save(path, [node], stored, {"blstm": recipes}, *ends)

    sequence = random.normal(size=(STEPS, 1, FEATURES)).astype(np.float32)
    (wanted,) = onnxruntime.InferenceSession(str(path)).run(None, {"X": sequence})
    weights = read(path)["blstm"]
    assert [array.shape for array in weights] == [(FEATURES, 12), (UNITS, 12), (12,)] * 2
    forward = keras_lstm(*weights[:3], sequence[:, 0])
    backward = keras_lstm(*weights[3:], sequence[::-1, 0])[::-1]
    np.testing.assert_allclose(np.stack([forward, backward], 1), wanted[:, :, 0], atol=1e-6)


def test_half_precision_and_transposes_are_undone(tmp_path):
    kernel = np.arange(24, dtype=np.float16).reshape(2, 3, 2, 2) / 7  # (out, in, height, width)
    path = tmp_path / "conv.onnx"
    recipes = {"conv": [{"initializer": "k", "transpose": [2, 3, 1, 0]}]}
    save(path, [helper.make_node("Identity", ["X"], ["Y"])], {"k": kernel}, recipes, [value("X", 1)], [value("Y", 1)])
    (read_back,) = read(path, ["conv"])["conv"]
    assert read_back.dtype == np.float32 and read_back.shape == (2, 2, 3, 2)
    with pytest.raises(WeightsError, match="no weights for layer 'pool'; it has some for conv"):
        read(path, ["pool"])
    assert read_back[1, 0, 2, 1] == np.float32(kernel[1, 2, 1, 0])


def test_weights_beside_the_file_are_read(tmp_path):
    bias = np.arange(5, dtype="<f4")
    (tmp_path / "net.onnx.data").write_bytes(b"\0" * 4096 + bias.tobytes())
    path = tmp_path / "net.onnx"
    recipes = {"dense": [{"initializer": "b"}]}
    save(path, [helper.make_node("Identity", ["X"], ["Y"])], {"b": bias}, recipes, [value("X", 1)], [value("Y", 1)])
    model = onnx.load(path)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, text in {"location": "net.onnx.data", "offset": "4096", "length": "20"}.items():
        tensor.external_data.add(key=key, value=text)
    path.write_bytes(model.SerializeToString())
    np.testing.assert_array_equal(read(path)["dense"][0], bias)


def test_gates_are_moved_as_blocks():
    rows = np.array([10, 11, 20, 21, 30, 31, 40, 41])  # i o f c, two units
    assert reorder_gates(rows, "iofc", "ifco").tolist() == [10, 11, 30, 31, 40, 41, 20, 21]


def test_files_that_hold_no_weights_are_told_in_one_sentence(tmp_path):
    with pytest.raises(WeightsError, match="no weights file at"):
        read(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("not a network")
    with pytest.raises(WeightsError, match="is not an ONNX file"):
        read(tmp_path / "text.onnx")
    path = tmp_path / "other.onnx"
    save(path, [helper.make_node("Identity", ["X"], ["Y"])], {}, None, [value("X", 1)], [value("Y", 1)])
    with pytest.raises(WeightsError, match="was not written by"):
        read(path)
