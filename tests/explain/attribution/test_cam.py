"""Class activation maps against the logits of the real network, the weighted ones by hand, maps laid over pictures."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from explain.attribution.cam import (
    background,
    class_activation_map,
    grad_cam,
    grad_cam_plus_plus,
    layer_cam,
    mapped_layers,
    score_cam,
    spread,
    usual_layer,
)
from explain.attribution.targets import ClassLogit
from explain.layers.receptive_field import ReceptiveField, receptive_field
from explain.network.description import describe
from explain.network.session import Network
from explain.pictures.overlay import overlay
from models import crnn, onnx_weights, vgg16
from tests.explain.attribution import small_networks


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


FEATURES = np.array([[[1.0, 0.0], [2.0, 1.0]]])  # (1, 2, 2)
GRADIENT = np.array([[[1.0, -1.0], [0.0, 3.0]]])


def test_grad_cam_weights_each_channel_by_its_mean_gradient():
    # the means are 0.5 and 1
    np.testing.assert_allclose(grad_cam(FEATURES, GRADIENT), [[0.5, 2.0]])
    np.testing.assert_allclose(grad_cam(FEATURES, -GRADIENT), [[-0.5, -2.0]])


def test_grad_cam_plus_plus_by_hand():
    # channel 0: sum 3, shares 1 / (2 + 3) and 0, weight 0.2; channel 1: sum 1, shares 1 / (2 - 1) at a place that
    # speaks against it and 9 / (18 + 27) = 0.2, weight 0.6
    np.testing.assert_allclose(grad_cam_plus_plus(FEATURES, GRADIENT), [[0.2, 1.0]])
    assert grad_cam_plus_plus(FEATURES, np.zeros_like(GRADIENT)).tolist() == [[0, 0]]


def test_layer_cam_weights_every_place_by_its_own_gradient():
    np.testing.assert_allclose(layer_cam(FEATURES, GRADIENT), [[1.0, 3.0]])


def test_features_and_gradient_must_be_of_one_shape():
    for method in (grad_cam, grad_cam_plus_plus, layer_cam):
        with pytest.raises(ValueError, match="of the same shape"):
            method(FEATURES, GRADIENT[..., :1])


def test_a_map_is_spread_to_the_pixels_nearest_its_units():
    field = receptive_field(crnn.CARD, "conv_3")  # steps of 4 pixels; unit 0 is centred on pixel 1.5
    values = np.arange(8 * 32.0).reshape(8, 32)
    np.testing.assert_array_equal(spread(values, field, (32, 128, 1)), values.repeat(4, 0).repeat(4, 1))
    last = spread(np.arange(31.0)[None], receptive_field(crnn.CARD, "conv_7"), (32, 128))
    # between columns 4 t + 2 and 4 t + 5 lies the middle of frame t: it joins columns t and t + 1 of the layer before
    assert last[0, 40:48].tolist() == [9, 9, 10, 10, 10, 10, 11, 11]
    assert last[31].tolist() == last[0].tolist() and last[0, 0] == 0 and last[0, 127] == 30


def test_the_background_is_what_most_of_the_border_shows():
    picture = np.full((4, 6, 2), 0.25)
    picture[1:3, 1:5] = 1.0
    picture[0, 0] = 9.0
    assert background(picture).tolist() == [0.25, 0.25]


class OneChannelIsEnough:
    """A network whose target is the picture's brightness on the left; its channels respond left, and right."""

    def run(self, batch, layers):
        known = {"maps": np.concatenate([batch, batch[:, :, ::-1]], axis=-1), "logits": batch[:, :, :2].sum((1, 2))}
        return {layer: known[layer] for layer in layers}


def test_score_cam_prefers_the_channel_whose_mask_keeps_the_target():
    picture = np.zeros((4, 6, 1), np.float32)
    picture[1, 1] = 6.0
    found = score_cam(
        OneChannelIsEnough(), picture, ClassLogit(0), "maps", ReceptiveField((1, 1), (1, 1), (0, 0)), channels=2
    )
    # the mask of channel 0 keeps all of the target, 6, that of channel 1 nothing: weights e^6 and 1 over their sum
    share = np.exp(6) / (np.exp(6) + 1)
    assert found[1, 1] == pytest.approx(6 * share) and found[1, 4] == pytest.approx(6 * (1 - share))
    assert np.count_nonzero(found) == 2


def test_layers_that_can_be_weighed_and_the_usual_one(tmp_path):
    assert usual_layer(describe(crnn.CARD)) == "conv_4"  # the middle one of seven
    assert mapped_layers(describe(crnn.CARD)) == [f"conv_{number}" for number in range(1, 8)]
    assert usual_layer(describe(vgg16.CAM)) == "block5_conv3"  # the last one
    third = describe(small_networks.recogniser(tmp_path / "third.onnx"))
    assert mapped_layers(third) == ["first", "linear"] and usual_layer(third) == "linear"
    without = describe(small_networks.shapeless(tmp_path / "shapeless.onnx"))
    assert mapped_layers(without) == [] and usual_layer(without) is None


def test_the_overlay_keeps_the_pictures_proportions():
    drawn = overlay(Image.new("RGB", (28, 16), (90, 90, 90)), np.array([[0.0, 1.0]]), 56)
    assert drawn.size == (56, 32)
    pixels = np.asarray(drawn).astype(int)
    assert (pixels[:, :28] == 90).all() and (pixels[:, 28:, 0] > pixels[:, 28:, 2]).all()
