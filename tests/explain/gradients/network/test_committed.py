"""The committed networks as functions: logits as ONNX Runtime's, gradients as Keras's."""

from __future__ import annotations

import numpy as np
import pytest

from explain.attribution.targets import Character, ClassLogit, WholeText
from explain.gradients.network import target_scores as differentiable
from explain.gradients.network.function import NetworkFunction
from explain.network.session import Network
from models import crnn, onnx_weights, vgg16

RANDOM = np.random.default_rng(3)
COMMITTED = {
    "crnn": (crnn, RANDOM.uniform(size=(2, 32, 128, 1)).astype(np.float32), crnn.build),
    "vgg16-cam": (vgg16, RANDOM.normal(0, 60, (1, 64, 64, 3)).astype(np.float32), vgg16.build_cam),
}
TARGETS = {
    "crnn": [Character(4, tuple(np.eye(31)[9].tolist())), WholeText((4, 11, 4), 62, odds=True)],
    "vgg16-cam": [ClassLogit(50), ClassLogit(7)],
}


@pytest.mark.parametrize("name", COMMITTED)
def test_a_committed_network_equals_onnx_runtime_and_its_gradients_keras(name):
    import keras
    import tensorflow as tf

    module, pictures, build = COMMITTED[name]
    card = crnn.CARD if module is crnn else vgg16.CAM
    function, given = NetworkFunction(card.weights), tf.constant(pictures)
    names = [*function.layers, "logits"]
    theirs = Network(card).run(pictures, names)
    ours = function.outputs(given, names)
    for layer in names:
        scale = np.abs(theirs[layer]).max()
        np.testing.assert_allclose(ours[layer], theirs[layer], atol=(1e-5 if layer == "logits" else 1e-4) * scale)
    model = build(logits=True)
    onnx_weights.fill(model, onnx_weights.read(card.weights))
    layers = list(function.layers[:-1])
    inner = keras.Model(
        model.input, {**{layer: model.get_layer(layer).output for layer in layers}, "logits": model.output}
    )
    for target in TARGETS[name]:
        gradients = []
        for outputs in (lambda: function.outputs(given, [*layers, "logits"]), lambda: inner(given, training=False)):
            with tf.GradientTape() as tape:
                tape.watch(given)
                values = outputs()
                number = differentiable.score(target, values)
            gradients.append(tape.gradient(number, [given, *(values[layer] for layer in layers)]))
        for at, own, keras_own in zip(["the picture", *layers], *gradients, strict=True):
            scale = np.abs(keras_own).max()
            np.testing.assert_allclose(own, keras_own, atol=1e-4 * scale, err_msg=at)
