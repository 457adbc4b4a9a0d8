"""What a network is, told as data: its layers in order, their shapes, their words.

A card knows nothing of Keras, ONNX or Streamlit. The page, the exporter, the receptive-field arithmetic and the tests
all read the same card, so that no fact about a network is written down twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

WEIGHTS = Path(__file__).resolve().parent / "weights"


@dataclass(frozen=True)
class LayerCard:
    """One layer of a network.

    shape: the layer's output without the batch, in Keras's order, `(height, width, channel)` or `(step, feature)` or
        `(unit,)`.
    kernel, stride: `(height, width)` of the window the layer slides over its input; `(1, 1)` for a layer that works on
        each place alone, None for a layer that sees everything (recurrent, dense over time, global pooling).
    padding: "same" or "valid", as Keras means it.
    says: one plain sentence on what the layer does.
    """

    name: str
    kind: str  # input, conv, pool, batch_norm, squeeze, blstm, dense, gap, flatten
    shape: tuple[int, ...]
    parameters: int
    says: str
    kernel: tuple[int, int] | None = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: str = "valid"


def weights_beside(network: Path) -> Path:
    """Where the weights of an ONNX file are that has them in a file of their own."""
    return network.with_name(network.name + ".data")


@dataclass(frozen=True)
class ModelCard:
    """A network as the explainer shows it.

    layers: the input first, then every Keras layer in order, under its Keras name.
    logits: the name of the extra ONNX output that holds the values before the softmax.
    labels: what each unit of the last layer stands for; for the CRNN the blank is the last one and is written "".
    weights: the exported ONNX file, every layer an output.
    """

    name: str
    title: str
    input_shape: tuple[int, int, int]
    layers: tuple[LayerCard, ...]
    labels: tuple[str, ...]
    weights: Path
    logits: str
    licence: str
    source: str

    @property
    def beside(self) -> Path:
        """The file with the weights of a network too large to have them inside its ONNX file, where there is one."""
        return weights_beside(self.weights)

    @property
    def files(self) -> list[Path]:
        """The files that the network is read from."""
        return [self.weights, *([self.beside] if self.beside.exists() else [])]

    @property
    def input(self) -> LayerCard:
        return self.layers[0]

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Names of the Keras layers in order, the input left out."""
        return tuple(layer.name for layer in self.layers[1:])

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    def layer(self, name: str) -> LayerCard:
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(f"{self.name} has no layer called {name!r}; it has {', '.join(self.layer_names)}.")
