"""Maps from the last layers' weights alone: an exact one adds up to the logit, others are the gradient's, by steps."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from explain.attribution.class_map import class_map
from explain.network.description import describe
from explain.network.session import Network
from explain.network.weights import network_weights
from models import crnn, vgg16
from tests.explain.attribution import small_networks

PICTURE = np.random.default_rng(0).random((16, 28, 3), dtype=np.float32)


def stored(path, name: str) -> np.ndarray:
    """An array as the file has it."""
    (tensor,) = (tensor for tensor in onnx.load(path).graph.initializer if tensor.name == name)
    return numpy_helper.to_array(tensor).astype(np.float64)


def opened(path) -> tuple:
    network = Network(describe(path))
    return network.description, {name: values[0] for name, values in network.run(PICTURE[None]).items()}


@pytest.mark.parametrize("unit", range(5))
def test_the_mean_of_an_exact_map_is_the_logit(tmp_path, unit):
    path = small_networks.averaging(tmp_path / "animals.onnx")
    description, values = opened(path)
    found = class_map(description, values, unit, network_weights)
    assert (found.layer, found.values.shape, found.exact) == ("last", (8, 14), True)
    assert found.values.mean() + stored(path, "answer/b")[unit] == pytest.approx(values["answer"][unit], abs=1e-5)


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("softmax", [False, True])
def test_through_dense_layers_it_is_the_gradients(tmp_path, channels_last, softmax):
    path = small_networks.flat(tmp_path / "animals.onnx", channels_last, softmax)
    description, values = opened(path)
    first, bias = stored(path, "hidden/w"), stored(path, "hidden/b")
    last = stored(path, ("answer/logits" if softmax else "answer") + "/w")

    def logit(features: np.ndarray, unit: int) -> float:
        row = features if channels_last else features.transpose(2, 0, 1)
        return float((np.maximum(row.ravel() @ first + bias, 0) @ last)[unit])

    features, step = values["first"].astype(np.float64), 1e-6
    for unit in range(5):
        gradient = np.zeros(features.shape)
        for place in np.ndindex(features.shape):
            change = np.zeros(features.shape)
            change[place] = step
            gradient[place] = (logit(features + change, unit) - logit(features - change, unit)) / (2 * step)
        wanted = (features * gradient.mean(axis=(0, 1))).sum(axis=2)
        found = class_map(description, values, unit, network_weights)
        assert (found.layer, found.exact) == ("first", False)
        np.testing.assert_allclose(found.values, wanted, rtol=1e-4, atol=1e-5)


def test_a_network_that_ends_otherwise_has_none(tmp_path):
    description, values = opened(small_networks.shapeless(tmp_path / "animals.onnx"))
    assert class_map(description, values, 0, network_weights) is None
    word = Network(crnn.CARD)
    values = {name: array[0] for name, array in word.run(np.zeros((1, 32, 128, 1), np.float32)).items()}
    assert class_map(word.description, values, 0, network_weights) is None


def test_the_committed_classifier_has_an_exact_one():
    network = Network(vgg16.CAM)
    picture = np.random.default_rng(1).normal(0, 60, (1, 64, 96, 3)).astype(np.float32)
    values = {name: array[0] for name, array in network.run(picture).items()}
    found = class_map(network.description, values, 7, network_weights)
    assert (found.layer, found.values.shape, found.exact) == ("block5_conv3", (4, 6), True)
    bias = network_weights(network.description, "predictions")["bias"][7]
    assert found.values.mean() + bias == pytest.approx(values["logits"][7], rel=1e-4, abs=1e-4)
