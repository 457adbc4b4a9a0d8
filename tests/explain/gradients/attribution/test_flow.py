"""A target followed back: on networks worked out by hand, on a straight one, on the third network, on the real ones."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from explain.attribution import cam, flow, targets
from explain.attribution.targets import Channel, Character, ClassLogit
from explain.ctc import decoding
from explain.gradients.attribution import flow_job, methods
from explain.gradients.attribution.conductance import conductance
from explain.gradients.attribution.costs import costs
from explain.gradients.attribution.links import links
from explain.gradients.attribution.way import Way
from explain.gradients.jobs import JOBS
from explain.gradients.kinds import SettingsError
from explain.gradients.network import models
from explain.gradients.network.function import NetworkFunction
from explain.interventions import which
from explain.network import paths
from explain.network.session import Network
from models import crnn, vgg16
from models.card import WEIGHTS
from tests import test_third_network
from tests.explain.gradients.attribution.reporting import Reporting
from tests.explain.gradients.attribution.tiny import PICTURE, SCORE
from tests.explain.gradients.network.written import written

LAYERS = ("input", "conv", "second", "global_average", "predictions")
CUTS = [(layer,) for layer in LAYERS]


def followed(function, picture, target, **settings) -> flow.Flow:
    asked = {"picture": picture, "target": targets.describe(target), **settings}
    return flow.from_result(flow_job.run(function, flow_job.check(asked, function.description), Reporting()))


def test_conductance_by_hand(tiny):
    """All the way from an empty picture the filters stay as they are, so that every step has the same slope."""
    passed = conductance(Way(tiny, PICTURE, SCORE, 0.0, LAYERS), CUTS)
    assert passed.difference == pytest.approx(4) and passed.scores[-1] == pytest.approx(4)
    by_hand = {"input": [9, -5], "conv": [6, -2], "second": [4], "global_average": [4], "predictions": [4]}
    for layer, amounts in by_hand.items():
        np.testing.assert_allclose(passed.channels[layer], amounts, rtol=0.02, err_msg=layer)
        assert passed.places[layer].sum() == pytest.approx(4, rel=0.02)
    np.testing.assert_allclose(passed.places["conv"], [[4, 0]], atol=0.05)  # in the second place all is closed
    assert passed.places["global_average"].shape == ()


def test_conductance_by_hand_where_a_filter_opens_on_the_way(tiny):
    """From (-9, 0) the first filter opens after 9/11 of the way and the last after 27/31, where 3 (11 t - 9) = 2 t:
    over the last 4/31 the first filter brings 33 of 31 and the second takes 2."""
    base = np.array([[[-9.0, 0.0], [-1.0, 1.0]]])
    passed = conductance(Way(tiny, PICTURE, SCORE, base, LAYERS), CUTS)
    np.testing.assert_allclose(passed.channels["conv"], [33 * 4 / 31, -2 * 4 / 31], rtol=0.05)
    np.testing.assert_allclose(passed.channels["input"], [36 * 4 / 31, -5 * 4 / 31], rtol=0.05)
    assert all(abs(passed.channels[layer].sum() - 4) <= 0.02 * 4 for layer in LAYERS)
    coarse = conductance(Way(tiny, PICTURE, SCORE, base, LAYERS), CUTS, steps=1, most_steps=1)
    assert len(coarse.shares) == 2 and abs(coarse.channels["input"].sum() - 4) > 0.02 * 4


def test_the_picture_s_own_conductance_is_integrated_gradients(tiny):
    base = np.array([[[-9.0, 0.0], [-1.0, 1.0]]])
    passed = conductance(Way(tiny, PICTURE, SCORE, base, ["input"]), [("input",)])
    whole = methods.integrated_gradients(tiny, PICTURE, SCORE, base)
    np.testing.assert_allclose(passed.channels["input"], whole.map.sum(axis=(0, 1)), rtol=0.045)
    np.testing.assert_allclose(passed.places["input"], whole.map.sum(axis=-1), rtol=0.045, atol=1e-6)


def test_links_by_hand(tiny):
    """a goes through the first filter alone, 3 of it three times; b through both, where it counts -1 and 2."""
    way = Way(tiny, PICTURE, SCORE, PICTURE, LAYERS)
    shown = {"input": (0, 1), "conv": (1, 0), "second": (0,), "global_average": (0,), "predictions": (0,)}
    between = paths.neighbours(tiny.function.description, LAYERS)
    (point,) = way.points([1.0])
    found = links(way, point, shown, between, costs(way, point))
    amounts = {(link.start, link.end): link.amount for link in found}
    by_hand = {
        (("input", 0), ("conv", 0)): 9,
        (("input", 1), ("conv", 0)): -3,
        (("input", 0), ("conv", 1)): 0,
        (("input", 1), ("conv", 1)): -2,
        (("conv", 0), ("second", 0)): 6,
        (("conv", 1), ("second", 0)): -2,
        (("second", 0), ("global_average", 0)): 4,
        (("global_average", 0), ("predictions", 0)): 4,
    }
    assert amounts.keys() == by_hand.keys()
    for pair, amount in by_hand.items():
        assert amounts[pair] == pytest.approx(amount, abs=1e-5), pair


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """Two convolutions without a ReLU and a branch beside them, added up: every method has one exact answer."""
    random = np.random.default_rng(5)
    weights = {
        "first/kernel": random.normal(size=(4, 2, 3, 3)).astype(np.float32),
        "second/kernel": random.normal(size=(3, 4, 3, 3)).astype(np.float32),
        "beside/kernel": random.normal(size=(3, 2, 1, 1)).astype(np.float32),
        "dense": random.normal(size=(3, 5)).astype(np.float32),
    }
    rows = [
        ("Conv", ["input", "first/kernel"], "first", {"pads": [1, 1, 1, 1]}),
        ("Conv", ["first", "second/kernel"], "second", {"pads": [1, 1, 1, 1]}),
        ("Conv", ["input", "beside/kernel"], "beside", {}),
        ("Add", ["second", "beside"], "sum", {}),
        ("GlobalAveragePool", ["sum"], "means", {}),
        ("Flatten", ["means"], "flat", {}),
        ("MatMul", ["flat", "dense"], "answer", {}),
    ]
    path = tmp_path_factory.mktemp("straight") / "straight.onnx"
    return NetworkFunction(written(path, rows, weights, ("n", 2, 6, 8), ["answer"]))


def test_a_straight_network_is_exact_in_one_step(straight):
    """Without a bend every channel carries, and costs, gradient times change; branches sum up together."""
    random = np.random.default_rng(1)
    picture, base = random.normal(size=(2, 6, 8, 2)).astype(np.float32)
    result = followed(straight, picture, ClassLogit(3), baseline=base, steps=1, links=4)
    assert {("input",), ("first", "beside"), ("second", "beside")} <= set(result.cuts) and result.steps == 1
    network = Network(straight.description)
    ends = network.run(np.stack([picture, base]))
    assert result.difference == pytest.approx(float(ends["logits"][0, 3] - ends["logits"][1, 3]), abs=1e-5)
    for cut in result.cuts:
        assert result.error(cut) < 1e-4, cut
    untouched = {name: values[0] for name, values in network.run(picture[None]).items()}
    for layer in ("first", "second", "beside"):
        places = which.parts(straight.description, layer, untouched[layer].shape)["channels"]
        real = {
            cost.where.channels[0]: cost.cost
            for cost in which.costs(network, picture[None], untouched, layer, ClassLogit(3), places)
        }
        expected = [real[channel] for channel in range(len(real))]
        np.testing.assert_allclose(result.layer(layer).costs, expected, atol=1e-5)
    way = Way(methods.Differentiable(straight), picture, ClassLogit(3), picture, ["first", "second"])
    (point,) = way.points([1.0])
    between = {"second": ("first",)}
    found = links(way, point, {"first": range(4), "second": range(3)}, between, costs(way, point))
    for channel in range(3):  # what hangs on all four channels of the first layer is all that the second counts for
        amount = sum(link.amount for link in found if link.end == ("second", channel))
        assert amount == pytest.approx(result.layer("second").costs[channel], abs=1e-5)


@pytest.fixture(scope="module")
def third(tmp_path_factory):
    return NetworkFunction(test_third_network.make(tmp_path_factory.mktemp("third") / "third.onnx"))


def test_the_third_network_sums_up_where_everything_passes(third):
    """It branches, gates and has a recurrent layer; a layer with a short cut round it carries its part alone."""
    picture = test_third_network.pictures(1, seed=4)[0]
    target = Character(2, tuple(np.full(test_third_network.FRAMES, 1 / test_third_network.FRAMES)))
    result = followed(third, picture, target, links=3)
    assert [layer.layer for layer in result.layers] == [layer.name for layer in third.description.layers]
    assert set(result.cuts) == {
        (name,) for name in ("pixels", "t2", "t6", "t7", "t13", "t20", "t21", "t22", "t25", "frames")
    }
    assert all(result.error(cut) <= 0.02 for cut in result.cuts)
    for layer in result.layers:
        assert layer.places.sum() == pytest.approx(layer.total, abs=1e-4 * float(np.abs(layer.places).sum()))
    assert {link.start[0] for link in result.links if link.end[0] == "t20"} == {"t13", "t19"}


def test_a_channel_of_a_layer_in_the_middle_is_followed_back(third):
    result = followed(third, test_third_network.pictures(1, seed=4)[0], Channel("t13", 3), links=0)
    assert [layer.layer for layer in result.layers] == ["pixels", "t2", "t4", "t6", "t7", "t12", "t13"]
    assert all(result.error(cut) <= 0.02 for cut in result.cuts) and result.links == ()
    assert np.flatnonzero(result.layer("t13").channels).tolist() == [3]


def word(name="a1b2", place=1):
    picture = crnn.prepare(Image.open(WEIGHTS.parent / "samples" / "words" / f"{name}.png"))[0]
    frames = Network(crnn.CARD).run(picture[None], ["outputs"])["outputs"][0]
    return picture, targets.character(frames, decoding.best_path(frames).labels, place)


def test_a_character_of_the_crnn_is_followed_back():
    picture, target = word()
    layers = ["input", "conv_2", "conv_5", "blstm_1"]
    report = Reporting()
    asked = {"picture": picture, "target": targets.describe(target), "layers": layers, "links": 2}
    result = JOBS["flow"].run(JOBS["flow"].check(asked), report)
    found = flow.from_result(result)
    assert [layer.layer for layer in found.layers] == layers and found.cuts == tuple((name,) for name in layers)
    assert all(found.error(cut) <= 0.02 for cut in found.cuts)
    empty = np.broadcast_to(cam.background(picture), picture.shape)
    ends = Network(crnn.CARD).run(np.stack([picture, empty]), ["logits"])
    assert found.difference == pytest.approx(float(np.subtract(*targets.score(target, ends))), rel=1e-3)
    assert report.told == sorted(report.told) and report.told[-1] >= 99
    shown = {layer.layer: set(flow.named(layer.costs, 2)) for layer in found.layers}
    assert all(link.start[1] in shown[link.start[0]] and link.end[1] in shown[link.end[0]] for link in found.links)
    settings = flow_job.check(asked, crnn.CARD)
    assert flow_job.run(models.function("crnn"), settings, Reporting(stop=0)) == {}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "place"), [("elephant", 2), ("LONDON", 0)])
def test_every_layer_of_the_crnn_sums_up(name, place):
    picture, target = word(name, place)
    found = followed(models.function("crnn"), picture, target)
    assert len(found.cuts) == len(crnn.CARD.layers) + 1
    assert {cut: round(found.error(cut), 3) for cut in found.cuts if found.error(cut) > 0.02} == {}


@pytest.mark.slow
def test_every_layer_of_the_vgg16_sums_up():
    file = sorted((WEIGHTS.parent / "samples" / "photographs").glob("*.jpg"))[0]
    picture = vgg16.prepare(Image.open(file))[0]
    likeliest = int(Network(vgg16.CAM).run(picture[None], ["logits"])["logits"][0].argmax())
    found = followed(models.function(vgg16.CAM.name), picture, ClassLogit(likeliest), links=2)
    assert len(found.cuts) == 20
    assert {cut: round(found.error(cut), 3) for cut in found.cuts if found.error(cut) > 0.02} == {}


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"target": {"kind": "class", "unit": 3}}, "reads logits"),
        ({"picture": np.zeros((32, 32, 1))}, "takes a picture of shape"),
        ({"layers": ["conv_9"]}, "Choose layers among input, conv_1"),
        (
            {"target": {"kind": "channel", "layer": "conv_2", "channel": 1}, "layers": ["conv_3"]},
            "conv_1, pool_1, conv_2",
        ),
        ({"baseline": np.zeros((3, 3))}, "not of \\(3, 3\\)"),
        ({"baseline": np.nan}, "a number or a picture"),
        ({"baseline": "white"}, "a number or a picture"),
        ({"steps": 0}, "steps must be a whole number from 1"),
        ({"links": 99}, "links must be a whole number from 0 to 12"),
        ({"network": "alexnet"}, "choose one of crnn, vgg16-cam"),
        ({"colour": 1}, "no setting 'colour'"),
    ],
)
def test_a_wrong_flow_is_refused_in_one_sentence(wrong, error):
    target = targets.describe(Character(4, tuple(np.eye(31)[9].tolist())))
    asked = {"picture": np.zeros((32, 128, 1), np.float32), "target": target}
    assert JOBS["flow"].check(asked)["layers"][0] == "input"
    with pytest.raises(SettingsError, match=error):
        JOBS["flow"].check({**asked, **wrong})
