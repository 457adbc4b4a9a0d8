"""Attribution: the differentiable targets, each method on a network small enough to work out by hand, the real ones."""

from __future__ import annotations

import numpy as np
import pytest

from explain.attribution import cam, targets
from explain.attribution.targets import Channel, Character, ClassLogit, TargetError, Unit, WholeText
from explain.ctc import decoding
from explain.gradients.attribution import job, methods
from explain.gradients.jobs import JOBS
from explain.gradients.kinds import SettingsError
from explain.gradients.network import models
from explain.gradients.network import target_scores as differentiable
from explain.network.session import Network
from models import crnn, onnx_weights, vgg16
from models.card import WEIGHTS as FILES
from tests.explain.gradients.attribution.reporting import Reporting
from tests.explain.gradients.attribution.tiny import PICTURE, SCORE

FRAMES, LABELS = 7, 5
WEIGHTS = (0.0, 0.1, 0.4, 0.5, 0.0, 0.0, 0.0)
TARGETS = {
    "character": Character(2, WEIGHTS),
    "contrast": Character(2, WEIGHTS, rival=0),
    "text": WholeText((1, 1, 3), 4),
    "one letter": WholeText((0,), 4),
    "no text": WholeText((), 4),
    "channel": Channel("maps", 1),
    "steps": Channel("logits", 1),
    "unit": Unit("maps", (1, 0, 2)),
}


def example(seed=0):
    random = np.random.default_rng(seed)
    return {"logits": 2 * random.normal(size=(3, FRAMES, LABELS)), "maps": random.normal(size=(3, 2, 4, 3))}


@pytest.mark.parametrize("target", [*TARGETS.values(), ClassLogit(2)], ids=[*TARGETS, "class"])
def test_both_twins_give_one_number_and_the_gradient_is_that_of_finite_differences(target):
    import tensorflow as tf

    outputs = {"logits": example()["maps"][:, 0, 0]} if isinstance(target, ClassLogit) else example(1)
    tensors = {layer: tf.constant(values) for layer, values in outputs.items()}
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        found = differentiable.score(target, tensors)
    np.testing.assert_allclose(found, targets.score(target, outputs), atol=1e-6)
    gradient = tape.gradient(found, tensors[target.layer]).numpy()
    step = 1e-5
    for index in np.random.default_rng(2).integers(0, gradient.size, 25):
        place, both = np.unravel_index(index, gradient.shape), []
        for sign in (1, -1):
            moved = {**outputs, target.layer: outputs[target.layer].copy()}
            moved[target.layer][place] += sign * step
            both.append(targets.score(target, moved).sum())
        assert gradient[place] == pytest.approx((both[0] - both[1]) / (2 * step), abs=1e-6)


def test_the_twin_refuses_what_the_target_refuses():
    with pytest.raises(TargetError, match="no number 9"):
        differentiable.score(ClassLogit(9), {"logits": np.zeros((1, 3))})


def test_saliency_and_gradient_times_input_by_hand(tiny):
    assert tiny.score(PICTURE[None], SCORE) == pytest.approx([4.0])
    np.testing.assert_allclose(methods.saliency(tiny, PICTURE, SCORE), [[[3, -5], [0, 0]]])
    np.testing.assert_allclose(methods.gradient_times_input(tiny, PICTURE, SCORE), [[[9, -5], [0, 0]]])
    np.testing.assert_allclose(methods.gradient_times_input(tiny, PICTURE, SCORE, 1.0), [[[6, 0], [0, 0]]])


def test_guided_backpropagation_stops_what_speaks_against_by_hand(tiny):
    # at the conv's ReLUs the gradient is (3, -1): the -1 goes no further, so b is told of the first filter alone
    np.testing.assert_allclose(methods.guided_backpropagation(tiny, PICTURE, SCORE), [[[3, -3], [0, 0]]])
    np.testing.assert_allclose(methods.saliency(tiny, PICTURE, SCORE), [[[3, -5], [0, 0]]])  # all as it was


def test_grad_cam_by_hand(tiny):
    features, gradient = tiny.layer_gradients(PICTURE, SCORE, ["conv"])["conv"]
    np.testing.assert_allclose(features, [[[2, 2], [0, 2]]])
    np.testing.assert_allclose(gradient, [[[3, -1], [0, 0]]])
    np.testing.assert_allclose(cam.grad_cam(features, gradient), [[2 * 1.5 - 2 * 0.5, -2 * 0.5]])


