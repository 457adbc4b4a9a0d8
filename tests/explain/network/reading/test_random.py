"""Networks at random: every layer from both engines, and units by hand, against each other."""

from __future__ import annotations

import numpy as np
import pytest

from explain.gradients.network.function import NetworkFunction
from explain.network.session import Network
from tests.benchmarks.own_file import picture_for, units
from tests.explain.network.reading.random_network import network


@pytest.mark.parametrize("seed", range(20))
def test_every_layer_is_the_same_from_both_engines_and_by_hand(seed, tmp_path):
    made, output = network(seed)
    opened = Network(made.write(tmp_path, output, shape=(1 if seed % 3 == 0 else "n", 3, 16, 16)))
    description, picture = opened.description, picture_for(opened.description)
    found = opened.run(picture)
    assert description.output.shape[-1] == 5 and description.head.kind == "none"
    told = units(description, picture, found)
    assert told["right"] >= 0.95 * told["tried"] > 0, told["wrong"]  # one of next to nothing may drown in rounding
    assert all(abs(ours - theirs) < 1e-6 for ours, theirs in told["wrong"].values()), told["wrong"]
    other = NetworkFunction(description).outputs(picture, [*description.layer_names, "logits"])
    for name, values in found.items():
        assert other[name].shape == values.shape, name
        np.testing.assert_allclose(other[name], values, atol=1e-3 * max(np.abs(values).max(), 1e-3), err_msg=name)
