"""Does the written file say what Keras says? Layer by layer, on a random batch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from export.errors import VerificationError
from export.graph import LOGITS
from export.networks import import_keras

TOLERANCE = 1e-3
ANY_LENGTH = 224  # pixels of a side that the network leaves open


def random_batch(input_shape: Sequence[int | None], pictures: int, seed: int = 0) -> np.ndarray:
    """Noise in the range of a network's input: [0, 1] for grey pictures, +-128 for BGR less its mean.

    input_shape: of the Keras model, with the batch; lengths that it leaves open become ANY_LENGTH.
    """
    shape = [length or ANY_LENGTH for length in input_shape[1:]]
    noise = np.random.default_rng(seed).random((pictures, *shape), dtype=np.float32)
    return noise if shape[-1] == 1 else (noise - 0.5) * 256


def onnx_outputs(path: Path, batch: np.ndarray, channel_first: Collection[str] | None = None) -> dict[str, np.ndarray]:
    """Every output of the file, feature maps channel-last. The file is closed again, and its mapping with it.

    channel_first: the outputs that the file has so; all maps unless given.
    """
    options = onnxruntime.SessionOptions()
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.disable_prepacking", "1")
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    (picture,) = session.get_inputs()
    outputs = dict(zip(names, session.run(names, {picture.name: batch}), strict=True))
    first = outputs if channel_first is None else channel_first
    return {name: a.transpose(0, 2, 3, 1) if a.ndim == 4 and name in first else a for name, a in outputs.items()}


def keras_outputs(keras_model, batch: np.ndarray, logits: str, weights_of: Callable[[str], list[np.ndarray]]):
    """Yields (name, output) of every layer as Keras computes it, the logits before the softmax they go into.

    weights_of: a layer's arrays by its name. They are lent to one layer at a time, so that the model itself need not
    hold any: see `Exportable.skeleton`.
    """
    keras = import_keras()
    value = keras.ops.convert_to_tensor(batch)
    for layer in keras_model.layers[1:]:
        tensors = [tensor(array) for array in (weights_of(layer.name) if layer.weights else [])]
        lent = list(zip(layer.weights, tensors, strict=True))
        with keras.StatelessScope(lent, initialize_variables=False):
            if getattr(getattr(layer, "activation", None), "__name__", "") == "softmax":
                softmax, layer.activation = layer.activation, keras.activations.linear
                yield logits, np.asarray(layer(value, training=False))
                layer.activation = softmax
            value = layer(value, training=False)
        del lent, tensors
        yield layer.name, np.asarray(value)


def tensor(array):
    """A NumPy array, or one of an HDF5 file, as a TensorFlow tensor, copied once; TensorFlow's own conversion holds two
    copies for a moment.

    Its kernels want memory that starts at a multiple of 64 bytes.
    """
    from tensorflow.experimental import dlpack

    buffer = np.empty(array.size + 16, np.float32)
    start = -buffer.ctypes.data % 64 // buffer.itemsize
    aligned = buffer[start : start + array.size].reshape(array.shape)
    if array.shape and hasattr(array, "read_direct"):
        array.read_direct(aligned)
    else:
        aligned[...] = array[()]
    return dlpack.from_dlpack(aligned.__dlpack__())


def differences(path: Path, keras_model, weights: Mapping, rounded: Callable, pictures: int) -> dict[str, float]:
    """Largest difference to Keras by layer, as a part of the layer's largest value.

    rounded: what storing does to an array, so that Keras computes with the same numbers as the file.
    """
    batch = random_batch(keras_model.input_shape, pictures)
    written = onnx_outputs(path, batch)
    by_layer = {}
    for name, wanted in keras_outputs(
        keras_model, batch, LOGITS, lambda layer: [rounded(array) for array in weights[layer]]
    ):
        output = written.pop(name)
        if output.shape != wanted.shape:
            raise VerificationError(
                f"Layer {name!r} has the shape {output.shape} in the file, {wanted.shape} in Keras."
            )
        by_layer[name] = difference(output, wanted)
    return by_layer


def difference(output: np.ndarray, wanted: np.ndarray) -> float:
    """The largest difference of two arrays as a part of the largest value of the second."""
    return float(np.abs(output - wanted).max() / max(np.abs(wanted).max(), np.finfo(np.float32).tiny))


def check(differences: Mapping[str, float]) -> None:
    """Raises VerificationError, naming the worst layer, where a difference is over TOLERANCE or not a number."""
    wrong = {name: difference for name, difference in differences.items() if not difference <= TOLERANCE}
    if wrong:
        worst = max(wrong, key=wrong.get)
        raise VerificationError(
            f"Layer {worst!r} differs from Keras by {wrong[worst]:.1e} of its largest value, over {TOLERANCE:.0e}:"
            " nothing was kept."
        )
