"""Class visualisation and its job, on networks small enough to know; the parts have tests of their own."""

import re
from dataclasses import replace

import numpy as np
import pytest

from explain.attribution.targets import Channel, ClassLogit, Unit
from explain.attribution.targets import describe as describe_target
from explain.attribution.targets import score as score_of
from explain.gradients.images import job
from explain.gradients.images.activation_maximisation import (
    DreamSettings,
    dream,
    dream_many,
    side_by_side,
    size_of,
)
from explain.gradients.images.presets import OURS, PRESETS
from explain.gradients.network.activations import Responses
from explain.gradients.network.function import NetworkFunction
from explain.gradients.visualisation import objectives
from explain.gradients.visualisation.ascent import measure
from explain.network.layers import Layer
from explain.network.session import Network
from models import vgg16
from models.vgg16 import statistics
from tests.explain.gradients.network.written import averaged_classes, conv, written
from tests.explain.network.made import chain

PLAIN = replace(OURS, natural=0.0, rule=replace(OURS.rule, rate=0.3))


VGG_INPUT = {"colour": "bgr", "mean": [103.939, 116.779, 123.68], "deviation": 1.0, "height": 64, "width": 64}
TO_MAPS = ("Transpose", ["input"], "maps", {"perm": [0, 3, 1, 2]})


def function(path, rows, weights, layers, **metadata):
    written(path, rows, weights, ("n", "h", "w", 3), ["predictions"], layers=layers, input=VGG_INPUT, **metadata)
    return NetworkFunction(path)


@pytest.fixture(scope="module")
def colours(tmp_path_factory):
    """A network that knows three classes by the mean colour alone: reddish, greenish, bluish."""
    blue, green, red = np.eye(3)
    kernel = np.stack([red - green - blue, green - red - blue, blue - red - green], 1) / 50
    weights = {"predictions/kernel": kernel.astype(np.float32), "predictions/bias": np.zeros(3, np.float32)}
    told = {"labels": ["reddish", "greenish", "bluish"], "logits": "logits"}
    path, layers = tmp_path_factory.mktemp("colours") / "colours.onnx", ("global_average", "predictions")
    return function(path, [TO_MAPS, *averaged_classes("maps")], weights, layers, **told)


@pytest.fixture(scope="module")
def card(colours):
    return colours.description


def probabilities(network, pictures):
    """By ONNX Runtime."""
    return Network(network.description).run(pictures, ["predictions"])["predictions"]


def test_pictures_take_the_colour_that_the_class_stands_for(colours):
    results = dream_many(colours, [0, 1, 2], DreamSettings(size=48, steps=30), preset=PLAIN)
    for channel, result in enumerate(results):
        means = result.picture.reshape(-1, 3).mean(0)
        assert means[channel] > np.delete(means, channel).max() + 30
        assert result.probability > 0.6 and result.steps == 30


def test_the_numbers_are_those_of_a_plain_pass(colours):
    """Keras's own preprocessing of the finished picture and ONNX Runtime's answer."""
    from keras.applications.vgg16 import preprocess_input

    (result,) = dream(colours, DreamSettings(target=ClassLogit(1), size=48, steps=3, preset="Lucid"))
    expected = probabilities(colours, preprocess_input(result.picture[None].astype(np.float32)))[0]
    assert result.probability == pytest.approx(float(expected[1]), abs=1e-5)
    blue, green, red = preprocess_input(result.picture.astype(np.float32)).reshape(-1, 3).mean(0)
    assert result.score == pytest.approx((green - red - blue) / 50, abs=1e-3)


def test_the_numbers_of_any_other_target_too(colours):
    """The mean of the blue, in the network's own input, whether told as a channel's mean or as one unit."""
    from keras.applications.vgg16 import preprocess_input

    for target in (Channel("input", 0), Unit("global_average", (0,))):
        (result,) = dream(colours, DreamSettings(target=target, size=48, steps=4, preset="keras-vis"))
        assert result.probability is None
        blue = preprocess_input(result.picture.astype(np.float32))[..., 0].mean()
        assert result.score == pytest.approx(blue, abs=1e-2)


@pytest.mark.parametrize("preset", PRESETS)
def test_each_preset_raises_what_it_is_after(tiny_vgg, preset):
    """The class less the recipe's own penalties, on plain passes over the first pictures and those after some steps.

    keras-vis begins with rough noise, which costs it more than any class is worth: there the penalties fall first.
    """
    terms = [(1.0, objectives.score(ClassLogit(0)))]
    terms += [(-weight, penalty) for weight, penalty in PRESETS[preset].penalties]

    def worth(steps):
        settings = DreamSettings(target=ClassLogit(0), size=48, steps=steps, count=2, preset=preset)
        pictures = np.stack([result.picture for result in dream(tiny_vgg, settings)])
        return sum(weight * measure(Responses(tiny_vgg), objective, pictures) for weight, objective in terms)

    assert (worth(16) > worth(2) + 1).all()


