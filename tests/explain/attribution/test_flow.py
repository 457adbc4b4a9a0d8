"""What a flow says of itself, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from explain.attribution import flow
from explain.attribution.flow import Flow, LayerFlow, Link

MAPS = LayerFlow(
    "maps", np.array([0.5, -3.0, 0.0, 4.0, 0.5]), np.array([[1.0, 1.0], [0.5, -0.5]]), np.array([0.2, -1, 0, 0.1, 0.9])
)


@pytest.mark.parametrize(
    ("count", "channels"), [(0, ()), (1, (4,)), (2, (4, 1)), (3, (4, 0, 1)), (4, (4, 0, 3, 1)), (9, (4, 0, 3, 1))]
)
def test_named_are_the_dearest_and_the_one_that_speaks_most_against(count, channels):
    """They cost 0.2, -1, 0, 0.1 and 0.9."""
    assert flow.named(MAPS.costs, count) == channels


def test_where_nothing_speaks_against_all_are_the_dearest():
    assert flow.named(np.array([0.1, 0.3, 0.2]), 2) == (1, 2) and flow.named(np.array([-0.1, -0.2]), 3) == (1,)
    assert flow.named(np.zeros(3), 2) == ()


def test_of_a_silent_layer_nothing_is_named():
    assert flow.dearest(LayerFlow("maps", np.zeros(3), np.zeros(()), np.zeros(3)), 2) == ()


def test_the_dearest_are_those_expected_to_cost_anything():
    assert flow.dearest(MAPS, 2) == (4, 0) and flow.dearest(MAPS, 9) == (4, 0, 3)


def test_a_result_comes_back_as_a_flow():
    result = {
        "difference": 4.0,
        "score": -0.1,
        "layers": ["input", "maps"],
        "cuts": [["input"], ["maps"]],
        "steps": 15,
        "links": [["input", 0, "maps", 3]],
        "amounts": np.array([3.9]),
        "channels of input": np.array([4.1]),
        "places of input": np.array([[4.1]]),
        "costs of input": np.array([4.0]),
        "channels of maps": MAPS.channels,
        "places of maps": MAPS.places,
        "costs of maps": MAPS.costs,
    }
    found = flow.from_result(result)
    assert isinstance(found, Flow) and found.links == (Link(("input", 0), ("maps", 3), 3.9),)
    assert found.layer("maps").total == 2.0 and found.error(("maps",)) == pytest.approx(0.5)
    assert found.error(("input",)) == pytest.approx(0.025) and found.steps == 15
    with pytest.raises(KeyError, match="no flow through 'conv_9'"):
        found.layer("conv_9")
