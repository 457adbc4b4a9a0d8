"""Measures of an attribution map: curves of linear networks known in closed form, ranks and boxes by hand."""

from __future__ import annotations

import numpy as np
import pytest

from explain.attribution import faithfulness
from explain.attribution.faithfulness import deletion, grounds, hits, insertion, order, peak, peak_column, spearman
from explain.attribution.targets import Character, ClassLogit, Unit, WholeText
from explain.network.description import describe
from models import crnn, vgg16

SUM = Unit("outputs", (0,))


class Linear:
    """A network whose one output is the picture's pixels, weighted and added up."""

    def __init__(self, weights):
        self.weights, self.passes = weights, 0

    def run(self, batch, layers):
        assert list(layers) == ["outputs"] and batch.dtype == np.float32
        self.passes += len(batch)
        return {"outputs": (batch * self.weights).sum(axis=(1, 2, 3), dtype=np.float64)[:, None]}


@pytest.fixture
def picture():
    return np.random.default_rng(0).uniform(0.2, 1, (6, 8, 1)).astype(np.float32)


def test_the_curves_of_a_linear_network_are_partial_sums(picture):
    weights = np.random.default_rng(1).normal(size=picture.shape)
    network, ground = Linear(weights), 0.1
    shares_of_pixels = (weights * (picture - ground)).ravel()
    pixels = np.random.default_rng(2).permutation(48)
    counts = [0, 3, 12, 27, 48]  # 48 times (step / 4) squared
    removed = np.concatenate([[0], np.cumsum(shares_of_pixels[pixels])])[counts]
    whole, empty = (weights * picture).sum(), (weights * ground).sum()
    fallen = deletion(network, picture, SUM, pixels, ground, steps=4)
    risen = insertion(network, picture, SUM, pixels, ground, steps=4)
    np.testing.assert_allclose(fallen.shares, np.array(counts) / 48)
    np.testing.assert_allclose(fallen.values, whole - removed, atol=1e-5)
    np.testing.assert_allclose(risen.values, empty + removed, atol=1e-5)
    heights = (fallen.values[1:] + fallen.values[:-1]) / 2
    assert fallen.area == pytest.approx(heights @ np.diff(counts) / 48)
    assert network.passes == 10


def test_two_pixels_by_hand():
    network, picture = Linear(np.array([[[3.0], [1.0]]])), np.ones((1, 2, 1), np.float32)
    curve = deletion(network, picture, SUM, np.array([0, 1]), 0.0, steps=2)
    # the first of two steps takes a quarter of the pixels, rounded to none
    assert curve.shares.tolist() == [0, 0, 1] and curve.values.tolist() == [4, 4, 0] and curve.area == 2
    fine = insertion(network, picture, SUM, np.array([0, 1]), 0.0, steps=3)
    assert fine.shares.tolist() == [0, 0, 0.5, 1] and fine.values.tolist() == [0, 0, 3, 4]
    assert fine.area == 0.5 * 1.5 + 0.5 * 3.5


def test_the_true_map_beats_chance_and_chance_beats_its_opposite(picture):
    weights = np.random.default_rng(3).normal(size=picture.shape)
    network, truth = Linear(weights), (weights * picture)[..., 0]
    orders = {"true": order(truth), "opposite": order(-truth)}
    fall = {name: deletion(network, picture, SUM, pixels, 0.0).area for name, pixels in orders.items()}
    rise = {name: insertion(network, picture, SUM, pixels, 0.0).area for name, pixels in orders.items()}
    random = faithfulness.random_orders(picture.shape, 40)
    by_chance = [deletion(network, picture, SUM, pixels, 0.0) for pixels in random]
    middle = faithfulness.mean_curve(by_chance).area
    assert middle == pytest.approx(np.mean([curve.area for curve in by_chance]))
    assert fall["true"] < min(curve.area for curve in by_chance) <= middle < fall["opposite"]
    back = faithfulness.mean_curve([insertion(network, picture, SUM, pixels, 0.0) for pixels in random]).area
    assert rise["opposite"] < back < rise["true"]
    # what one order takes first the opposite puts back last
    assert fall["true"] + rise["true"] == pytest.approx(truth.sum(), rel=1e-5)
    # over many orders each pixel is gone for half of the way
    assert middle == pytest.approx(truth.sum() / 2, abs=0.25 * np.abs(truth).sum() / 2)