def test_integrated_gradients_sum_up_to_the_difference(tiny):
    # from 0 the way to the picture stays where each ReLU is as it is at the end, so the answer is exact
    found = methods.integrated_gradients(tiny, PICTURE, SCORE)
    np.testing.assert_allclose(found.map, [[[9, -5], [0, 0]]], atol=0.2)
    assert found.difference == pytest.approx(4.0)
    assert found.error == pytest.approx(abs(found.map.sum() - 4) / 4, abs=1e-6) and found.error < 0.02


def test_integrated_gradients_halve_the_steps_that_miss_most(tiny):
    # the way from (-9, 0) opens the ReLUs only near its end: coarse steps get the share wrong
    base = np.array([[[-9.0, 0.0], [-1.0, 1.0]]])
    coarse = methods.integrated_gradients(tiny, PICTURE, SCORE, base, steps=2, most_steps=2)
    fine = methods.integrated_gradients(tiny, PICTURE, SCORE, base, steps=2)
    assert coarse.error > 0.02 >= fine.error and coarse.steps == 2 < fine.steps <= 48
    # 3 (a - b) - 2 b goes evenly from -27 to 4: everything is open for the last 4 of these 31, where a's slope is 3
    np.testing.assert_allclose(fine.map[0, 0], [12 * 3 * 4 / 31, 1 * -5 * 4 / 31], rtol=0.05)
    told = []
    stopped = methods.integrated_gradients(
        tiny, PICTURE, SCORE, base, steps=2, on_step=lambda done, of: told.append((done, of)) or of < 4
    )
    assert stopped is None and told == [(3, 3), (5, 5)]


class Bent:
    """A network of one number whose value and slope are given; counts the points that were asked for."""

    batch = 4

    def __init__(self, value, slope):
        self.value, self.slope, self.asked = value, slope, []

    def gradient(self, pictures, target):
        self.asked += pictures.ravel().tolist()
        return self.value(pictures[:, 0, 0, 0]), self.slope(pictures)


def test_steps_are_halved_only_where_the_slope_changes():
    steep = Bent(lambda x: np.tanh(200 * (x - 0.8)), lambda x: 200 / np.cosh(200 * (x - 0.8)) ** 2)
    found = methods.integrated_gradients(steep, np.ones((1, 1, 1)), SCORE)
    assert found.map.sum() == pytest.approx(found.difference, rel=0.02) and found.difference == pytest.approx(2)
    assert len(steep.asked) == len(set(steep.asked)) == found.steps + 1
    there = [x for x in steep.asked[16:] if abs(x - 0.8) < 0.07]  # after the first 16, which are everywhere
    assert len(there) > 0.6 * len(steep.asked[16:]) and min(np.diff(sorted(steep.asked))) < 1 / 200


def test_steps_that_miss_in_both_directions_do_not_count_as_complete():
    # over either half the trapezoid is off by as much, above and below: together the coarse answer looks right
    wave = Bent(lambda x: x + np.sin(2 * np.pi * x) / 3, lambda x: 1 + 2 * np.pi / 3 * np.cos(2 * np.pi * x))
    coarse = methods.integrated_gradients(wave, np.ones((1, 1, 1)), SCORE, steps=4, most_steps=4)
    fine = methods.integrated_gradients(wave, np.ones((1, 1, 1)), SCORE, steps=4)
    assert coarse.steps == 4 < fine.steps and fine.error <= 0.02


def test_a_target_asked_for_often_is_traced_and_answers_the_same(tiny):
    fresh = methods.Differentiable(tiny.function)
    pictures = np.stack([PICTURE, 2 * PICTURE, PICTURE - 1]).astype(np.float32)
    for number in (3, 3, 3, 2, 1):
        values, gradients = fresh.gradient(pictures[:number], SCORE)
        wanted_values, wanted = fresh.untraced_gradient(pictures[:number], SCORE)
        np.testing.assert_allclose(values, wanted_values, rtol=1e-6)
        np.testing.assert_allclose(gradients, wanted, rtol=1e-6)
    # what is guided is never what was traced
    np.testing.assert_allclose(methods.guided_backpropagation(fresh, PICTURE, SCORE), [[[3, -3], [0, 0]]])


def test_the_gradient_at_a_picture_is_worked_out_once_for_all_methods(tiny, monkeypatch):
    network, work, count = methods.Differentiable(tiny.function), methods.Differentiable._values_and_gradient, []
    monkeypatch.setattr(methods.Differentiable, "_values_and_gradient", lambda *given: count.append(1) or work(*given))
    first = methods.saliency(network, PICTURE, SCORE)
    methods.gradient_times_input(network, PICTURE, SCORE, 0.0)
    assert len(count) == 1
    doubled = methods.saliency(network, 2 * PICTURE, SCORE)
    np.testing.assert_array_equal(methods.saliency(network, PICTURE, SCORE), first)
    assert len(count) == 3 and doubled.shape == first.shape


