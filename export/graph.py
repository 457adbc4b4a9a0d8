"""Keras layers written down as ONNX nodes, one small function for each class of layer: for our own networks.

Nothing is traced: the layers of these networks stand in a row, and each of their classes is one ONNX operator. Written
this way, every initializer bears the name of its layer, no weight passes through TensorFlow, and no Keras model with
values is ever built.

Anybody else's network goes through tf2onnx (`export.keras_files`), which would write these too. What this is kept
for, measured on the same files: arrays are stored in half precision (the CRNN: 13.3 MB, else 26.5), the metadata says
how each is brought back to Keras, so that training goes on from the file, and committed files stay the same to the
byte, whichever tf2onnx is installed. It also takes less: for the full VGG16 1.7 GB at its peak and 5.5 processor
seconds, 1.9 and 7.7 through tf2onnx. The files are equally fast, with as many transposes (CRNN: 6, 15.6 against 15.8 ms
a word).

Keras keeps feature maps channel-last, ONNX computes channel-first. The picture is transposed once, where it comes in,
and feature maps are outputs as they are computed; the kernels are transposed on the way into the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import numpy as np
import onnx
from onnx import TensorProto, helper

from export.errors import UnknownLayer
from models.card import Card
from models.onnx_weights import KERAS_GATES, ONNX_GATES, reorder_gates

OPSET = 17
LOGITS = "logits"  # the output with the values before the softmax
IR_VERSION = 8
CONV_TO_ONNX, CONV_TO_KERAS = (3, 2, 0, 1), (2, 3, 1, 0)  # (height, width, in, out) and (out, in, height, width)


class Graph:
    """An ONNX graph in the making: the nodes, the outputs and where each Keras array went.

    smallest: height and width of the least picture of which every layer still has a unit, as far as pooling goes.
    store: called with a name, an array and whether that holds vectors alone, keeps the array and returns
    `(initializer, nodes)`, the nodes being those that turn the initializer into float32 values.
    """

    def __init__(self, card: Card, store: Callable[[str, np.ndarray, bool], tuple[TensorProto, list]]):
        self.card = card
        self.store = store
        self.nodes: list = []
        self.initializers: list[TensorProto] = []
        self.outputs: list = []
        self.recipes: dict[str, list[dict]] = {}
        self.smallest = (1, 1)

    def node(self, operator: str, inputs: list[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def weight(self, name: str, array: np.ndarray, vectors: bool = False) -> str:
        """Keeps an array in ONNX's layout as the initializer `name` and returns the name of its float32 value.

        vectors: the array stacks vectors of Keras's, such as biases, and is kept as precisely as they would be.
        """
        initializer, nodes = self.store(name, np.ascontiguousarray(array, np.float32), vectors or array.ndim == 1)
        self.initializers.append(initializer)
        self.nodes += nodes
        return nodes[-1].output[0] if nodes else name

    def recipe(self, layer: str, initializer: str, **undo) -> None:
        """Says how the layer's next Keras array is read back; see models.onnx_weights."""
        self.recipes.setdefault(layer, []).append({"initializer": initializer, **undo})

    def integers(self, name: str, values: list[int]) -> str:
        self.initializers.append(helper.make_tensor(name, TensorProto.INT64, [len(values)], values))
        return name

    def output(self, name: str, shape: tuple[int | None, ...]) -> None:
        """Declares an output of Keras's shape, channel-last; unknown lengths get a name."""
        named = {1: f"{name}_height", 2: f"{name}_width"}
        dims = ["batch", *(length or named[axis] for axis, length in enumerate(shape[1:], start=1))]
        if len(dims) == 4:
            dims = [dims[0], dims[3], dims[1], dims[2]]
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, dims))

    def model(self, input_shape: tuple[int | None, ...]) -> onnx.ModelProto:
        _, height, width, channels = input_shape
        shape = ["batch", height or "height", width or "width", channels]
        picture = helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)
        graph = helper.make_graph(self.nodes, self.card.name, [picture], self.outputs, self.initializers)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="inside-crnn-vgg16",
        )
        layers = [output.name for output in self.outputs if output.name != LOGITS]
        metadata = {
            "network": self.card.name,
            "layers": json.dumps(layers),
            "logits": LOGITS,
            "smallest": json.dumps(self.smallest),
            "weights": json.dumps(self.recipes),
            "licence": self.card.licence,
            "source": self.card.source,
        }
        helper.set_model_props(model, metadata)
        return model


