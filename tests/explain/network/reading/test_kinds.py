"""What exporters write in many nodes is one layer, whatever the nodes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.explain.network.reading.parts import Parts, kinds, opened

HEADS, WIDE = 2, 8


def hard_swish(made: Parts, x: str, how: str) -> str:
    if how == "operator":
        return made.next("HardSwish", x)
    if how == "hard sigmoid":
        return made.next("Mul", made.next("HardSigmoid", x, alpha=1 / 6, beta=0.5), x)
    three, sixth = made.stored_as(np.float32(3)), made.stored_as(np.float32(1 / 6))
    gate = made.clip(made.next("Add", three, x), 0.0, 6.0)
    if how == "gate first":
        return made.next("Mul", x, made.next("Div", gate, made.stored_as(np.float32(6))))
    return made.next("Mul", made.next("Mul", x, gate), sixth)


def gelu(made: Parts, x: str, how: str) -> str:
    half, one = made.stored_as(np.float32(0.5)), made.stored_as(np.float32(1))
    if how == "erf":
        scaled = made.next("Div", x, made.stored_as(np.float32(np.sqrt(2))))
        return made.next("Mul", made.next("Mul", x, made.next("Add", made.next("Erf", scaled), one)), half)
    cube = made.next("Mul", made.next("Pow", x, made.stored_as(np.float32(3))), made.stored_as(np.float32(0.044715)))
    inner = made.next("Mul", made.next("Add", x, cube), made.stored_as(np.float32(np.sqrt(2 / np.pi))))
    return made.next("Mul", made.next("Mul", half, x), made.next("Add", one, made.next("Tanh", inner)))


def mish(made: Parts, x: str, how: str) -> str:
    return made.next("Mul", x, made.next("Tanh", made.next("Softplus", x)))


def swish(made: Parts, x: str, how: str) -> str:
    if how == "quick":
        return made.next("Mul", x, made.next("Sigmoid", made.next("Mul", x, made.stored_as(np.float32(1.702)))))
    return made.next("Mul", made.next("Sigmoid", x), x)


def leaky(made: Parts, x: str, how: str) -> str:
    return made.next("Max", made.next("Mul", x, made.stored_as(np.float32(0.1))), x)


def relu6(made: Parts, x: str, how: str) -> str:
    return made.next("Min", made.next("Relu", x), made.stored_as(np.float32(6)))


@pytest.mark.parametrize(
    ("make", "how", "name"),
    [
        (hard_swish, "operator", "hard_swish"),
        (hard_swish, "hard sigmoid", "hard_swish"),
        (hard_swish, "gate first", "hard_swish"),
        (hard_swish, "product first", "hard_swish"),
        (gelu, "erf", "gelu"),
        (gelu, "tanh", "gelu_tanh"),
        (mish, "", "mish"),
        (swish, "", "swish"),
        (swish, "quick", "swish"),
        (leaky, "", "leaky_relu"),
    ],
)
def test_an_activation_in_many_nodes_belongs_to_its_convolution(make, how, name, tmp_path):
    made = Parts()
    output = make(made, made.conv("picture", 3, 4), how)
    description = opened(made.write(tmp_path, made.next("MaxPool", output, kernel_shape=[2, 2])))
    assert kinds(description) == [f"conv {name}", "max_pool"]


def test_noise_is_no_layer(tmp_path):
    made = Parts()
    x = made.next("Identity", made.dropped(made.next("Identity", made.conv("picture", 3, 4))))
    x = made.next("Relu", made.next("Identity", made.norm(made.dropped(x), 4)))
    x = made.next("Flatten", made.dropped(made.next("GlobalMaxPool", made.next("Identity", x))))
    description = opened(made.write(tmp_path, made.next("Identity", made.next("Gemm", x, made.drawn(4, 3)))))
    assert kinds(description)[0] == "conv relu" and kinds(description)[-1] == "dense"
    assert "global maximum" in kinds(description) and len(kinds(description)) <= 4


def written_norm(made: Parts, x: str, axes: list[int], how: str) -> str:
    """(x - mean) / sqrt(variance + epsilon), as torch and TensorFlow write it."""
    mean = made.with_axes("ReduceMean", 18, x, axes, keepdims=1)
    less, tiny = made.next("Sub", x, mean), made.stored_as(np.float32(1e-5))
    square = made.next("Mul", less, less) if how == "mul" else made.next("Pow", less, made.stored_as(np.float32(2)))
    root = made.next("Sqrt", made.next("Add", made.with_axes("ReduceMean", 18, square, axes, keepdims=1), tiny))
    if how == "mul":
        return made.next("Mul", less, made.next("Reciprocal", root))
    return made.next("Div", less, root)


@pytest.mark.parametrize("how", ["operator", "pow", "mul", "opset 18"])
def test_layer_normalisation_and_a_way_around_it(how, tmp_path):
    made = Parts(18 if how == "opset 18" else 17)
    x = made.next("Conv", "picture", made.drawn(WIDE, 3, 16, 1))
    x = made.next("Transpose", made.with_axes("Squeeze", 13, x, [2]), perm=[0, 2, 1])
    gamma, beta = made.drawn(WIDE), made.drawn(WIDE)
    if how == "operator":
        normal = made.next("LayerNormalization", x, gamma, beta, axis=-1)
    else:
        normal = made.next("Add", made.next("Mul", written_norm(made, x, [-1], how), gamma), beta)
    dense = made.next("Add", made.next("MatMul", normal, made.drawn(WIDE, WIDE)), made.drawn(WIDE))
    description = opened(made.write(tmp_path, made.next("Add", x, gelu(made, dense, "erf"))))
    assert [kind for kind in kinds(description) if kind != "reshape"] == [
        "conv",
        "layer normalisation",
        "dense gelu",
        "add",
    ]
    normalised = next(layer for layer in description.layers if layer.kind == "other")
    assert normalised.parameters == 2 * WIDE and normalised.sees == "place"
    assert normalised.title.endswith(" layer normalisation")


@pytest.mark.parametrize("how", ["operator", "pow", "groups"])
def test_normalisation_of_one_picture(how, tmp_path):
    made = Parts()
    x = made.conv("picture", 3, 4)
    if how == "operator":
        x = made.next("InstanceNormalization", x, made.drawn(4), made.drawn(4))
    elif how == "pow":
        x = written_norm(made, x, [2, 3], how)
    else:  # as torch writes a normalisation of groups of channels
        ones, zeros = made.stored_as(np.ones(2, np.float32)), made.stored_as(np.zeros(2, np.float32))
        before = made.next("Shape", x)
        x = made.next("Reshape", x, made.stored_as(np.array([0, 2, -1])))
        x = made.next("Reshape", made.next("InstanceNormalization", x, ones, zeros), before)
        x = made.next("Add", made.next("Mul", x, made.drawn(4, 1, 1)), made.drawn(4, 1, 1))
    description = opened(made.write(tmp_path, made.next("Relu", made.conv(x, 4, 5))))
    assert kinds(description)[0] == "conv" and kinds(description)[-1] == "conv relu"
    assert kinds(description)[1:-1] == ["group normalisation" if how == "groups" else "instance normalisation"]
    assert description.output.shape == (16, 16, 5) or description.output.shape == (None, None, 5)


def test_attention(tmp_path):
    """As torch writes it: three dense layers, heads laid apart, products, softmax, heads laid together."""
    made = Parts()
    x = made.next("Conv", "picture", made.drawn(WIDE, 3, 16, 1))
    x = made.next("Transpose", made.with_axes("Squeeze", 13, x, [2]), perm=[0, 2, 1])
    heads = made.stored_as(np.array([0, 0, HEADS, WIDE // HEADS]))
    parts = []
    for _ in range(3):
        dense = made.next("Add", made.next("MatMul", x, made.drawn(WIDE, WIDE)), made.drawn(WIDE))
        parts.append(made.next("Reshape", dense, heads))
    query, value = (made.next("Transpose", parts[at], perm=[0, 2, 1, 3]) for at in (0, 2))
    key = made.next("Transpose", parts[1], perm=[0, 2, 3, 1])
    matched = made.next("Mul", made.next("MatMul", query, key), made.stored_as(np.float32(0.5)))
    weighed = made.next("MatMul", made.next("Softmax", matched, axis=-1), value)
    joined = made.next("Transpose", weighed, perm=[0, 2, 1, 3])
    joined = made.next("Reshape", joined, made.stored_as(np.array([0, 0, WIDE])))
    out = made.next("Add", made.next("MatMul", joined, made.drawn(WIDE, WIDE)), made.drawn(WIDE))
    description = opened(made.write(tmp_path, made.next("Add", x, out)))
    assert [kind for kind in kinds(description) if kind != "reshape"] == [
        "conv",
        *["dense"] * 3,
        "attention",
        "dense",
        "add",
    ]
    attention = next(layer for layer in description.layers if layer.kind == "other")
    assert len(attention.inputs) == 3 and attention.shape == (16, WIDE)


@pytest.mark.parametrize("direction", ["forward", "bidirectional"])
@pytest.mark.parametrize("operator", ["GRU", "LSTM"])
def test_a_reader_with_either_kind_of_memory(operator, direction, tmp_path):
    made, units, ways = Parts(), 5, 2 if direction == "bidirectional" else 1
    blocks = 3 if operator == "GRU" else 4
    x = made.next("Conv", "picture", made.drawn(WIDE, 3, 16, 1))
    x = made.next("Transpose", made.with_axes("Squeeze", 13, x, [2]), perm=[2, 0, 1])
    arrays = (made.drawn(ways, blocks * units, WIDE), made.drawn(ways, blocks * units, units))
    x = made.next(operator, x, *arrays, made.drawn(ways, 2 * blocks * units), hidden_size=units, direction=direction)
    x = made.next("Reshape", made.next("Transpose", x, perm=[0, 2, 1, 3]), made.stored_as(np.array([0, 0, -1])))
    x = made.next("Add", made.next("MatMul", x, made.drawn(ways * units, 4)), made.drawn(4))
    description = opened(made.write(tmp_path, made.next("Softmax", x, axis=2)))
    assert [kind for kind in kinds(description) if kind != "reshape"] == [
        "conv",
        "GRU" if operator == "GRU" else "lstm",
        "dense softmax",
    ]
    memory = next(layer for layer in description.layers if layer.settings.get("units"))
    assert memory.shape == (16, ways * units) and memory.parameters
    if operator == "GRU":
        assert memory.title.endswith("GRU, 5 units" + (", both directions" if ways == 2 else ""))


def test_squeeze_and_excitation_channel_shuffle_and_what_makes_larger(tmp_path):
    made = Parts(13)
    x = hard_swish(made, made.conv("picture", 3, 8), "gate first")
    means = made.next("GlobalAveragePool", x)
    gate = made.next("Relu", made.conv(means, 8, 4, 1))
    x = made.next("Mul", x, made.next("HardSigmoid", made.conv(gate, 4, 8, 1), alpha=0.2, beta=0.5))
    x = made.next("Reshape", x, made.stored_as(np.array([0, 2, 4, 16, 16])))
    x = made.next("Transpose", x, perm=[0, 2, 1, 3, 4])
    x = made.next("Reshape", x, made.stored_as(np.array([0, 8, 16, 16])))
    x = made.next("ConvTranspose", x, made.drawn(8, 4, 2, 2), made.drawn(4), strides=[2, 2])
    x = made.next("Relu", x)
    sizes = made.stored_as(np.array([1, 1, 0.5, 0.5], np.float32))
    x = made.next("Resize", x, "", sizes, mode="linear", coordinate_transformation_mode="half_pixel")
    description = opened(made.write(tmp_path, made.next("Sigmoid", made.conv(x, 4, 1, 1)), shape=(1, 3, 16, 16)))
    assert kinds(description) == [
        "conv hard_swish",
        "global_average_pool",
        "conv relu",
        "conv hard_sigmoid",
        "multiply",
        "channel shuffle",
        "transposed convolution relu",
        "resize",
        "conv sigmoid",
    ]
    assert description.layers[7].title == "7 transposed convolution 2 x 2, 4 channels"


@pytest.mark.parametrize("last", [True, False])
def test_one_dimensional_convolutions_and_where_the_channels_stand(last, tmp_path):
    """Columns of a picture as a sequence; a file of channel-last pictures, as TensorFlow's are."""
    made = Parts(13)
    x = made.next("Transpose", "picture", perm=[0, 3, 1, 2]) if last else "picture"
    x = made.next("Relu", made.next("Conv", x, made.drawn(6, 3, 16, 1)))
    x = made.with_axes("Squeeze", 13, x, [2])
    x = made.next("Relu", made.next("Conv", x, made.drawn(5, 6, 3), made.drawn(5), pads=[1, 1]))
    x = made.next("AveragePool", x, kernel_shape=[2], strides=[2])
    path = made.write(
        tmp_path, made.next("Conv", x, made.drawn(4, 5, 1)), shape=("n", 16, "w", 3) if last else ("n", 3, 16, "w")
    )
    description = opened(path)
    assert [kind for kind in kinds(description) if kind != "reshape"] == [
        "conv relu",
        "conv relu",
        "average_pool",
        "conv",
    ]
    assert description.output.shape == (None, 4) and description.channel_first is not last


