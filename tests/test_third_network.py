"""A network that nothing in the project knows: made here, opened, described and worked out by hand.

It reads words of another alphabet, the blank first, from another size of picture, channel-first, with time as the first
axis of what it puts out. Its layers branch, one convolution has no ReLU, one works on each channel by itself with
gaps, its one LSTM reads forward alone. Weights are random; some are kept as constants and one in half precision.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from explain.layers import lstm
from explain.layers.receptive_field import receptive_field
from explain.layers.recompute import recompute
from explain.network.description import describe
from explain.network.session import Network
from explain.network.weights import network_weights

LABELS = ("", "ə", "ʃ", "ŋ", "θ", "ð", "ʒ")
HEIGHT, WIDTH, FRAMES, UNITS, EPSILON = 24, 60, 15, 12, 2e-5
INPUT = {"colour": "grey", "mean": 127.5, "deviation": 127.5}
KINDS = [
    ("conv", "relu"),
    ("conv", None),
    ("add", "relu"),
    ("average_pool", None),
    ("conv", "hard_swish"),
    ("concat", None),
    ("global_average_pool", None),
    ("conv", "relu"),
    ("conv", "sigmoid"),
    ("multiply", None),
    ("conv", None),
    ("reshape", None),
    ("lstm", None),
    ("dense", "softmax"),
]


class Maker:
    """An ONNX graph in the making: nodes, and weights drawn from one seed."""

    def __init__(self, seed: int = 3):
        self.random = np.random.default_rng(seed)
        self.nodes, self.stored = [], []

    def node(self, operator: str, inputs: list[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def weight(self, name: str, *shape: int, low: float = -1.0, constant: bool = False, half: bool = False) -> str:
        array = self.random.uniform(low, 1.0, shape).astype(np.float16 if half else np.float32)
        return self.array(name, array * 2 / array[0].size ** 0.5 if low < 0 and len(shape) > 1 else array, constant)

    def array(self, name: str, array: np.ndarray, constant: bool = False) -> str:
        if constant:
            value = numpy_helper.from_array(array, name)
            return self.node("Constant", [], name, value=value)
        self.stored.append(numpy_helper.from_array(array, name))
        return name


def make(path: Path) -> Path:
    """Writes the network and returns its path."""
    made = Maker()
    a = _first(made)
    pooled = made.node("AveragePool", [a], "t7", kernel_shape=[2, 2], strides=[2, 2])
    depthwise = _depthwise(made, pooled)
    both = made.node("Concat", [depthwise, pooled], "t13", axis=1)
    gated = made.node("Mul", [both, _gate(made, both)], "t20")
    row = made.node("Cast", [made.weight("w9", 20, 16, 12, 3, half=True)], "w9_float", to=TensorProto.FLOAT)
    row = made.node("Conv", [gated, row, made.weight("b9", 20)], "t21", strides=[1, 2], pads=[0, 0, 0, 1])
    row = made.node("Squeeze", [row, made.array("two", np.array([2]))], "t22")
    steps = made.node("Transpose", [row], "t23", perm=[2, 0, 1])
    weights = [made.weight(f"lstm_{part}", 1, *shape) for part, shape in _lstm_shapes().items()]
    both_ways = made.node("LSTM", [steps, *weights], "t24", hidden_size=UNITS)
    states = made.node("Squeeze", [both_ways, made.array("one", np.array([1]))], "t25")
    sums = made.node("MatMul", [states, made.weight("w10", UNITS, len(LABELS))], "t26")
    logits = made.node("Add", [sums, made.weight("b10", len(LABELS))], "t27")
    made.node("Softmax", [logits], "frames", axis=2)
    picture = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 1, HEIGHT, WIDTH])
    frames = helper.make_tensor_value_info("frames", TensorProto.FLOAT, [FRAMES, "n", len(LABELS)])
    graph = helper.make_graph(made.nodes, "third", [picture], [frames], made.stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    told = {"labels": json.dumps(LABELS), "blank": "0", "input": json.dumps(INPUT), "title": "Sounds of English"}
    helper.set_model_props(model, told)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
    return path


def _first(made: Maker) -> str:
    """Two convolutions, the second with a normalisation and no ReLU, added up."""
    kernel, bias = made.weight("w1", 8, 1, 3, 3, constant=True), made.weight("b1", 8)
    a = made.node("Conv", ["pixels", kernel, bias], "t1", pads=[1, 1, 1, 1])
    a = made.node("Relu", [a], "t2")
    b = made.node("Conv", [a, made.weight("w2", 8, 8, 3, 3)], "t3", pads=[1, 1, 1, 1])
    norm = [made.weight(f"norm_{part}", 8, low=0.2) for part in ("gamma", "beta", "mean", "variance")]
    b = made.node("BatchNormalization", [b, *norm], "t4", epsilon=EPSILON)
    return made.node("Relu", [made.node("Add", [a, b], "t5")], "t6")


def _depthwise(made: Maker, taken: str) -> str:
    """A filter of its own for each channel, with gaps of one, and a hard swish in five nodes."""
    kernel, bias = made.weight("w3", 8, 1, 3, 3), made.weight("b3", 8)
    x = made.node("Conv", [taken, kernel, bias], "t8", group=8, dilations=[2, 2], pads=[2, 2, 2, 2])
    three, zero, six = (made.array(name, np.float32(value)) for name, value in (("3", 3), ("0", 0), ("6", 6)))
    plus = made.node("Add", [x, three], "t9")
    clipped = made.node("Clip", [plus, zero, six], "t10")
    return made.node("Div", [made.node("Mul", [x, clipped], "t11"), six], "t12")


def _gate(made: Maker, taken: str) -> str:
    """Squeeze and excitation: a factor from 0 to 1 for each channel, from the means of all."""
    means = made.node("GlobalAveragePool", [taken], "t14")
    small = made.node("Conv", [means, made.weight("w7", 4, 16, 1, 1), made.weight("b7", 4)], "t15")
    small = made.node("Relu", [small], "t16")
    large = made.node("Conv", [small, made.weight("w8", 16, 4, 1, 1), made.weight("b8", 16)], "t18")
    return made.node("Sigmoid", [large], "t19")


def _lstm_shapes() -> dict[str, tuple[int, ...]]:
    return {"w": (4 * UNITS, 20), "r": (4 * UNITS, UNITS), "b": (8 * UNITS,)}


def pictures(count: int, seed: int = 0) -> np.ndarray:
    """Noise on the network's scale, `(picture, height, width, 1)`."""
    return np.random.default_rng(seed).uniform(-1, 1, (count, HEIGHT, WIDTH, 1)).astype(np.float32)


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> Network:
    return Network(make(tmp_path_factory.mktemp("third") / "third.onnx"))


