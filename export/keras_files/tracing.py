"""A Keras model as ONNX nodes, through tf2onnx, without its weights passing through TensorFlow's graphs.

Weights that stand in a traced graph are copied at every step from TensorFlow to ONNX (ResNet50: 8 GB for 100 MB of
weights). So the traced function takes them as arguments, and they come back as inputs of the ONNX graph, which
`export.keras_files.tidying` turns into stored arrays. Only those of recurrent layers stay constants: tf2onnx makes
one LSTM or GRU operator of a loop whose weights it can see.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import numpy as np

from export.errors import UnknownLayer, first_line
from export.graph import OPSET
from export.keras_files import recurrent
from export.networks import import_keras

RECURRENT = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "TimeDistributed", "ConvLSTM1D", "ConvLSTM2D")
PICTURE = "picture"


def traced(model) -> tuple[Any, dict[str, Any]]:
    """The onnx.ModelProto of a model from a picture to {key: output}, and what its other inputs stand for, by their
    names: Keras variables and tensors. Raises UnknownLayer where tf2onnx does not know an operation."""
    import tensorflow as tf
    import tf2onnx
    from tf2onnx import convert

    keras = import_keras()
    variables = {f"weight_{index}": variable for index, variable in enumerate(_handed_over(model))}

    @tf.function
    def function(picture, weights):
        mapping = [(variable, weights[name]) for name, variable in variables.items()]
        with keras.StatelessScope(state_mapping=mapping):
            return model(picture, training=False)

    picture = tf.TensorSpec(model.inputs[0].shape, tf.float32, name=PICTURE)
    weights = {name: tf.TensorSpec(v.shape, tf.float32, name=name) for name, v in variables.items()}
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    tf2onnx.logging.set_level(logging.CRITICAL)
    with _fused(model), recurrent.marked(model) as handlers:
        try:
            written, _ = convert.from_function(
                function, [picture, weights], opset=OPSET, custom_op_handlers=handlers | {"Erfc": (_erfc, [])}
            )
            captured = function.get_concrete_function(picture, weights).graph.captures
        except Exception as error:  # of any kind: tf2onnx, TensorFlow and Keras each raise their own
            raise UnknownLayer(f"The layers cannot be written as ONNX: {first_line(error)}") from error
    # Tensors that a layer holds besides its variables, such as a normalisation's mean, become inputs as well.
    return written, variables | {inner.name: held for held, inner in captured if held.dtype != tf.resource}


def _handed_over(model) -> list[Any]:
    """The variables that are arguments: all but those of recurrent layers and the seeds of random numbers."""
    kept = {id(v) for layer in model.layers if type(layer).__name__ in RECURRENT for v in layer.variables}
    unique = {id(variable): variable for variable in model.weights}
    return [variable for key, variable in unique.items() if key not in kept]


def _erfc(context, node, name, args) -> None:
    """1 - erf(x), or 1 + erf(x) of -x: TensorFlow's GELU has it, and ONNX no operator for it."""
    ((given,), (output,)) = node.input, node.output
    shapes, dtypes = [context.get_shape(output)], [context.get_dtype(output)]
    one = context.make_const(f"{name}_one", np.asarray(1, np.float32)).output[0]
    scaled, operator = node.inputs[0], "Sub"
    if scaled.type == "Mul" and scaled.inputs[0].type == "Neg":
        given = context.make_node("Mul", [scaled.inputs[0].input[0], scaled.input[1]]).output[0]
        operator = "Add"
    context.remove_node(node.name)
    erf = context.make_node("Erf", [given]).output[0]
    context.make_node(operator, [one, erf], outputs=[output], name=name, shapes=shapes, dtypes=dtypes)


@contextlib.contextmanager
def _fused(model) -> Iterator[None]:
    """Traces batch normalisation over maps as TensorFlow's one operation instead of Keras's arithmetic, so that it
    becomes one operator of ONNX's. Its parameters and what it computes are the same; `verify` compares with Keras's."""
    layers = [layer for layer in model.layers if _normalises_maps(layer)]
    for layer in layers:
        layer.call = _Normalise(layer)
    try:
        yield
    finally:
        for layer in layers:
            del layer.call


def _normalises_maps(layer) -> bool:
    return type(layer).__name__ == "BatchNormalization" and len(layer.output.shape) == 4 and layer.axis in (-1, 3)


class _Normalise:
    def __init__(self, layer):
        self.layer = layer

    def __call__(self, inputs, training=None, mask=None):
        import tensorflow as tf

        mean, variance = self.layer.moving_mean.value, self.layer.moving_variance.value
        scale = self.layer.gamma.value if self.layer.scale else tf.ones(mean.shape)
        offset = self.layer.beta.value if self.layer.center else tf.zeros(mean.shape)
        return tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=scale,
            offset=offset,
            mean=mean,
            variance=variance,
            epsilon=self.layer.epsilon,
            is_training=False,
        ).y