def write(keras_model, card: Card, weights: Mapping[str, list[np.ndarray]], store) -> onnx.ModelProto:
    """The ONNX model of a Keras model whose layers stand in a row, each an output under its Keras name, plus logits.

    weights: arrays of each layer in the order of `layer.get_weights()`, asked for once, layer by layer, so that a
    mapping which reads them from a file needs room for one layer. Raises UnknownLayer for a layer it cannot write.
    """
    graph = Graph(card, store)
    value = graph.node("Transpose", ["input"], "input:channel_first", perm=[0, 3, 1, 2])
    for layer in keras_model.layers[1:]:
        kind = type(layer).__name__
        if kind not in WRITERS:
            raise UnknownLayer(f"Layer {layer.name!r} is a {kind}, which the exporter cannot write down as ONNX yet.")
        value = WRITERS[kind](graph, layer, value, weights[layer.name] if layer.weights else [])
        graph.output(layer.name, layer.output.shape)
        if LOGITS in (node.output[0] for node in graph.nodes[-2:]):
            graph.output(LOGITS, layer.output.shape)
    return graph.model(keras_model.input_shape)


def _activate(graph: Graph, layer, value: str) -> str:
    """The layer's activation on a value, under the layer's name."""
    activation = layer.activation.__name__
    operators = {"relu": ("Relu", {}), "softmax": ("Softmax", {"axis": -1}), "linear": ("Identity", {})}
    if activation not in operators:
        raise UnknownLayer(f"Layer {layer.name!r} has the activation {activation}, which the exporter does not know.")
    operator, attributes = operators[activation]
    return graph.node(operator, [value], layer.name, **attributes)


def _before_activation(graph: Graph, layer) -> str:
    return LOGITS if layer.activation.__name__ == "softmax" else f"{layer.name}:sum"


def _conv(graph: Graph, layer, value: str, weights: list[np.ndarray]) -> str:
    kernel, bias = f"{layer.name}/kernel", f"{layer.name}/bias"
    graph.recipe(layer.name, kernel, transpose=CONV_TO_KERAS)
    graph.recipe(layer.name, bias)
    inputs = [value, graph.weight(kernel, weights[0].transpose(CONV_TO_ONNX)), graph.weight(bias, weights[1])]
    window = {"kernel_shape": layer.kernel_size, "strides": layer.strides, "auto_pad": _padding(layer)}
    return _activate(graph, layer, graph.node("Conv", inputs, _before_activation(graph, layer), **window))


def _pool(graph: Graph, layer, value: str, weights: list[np.ndarray]) -> str:
    window = {"kernel_shape": layer.pool_size, "strides": layer.strides, "auto_pad": _padding(layer)}
    if layer.padding == "valid":  # a picture with fewer pixels would leave nothing
        graph.smallest = tuple(least * step for least, step in zip(graph.smallest, layer.strides, strict=True))
    return graph.node("MaxPool", [value], layer.name, **window)


def _padding(layer) -> str:
    return {"same": "SAME_UPPER", "valid": "VALID"}[layer.padding]


def _batch_norm(graph: Graph, layer, value: str, weights: list[np.ndarray]) -> str:
    values = []
    for part, array in zip(("gamma", "beta", "moving_mean", "moving_variance"), weights, strict=True):
        graph.recipe(layer.name, f"{layer.name}/{part}")
        values.append(graph.weight(f"{layer.name}/{part}", array))
    return graph.node("BatchNormalization", [value, *values], layer.name, epsilon=layer.epsilon)


