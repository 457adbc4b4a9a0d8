"""One operator at a time: what ONNX Runtime gives, what ours gives, and the gradient by finite differences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
import onnxruntime

from explain.gradients.network import operators
from explain.gradients.network.operators.layouts import Maps, in_file_order

STEP = 1e-5
QUIET = 3


@dataclass(frozen=True)
class Case:
    """operator: ONNX's name. inputs: arrays in the order of the file, None for one left out. moved: which of them, by
    position, are differentiated. outputs: how many are compared."""

    operator: str
    inputs: tuple
    attributes: dict[str, Any] = field(default_factory=dict)
    opset: int = 17
    moved: tuple[int, ...] = (0,)
    outputs: int = 1

    def __str__(self) -> str:
        said = [f"{name}={value}" for name, value in self.attributes.items()]
        return " ".join([self.operator, f"opset {self.opset}", *said])[:100]


def by_onnx_runtime(case: Case) -> list[np.ndarray]:
    names = [f"x{at}" if array is not None else "" for at, array in enumerate(case.inputs)]
    given = {name: array for name, array in zip(names, case.inputs, strict=True) if name}
    outputs = [f"y{at}" for at in range(case.outputs)]
    node = onnx.helper.make_node(case.operator, names, outputs, **case.attributes)
    kinds = {name: onnx.helper.np_dtype_to_tensor_dtype(array.dtype) for name, array in given.items()}
    graph = onnx.helper.make_graph(
        [node],
        "one",
        [onnx.helper.make_tensor_value_info(name, kinds[name], array.shape) for name, array in given.items()],
        [onnx.ValueInfoProto(name=name) for name in outputs],
    )
    opset = [onnx.helper.make_opsetid("", case.opset)]
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = QUIET
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    return session.run(None, given)


def by_tensorflow(case: Case, tensors: list, as_maps: bool) -> list:
    """The outputs as tensors in the order of the file. as_maps: floats of three axes or four come channel-last."""
    import tensorflow as tf

    given = list(tensors)
    attributes = {
        name: value.decode() if isinstance(value, bytes) else value for name, value in case.attributes.items()
    }
    if case.operator == "Split":
        attributes.setdefault("num_outputs", case.outputs)
    if case.operator in operators.PREPARED:
        at, prepare = operators.PREPARED[case.operator]
        given[at] = prepare(given[at], **attributes)
    if as_maps:
        for at in case.moved:
            axes = len(given[at].shape)
            if axes > 2:
                given[at] = Maps(tf.transpose(given[at], [0, *range(2, axes), 1]))
    found = operators.find(case.operator, case.opset)(given, attributes)
    found = found if isinstance(found, tuple) else (found,)
    return [in_file_order(value) for value in found[: case.outputs]]


def check(case: Case, as_maps: bool) -> None:
    """Raises AssertionError where the operator differs from ONNX Runtime's or its gradient from finite differences."""
    import tensorflow as tf

    expected = by_onnx_runtime(case)
    floats = [tf.constant(array) if _is_float(array) else array for array in case.inputs]
    for ours, theirs in zip(by_tensorflow(case, floats, as_maps), expected, strict=True):
        ours = np.asarray(ours)
        assert ours.shape == theirs.shape
        scale = max(np.abs(theirs).max(), 1e-3) if theirs.size else 1
        np.testing.assert_allclose(ours, theirs, atol=1e-5 * scale, rtol=1e-5)
    if case.moved:
        _check_gradient(case, as_maps)


def _check_gradient(case: Case, as_maps: bool) -> None:
    import tensorflow as tf

    random = np.random.default_rng(7)
    exact = [tf.constant(array, tf.float64) if _is_float(array) else array for array in case.inputs]
    moved = [exact[at] for at in case.moved]
    weights: list[np.ndarray] = []

    def number(given):
        values = list(exact)
        for at, tensor in zip(case.moved, given, strict=True):
            values[at] = tensor
        found = by_tensorflow(case, values, as_maps)
        if not weights:
            weights.extend(random.normal(size=value.shape) for value in found)
        return sum(tf.reduce_sum(value * weight) for value, weight in zip(found, weights, strict=True))

    with tf.GradientTape() as tape:
        tape.watch(moved)
        total = number(moved)
    gradients = tape.gradient(total, moved, unconnected_gradients="zero")
    for _ in range(2):
        ways = [random.normal(size=tensor.shape) for tensor in moved]
        there, back = (
            float(number([tensor + sign * STEP * way for tensor, way in zip(moved, ways, strict=True)]))
            for sign in (1, -1)
        )
        told = sum(float(tf.reduce_sum(gradient * way)) for gradient, way in zip(gradients, ways, strict=True))
        usual = sum(float(tf.norm(gradient)) for gradient in gradients)
        np.testing.assert_allclose(told, (there - back) / (2 * STEP), atol=1e-5 * max(usual, 1e-3))


def _is_float(array) -> bool:
    return array is not None and array.dtype == np.float32