def test_layers_are_what_a_person_would_call_them(network):
    description = network.description
    assert [(layer.kind, layer.activation) for layer in description.layers[1:]] == KINDS
    named = {layer.name: layer for layer in description.layers}
    assert named["t6"].inputs == ("t2", "t4") and named["t20"].inputs == ("t13", "t19")
    assert named["t13"].inputs == ("t12", "t7") and named["t25"].inputs == ("t22",)
    depthwise, last = named["t12"], named["t21"]
    assert (
        depthwise.groups == 8 and depthwise.window.dilation == (2, 2) and depthwise.window.padding == ((2, 2), (2, 2))
    )
    assert last.window.kernel == (12, 3) and last.window.stride == (1, 2) and last.window.padding == ((0, 0), (0, 1))
    assert [layer.shape for layer in description.layers[-4:]] == [(1, 15, 20), (15, 20), (15, 12), (15, 7)]
    assert named["t25"].directions == ("forward",)
    keras_counts = {"t2": 80, "t4": 8 * 8 * 9 + 4 * 8, "t12": 80, "t25": 4 * UNITS * (20 + UNITS + 1), "frames": 91}
    assert {name: named[name].parameters for name in keras_counts} == keras_counts
    assert all(layer.words.endswith(".") and layer.title for layer in description.layers)
    assert named["t12"].title == "5 depthwise conv 3 x 3, 8 channels"


def test_head_and_input_come_from_the_file(network):
    description = network.description
    assert (description.head.kind, description.labels, description.blank) == ("ctc", LABELS, 0)
    assert description.head.time_axis == 0 and description.title == "Sounds of English"
    assert description.logits == "t27" and description.input_shape == (HEIGHT, WIDTH, 1)
    batch = description.preprocessing.prepare(Image.new("L", (300, 60), 255))
    assert batch.shape == (1, HEIGHT, WIDTH, 1) and batch.min() == batch.max() == 1


def test_outputs_have_the_batch_first_and_the_channels_last(network):
    import onnxruntime

    batch = pictures(3)
    outputs = network.run(batch)
    for layer in network.description.layers[1:]:
        assert outputs[layer.name].shape == (3, *layer.shape), layer.name
    session = onnxruntime.InferenceSession(str(network.path), providers=["CPUExecutionProvider"])
    (frames,) = session.run(None, {"pixels": batch.transpose(0, 3, 1, 2)})
    np.testing.assert_allclose(outputs["frames"], frames.transpose(1, 0, 2), atol=1e-6)
    raised = np.exp(outputs["logits"])
    np.testing.assert_allclose(outputs["frames"], raised / raised.sum(-1, keepdims=True), atol=1e-6)