def test_smooth_grad_is_the_gradient_where_that_is_constant_and_one_seed_gives_one_map(tiny):
    far = 10 * PICTURE  # further from every ReLU's edge than the noise reaches
    found = methods.smooth_grad(tiny, far, SCORE, samples=20, spread=0.02, seed=1)
    np.testing.assert_allclose(found, [[[3, -5], [0, 0]]], atol=1e-5)
    near = [methods.smooth_grad(tiny, PICTURE, SCORE, samples=5, spread=0.5, seed=seed) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(near[0], near[1])
    assert np.abs(near[0] - near[2]).max() > 0


def test_a_layer_that_is_not_there_is_refused(tiny):
    with pytest.raises(TargetError, match="no layer called 'conv_9'; it has input, conv"):
        tiny.layer_gradients(PICTURE, SCORE, ["conv_9"])


def test_grad_cam_at_the_averaged_layer_is_the_class_activation_map():
    from explain.gradients.images.gallery import load_model

    picture = np.random.default_rng(0).normal(0, 60, (96, 96, 3)).astype(np.float32)
    network = methods.Differentiable(load_model())
    features, gradient = network.layer_gradients(picture, ClassLogit(50), ["block5_conv3"])["block5_conv3"]
    weights = onnx_weights.read(vgg16.CAM.weights, ["predictions"])["predictions"][0]
    ours = Network(vgg16.CAM).run(picture[None], ["block5_conv3"])["block5_conv3"][0]
    expected = cam.class_activation_map(ours, weights[:, 50])
    found = cam.grad_cam(features, gradient)
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.999
    np.testing.assert_allclose(found * found.size, expected, atol=2e-3 * np.abs(expected).max())


@pytest.fixture(scope="module")
def reading():
    """A word, the frames the exported CRNN gives it, and the target of its second character against a rival."""
    from PIL import Image

    picture = crnn.prepare(Image.open(FILES.parent / "samples" / "words" / "a1b2.png"))[0]
    frames = Network(crnn.CARD).run(picture[None], ["outputs"])["outputs"][0]
    text = decoding.best_path(frames).labels
    return picture, targets.character(frames, text, 1, rival=crnn.LABELS.index("l"))


def test_the_job_explains_a_character_of_the_crnn(reading):
    picture, target = reading
    asked = {"picture": picture, "target": targets.describe(target), "methods": ["layer_cam", "integrated_gradients"]}
    settings = JOBS["attribute"].check({**asked, "layers": ["conv_6", "conv_4"]})
    assert settings["methods"] == ["integrated_gradients", "layer_cam"] and settings["layers"] == ["conv_4", "conv_6"]
    report = Reporting()
    result = job.run(models.function("crnn"), settings, report)
    ours = Network(crnn.CARD).run(picture[None], ["logits"])
    assert result["score"] == pytest.approx(targets.score(target, ours)[0], abs=1e-3)
    found = result["integrated_gradients"]
    assert found.shape == (32, 128) and result["error"] <= 0.02
    empty = np.broadcast_to(cam.background(picture), picture.shape)
    difference = result["score"] - targets.score(target, Network(crnn.CARD).run(empty[None], ["logits"]))[0]
    assert found.sum() == pytest.approx(difference, rel=0.021)
    assert {name: value.shape for name, value in result.items() if "at" in name.split()} == {
        "layer_cam at conv_4": (8, 32),
        "layer_cam at conv_6": (4, 32),
    }
    assert report.told == sorted(report.told) and report.told[-1] >= 99
    assert job.run(models.function("crnn"), settings, Reporting(stop=0)) == {}


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"target": {"kind": "class", "unit": 3}}, "reads logits"),
        ({"target": {"kind": "unit", "layer": "conv_9", "place": [0]}}, "no layer called 'conv_9'"),
        ({"picture": np.zeros((32, 32, 1))}, "takes a picture of shape"),
        ({"picture": np.full((32, 128, 1), np.nan)}, "takes a picture of shape"),
        ({"methods": ["guessing"]}, "Choose methods among saliency"),
        ({"layers": ["blstm_1"]}, "Choose layers among conv_1"),
        ({"samples": 0}, "samples must be a whole number from 1"),
        ({"network": "alexnet"}, "choose one of crnn, vgg16-cam"),
        ({"colour": 1}, "no setting 'colour'"),
    ],
)
def test_a_wrong_attribution_is_refused_in_one_sentence(reading, wrong, error):
    picture, target = reading
    with pytest.raises(SettingsError, match=error):
        JOBS["attribute"].check({"picture": picture, "target": targets.describe(target), **wrong})