def test_our_preset_on_a_network_with_the_layers_of_vgg16(tiny_vgg):
    """The penalty on unphotographic answers is in force: without it the same steps go further from photographs."""
    penalty = objectives.Unnatural(OURS.layers, statistics())

    def strange(natural):
        preset = replace(OURS, natural=natural, rule=replace(OURS.rule, rate=0.3))
        picture = dream_many(tiny_vgg, [1], DreamSettings(size=48, steps=16), preset=preset)[0].picture
        return measure(Responses(tiny_vgg), penalty, picture[None])[0]

    assert strange(1000.0) < strange(0.0) - 0.1


@pytest.fixture(scope="module")
def tiny_vgg(tmp_path_factory):
    """As many channels as VGG16 has in the layers whose statistics are known, one cheap convolution each."""
    from keras.initializers import HeNormal

    rows, weights, before, channels = [TO_MAPS], {}, "maps", 3
    for name, filters in (("block1_conv2", 64), ("block2_conv2", 128), ("block3_conv3", 256), ("block4_conv3", 512)):
        rows += conv(name, before, strides=[2, 2])
        kernel = np.asarray(HeNormal(seed=filters)((2, 2, channels, filters)))
        weights[f"{name}/kernel"] = kernel.transpose(3, 2, 0, 1)
        weights[f"{name}/bias"] = np.zeros(filters)
        before, channels = name, filters
    weights |= {"predictions/kernel": np.asarray(HeNormal(seed=1)((512, 3))), "predictions/bias": np.zeros(3)}
    weights = {name: array.astype(np.float32) for name, array in weights.items()}
    layers = (*OURS.layers, "global_average", "predictions")
    path = tmp_path_factory.mktemp("tiny") / "tiny.onnx"
    made = function(path, [*rows, *averaged_classes(before)], weights, layers, logits="logits")
    return NetworkFunction(replace(made.description, card=vgg16.CAM))  # its statistics


def test_diversity_drives_the_pictures_apart(tiny_vgg):
    """Their Gram matrices, worked out with NumPy from the network's own answers."""

    def likeness(diversity):
        settings = DreamSettings(target=ClassLogit(1), size=48, steps=12, count=3, diversity=diversity)
        pictures = np.stack([result.picture for result in dream(tiny_vgg, settings)])
        layer = Responses(tiny_vgg).of(["block4_conv3"])
        maps = layer(pictures.astype(np.float32) / 255)["block4_conv3"].numpy()
        grams = np.einsum("nyxa,nyxb->nab", maps, maps).reshape(3, -1)
        grams /= np.linalg.norm(grams, axis=1, keepdims=True)
        return (np.sum(grams @ grams.T) - 3) / 6

    assert likeness(10.0) < likeness(0.0) - 0.005


def test_the_seed_decides_the_picture(colours):
    def picture(seed):
        return dream(colours, DreamSettings(seed=seed, size=48, steps=4, preset="Lucid"))[0].picture

    first = picture(1)
    np.testing.assert_array_equal(first, picture(1))
    assert (first != picture(2)).mean() > 0.5


def test_progress_is_told_and_false_stops(colours):
    told = []

    def on_step(step, steps, picture, score):
        told.append((step, steps, score))
        if picture is not None:
            assert picture.dtype == np.uint8 and picture.shape == (96, 96, 3)  # three pictures and a grey place
        return step < 11

    results = dream(colours, DreamSettings(size=48, steps=20, count=3, preset="Lucid"), on_step)
    assert [step for step, _, _ in told] == list(range(1, 12)) and {steps for _, steps, _ in told} == {20}
    assert [result.steps for result in results] == [11, 11, 11]
    assert told[-1][2] > told[0][2]