def test_weights_behind_constants_casts_and_scales(tmp_path):
    made = Parts(13)
    kernel = made.weight("k", 4, 3, 3, 3, constant=True, half=True)
    x = made.next("Conv", "picture", made.next("Cast", kernel, to=1), pads=[1] * 4)
    numbers = made.array("numbers", np.arange(-100, 92, dtype=np.int8).reshape(8, 4, 3, 2)[:, :, :2])
    scale = made.array("scale", np.linspace(0.01, 0.02, 8, dtype=np.float32))
    zero = made.array("zero", np.arange(8, dtype=np.int8))
    whole = made.next("DequantizeLinear", numbers, scale, zero, axis=0)
    x = made.next("Conv", made.next("Relu", x), whole)
    dense = made.next("Transpose", made.weight("dense", 5, 8, constant=True), perm=[1, 0])
    x = made.next("MatMul", made.next("Flatten", made.next("GlobalAveragePool", x)), dense)
    description = opened(made.write(tmp_path, x))
    assert kinds(description) == ["conv relu", "conv", "global_average_pool", "dense"]
    assert [layer.parameters for layer in description.layers[1:]] == [108, 128, 0, 40]


def test_a_branch_in_the_file_is_shown_and_not_looked_into(tmp_path):
    from onnx import TensorProto, helper

    made = Parts(13)
    x = made.conv("picture", 3, 4)
    branches = {
        name: helper.make_graph(
            [helper.make_node(operator, [x], [f"{name}_out"])],
            name,
            [],
            [helper.make_tensor_value_info(f"{name}_out", TensorProto.FLOAT, None)],
        )
        for name, operator in (("then_branch", "Relu"), ("else_branch", "Neg"))
    }
    x = made.next("If", made.stored_as(np.bool_(True)), **branches)
    description = opened(made.write(tmp_path, made.conv(x, 4, 2)), gradients=False)
    assert kinds(description) == ["conv", "branch", "conv"]
    assert description.layers[2].inputs == (description.layers[1].name,)


@pytest.mark.parametrize("named", [True, False])
def test_a_padding_belongs_to_its_convolution_unless_the_file_names_it_as_a_layer(tmp_path, named):
    made = Parts()
    curve = made.next("Relu", "picture")
    around = made.pad(curve, [0, 2, 1, 1])
    output = made.next("Conv", around, made.drawn(4, 3, 3, 3), strides=[2, 2])
    stated = {"layers": f'["{curve}", "{around}", "{output}"]'} if named else {}
    description = opened(made.write(tmp_path, output, **stated))
    assert ("pad" in kinds(description)) is named
    assert description.output.window.padding == (((0, 0), (0, 0)) if named else ((0, 1), (2, 1)))
