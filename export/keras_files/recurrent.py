"""GRU and SimpleRNN as one ONNX operator each; of Keras 3's, tf2onnx makes a loop over hundreds of nodes.

While the model is traced, such a layer is written down as TensorFlow's CudnnRNN, an operation that is never run here:
it carries the layer's place in the graph to a handler, which writes the operator with the layer's own weights.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

OPERATORS = {"GRU": "GRU", "SimpleRNN": "RNN"}
MARK = "recurrent_layer"


def inner_layers(model) -> list[Any]:
    """The recurrent layers of a model that are written so, those within wrappers too."""
    found = []
    for layer in model.layers:
        parts = [layer, *(getattr(layer, name, None) for name in ("forward_layer", "backward_layer", "layer"))]
        found += [part for part in parts if part is not None and _usual(part)]
    return list({id(layer): layer for layer in found}.values())


def _usual(layer) -> bool:
    if type(layer).__name__ == "SimpleRNN":
        return layer.activation.__name__ in ("tanh", "relu")
    return type(layer).__name__ == "GRU" and (layer.activation.__name__, layer.recurrent_activation.__name__) == (
        "tanh",
        "sigmoid",
    )


@contextlib.contextmanager
def marked(model) -> Iterator[dict[str, Any]]:
    """Has those layers write their mark when they are traced. Yields tf2onnx's handlers by operation."""
    layers = {f"{MARK}_{index}": layer for index, layer in enumerate(inner_layers(model))}
    for name, layer in layers.items():
        layer.call = _Mark(layer, name)
    try:
        held = {name: weights(layer) for name, layer in layers.items()}
        yield {"CudnnRNN": (_handler(layers, held), [])}
    finally:
        for layer in layers.values():
            del layer.call


class _Mark:
    """Called in the place of a layer: `(batch, step, feature)` to what the layer returns."""

    def __init__(self, layer, name: str):
        self.layer, self.name = layer, name

    def __call__(self, sequences, initial_state=None, mask=None, training=False):
        import tensorflow as tf

        layer = self.layer
        steps = tf.transpose(sequences, (1, 0, 2))
        if layer.go_backwards:
            steps = tf.reverse(steps, (0,))
        nothing = tf.zeros((1, 1, layer.units))  # its last length tells TensorFlow how many numbers come out
        made = tf.raw_ops.CudnnRNN(
            input=steps, input_h=nothing, input_c=nothing, params=tf.zeros((1,)), rnn_mode="gru", name=self.name
        )
        output = tf.reshape(made.output, (tf.shape(steps)[0], tf.shape(steps)[1], layer.units))
        last = output[-1]
        output = tf.transpose(output, (1, 0, 2)) if layer.return_sequences else last
        return (output, last) if layer.return_state else output


def _handler(layers: dict[str, Any], held: dict[str, dict[str, np.ndarray]]):
    def write(context, node, name, args) -> None:
        mark = name.split("/")[-1]
        layer = layers[mark]
        output, dtype = node.output[0], context.get_dtype(node.output[0])
        steps, shape = node.input[0], context.get_shape(node.output[0])
        context.remove_node(node.name)
        parts = [context.make_const(f"{name}_{part}", array).output[0] for part, array in held[mark].items()]
        kind = OPERATORS[type(layer).__name__]
        facts = {"hidden_size": layer.units, "direction": "forward"}
        if kind == "GRU":
            facts["linear_before_reset"] = int(layer.reset_after)
        else:
            facts["activations"] = [layer.activation.__name__.capitalize()]
        made = context.make_node(kind, [steps, *parts], attr=facts, output_count=2)
        axes = context.make_const(f"{name}_direction", np.asarray([1], np.int64)).output[0]
        context.make_node(
            "Squeeze", [made.output[0], axes], outputs=[output], name=name, shapes=[shape], dtypes=[dtype]
        )

    return write


def weights(layer) -> dict[str, np.ndarray]:
    """W `(1, gates x units, feature)`, R `(1, gates x units, units)` and B `(1, 2 x gates x units)` as ONNX wants them.

    Keras and ONNX have the GRU's gates in the same order: update, reset, new. Keras keeps two rows of biases where the
    reset comes after the product, else one.
    """
    kernel, recurrent, *bias = (np.asarray(array, np.float32) for array in layer.cell.get_weights())
    rows = np.zeros((2, kernel.shape[1]), np.float32)
    if bias:
        rows[: np.atleast_2d(bias[0]).shape[0]] = np.atleast_2d(bias[0])
    return {"W": kernel.T[None], "R": recurrent.T[None], "B": rows.reshape(1, -1)}
