"""What is added to a file in memory: the same values, by fewer and faster nodes."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from explain.network.running.outputs import with_outputs
from explain.network.session import Network

X = np.linspace(-9, 9, 1 * 3 * 8 * 8, dtype=np.float32).reshape(1, 3, 8, 8)


def hard_swish(way: str) -> list:
    """x * clip(x + 3, 0, 6) / 6 from "c" to "h", as converters write it."""
    begin = [helper.make_node("Add", ["c", "three"], ["a"]), helper.make_node("Clip", ["a", "zero", "six"], ["b"])]
    return (
        begin
        + {
            "times, then the sixth": [
                helper.make_node("Mul", ["c", "b"], ["m"]),
                helper.make_node("Div", ["m", "six"], ["h"]),
            ],
            "the sixth, then times": [
                helper.make_node("Div", ["b", "six"], ["m"]),
                helper.make_node("Mul", ["m", "c"], ["h"]),
            ],
            "times a sixth": [
                helper.make_node("Mul", ["sixth", "b"], ["m"]),
                helper.make_node("Mul", ["c", "m"], ["h"]),
            ],
            "six over it": [helper.make_node("Mul", ["c", "b"], ["m"]), helper.make_node("Div", ["six", "m"], ["h"])],
        }[way]
    )


def written(tmp_path, nodes: list, outputs=("y",), three: float = 3.0):
    """A file: a convolution 1 x 1 that leaves the picture as it is, some nodes from "c" to "h", and h doubled."""
    stored = {"three": three, "zero": 0.0, "six": 6.0, "sixth": 1 / 6, "two": 2.0}
    tensors = [numpy_helper.from_array(np.float32(value), name) for name, value in stored.items()]
    tensors.append(numpy_helper.from_array(np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1), "k"))
    nodes = [helper.make_node("Conv", ["x", "k"], ["c"]), *nodes, helper.make_node("Mul", ["h", "two"], ["y"])]
    picture = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, 8, 8]) for name in outputs]
    graph = helper.make_graph(nodes, "swish", [picture], ends, tensors)
    path = tmp_path / "swish.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def operators(source: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(source).graph.node]


@pytest.mark.parametrize("way", ["times, then the sixth", "the sixth, then times", "times a sixth"])
def test_a_hard_swish_in_four_nodes_becomes_two_of_the_same_values(tmp_path, way):
    path = written(tmp_path, hard_swish(way))
    source, _ = with_outputs(path, ["h"])
    assert operators(source) == ["Conv", "HardSigmoid", "Mul", "Mul"]
    session = onnxruntime.InferenceSession(source)
    y, h = session.run(["y", "h"], {"x": X})
    np.testing.assert_allclose(h, X * np.clip(X + 3, 0, 6) / 6, atol=1e-6)
    np.testing.assert_allclose(y, 2 * h)


def test_what_is_no_hard_swish_or_is_looked_at_inside_stays(tmp_path):
    other = written(tmp_path, hard_swish("six over it"))
    assert "Clip" in operators(with_outputs(other, ["h"])[0])
    shifted = written(tmp_path, hard_swish("times, then the sixth"), three=2.0)
    assert "Clip" in operators(with_outputs(shifted, ["h"])[0])
    whole = written(tmp_path, hard_swish("times, then the sixth"))
    assert "Clip" in operators(with_outputs(whole, ["h", "b"])[0])  # "b" is shown
    put_out = written(tmp_path, hard_swish("times, then the sixth"), outputs=("y", "a"))
    assert "Clip" in operators(with_outputs(put_out, ["h"])[0])


def test_the_layers_of_such_a_file_are_as_the_file_computes_them(tmp_path):
    path = written(tmp_path, hard_swish("times, then the sixth"))
    outputs = Network(path, 1).run(X.transpose(0, 2, 3, 1))
    np.testing.assert_allclose(outputs["h"].transpose(0, 3, 1, 2), X * np.clip(X + 3, 0, 6) / 6, atol=1e-6)
