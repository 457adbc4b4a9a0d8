"""Class activation maps against the logits of the real network, and how a map is laid over a picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from explain.cam import class_activation_map
from explain.network import Network
from explain.overlay import overlay
from models import onnx_weights, vgg16


def test_the_mean_of_the_map_is_the_logit():
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8))
    network = Network(vgg16.CAM)
    outputs = network.run(vgg16.prepare(picture, 96))
    weights, bias = onnx_weights.read(vgg16.CAM.weights)["predictions"]
    for unit in (0, 77, 199):
        evidence = class_activation_map(outputs["block5_conv3"][0], weights[:, unit])
        assert evidence.shape == (6, 6)
        assert evidence.mean() + bias[unit] == pytest.approx(outputs["logits"][0, unit], rel=1e-4, abs=1e-4)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="one weight a channel"):
        class_activation_map(np.zeros((2, 2, 3)), np.zeros(4))


def test_the_overlay_colours_what_speaks_for_and_against():
    grey = Image.new("RGB", (8, 8), (128, 128, 128))
    pixels = np.asarray(overlay(grey, np.array([[1.0, 0.0], [-1.0, 0.0]]), 8)).astype(int)
    red, plain, blue = pixels[1, 1], pixels[1, 6], pixels[6, 1]
    assert red[0] > red[2] + 50 and blue[2] > blue[0] + 50
    assert list(plain) == [128, 128, 128]


def test_a_flat_map_leaves_the_picture_as_it_is():
    grey = Image.new("RGB", (4, 4), (90, 90, 90))
    assert np.asarray(overlay(grey, np.zeros((2, 2)), 4)).tolist() == np.full((4, 4, 3), 90).tolist()
