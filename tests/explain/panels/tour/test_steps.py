"""The steps of the tour: what they say and show comes from the network and the picture, worked out here once more."""

from __future__ import annotations

import base64
import io
import json
import re
import tomllib
from itertools import groupby

import numpy as np
import pytest
from PIL import Image

from explain.attribution.cam import background
from explain.network.session import Network
from explain.panels.inputs import photograph, word
from explain.panels.page.subject import Subject
from explain.panels.tour import steps
from explain.panels.tour.scene import Scene, Work
from explain.panels.tour.steps import OF_CLASSES, OF_WORDS, Step
from models import crnn, vgg16
from models.networks import CARDS
from tests.explain.panels.page import made
from tests.test_third_network import make

STEPS = {step.name: step for step in steps.ALL}
TEXTS = tomllib.loads(steps.TEXTS.read_text("utf-8"))


def subject_of(sample: str = "elephant") -> Subject:
    return Subject.of(crnn.CARD.name, *word.from_sample(sample))


def photograph_of(sample: str = "chelsea") -> Subject:
    return Subject.of(vgg16.CAM.name, photograph.TITLE, photograph.sample(sample))


@pytest.fixture(scope="module")
def elephant() -> Subject:
    return subject_of()


@pytest.fixture(scope="module")
def cat() -> Subject:
    return photograph_of()


@pytest.fixture(scope="module")
def coffee() -> Subject:
    return photograph_of("coffee")


def ran(subject: Subject) -> dict[str, np.ndarray]:
    """Every layer from ONNX Runtime, without the batch."""
    network = Network(CARDS[subject.network])
    names = [*network.description.layer_names, "logits"]
    return {name: values[0] for name, values in network.run(subject.batch, names).items()}


@pytest.fixture(scope="module")
def values(elephant) -> dict[str, np.ndarray]:
    return ran(elephant)


def drawn(scene: Scene) -> dict:
    """The picture, after the work that it may take; it has to be plain data."""
    picture = scene.picture
    if isinstance(picture, Work):
        picture = picture.draw(picture.run(lambda done, of: True))
    json.dumps(picture, allow_nan=False)
    return picture


def pixels(url: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))))


def test_texts_hold_no_numbers_and_every_step_has_some():
    assert set(TEXTS) == set(STEPS)
    for name, texts in TEXTS.items():
        for key, text in texts.items():
            assert key == "beside" or not re.search(r"\d", text), f"{name}: {text}"
    assert 8 <= len(OF_WORDS) <= 12 and len(OF_CLASSES) < len(OF_WORDS)


@pytest.mark.parametrize("step", OF_WORDS, ids=lambda step: step.name)
def test_another_word_makes_another_step(step: Step, elephant):
    """All but the dreams, which are the network's own: there the word's own dream comes first."""
    other = subject_of("LONDON")
    one, two = step.make(elephant), step.make(other)
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
    assert float(scene.facts["value"].replace("−", "-")) == pytest.approx(
        max((moment["value"] for moment in scene.picture["moments"]), key=abs), abs=5e-3
    )


def crnn_layer(subject: Subject, kind: str) -> str:
    return subject.description.of_kind(kind)[0].name


def test_pooling_keeps_the_largest(elephant, values):
    scene = STEPS["pooling"].make(elephant)
    name = crnn_layer(elephant, "max_pool")
    for moment in drawn(scene)["moments"]:
        assert np.max(moment["inputs"]) == pytest.approx(moment["value"], rel=1e-3)
        x, y, *_ = moment["to"]
        assert moment["value"] in values[name][y, x].tolist()
    assert scene.facts["after"] == " × ".join(map(str, values[name].shape[:2]))


