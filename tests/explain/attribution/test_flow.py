"""What a flow says of itself, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from explain.attribution import flow
from explain.attribution.flow import Flow, LayerFlow, Link

MAPS = LayerFlow(
    "maps", np.array([0.5, -3.0, 0.0, 4.0, 0.5]), np.array([[1.0, 1.0], [0.5, -0.5]]), np.array([0.2, -1, 0, 0.1, 0.9])
)


def test_the_top_channels_are_the_largest_whatever_their_sign():
    top = flow.top(MAPS, 2, flow.CHANNELS)
    assert top.channels == (3, 1) and top.amounts == (4.0, -3.0)
    assert top.share == pytest.approx(7 / 8) and top.rest == pytest.approx(1 / 8) and top.net == pytest.approx(1 / 2)
    assert flow.top(MAPS, 9, flow.CHANNELS).channels == (3, 1, 0, 4)  # the one that carries nothing is left out
    assert flow.top(MAPS, 9, flow.CHANNELS).rest == pytest.approx(0)


def test_unless_told_they_are_those_whose_silencing_is_expected_to_change_most():
    top = flow.top(MAPS, 2)
    assert top.channels == (1, 4) and top.amounts == pytest.approx((-1.0, 0.9))
    assert top.share == pytest.approx(1.9 / 2.2) and top.net == pytest.approx(-0.1 / 0.2)


def test_nothing_passes_through_a_silent_layer():
    silent = LayerFlow("maps", np.zeros(3), np.zeros(()), np.zeros(3))
    assert flow.top(silent, 2) == flow.Top((), (), 0.0, 1.0, 0.0) and flow.dearest(silent, 2) == ()


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
