"""What silencing is expected to cost: by hand, where it must be exact, and against silencing on the real network."""

from __future__ import annotations

import numpy as np
import pytest

from explain.attribution import targets
from explain.attribution.faithfulness import spearman
from explain.attribution.targets import Channel, Character, Target
from explain.gradients.attribution import costs as module
from explain.gradients.attribution.costs import by_slope, costs, recurrent_after, steadied
from explain.gradients.attribution.links import links
from explain.gradients.attribution.methods import Differentiable
from explain.gradients.attribution.way import Point, Way
from explain.gradients.network import models
from explain.gradients.network.function import NetworkFunction
from explain.interventions.run import after
from explain.network import paths
from explain.network.session import Network
from models import crnn
from tests import test_third_network
from tests.explain.gradients.attribution.test_flow import word
from tests.explain.gradients.attribution.tiny import PICTURE, SCORE

LAYERS = ("input", "conv", "second")


@pytest.fixture(scope="module")
def third(tmp_path_factory):
    return NetworkFunction(test_third_network.make(tmp_path_factory.mktemp("third") / "third.onnx"))


def point_of(function, picture, target: Target, layers) -> tuple[Way, Point]:
    way = Way(Differentiable(function), picture, target, picture, layers)
    (point,) = way.points([1.0])
    return way, point


def test_by_hand(tiny):
    """The slopes of the two filters are 3 and -1 at the picture, and their values 2 and 2."""
    way = Way(tiny, PICTURE, SCORE, PICTURE, LAYERS)
    (point,) = way.points([1.0])
    np.testing.assert_allclose(costs(way, point)["conv"], [6, -2])
    np.testing.assert_allclose(costs(way, steadied(way, point, "conv"))["conv"], [6, -2], rtol=1e-6)
    assert costs(way, point, on_step=lambda done, of: False) is None


def test_where_a_relu_is_all_but_closed_its_slope_counts_as_often_as_it_is_open_nearby(tiny):
    """Of (1.68, 1) the filters are 0.68 and 2, and the last is 3 x 0.68 - 2 = 0.04: just open."""
    picture = np.array([[[1.68, 1.0], [-1.0, 1.0]]])
    way = Way(tiny, picture, SCORE, picture, LAYERS)
    (point,) = way.points([1.0])
    shares = module.GAIN * np.random.default_rng(0).standard_normal((module.PAIRS, 2))
    opened = np.mean([3 * 0.68 * (1 + one) - 2 * (1 + other) > 0 for one, other in [*shares, *-shares]])
    assert 0 < opened < 1
    np.testing.assert_allclose(costs(way, point)["conv"], [3 * 0.68, -2], rtol=1e-5)
    steady = steadied(way, point, "conv")
    np.testing.assert_allclose(costs(way, steady)["conv"], [opened * 3 * 0.68, -2 * opened], rtol=1e-5)
    assert steady.gradients["input"] is point.gradients["input"] and steady.values is point.values


def test_which_layers_a_recurrent_layer_alone_takes(third):
    description = Network(crnn.CARD).description
    after_each = {layer: recurrent_after(description, layer) for layer in description.layer_names}
    expected = {"conv_7": "blstm_1", "squeezed": "blstm_1", "blstm_1": "blstm_2"}
    assert {layer: taker for layer, taker in after_each.items() if taker} == expected
    found = {layer.name: recurrent_after(third.description, layer.name) for layer in third.description.layers}
    assert {layer: taker for layer, taker in found.items() if taker} == {"t21": "t25", "t22": "t25"}


@pytest.mark.parametrize("at_once", [2**20, 100])
def test_what_a_recurrent_layer_s_own_outputs_lose_is_exact(third, monkeypatch, at_once):
    """The target is one of its channels, so that nothing is left to the slope."""
    monkeypatch.setattr(module, "NUMBERS_AT_ONCE", at_once)
    picture, network = test_third_network.pictures(1, seed=4)[0], Network(third.description)
    target = Channel("t25", 2)
    way, point = point_of(third, picture, target, ["t21", "t22", "t25"])
    values = {name: output[0] for name, output in network.run(picture[None]).items()}
    count = values["t21"].shape[-1]
    silenced = np.repeat(values["t21"][None], count, axis=0)
    silenced[np.arange(count), ..., np.arange(count)] = 0
    changed = after(network, picture[None], values, "t21", silenced, ["t25"])["t25"]
    real = (values["t25"] - changed)[..., 2].mean(axis=1)
    found = costs(way, point)
    np.testing.assert_allclose(found["t21"], real, atol=1e-5)
    assert np.abs(by_slope(point, "t21") - real).max() > 1e-4  # as its gates bend


def test_links_to_and_from_such_a_layer_sum_to_its_costs(third):
    picture = test_third_network.pictures(1, seed=4)[0]
    target = Character(2, tuple(np.full(test_third_network.FRAMES, 1 / test_third_network.FRAMES)), odds=True)
    layers = ["t21", "t22", "t25"]
    way, point = point_of(third, picture, target, layers)
    lost = costs(way, point)
    shown = {name: tuple(range(point.values[name].shape[-1])) for name in layers}
    found = links(way, point, shown, paths.neighbours(third.description, layers), lost)
    for channel, cost in enumerate(lost["t22"]):
        assert sum(link.amount for link in found if link.start == ("t22", channel)) == pytest.approx(cost, abs=1e-5)
        came = sum(link.amount for link in found if link.end == ("t22", channel))
        assert came == pytest.approx(cost, abs=1e-5)  # a reshape has no bias and no bend


def test_on_the_real_network_they_are_in_the_order_of_what_silencing_costs():
    picture, target = word()
    target = targets.log_odds(target)
    way, point = point_of(models.function("crnn"), picture, target, ["conv_7", "blstm_1"])
    network = Network(crnn.CARD)
    values = {name: output[0] for name, output in network.run(picture[None]).items()}
    channels = np.arange(0, 512, 5)
    silenced = np.repeat(values["conv_7"][None], len(channels), axis=0)
    silenced[np.arange(len(channels)), ..., channels] = 0
    logits = after(network, picture[None], values, "conv_7", silenced, ["logits"])
    real = targets.score(target, {"logits": values["logits"][None]}) - targets.score(target, logits)
    slopes, found = (spearman(one[channels], real) for one in (by_slope(point, "conv_7"), costs(way, point)["conv_7"]))
    assert found > 0.95 > slopes + 0.02
