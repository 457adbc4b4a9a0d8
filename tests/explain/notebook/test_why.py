"""Maps of why from Python: against covering by hand, the closed form of a class map, and finite differences."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper
from PIL import Image

from explain import open_network
from explain.attribution import targets
from explain.attribution.targets import Channel, ClassLogit, WholeText
from explain.gradients.attribution.job import METHODS
from tests.explain.attribution import small_networks
from tests.explain.panels.page import made

SIZE = (16, 28)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("why")


@pytest.fixture(scope="module")
def animals(folder):
    return open_network(small_networks.averaging(folder / "animals.onnx"))


@pytest.fixture(scope="module")
def reader(folder):
    return open_network(small_networks.recogniser(folder / "reader.onnx"))


def pixels(seed: int = 0, shape=(*SIZE, 3)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def logits(network, batch: np.ndarray) -> np.ndarray:
    """By ONNX Runtime alone, `(picture, ...)`."""
    session = onnxruntime.InferenceSession(str(network.description.path), providers=["CPUExecutionProvider"])
    return session.run(None, {"picture": np.ascontiguousarray(batch.transpose(0, 3, 1, 2))})[0]


def test_occlusion_is_covering_by_hand(animals):
    picture = animals.picture(pixels())
    why = animals.why(picture)
    best = int(logits(animals, picture.batch)[0].argmax())
    assert why.target == ClassLogit(best) and why.about == small_networks.CLASSES[best]
    assert why.shape == np.asarray(why).shape == SIZE
    size, step = 4, 2  # the first choice of the page: patches of two sevenths of the shorter side
    lost, count = np.zeros(SIZE), np.zeros(SIZE)
    for top in range(0, 13, step):
        for left in range(0, 25, step):
            covered = picture.batch.copy()
            covered[0, top : top + size, left : left + size] = picture.values.mean(axis=(0, 1))
            part = np.s_[top : top + size, left : left + size]
            lost[part] += logits(animals, picture.batch)[0, best] - logits(animals, covered)[0, best]
            count[part] += 1
    np.testing.assert_allclose(why.values, lost / count, atol=1e-5)
    assert why.score == pytest.approx(logits(animals, picture.batch)[0, best], rel=1e-5)


def test_a_class_map_has_the_logit_as_its_mean(animals):
    picture = animals.picture(pixels(1))
    why = animals.why(picture, target="hen", method="class_map")
    hen = small_networks.CLASSES.index("hen")
    bias = animals.weights("answer")["bias"][hen]
    assert why.target == ClassLogit(hen)
    places = why.values[::2, ::2]  # a place of the last convolution is centred on every other pixel
    assert places.mean() == pytest.approx(logits(animals, picture.batch)[0, hen] - bias, abs=1e-4)


def test_saliency_is_the_slope(animals):
    picture = animals.picture(pixels(2))
    why = animals.why(picture, target=1, method="saliency")
    step = 1e-2
    for y, x in ((3, 5), (10, 20)):
        slopes = []
        for channel in range(3):
            ends = []
            for sign in (1, -1):
                moved = picture.batch.copy()
                moved[0, y, x, channel] += sign * step
                ends.append(logits(animals, moved)[0, 1])
            slopes.append(abs(ends[0] - ends[1]) / (2 * step))
        assert why.values[y, x] == pytest.approx(max(slopes), rel=0.05, abs=1e-3)


def test_every_method_of_the_network_makes_a_map_as_large_as_the_picture(animals):
    assert animals.methods == ("occlusion", "class_map", "score_cam", *METHODS)
    picture = animals.picture(pixels(3))
    for method in animals.methods:
        why = animals.why(picture, method=method)
        assert why.shape == SIZE and np.isfinite(why.values).all() and why.values.any(), method
        assert why.image.size == (16 * SIZE[1], 16 * SIZE[0]) and method in repr(why)


def test_a_word_a_character_and_another_text(reader):
    picture = reader.picture(pixels(4, (24, 80)))
    answer = reader.answer(picture)
    assert answer.labels
    whole = reader.why(picture)
    assert whole.target == WholeText(answer.labels, 0) and whole.about == f"“{answer.text}”"
    assert whole.score == pytest.approx(np.log(answer.probability), abs=1e-4)
    first = reader.why(picture, target=0, patch="columns")
    assert first.target == targets.character(answer.probabilities, answer.labels, 0, blank=0)
    assert np.ptp(first.values, axis=0).max() < 1e-9  # whole columns were covered
    assert reader.why(picture, target="ab").target == WholeText((1, 2), 0)
    assert whole.image.size == first.image.size == (6 * 80, 6 * 27)
    strip = np.asarray(first.image)[-1]
    assert (strip != 255).any() and (np.asarray(whole.image)[-1] == 255).all()  # where the character is told


def test_without_a_head_the_strongest_unit_is_explained(folder):
    body = open_network(made.body(folder / "body.onnx"))
    picture = body.picture(pixels(5, (20, 28)))
    why = body.why(picture)
    values = body.layers(picture)["shapes"]
    assert values[why.target.place] == values.max() and why.score == pytest.approx(values.max())
    assert "class_map" not in body.methods
    mean = body.why(picture, target=Channel("edges", 1), method="saliency")
    assert mean.score == pytest.approx(body.layers(picture)["edges"][..., 1].mean(), rel=1e-4)


def test_a_map_is_saved_and_shown(animals, tmp_path):
    why = animals.why(pixels())
    why.save(tmp_path / "why.png")
    with Image.open(tmp_path / "why.png") as saved:
        np.testing.assert_array_equal(np.asarray(saved), np.asarray(why.image))
    assert why._repr_png_().startswith(b"\x89PNG")
    assert np.asarray(why, np.float32).dtype == np.float32
    assert f"occlusion map of {why.about}: 16 × 28 pixels" in repr(why)


def test_it_is_told_how_far_it_is_and_can_be_stopped(animals):
    told = []
    animals.why(pixels(), on_step=lambda done, of: told.append((done, of)))
    assert told[-1] == (91, 91)
    with pytest.raises(ValueError, match="stopped"):
        animals.why(pixels(), on_step=lambda done, of: False)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"method": "magic"}, "Animals has no method 'magic'; it has occlusion, class_map"),
        ({"method": "grad_cam", "layer": "mean"}, "'mean' is no layer to weigh; choose among first, last."),
        ({"layer": "last"}, "occlusion weighs no layer"),
        ({"method": "class_map", "patch": "small patches"}, "covers nothing"),
        ({"patch": "squares"}, "There are no patches called 'squares'; choose among large patches"),
        ({"target": "unicorn"}, "Animals has no class called 'unicorn'"),
        ({"target": 5}, "Animals has classes 0 to 4; there is no class 5."),
        ({"target": 1.5}, "not for 1.5"),
        ({"target": Channel("first", 0), "method": "class_map"}, "explains a class"),
    ],
)
def test_what_there_is_not_is_said_in_a_sentence(animals, asked, sentence):
    with pytest.raises(ValueError) as raised:
        animals.why(pixels(), **asked)
    assert sentence in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize(("target", "sentence"), [(99, "there is no character 99"), ("xyz", "has no label for")])
def test_characters_and_texts_that_there_are_not(reader, target, sentence):
    with pytest.raises(ValueError, match=sentence):
        reader.why(pixels(4, (24, 80)), target=target)


def test_a_network_of_whole_numbers_has_no_gradient_and_says_so(folder):
    path = small_networks.averaging(folder / "whole.onnx")
    model = onnx.load(path)
    model.graph.initializer.extend(
        [
            helper.make_tensor("scale", TensorProto.FLOAT, [], [1 / 255]),
            helper.make_tensor("zero", TensorProto.UINT8, [], [0]),
        ]
    )
    for node in model.graph.node:
        node.input[:] = ["rough" if name == "picture" else name for name in node.input]
    steps = [("QuantizeLinear", "picture", "whole"), ("DequantizeLinear", "whole", "rough")]
    for place, (operator, before, after) in enumerate(steps):
        model.graph.node.insert(place, helper.make_node(operator, [before, "scale", "zero"], [after]))
    onnx.save(model, path)
    network = open_network(path)
    assert {"occlusion", "class_map"} <= set(network.methods) and not set(network.methods) & set(METHODS)
    with pytest.raises(ValueError, match="whole numbers of 8 bits"):
        network.why(pixels(), method="saliency")
    assert network.why(pixels()).shape == SIZE
