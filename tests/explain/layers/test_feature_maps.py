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