def test_units_of_each_layer_recompute(network):
    description, random = network.description, np.random.default_rng(8)
    picture = pictures(1, seed=4)
    outputs = {name: values[0] for name, values in network.run(picture).items()}
    outputs[description.input.name] = picture[0]
    for layer in description.layers[1:]:
        values, weights = outputs[layer.name], network_weights(description, layer.name)
        height, width = values.shape[:2] if values.ndim == 3 else (1, values.shape[0])
        places = [(0, 0), (height - 1, width - 1)]
        places += [(int(random.integers(height)), int(random.integers(width))) for _ in range(20)]
        for place in places:
            channel = int(random.integers(values.shape[-1]))
            unit = recompute(description, layer.name, channel, place, outputs, weights)
            runtime = values[(*place, channel) if values.ndim == 3 else (place[1], channel)]
            assert unit.by_runtime == runtime
            assert abs(unit.by_hand - runtime) <= 1e-4, (layer.name, place, channel)
            assert unit.source in layer.inputs


def test_receptive_fields_are_what_changes_with_a_pixel(network):
    """Over several pictures and all channels: a ReLU may hide a change once, but not always."""
    description = network.description
    fields = {name: receptive_field(description, name) for name in description.layer_names}
    assert [name for name, field in fields.items() if field] == ["t2", "t4", "t6", "t7", "t12", "t13"]
    assert fields["t13"].size == (14, 14) and fields["t13"].start == (-6, -6) and fields["t13"].stride == (2, 2)
    shown = {name: field for name, field in fields.items() if field}
    base = pictures(6, seed=1)
    before = network.run(base, shown)
    for y, x in ((0, 0), (23, 59), (11, 30), (12, 7), (5, 44)):
        poked = base.copy()
        poked[:, y, x] += np.float32(40) * np.array([1, -1] * 3, np.float32)[:, None]
        after = network.run(poked, shown)
        for name, field in shown.items():
            changed = (after[name] != before[name]).any(axis=(0, 3))
            rows, columns = np.indices(changed.shape)
            top, left, bottom, right = field.box(rows, columns)
            np.testing.assert_array_equal(changed, (top <= y) & (y < bottom) & (left <= x) & (x < right), name)


def test_gates_are_those_of_keras(network):
    import keras

    weights = network_weights(network.description, "t25")
    outputs = network.run(pictures(2), ["t22", "t25"])
    arrays = [weights[f"forward_{role}"] for role in ("kernel", "recurrent", "bias")]
    cell = keras.layers.LSTMCell(UNITS)
    cell.build((1, 20))
    cell.set_weights(arrays)
    for sequence, hidden in zip(outputs["t22"], outputs["t25"], strict=True):
        steps = lstm.trace(sequence, weights, "forward")
        np.testing.assert_allclose(lstm.hidden_states(sequence, weights), hidden, atol=1e-5)
        state = [keras.ops.zeros((1, UNITS))] * 2
        for t in range(FRAMES):
            sums = sequence[t] @ arrays[0] + np.asarray(state[0])[0] @ arrays[1] + arrays[2]
            keras_gates = [np.asarray(keras.ops.sigmoid(part)) for part in np.split(sums, 4)]
            for ours, theirs in zip(
                (steps.input_gate, steps.forget_gate, steps.output_gate), np.array(keras_gates)[[0, 1, 3]], strict=True
            ):
                np.testing.assert_allclose(ours[t], theirs, atol=1e-5)
            _, state = cell(keras.ops.convert_to_tensor(sequence[t : t + 1]), state)
            np.testing.assert_allclose(steps.cell[t], np.asarray(state[1])[0], atol=1e-5)
            np.testing.assert_allclose(steps.hidden[t], np.asarray(state[0])[0], atol=1e-5)


def test_its_gradient_is_what_finite_differences_say(network):
    """Of a weighed sum of the logits by single pixels, against ONNX Runtime's own passes a little apart."""
    import tensorflow as tf

    from explain.gradients.network.function import NetworkFunction

    function, picture = NetworkFunction(network.description), pictures(1, seed=6)
    weighed = np.random.default_rng(7).normal(size=(FRAMES, len(LABELS)))
    given = tf.constant(picture)
    with tf.GradientTape() as tape:
        tape.watch(given)
        number = tf.reduce_sum(function.outputs(given, ["logits"])["logits"] * weighed.astype(np.float32))
    gradient = tape.gradient(number, given).numpy()

    def summed(pictures: np.ndarray) -> float:
        return float((network.run(pictures, ["logits"])["logits"][0].astype(np.float64) * weighed).sum())

    step = 2e-3
    assert np.abs(gradient).max() > 0.01
    for place in np.random.default_rng(9).permutation(HEIGHT * WIDTH)[:24]:
        poke = np.zeros(HEIGHT * WIDTH, np.float32)
        poke[place] = step
        poke = poke.reshape(picture.shape)
        slope = (summed(picture + poke) - summed(picture - poke)) / (2 * step)
        assert abs(slope - gradient.reshape(-1)[place]) < 0.02 * np.abs(gradient).max()


def test_its_file_is_as_it_was_when_opened(network):
    """Layers that are shown become outputs in memory alone."""
    assert [output.name for output in onnx.load(network.path).graph.output] == ["frames"]
    assert describe(network.path) is network.description
