"""The strip with the whole network on the page: what a click does, what the address keeps, what nobody may tell."""

from __future__ import annotations

import json

import pytest

from tests.explain.charts.network.graphs import residual
from tests.walk.visitor import COMPONENT, Visitor

KEY = "at-a-glance"


def strip(visitor: Visitor):
    return next(node for node in visitor.controls if node.type == COMPONENT and node.key == KEY)


def data(visitor: Visitor) -> dict:
    (said,) = json.loads(strip(visitor).proto.json)
    return said


def press(visitor: Visitor, **told) -> Visitor:
    visitor.tell(strip(visitor), told)
    visitor.run()
    assert not visitor.exception, visitor.trouble
    return visitor


def test_a_click_opens_the_layer_in_the_panel_and_layer_by_layer():
    visitor = Visitor(view="CTC in depth", deep_unit="3.1.1", unit="2.0.0")
    assert data(visitor)["chosen"] == "conv_3" and "spelt" not in data(visitor)
    assert data(visitor)["says"].startswith("CRNN (Convolutional Recurrent Neural Network) reads the text")
    press(visitor, layer="conv_5")
    assert (visitor.address["layer"], visitor.address["deep"]) == ("conv_5", "conv_5")
    assert not {"unit", "deep_unit"} & set(visitor.address)
    assert data(visitor)["chosen"] == "conv_5"
    assert visitor.session_state["view"] == "Layer by layer"


@pytest.mark.parametrize("told", [{"layer": "input"}, {"layer": 5}, {"layer": {}}, {"stage": 1}, {"stage": "x"}])
def test_what_is_no_layer_and_no_stage_is_no_click(told):
    visitor = Visitor(stages="9.x.-1.²", glance="huge")
    before = visitor.address
    press(visitor, **told)
    assert visitor.address == before and not data(visitor)["large"]


def test_a_stage_opens_and_folds_and_the_picture_becomes_large(tmp_path, monkeypatch):
    monkeypatch.setenv("NETWORKS_FOLDER", str(tmp_path))
    residual(tmp_path)
    visitor = Visitor(network="parts")
    assert (data(visitor)["stages"], data(visitor)["opened"]) == (3, 0)
    folded = data(visitor)["svg"].count("data-layer")
    press(visitor, stage=2)
    assert visitor.address["stages"] == "2" and data(visitor)["svg"].count("data-layer") == folded + 13
    press(visitor, stage=None, all=True)
    assert visitor.address["stages"] == "1.2.3" and data(visitor)["opened"] == 3
    press(visitor, all=None, size=True)
    assert visitor.address["glance"] == "large" and data(visitor)["large"]