def test_a_curve_can_be_stopped_and_wrong_orders_are_refused(picture):
    told = []
    stop = lambda *done: told.append(done) or False  # noqa: E731
    assert deletion(Linear(1.0), picture, SUM, np.arange(48), 0.0, steps=20, on_step=stop) is None
    assert told == [(16, 21)]
    for wrong in (np.arange(47), np.zeros(48, int), np.arange(1, 49), np.arange(48).reshape(6, 8)):
        with pytest.raises(ValueError, match="each of the picture's 48 pixels once"):
            deletion(Linear(1.0), picture, SUM, wrong)
    with pytest.raises(ValueError, match="at least 1 step"):
        insertion(Linear(1.0), picture, SUM, np.arange(48), steps=0)
    with pytest.raises(ValueError, match="same shares"):
        faithfulness.mean_curve([])


def test_pixels_are_taken_from_the_highest_value_on_and_equal_ones_at_random():
    values = np.array([[0.0, 5.0, 0.0], [-2.0, 0.0, 7.0]])
    found = [order(values, seed).tolist() for seed in range(40)]
    assert all(pixels[:2] == [5, 1] and pixels[-1] == 3 for pixels in found)
    assert {tuple(pixels[2:5]) for pixels in found} == {
        (a, b, c) for a in (0, 2, 4) for b in (0, 2, 4) for c in (0, 2, 4) if len({a, b, c}) == 3
    }
    assert order(values, 3).tolist() == found[3]
    with pytest.raises(ValueError, match="not finite"):
        order(np.array([[0.0, np.nan]]))


def test_strength_is_a_probability():
    logits = np.log(np.array([[[0.5, 0.3, 0.2], [0.1, 0.6, 0.3]]]))
    outputs = {"logits": logits + 4}  # a constant changes no softmax
    weights = (0.25, 0.75)
    of = faithfulness.strength
    assert of(Character(0, weights), outputs) == pytest.approx([0.5**0.25 * 0.1**0.75])
    odds = (0.5 / 0.3) ** 0.25 * (0.1 / 0.6) ** 0.75
    assert of(Character(0, weights, rival=1), outputs) == pytest.approx([odds / (1 + odds)])
    odds = (0.5 / 0.5) ** 0.25 * (0.1 / 0.9) ** 0.75
    assert of(Character(0, weights, odds=True), outputs) == pytest.approx([odds / (1 + odds)])
    assert of(WholeText((0,), 2, odds=True), outputs) == pytest.approx([0.5 * 0.1 + 0.5 * 0.3 + 0.2 * 0.1])
    assert of(WholeText((0,), 2), outputs) == pytest.approx([0.5 * 0.1 + 0.5 * 0.3 + 0.2 * 0.1])
    assert of(ClassLogit(1), {"logits": np.log([[1.0, 3.0]])}) == pytest.approx([0.75])
    assert of(Unit("maps", (0, 1)), {"maps": np.array([[[2.0, 7.0]]])}) == pytest.approx([7.0])


def test_what_takes_the_pixels_place():
    picture = np.full((9, 9, 2), 0.25)
    picture[4, 4] = 1
    assert (grounds(picture, "background") == 0.25).all() and (grounds(picture, 3) == 3).all()
    assert (grounds(picture, np.array([1.0, 2.0]))[5, 5] == [1, 2]).all()
    for wrong in ("noise", np.ones(3), float("nan")):
        with pytest.raises(ValueError, match="ground"):
            grounds(picture, wrong)


def test_blur_spreads_a_point_into_a_gaussian_and_leaves_a_flat_picture():
    point = np.zeros((21, 21, 1))
    point[10, 10] = 1
    found = faithfulness.blurred(point, 2.0)[..., 0]
    assert found.sum() == pytest.approx(1)
    assert found[10, 12] / found[10, 10] == pytest.approx(np.exp(-0.5))
    assert found[13, 9] / found[11, 9] == pytest.approx(np.exp(-1))
    np.testing.assert_allclose(faithfulness.blurred(np.full((5, 7, 3), 0.3), 1.5), 0.3)


