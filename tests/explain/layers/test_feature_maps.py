"""Feature maps: which are shown, in what order, and that the page gets the numbers the network gave."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from explain.layers import feature_maps


def test_strongest_channels_come_first():
    activation = np.zeros((2, 3, 4), np.float32)
    activation[0, 1, 2], activation[1, 2, 0], activation[0, 0, 3] = 5.0, -7.0, 1.0
    tiles = feature_maps.strongest(activation, 3)
    assert [tile.channel for tile in tiles] == [0, 2, 3]
    assert [tile.peak for tile in tiles] == [7.0, 5.0, 1.0]


@pytest.mark.parametrize("shape, height, width", [((4, 6, 5), 4, 6), ((31, 5), 1, 31), ((5,), 1, 1)])
def test_every_kind_of_layer_gives_maps(shape, height, width):
    activation = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    stack = feature_maps.maps(activation)
    assert stack.shape == (5, height, width)
    for channel in range(5):
        assert np.array_equal(feature_maps.tile(activation, channel).values.ravel(), activation[..., channel].ravel())


def test_more_dimensions_are_refused():
    with pytest.raises(ValueError, match="1 to 3 dimensions"):
        feature_maps.maps(np.zeros((1, 2, 3, 4)))


@pytest.mark.parametrize("low, high", [(0.0, 1e-6), (-3.0, 12.0), (5.0, 5.0), (-1e5, 1e5)])
def test_a_packed_tile_holds_the_values_to_a_step(low, high):
    values = np.random.default_rng(1).uniform(low, high, (8, 32)).astype(np.float32)
    sent = feature_maps.packed(feature_maps.Tile(3, values))
    steps = np.frombuffer(base64.b64decode(sent["steps"]), "<u2").astype(float)
    back = sent["low"] + steps * (sent["high"] - sent["low"]) / feature_maps.STEPS
    step = (float(values.max()) - float(values.min())) / feature_maps.STEPS
    assert np.abs(back.reshape(8, 32) - values).max() <= 0.51 * step + 1e-6 * np.abs(values).max()
    assert sent["channel"] == 3


def test_the_strongest_unit_of_all_of_one_channel_and_inside():
    activation = np.zeros((2, 3, 2))
    activation[0, 0, 1], activation[1, 2, 0], activation[1, 1, 1] = -9.0, 4.0, 3.0
    inside = np.array([[False, True, True], [False, True, True]])
    assert feature_maps.strongest_unit(activation) == (1, (0, 0))
    assert feature_maps.strongest_unit(activation, channel=0) == (0, (1, 2))
    assert feature_maps.strongest_unit(activation, inside=inside) == (0, (1, 2))
    assert feature_maps.strongest_unit(activation, 1, inside) == (1, (1, 1))
    assert feature_maps.strongest_unit(activation, inside=np.zeros((2, 3), bool)) == (1, (0, 0))  # none lies inside


def test_the_largest_change_of_a_sequence_and_the_surest_answer():
    steps = np.array([[0.9, 0.1], [0.8, 0.5], [0.9, -0.6]])
    assert feature_maps.largest_change(steps) == (1, (0, 2))  # 1.1 down; 0.9 up from nothing at first
    answers = np.array([[0.7, 0.2, 0.1], [0.05, 0.35, 0.6]])
    assert feature_maps.surest(answers) == (0, (0, 0))
    assert feature_maps.surest(answers, blank=0) == (2, (0, 1))
    assert feature_maps.surest(np.array([-5.0, -1.0, -3.0]), blank=1) == (2, (0, 0))  # logits, all below zero
