"""The steps of the tour: what they say and show comes from the network and the picture, worked out here once more."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image

from explain.network.session import Network
from explain.panels.inputs import word
from explain.panels.page.subject import OWN, Subject
from explain.panels.tour import steps
from explain.panels.tour.scene import Work
from explain.panels.tour.steps import OF_CLASSES, OF_WORDS, Step
from models import crnn, vgg16
from tests.explain.panels.page import made
from tests.explain.panels.tour.scenes import (
    STEPS,
    TEXTS,
    crnn_layer,
    drawn,
    finished,
    photograph_of,
    ran,
    subject_of,
)
from tests.test_third_network import make


@pytest.fixture(scope="module")
def elephant() -> Subject:
    return subject_of()


@pytest.fixture(scope="module")
def cat() -> Subject:
    return photograph_of()


@pytest.fixture(scope="module")
def coffee() -> Subject:
    return photograph_of("coffee")


@pytest.fixture(scope="module")
def values(elephant) -> dict[str, np.ndarray]:
    return ran(elephant)


def test_texts_hold_no_numbers_and_every_step_has_some():
    assert set(TEXTS) == set(STEPS)
    for name, texts in TEXTS.items():
        for key, text in texts.items():
            assert key == "beside" or not re.search(r"\d", text), f"{name}: {text}"
            assert not re.search(r"\bframe above|in the frame\b|\bbets?\b", str(text)), name
    assert 8 <= len(OF_WORDS) <= 14 and len(OF_CLASSES) < len(OF_WORDS)


@pytest.mark.parametrize("step", OF_WORDS, ids=lambda step: step.name)
def test_another_word_makes_another_step(step: Step, elephant):
    """All but the dreams, which are the network's own: there the word's own dream comes first."""
    other = subject_of("LONDON")
    one, two = step.make(elephant), step.make(other)
    one, two = finished(one), finished(two)
    assert drawn(one) != drawn(two)
    assert "{" not in step.text(one) and step.text(one)


@pytest.mark.parametrize("step", OF_CLASSES, ids=lambda step: step.name)
def test_another_photograph_makes_another_step(step: Step, cat, coffee):
    one, two = step.make(cat), step.make(coffee)
    if isinstance(one.picture, Work):  # some forty passes of each would take long
        assert one.facts != two.facts
    else:
        assert drawn(one) != drawn(two)
    assert "{" not in step.text(one) and step.text(one)


def test_numbers_are_the_pictures(elephant):
    scene = STEPS["numbers"].make(elephant)
    picture = elephant.batch[0]
    assert scene.facts["count"] == f"{picture.size:,}" and scene.facts["rows"] == str(picture.shape[0])
    assert (float(scene.facts["low"]), float(scene.facts["high"])) == pytest.approx(
        (picture.min(), picture.max()), abs=5e-3
    )


def test_sums_are_the_networks(elephant, values):
    """Each place of the window: the pixels under it, their products added up, and the number of the map."""
    scene = STEPS["filter"].make(elephant)
    first = crnn_layer(elephant, "conv")
    channel = int(scene.facts["channel"])
    padded = np.pad(elephant.batch[0, :, :, 0], 1)
    for moment in drawn(scene)["moments"]:
        x, y, *_ = moment["to"]
        np.testing.assert_allclose(moment["inputs"], padded[y : y + 3, x : x + 3], rtol=1e-3, atol=1e-6)
        assert moment["value"] == pytest.approx(float(values[first][y, x, channel]), abs=1e-4)
        summed = float((np.array(moment["inputs"]) * np.array(moment["weights"])).sum())
        told = float(re.search(r"add up to (\S+),", moment["says"]).group(1).replace("−", "-"))
        assert told == pytest.approx(summed, abs=0.02)
    value = float(scene.facts["value"].replace("−", "-"))
    largest = max((moment["value"] for moment in scene.picture["moments"]), key=abs)
    assert value == pytest.approx(largest, abs=5e-4)
    at = tuple(map(int, scene.address["hand_unit"].split(".")))  # the place that the view beside it shows
    assert at == (channel, int(scene.facts["row"]), int(scene.facts["column"]))
    assert value == pytest.approx(float(values[first][at[1], at[2], channel]), abs=5e-4)
    shown = scene.picture["moments"][scene.picture["start"]]
    assert (shown["to"][1], shown["to"][0]) == at[1:]


def test_pooling_keeps_the_largest(elephant, values):
    scene = STEPS["pooling"].make(elephant)
    name = crnn_layer(elephant, "max_pool")
    for moment in drawn(scene)["moments"]:
        assert np.max(moment["inputs"]) == pytest.approx(moment["value"], rel=1e-3)
        x, y, *_ = moment["to"]
        assert moment["value"] in values[name][y, x].tolist()
    assert scene.facts["after"] == " × ".join(map(str, values[name].shape[:2]))
    moved = np.roll(elephant.batch, 1, axis=2)  # the border is one colour, so nothing is lost at the edge
    assert (elephant.batch[0, :, -1] == elephant.batch[0, :, 0]).all()
    network = Network(crnn.CARD)
    for layer, told in ((elephant.description.layer(name).inputs[0], "still"), (name, "moved")):
        difference = network.run(moved, {layer})[layer][0] - values[layer]
        change = 100 * np.linalg.norm(difference) / np.linalg.norm(values[layer])
        assert scene.facts[told] == f"{change:.0f} %"
    assert float(scene.facts["moved"][:-2]) < float(scene.facts["still"][:-2])


def test_a_picture_that_does_not_change_when_it_moves_is_not_said_to(elephant):
    blank = Subject.of(crnn.CARD.name, "nothing", Image.new("L", (128, 32), 255), origin=OWN)
    scene = STEPS["pooling"].make(blank)
    assert scene.facts["still"] == scene.facts["moved"] == "0 %" and scene.variant == "alike"
    assert "change by" not in STEPS["pooling"].text(scene) and "change by" in STEPS["pooling"].text(
        STEPS["pooling"].make(elephant)
    )


def test_classes_stand_with_their_names_and_the_map_is_the_score(cat):
    text = STEPS["classes"].text(STEPS["classes"].make(cat))
    for number in TEXTS["classes"]["beside"]:
        assert f"{number} is {vgg16.IMAGENET_NAMES[number]}" in text
    run = ran(cat)
    best = int(run["logits"].argmax())
    scene = STEPS["activation"].make(cat)
    assert vgg16.CAM.labels[best] in scene.facts["answer"]
    mean = float(drawn(scene)["items"][1]["note"].removeprefix("its mean: "))
    head = cat.description.output.weights
    assert "bias" in head and mean == pytest.approx(float(run["logits"][best]), abs=1.0)  # the bias is the constant


THIRD = ["numbers", "filter", "filters", "pooling", "deeper", "silence"]
THIRD += ["frame", "memory", "guesses", "collapse", "paths", "why", "fails"]
READS = ("silence", "paths", "why")  # something, or there is nothing to show


def test_other_networks_get_the_steps_that_they_have_something_for(tmp_path, monkeypatch):
    monkeypatch.setenv("NETWORKS_FOLDER", str(tmp_path))
    make(tmp_path / "third.onnx")
    made.classifier(tmp_path / "namer.onnx")
    made.body(tmp_path / "body.onnx")
    wanted = {"third": THIRD, "namer": ["layers", "filter", "filters", "cover", "activation", "fails"]}
    wanted["body"] = ["numbers", "filter", "filters", "deeper"]
    for name, expected in wanted.items():
        subject = Subject.of(name, *word.from_sample("elephant"))
        tour = steps.of(subject)
        names = [step.name for step in tour]
        assert names == [step for step in expected if step not in READS or subject.best.labels], name
        for step in tour:
            scene = step.make(subject)
            assert "{" not in step.text(scene)
            drawn(scene)
            assert "{" not in step.text(finished(scene))