def test_frames_guesses_and_text_are_the_softmaxs(elephant, values):
    p = values[elephant.description.output.name]
    path = p.argmax(axis=1)
    rows = drawn(STEPS["guesses"].make(elephant))["rows"]
    marks = ["·" if label == crnn.BLANK else crnn.LABELS[label] for label in path]
    assert rows[0]["values"] == marks
    np.testing.assert_allclose(rows[1]["values"], p.max(axis=1) / p.max(), atol=1e-4)
    facts = STEPS["guesses"].make(elephant).facts
    assert (facts["frames"], facts["labels"]) == tuple(map(str, p.shape))
    assert facts["blanks"] == str(int((path == crnn.BLANK).sum()))

    collapsed = STEPS["collapse"].make(elephant)
    text = "".join(crnn.LABELS[label] for label, _ in groupby(path.tolist()) if label != crnn.BLANK)
    assert collapsed.facts["text"] == text == "".join(drawn(collapsed)["rows"][2]["values"])
    assert float(collapsed.facts["path"]) == pytest.approx(float(np.prod(p.max(axis=1, keepdims=True))), abs=1e-3)

    frame = STEPS["frame"].make(elephant)
    row = next(values[layer.name] for layer in elephant.description.layers[1:] if len(layer.shape) == 2)
    for name, said in zip(drawn(frame)["rows"], said_of(drawn(frame)["moments"][4]), strict=True):
        number = int(re.search(r"number (\d+)", name["name"]).group(1))
        assert said == pytest.approx(float(row[4, number]), abs=5e-3)


def said_of(moment: dict) -> list[float]:
    """The numbers that a frame's sentence names."""
    shown = re.findall(r"−?\d+\.\d+", moment["says"].partition("among them ")[2])
    return [float(number.replace("−", "-")) for number in shown]


def test_the_memory_leads_to_the_networks_own_states(elephant, values):
    scene = STEPS["memory"].make(elephant)
    unit, name = int(scene.facts["unit"]), crnn_layer(elephant, "lstm")
    memory = drawn(scene)["rows"][2]["values"]
    hidden = values[name][:, unit]
    handed_on = np.abs(hidden) > 1e-3  # the output gate may hide the memory, but turns nothing around
    assert handed_on.any() and (np.sign(memory) == np.sign(hidden))[handed_on].all()
    assert np.ptp(hidden) == pytest.approx(np.ptp(values[name][:, : int(scene.facts["units"])], axis=0).max())


def test_covering_costs_what_the_network_says(elephant):
    scene = STEPS["why"].make(elephant)
    picture, p = drawn(scene), elephant.probabilities
    heights, moments = picture["rows"][0]["values"], picture["moments"]
    left, _, right, _ = moments[heights.index(min(heights))]["box"]
    covered = elephant.batch.copy()
    covered[0, :, left:right] = background(elephant.batch[0])
    after = Network(crnn.CARD).run(covered)[elephant.description.output.name][0]
    label = crnn.LABELS.index(scene.facts["character"])
    at = int(p[:, label].argmax())
    assert after[at, label] < 0.5 * p[at, label]
    assert float(scene.facts["usual"]) == pytest.approx(float(p[at, label]), abs=0.1)


def test_dreams_and_what_is_read_in_them_are_the_gallerys(elephant):
    items = drawn(STEPS["dreams"].make(elephant))["items"]
    assert "“elephant”" in items[0]["title"]
    batch = elephant.description.preprocessing.scaled(pixels(items[0]["src"]))[None]
    p = Network(crnn.CARD).run(batch)[elephant.description.output.name][0]
    read = "".join(crnn.LABELS[label] for label, _ in groupby(p.argmax(axis=1).tolist()) if label != crnn.BLANK)
    assert f"read as {read}," in items[0]["note"]


def test_what_it_says_to_a_spoilt_picture_is_what_it_reads_there(elephant):
    scene = STEPS["fails"].make(elephant)
    for moment in drawn(scene)["moments"][::3]:
        batch = elephant.description.preprocessing.scaled(pixels(moment["src"]))[None]
        p = Network(crnn.CARD).run(batch)[elephant.description.output.name][0]
        read = "".join(crnn.LABELS[label] for label, _ in groupby(p.argmax(axis=1).tolist()) if label != crnn.BLANK)
        assert f"“{read or 'nothing'}”" in moment["says"]
    assert scene.facts["usual"] == "elephant"


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


THIRD = ["numbers", "filter", "filters", "pooling", "deeper", "frame", "memory", "guesses", "collapse", "why", "fails"]


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
        assert names == [step for step in expected if step != "why" or subject.best.labels], name
        for step in tour:
            scene = step.make(subject)
            drawn(scene)
            assert "{" not in step.text(scene)