def test_the_peak_is_the_middle_of_its_run_and_never_what_speaks_against():
    assert peak(np.array([[0, 1, 1, 1, 0], [-9, 0, 0, 0, 0]])) == (0.5, 2.5)
    assert peak(np.array([[0, 1], [0, 3]])) == (1.5, 1.5)
    assert peak(np.array([[0, 0, 0], [4, 4, 0], [4, 4, 4], [0, 4, 0]])) == (2, 1)
    assert peak(np.zeros((2, 4))) == (1, 2)
    values = np.array([[0.0, 3, 0, 0, 2, 2, -9], [0, 0, 0, 0, 2, 1, 0]])
    assert peak(values) == (0.5, 1.5)
    assert peak_column(values, 2) == 5.0  # columns 4 and 5: 4 + 3
    assert peak_column(values, 1) == 4.5
    with pytest.raises(ValueError, match="1 to 7 columns"):
        peak_column(values, 8)


def test_of_some_methods_the_magnitude_is_the_evidence():
    values = np.array([[1.0, -2.0]])
    assert peak(faithfulness.evidence("saliency", values)) == (0.5, 1.5)
    assert peak(faithfulness.evidence("integrated_gradients", values)) == (0.5, 0.5)


def test_the_pointing_game_by_hand():
    box = (10, 20, 30, 10)  # with a tenth more on each side: columns 7 to 43, rows 19 to 31
    inside = [(25, 25), (19, 7), (31, 43), (None, 42.9)]
    outside = [(25, 6.9), (18.9, 25), (31.1, 25), (25, 43.1), (None, 44)]
    assert all(hits(place, box) for place in inside) and not any(hits(place, box) for place in outside)
    assert not hits((25, 8), box, widened=0)


def test_rank_correlation_by_hand():
    assert spearman([1, 2, 3, 4], [10, 20, 30, 40000]) == pytest.approx(1)
    assert spearman([1, 2, 3, 4], [4, 3, 2, 1]) == pytest.approx(-1)
    assert spearman([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]) == pytest.approx(1 - 6 * 4 / (5 * 24))  # 1 - 6 sum d² / (n³ - n)
    # ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: covariance 4.5, lengths of the deviations' squares 4.5 and 5
    assert spearman([0, 5, 5, 9], [1, 2, 3, 4]) == pytest.approx(4.5 / np.sqrt(4.5 * 5))
    assert spearman([1, 1, 1], [1, 2, 3]) == 0
    assert faithfulness.likeness(np.array([[1, -2]]), np.array([[-3, 4]])) == pytest.approx(1)
    with pytest.raises(ValueError, match="one size"):
        spearman([1, 2], [1, 2, 3])


def test_layers_are_destroyed_from_the_output_down():
    stages = faithfulness.cascade(crnn.CARD)
    assert stages[:5] == [("outputs",), ("blstm_2",), ("blstm_1",), ("conv_7",), ("conv_6", "batch_norm_6")]
    assert stages[-1] == ("conv_1",)
    for card in (crnn.CARD, vgg16.CAM):
        named = [name for stage in faithfulness.cascade(card) for name in stage]
        assert sorted(named) == sorted(layer.name for layer in describe(card).layers if layer.parameters)


def test_squares_follow_one_another_by_their_means():
    values = np.array([[9.0, 0, 5, 5, 1], [0, 0, 5, 5, 1], [3, 3, 8, 8, 7]])
    # squares of 2 x 2, cut off at the right and below; means: 2.25, 5, 1 above and 3, 8, 7 below
    assert order(values, side=2).tolist() == [12, 13, 14, 2, 3, 7, 8, 10, 11, 0, 1, 5, 6, 4, 9]
    random = faithfulness.random_orders((4, 6, 3), 30, side=2)
    for pixels in random:
        assert sorted(pixels) == list(range(24))
        squares = [(pixel // 6 // 2, pixel % 6 // 2) for pixel in pixels.tolist()]
        assert len({tuple(squares[at : at + 4]) for at in range(0, 24, 4)}) == 6
        assert all(len(set(squares[at : at + 4])) == 1 for at in range(0, 24, 4))
    assert len({pixels[0] for pixels in random}) > 3


def test_the_mean_colour_takes_the_pixels_place_and_large_pictures_are_asked_one_by_one():
    picture = np.random.default_rng(0).random((200, 200, 3))
    np.testing.assert_allclose(grounds(picture, "mean")[7, 9], picture.mean(axis=(0, 1)))
    told = []
    deletion(Linear(1.0), picture, SUM, np.arange(40000), "mean", steps=2, on_step=lambda *step: told.append(step))
    assert told == [(1, 3), (2, 3), (3, 3)]
