"""VGG16's panels without a browser: classes by name and number, what is asked of the worker, covering, filters."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from explain.attribution import cam, targets
from explain.gradients import jobs
from explain.gradients.images.presets import PRESETS
from explain.layers.receptive_field import receptive_field
from explain.network.session import Network
from explain.panels.attribution import photograph_gradients, photograph_occlusion
from explain.panels.attribution.method_texts import OF_A_PHOTOGRAPH, OF_A_WORD
from explain.panels.jobs.background_task import Task
from explain.panels.page import resources
from explain.panels.page.subject import Subject
from explain.panels.visualisation import class_names, classes
from models import vgg16
from tests.explain.panels.views import opened, text_of
from tests.walk.visitor import Visitor

IMAGENET = class_names.of(resources.description("vgg16-cam"))


def page():
    import streamlit as st

    from explain.panels.attribution import photograph
    from explain.panels.visualisation import classes

    classes.show(None)
    if "view" in st.query_params:
        photograph.show(None)


def press(test: AppTest, label: str) -> AppTest:
    next(button for button in test.button if label in button.label).click()
    test.run()
    assert not test.exception
    return test


@pytest.fixture
def without_the_full_one(monkeypatch):
    monkeypatch.setattr(vgg16, "full_is_here", lambda: False)


@pytest.fixture
def with_the_full_one(monkeypatch):
    monkeypatch.setattr(vgg16, "full_is_here", lambda: True)


class Asked:
    """Stands for the worker: keeps what it was asked for, and never gets to it."""

    def __init__(self) -> None:
        self.settings: list[dict] = []

    def submit(self, kind, settings, owner=""):
        from explain.gradients.worker.client import Job

        self.settings.append(settings)
        return Job(kind, settings, owner)


@pytest.fixture
def worker(monkeypatch) -> Asked:
    asked = Asked()
    monkeypatch.setattr(resources, "worker", lambda: asked)
    return asked


def test_a_class_is_found_by_its_number_its_name_and_both():
    # ImageNet's own list: 384 indri, 385 Indian elephant, 386 African elephant, 380 titi
    assert [IMAGENET.name(number) for number in (380, 384, 385)] == ["titi", "indri", "Indian elephant"]
    for text in (
        "385",
        " 385 ",
        "indian elephant",
        "Indian elephant",
        "Indian elephant · 385",
        "INDIAN ELEPHANT · 385",
    ):
        assert IMAGENET.found(text) == 385
    for text in ("", None, "1000", "-1", "3.5", "99999999999999", "²", "elephants", "<script>"):
        assert IMAGENET.found(text) is None
    assert len({IMAGENET.found(IMAGENET.label(number)) for number in range(1000)}) == 1000


def test_a_search_shows_neighbours_of_a_number_and_all_of_a_name():
    assert IMAGENET.search("385") == [382, 383, 384, 385, 386, 387, 388]
    assert IMAGENET.search("0") == [0, 1, 2, 3] and IMAGENET.search("999")[-1] == 999
    assert {385, 386} <= set(IMAGENET.search("elephant"))
    assert IMAGENET.search("no such thing") == IMAGENET.search(" ") == []


def test_a_class_of_the_1000_that_is_not_here_is_told_how_to_get(without_the_full_one):
    for number, name in (("385", "Indian elephant"), ("380", "titi")):
        test = opened(page, **{"class": number})
        said = text_of(test)
        assert f"{number} is {name}" in said and "python -m export vgg16" in said and "528 MB" in said
        assert f"**{number}** | {name}" in said
        assert test.selectbox[0].value == f"{name} · {number}"
        assert test.query_params["class"] in (f"{name} · {number}", [f"{name} · {number}"])
        assert len(test.selectbox[0].options) == 201
    assert "| 384 | indri |" in text_of(opened(page, **{"class": "385"}))


def test_a_class_that_is_here_opens_by_its_number_alone(without_the_full_one):
    test = opened(page, **{"class": "281"})
    assert test.selectbox[0].value == "tabby · 281" and "Probability of the class here" in text_of(test)
    assert len(test.selectbox[0].options) == 200


@pytest.mark.parametrize("nonsense", ["", "1000", "-3", "<script>", "9" * 30])
def test_nonsense_opens_the_first_class(nonsense):
    assert opened(page, **{"class": nonsense}).selectbox[0].value == "goldfish · 1"


def test_with_the_full_weights_all_1000_are_offered_and_dreamt(with_the_full_one, worker):
    test = opened(page, **{"class": "385"})
    assert len(test.selectbox[0].options) == 1000 and test.selectbox[0].value == "Indian elephant · 385"
    press(test, "Dream it live")
    assert worker.settings[-1] == {
        "network": "vgg16",
        "class_index": 385,
        "seed": 1,
        "preset": "ours",
        "count": 1,
        "diversity": 0.0,
    }
    test = opened(page, **{"class": "281"})
    press(test, "Dream it live")  # one of the 200: the quicker network, by its own numbering
    small = worker.settings[-1]
    assert (small["network"], vgg16.CAM_IMAGENET_INDEX[small["class_index"]]) == ("vgg16-cam", 281)
    press(opened(page, **{"class": "281", "dream_full": "true"}), "Dream it live")
    assert (worker.settings[-1]["network"], worker.settings[-1]["class_index"]) == ("vgg16", 281)


def test_recipe_seeds_and_diversity_reach_the_worker(without_the_full_one, worker):
    test = opened(page, dream_preset="Lucid", dream_several="true", dream_diversity="1.5")
    press(test, "Dream it live")
    asked = worker.settings[-1]
    assert (asked["preset"], asked["count"], asked["diversity"]) == ("Lucid", 4, 1.5)
    full = jobs.JOBS["dream"].check(asked)  # the job takes it as it is
    assert full["count"] == 4
    press(test, "Cancel")
    press(test, "Another seed")  # what was chosen still stands, and no seed comes twice
    again = worker.settings[-1]
    assert (again["preset"], again["count"], again["diversity"], again["seed"]) == ("Lucid", 4, 1.5, asked["seed"] + 4)
    assert list(classes.PRESETS) == [name for name in PRESETS if name != "texture"]  # which is for channels


def test_pictures_of_several_seeds_stand_in_a_square():
    pictures = np.arange(4, dtype=np.uint8)[:, None, None, None] * np.ones((4, 2, 3, 3), np.uint8)
    assert classes._grid(pictures)[..., 0].tolist() == [[0] * 3 + [1] * 3] * 2 + [[2] * 3 + [3] * 3] * 2
    assert classes._grid(pictures[:1]).shape == (2, 3, 3)


def test_the_methods_are_asked_of_the_class_that_was_chosen(without_the_full_one, worker):
    test = opened(page, view="VGG16", photo="coffee", map_of="cup · 968")
    press(test, "Show the methods")
    asked = worker.settings[-1]
    unit = asked["target"]["unit"]
    assert asked["network"] == "vgg16-cam" and asked["picture"].shape == (224, 224, 3)
    assert vgg16.CAM.labels[unit] == test.selectbox(key="map_of").value.rsplit(" · ", 1)[0]
    assert "smooth_grad" not in asked["methods"] and "grad_cam" in asked["methods"]
    assert jobs.JOBS["attribute"].check(asked)["methods"] == asked["methods"]


def test_words_of_the_methods_speak_of_a_class_in_a_photograph():
    for method in (*photograph_gradients.METHODS, "occlusion", "score_cam"):
        said = " ".join(OF_A_PHOTOGRAPH[method])
        assert not any(part in said for part in ("stroke", " word", "the background", "the answer", "character"))
    assert list(OF_A_PHOTOGRAPH) == [*OF_A_WORD, "score_cam"]


def test_filters_of_any_layer_can_be_chosen(without_the_full_one):
    said = text_of(opened(page, view="VGG16", vgg_part="Filters", vgg_filter="63"))
    assert "Filters of block1_conv1" in said and "**Filter 63**" in said
    said = text_of(opened(page, view="VGG16", vgg_part="Filters", vgg_filters="block4_conv2", vgg_filter="9999"))
    assert "A deeper filter is no picture" in said and "24 strongest of 512 slices" in said


def test_the_table_of_classes_answers_a_search(without_the_full_one):
    test = opened(page, view="VGG16", vgg_part="Classes")
    test.text_input(key="class_search").set_value("elephant").run()
    rows = {button.label: button.disabled for button in test.button}
    assert any("385" in label and "Indian elephant" in label and shut for label, shut in rows.items())
    test.text_input(key="class_search").set_value("281").run()
    press(test, "tabby")
    assert test.selectbox[0].value == "tabby · 281"


@pytest.mark.parametrize("by", ["table", "list"])
def test_after_a_click_in_the_gallery_another_class_can_be_chosen_elsewhere(without_the_full_one, by):
    visitor = Visitor(view="VGG16", vgg_part="Classes", class_search="281")
    visitor.default_timeout = 30  # seconds; a page that runs itself again and again never comes to rest
    visitor.tell(next(node for node in visitor.controls if node.key == "gallery"), {"chosen": "abacus · 398"})
    assert visitor.run().selectbox(key="class").value == "abacus · 398"
    if by == "table":
        visitor.button(key="class-row-281").click()
    else:
        visitor.selectbox(key="class").set_value("tabby · 281")
    assert visitor.run().selectbox(key="class").value == "tabby · 281"
    assert not visitor.exception


class Linear:
    """A network of one weight a pixel, which counts its passes."""

    def __init__(self, weights: np.ndarray) -> None:
        self.weights, self.count = weights, 0

    def run(self, batch, layers=None):
        self.count += len(batch)
        sums = (batch * self.weights).sum(axis=(1, 2, 3))
        return {"logits": np.stack([sums, -sums], axis=1), "map": batch}


def test_passes_are_told_and_asked_for_once():
    network, told = Linear(np.ones((2, 2, 1))), []
    passes = photograph_occlusion.Passes(network)
    passes.on_step = lambda done, of: told.append((done, of)) or True
    batch = np.arange(12.0).reshape(3, 2, 2, 1)
    first = passes.run(batch, ["logits"])["logits"]
    np.testing.assert_array_equal(first, network.run(batch)["logits"])
    assert told == [(1, 3), (2, 3), (3, 3)] and network.count == 6
    assert passes.run(batch, ["logits"])["logits"] is first and network.count == 6
    passes = photograph_occlusion.Passes(network)
    passes.on_step = lambda done, of: done < 2
    with pytest.raises(photograph_occlusion.Stopped):
        passes.run(batch, ["logits"])


def test_work_beside_the_page_is_told_ended_and_cancelled():
    def count(on_step):
        for step in range(1, 400):
            time.sleep(0.005)
            if not on_step(step, 400):
                return None
        return "done"

    task = Task(count)
    while task.done < 3:
        time.sleep(0.002)
    assert not task.ended and 0 < task.share < 1
    task.cancel()
    limit = time.monotonic() + 60
    while not task.ended:
        assert time.monotonic() < limit
        time.sleep(0.005)
    assert task.result is None and task.done < 399

    def fail(on_step):
        raise ValueError("That cannot be done.")

    task = Task(fail)
    while not task.ended:
        time.sleep(0.002)
    assert task.error == "That cannot be done."


def test_score_cam_of_another_class_costs_no_pass():
    network = Network(vgg16.CAM)
    counted = Linear.__new__(Linear)
    counted.count = 0

    def run(batch, layers=None):
        counted.count += len(batch)
        return network.run(batch, layers)

    counted.run = run
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (224, 224, 3), np.uint8))
    batch = vgg16.prepare(picture)
    asked = photograph_gradients.Asked(Subject("vgg16-cam", "noise", batch), 3, "three")
    passes = photograph_occlusion.Passes(counted)
    layer, few = "block5_conv3", photograph_occlusion.CHANNELS
    photograph_occlusion.CHANNELS = 4
    try:
        first = photograph_occlusion._score(asked, passes, layer)
        before = counted.count
        second = photograph_occlusion._score(asked._replace(unit=7), passes, layer)
    finally:
        photograph_occlusion.CHANNELS = few
    assert before == 1 + 4 and counted.count == before
    assert first.shape == (224, 224) and not np.allclose(first, second)
    field = receptive_field(vgg16.CAM, layer)
    wanted = cam.score_cam(network, batch[0], targets.ClassLogit(7), layer, field, 4)
    np.testing.assert_allclose(second, cam.spread(wanted, field, (224, 224)), rtol=1e-5)
