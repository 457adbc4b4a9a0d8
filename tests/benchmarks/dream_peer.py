"""ActivationMaximization of tf-keras-vis 0.8.7, with its defaults, on VGG16: what class visualisation is measured by.

https://github.com/keisen/tf-keras-vis, MIT. `pip install -r requirements-benchmarks.txt` brings it.
"""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass

import numpy as np

from explain.gradients.network.activations import prepared
from models import onnx_weights, vgg16


@dataclass(frozen=True)
class PeerResult:
    """picture: uint8 `(size, size, 3)`. seconds, processor: of the 200 steps, by the clock and by the processor."""

    picture: np.ndarray
    seconds: float
    processor: float


class Peer:
    """vgg16-cam, as Keras has it, behind an input of RGB in 0 to 255, as tf-keras-vis expects it, and its maximiser.

    Keras's preprocessing is a part of the network here, so that the colours it finds are those that the picture shows.
    """

    def __init__(self, size: int) -> None:
        import keras

        model = vgg16.build_cam(initializer="zeros")
        onnx_weights.fill(model, onnx_weights.read(vgg16.CAM.weights))

        try:
            from tf_keras_vis.activation_maximization import ActivationMaximization
        except ModuleNotFoundError as error:
            raise ValueError(f"{error.name} is missing: pip install -r requirements-benchmarks.txt.") from None
        picture = keras.Input((size, size, 3))
        prepare = prepared(vgg16.CAM.preprocessing)
        head = model.get_layer("predictions")
        levels = keras.layers.Lambda(lambda levels: prepare(levels / 255.0))(picture)
        features = keras.Model(model.input, head.input)(levels)
        logits = keras.layers.Dense(head.units, name="logits")
        network = keras.Model(picture, logits(features))
        logits.set_weights(head.get_weights())
        self._maximise = ActivationMaximization(network, clone=False)

    def __call__(self, unit: int, seed: int = 0) -> PeerResult:
        import tensorflow as tf
        from tf_keras_vis.utils.scores import CategoricalScore

        np.random.seed(seed)
        tf.random.set_seed(seed)  # its rotation draws from a generator of its own, which cannot be seeded
        began, used = time.perf_counter(), time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras 3 says at every step that the input comes in a list
            picture = np.asarray(self._maximise(CategoricalScore(unit)))[0]
        return PeerResult(
            np.rint(np.clip(picture, 0, 255)).astype(np.uint8),
            time.perf_counter() - began,
            time.process_time() - used,
        )