def test_a_grid_keeps_the_order():
    pictures = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 3, 3), np.uint8)
    grid = side_by_side(pictures)
    assert grid.shape == (4, 9, 3)
    assert grid[::2, ::3, 0].tolist() == [[0, 1, 2], [3, 4, 128]]
    assert side_by_side(pictures[:1]).shape == (2, 3, 3) and side_by_side(None) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 1},
        {"steps": 2.5},
        {"size": 4000},
        {"size": True},
        {"seed": -1},
        {"preset": "loud"},
        {"count": 10},
        {"diversity": -0.1},
        {"diversity": float("nan")},
    ],
)
def test_wrong_settings_say_what_is_wrong(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        DreamSettings(**wrong)


def test_more_pixels_than_the_memory_holds_are_refused():
    any_size = replace(chain((224, 224, 3), labels=("cat", "dog"), name="vgg16-cam"), picture=(None, None, 3))
    one_size = chain((224, 224, 3), labels=("cat", "dog"), name="vgg16")
    with pytest.raises(
        ValueError, match="vgg16-cam can dream 1 at once at 320 pixels: take fewer pictures, or smaller"
    ):
        job.check({"class_index": 0, "count": 2, "size": 320}, any_size)
    with pytest.raises(ValueError, match="vgg16 can dream 2 at once at 128 pixels: take fewer pictures.$"):
        job.check({"class_index": 0, "count": 3}, one_size)
    assert job.check({"class_index": 0, "count": 9}, any_size)["count"] == 9


def test_steps_are_the_presets_own_unless_told():
    steps = {name: DreamSettings(preset=name).steps for name in PRESETS}
    assert steps == {"ours": 48, "calm": 56, "Lucid": 128, "keras-vis": 200}


class Quiet:
    def __call__(self, *_, **__):
        return True

    def doing(self, text):
        return True


def test_the_job_gives_all_pictures_and_the_first(colours, card):
    settings = job.check({"class_index": 2, "count": 2, "size": 48, "steps": 3, "preset": "Lucid"}, card)
    assert settings == job.check(settings, card)
    assert settings["target"] == {"kind": "class", "unit": 2}
    found = job.run(colours, settings, Quiet())
    assert found["pictures"].shape == (2, 48, 48, 3) and found["pictures"].dtype == np.uint8
    np.testing.assert_array_equal(found["picture"], found["pictures"][0])
    assert found["logits"].shape == found["probabilities"].shape == (2,)
    assert (
        found["logit"] == found["logits"][0] == found["scores"][0] and found["probability"] == found["probabilities"][0]
    )
    again = job.run(colours, settings, Quiet())
    np.testing.assert_array_equal(again["pictures"], found["pictures"])


def test_the_job_takes_a_channel(colours, card):
    asked = {"target": {"kind": "channel", "layer": "global_average", "channel": 1}, "size": 48, "steps": 3}
    found = job.run(colours, job.check({**asked, "preset": "keras-vis"}, card), Quiet())
    assert found["score"] == found["scores"][0] and "logit" not in found and "probabilities" not in found


@pytest.fixture(scope="module")
def strokes(tmp_path_factory):
    """A network of grey pictures, 32 high and 48 wide: channel 0 answers to light, 1 to dark, 2 to light above dark."""
    kernel = np.zeros((3, 1, 3, 3), np.float32)
    kernel[0], kernel[1], kernel[2, 0, 0], kernel[2, 0, 2] = 1 / 9, -1 / 9, 1 / 3, -1 / 3
    rows = [*conv("edges", "input", pads=[1, 1, 1, 1])]
    weights = {"edges/kernel": kernel, "edges/bias": np.array([0, 1, 0], np.float32)}
    path = tmp_path_factory.mktemp("strokes") / "strokes.onnx"
    written(path, rows, weights, ("n", 1, 32, 48), ["edges"], layers=["edges"], input={"colour": "grey"})
    return NetworkFunction(path)


@pytest.mark.parametrize("preset", ["ours", "Lucid"])
def test_channels_and_units_of_a_grey_network_that_takes_no_squares(strokes, preset):
    assert size_of(strokes.description, 96) == (32, 48)
    light = {}
    for target in (Channel("edges", 0), Channel("edges", 1), Unit("edges", (16, 24, 2))):
        asked = {"target": describe_target(target), "steps": 24, "preset": preset}
        found = job.run(strokes, job.check(asked, strokes.description), Quiet())
        picture = found["picture"]
        assert picture.shape == (32, 48, 3) and (picture == picture[..., :1]).all()
        maps = Network(strokes.description).run(picture[None, ..., :1].astype(np.float32) / 255, ["edges"])["edges"]
        assert found["score"] == pytest.approx(float(score_of(target, {"edges": maps})[0]), abs=1e-4)
        if isinstance(target, Channel):
            light[target.channel] = picture.mean()
        else:
            assert picture[12:16, 24].mean() > picture[17:21, 24].mean() + 40
    assert light[0] > light[1] + 20


def test_a_network_that_names_no_classes_is_dreamt_of_by_channel(strokes):
    with pytest.raises(ValueError, match="strokes names no classes: dream a channel or a unit of it."):
        job.check({"class_index": 0}, strokes.description)


def test_a_unit_needs_a_layer_of_a_size():
    any_size = chain((20, 20, 3), Layer("maps", "maps", "conv", ("input",), (None, None, 4)))
    with pytest.raises(ValueError, match="maps has no size of its own"):
        job.check({"target": {"kind": "unit", "layer": "maps", "place": [1, 1, 0]}}, any_size)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"class_index": 3}, "There is no class 3: colours knows 0 to 2."),
        ({"target": {"kind": "class", "unit": 3}}, "There is no class 3: colours knows 0 to 2."),
        ({"class_index": 1, "target": {"kind": "class", "unit": 1}}, "Give a class_index or a target, not both."),
        ({"target": {"kind": "text", "labels": [1], "blank": 0}}, "a class, a channel or a unit, not of a text."),
        ({"target": {"kind": "channel", "layer": "conv", "channel": 1}}, "colours has no layer called 'conv'."),
        ({"target": {"kind": "channel", "layer": "global_average", "channel": 3}}, "There is no number 3"),
        ({"target": "class 3"}, "A target is told by its kind"),
        ({"class_index": 1, "count": 0}, "count must be a whole number from 1 to 9, not 0."),
    ],
)
def test_the_job_refuses_in_one_sentence(card, settings, error):
    with pytest.raises(ValueError, match=re.escape(error)):
        job.check(settings, card)