def _squeeze(graph: Graph, layer, value: str, weights: list[np.ndarray]) -> str:
    """A feature map one pixel high becomes a sequence: its columns are the steps."""
    _, height, width, channels = layer.input.shape
    if height != 1 or tuple(layer.output.shape[1:]) != (width, channels):
        raise UnknownLayer(
            f"Layer {layer.name!r} reshapes {layer.input.shape[1:]} to {layer.output.shape[1:]}; the only reshape that"
            " the exporter knows drops a height of one."
        )
    axis = graph.integers(f"{layer.name}/height", [2])
    row = graph.node("Squeeze", [value, axis], f"{layer.name}:channel_first")
    return graph.node("Transpose", [row], layer.name, perm=[0, 2, 1])


def _bidirectional(graph: Graph, layer, value: str, weights: list[np.ndarray]) -> str:
    """Two LSTMs, one reading backwards, as one LSTM operator; it wants (step, batch, feature)."""
    lstm = layer.forward_layer
    as_known = type(lstm).__name__ == "LSTM" and layer.merge_mode == "concat" and lstm.return_sequences
    if not as_known or (lstm.activation.__name__, lstm.recurrent_activation.__name__) != ("tanh", "sigmoid"):
        raise UnknownLayer(f"Layer {layer.name!r} is not a bidirectional LSTM of Keras's usual form over a sequence.")
    parts = {"kernel": weights[0::3], "recurrent_kernel": weights[1::3], "bias": weights[2::3]}
    for direction in (0, 1):
        graph.recipe(layer.name, f"{layer.name}/kernel", direction=direction, gates=ONNX_GATES, transpose=(1, 0))
        graph.recipe(
            layer.name, f"{layer.name}/recurrent_kernel", direction=direction, gates=ONNX_GATES, transpose=(1, 0)
        )
        graph.recipe(layer.name, f"{layer.name}/bias", direction=direction, first=4 * lstm.units, gates=ONNX_GATES)
    stacked = {
        part: np.stack([reorder_gates(array.T, KERAS_GATES, ONNX_GATES) for array in arrays])
        for part, arrays in parts.items()
    }
    stacked["bias"] = np.concatenate([stacked["bias"], np.zeros_like(stacked["bias"])], axis=1)
    values = [graph.weight(f"{layer.name}/{part}", array, part == "bias") for part, array in stacked.items()]
    steps = graph.node("Transpose", [value], f"{layer.name}:steps", perm=[1, 0, 2])
    both = graph.node(
        "LSTM", [steps, *values], f"{layer.name}:directions", direction="bidirectional", hidden_size=lstm.units
    )
    both = graph.node("Transpose", [both], f"{layer.name}:batch_first", perm=[2, 0, 1, 3])
    shape = graph.integers(f"{layer.name}/shape", [0, 0, 2 * lstm.units])
    return graph.node("Reshape", [both, shape], layer.name)


def _dense(graph: Graph, layer, value: str, weights: list[np.ndarray]) -> str:
    kernel, bias = f"{layer.name}/kernel", f"{layer.name}/bias"
    graph.recipe(layer.name, kernel)
    graph.recipe(layer.name, bias)
    product = graph.node("MatMul", [value, graph.weight(kernel, weights[0])], f"{layer.name}:product")
    return _activate(
        graph,
        layer,
        graph.node("Add", [product, graph.weight(bias, weights[1])], _before_activation(graph, layer)),
    )


def _average(graph: Graph, layer, value: str, weights: list[np.ndarray]) -> str:
    mean = graph.node("GlobalAveragePool", [value], f"{layer.name}:map")
    return graph.node("Flatten", [mean], layer.name)


def _flatten(graph: Graph, layer, value: str, weights: list[np.ndarray]) -> str:
    if len(layer.input.shape) == 4:  # Keras counts channel-last
        value = graph.node("Transpose", [value], f"{layer.name}:channel_last", perm=[0, 2, 3, 1])
    return graph.node("Flatten", [value], layer.name)


WRITERS = {
    "Conv2D": _conv,
    "MaxPooling2D": _pool,
    "BatchNormalization": _batch_norm,
    "Reshape": _squeeze,
    "Bidirectional": _bidirectional,
    "Dense": _dense,
    "GlobalAveragePooling2D": _average,
    "Flatten": _flatten,
}
