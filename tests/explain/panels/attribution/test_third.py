"""Networks that nobody wrote a card for under *Why this character?*, in a classifier's view and in panel 3."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from explain.attribution import cam, occlusion, targets
from explain.ctc import decoding
from explain.gradients.attribution.job import INPUT_METHODS, LAYER_METHODS, name_at
from explain.gradients.worker.job import DONE, Job
from explain.network.session import Network
from explain.panels.jobs import job_view
from explain.panels.page import resources
from explain.panels.page.subject import Subject
from tests.explain.attribution import small_networks
from tests.explain.panels.page import made
from tests.explain.panels.views import opened, text_of

RANDOM = np.random.default_rng(8)


def reading():
    import numpy as np
    from PIL import Image

    from explain.panels.attribution import word
    from explain.panels.page.subject import Subject

    noise = np.random.default_rng(1).integers(0, 256, (24, 80), np.uint8)
    word.show(Subject.of("third", "noise", Image.fromarray(noise)))


def classifying():
    from explain.panels.attribution import photograph
    from explain.panels.visualisation import classes

    classes.show(None)
    photograph.show(None)


class Worker:
    """Answers every job at once, with noise for maps."""

    def __init__(self, layers: dict[str, tuple[int, int]], size: tuple[int, int]) -> None:
        self.asked, self.layers, self.size = [], layers, size

    def submit(self, kind, settings, owner=""):
        self.asked.append((kind, settings))
        job = Job(kind, settings, owner)
        maps = {
            name_at(method, layer): RANDOM.normal(size=s)
            for method in LAYER_METHODS
            for layer, s in self.layers.items()
        }
        maps |= {method: RANDOM.normal(size=self.size) for method in INPUT_METHODS}
        job.end(DONE, {**maps, "score": 0.0, "difference": 2.5, "error": 0.012, "steps": 64})
        return job


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NETWORKS_FOLDER", str(tmp_path))
    return tmp_path


@pytest.fixture
def third(folder) -> Network:
    small_networks.recogniser(folder / "third.onnx")
    return resources.network("third")


def read(network: Network) -> tuple[np.ndarray, str]:
    """The third network's probabilities for the page's noise, and its text, by hand: index 0 is the blank."""
    noise = np.random.default_rng(1).integers(0, 256, (24, 80), np.uint8).astype(np.float32)
    logits = network.run(((noise - 127.5) / 127.5)[None, ..., None], ["logits"])["logits"][0].astype(np.float64)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    path = p.argmax(axis=1)
    kept = [label for at, label in enumerate(path) if label and (at == 0 or path[at - 1] != label)]
    return p, "".join(small_networks.LABELS[label] for label in kept)


def test_a_character_of_a_third_network_is_explained(third):
    p, text = read(third)
    assert len(text) > 1 and p.shape == (20, 6)
    test = opened(reading, character="1", why_rival="true")
    characters, rivals = test.button_group[0], test.button_group[1]
    assert len(characters.options) == len(text)
    assert [option[0] for option in characters.options] == list(text.replace(" ", "␣"))
    assert set(rivals.options) <= set("abß␣7") - {text.replace(" ", "␣")[1]}
    assert len(rivals.options) == 4  # all but the character and the blank
    labels = [small_networks.LABELS.index(character) for character in text]
    target = targets.character(p, labels, 1, blank=0)
    mean = np.exp(np.asarray(target.weights) @ np.log(p[:, labels[1]]))
    said = text_of(test)
    assert f"all alignments, is {mean:.3f}" in said and "A geometric average" in said
    assert "The patch is 6×6 pixels in the background's colour" in said
    assert "Words are dreamt with CRNN alone" in said
    said = text_of(opened(reading, why_patch="columns", why_check="true"))
    assert "The patch is 6×24 pixels" in said and "Area under the curve" in said


def test_covering_in_a_process_of_its_own_can_be_cancelled_and_begun_again(third, monkeypatch):
    monkeypatch.setattr(Network, "apart", True)  # as a visitor's: whole passes, which take long
    told, occlude = [], occlusion.occlude

    def slow(*given, on_step, **settings):
        while told.append(1) or on_step(len(told), 10_000):
            time.sleep(0.01)

    monkeypatch.setattr(occlusion, "occlude", slow)
    test = opened(reading)
    assert "passes" in next(iter(test.get("progress"))).proto.text and "The patch" not in text_of(test)
    test.button(key="cover-word-cancel").click().run()
    assert not test.exception and test.button(key="cover-word-start").label.startswith("Occlusion: ")
    stopped = len(told)
    time.sleep(0.2)
    assert len(told) <= stopped + 1
    monkeypatch.setattr(occlusion, "occlude", occlude)
    test.button(key="cover-word-start").click().run()
    limit = time.monotonic() + 60
    while "The patch is 6×6 pixels" not in text_of(test):
        assert time.monotonic() < limit and not test.exception
        time.sleep(0.1)
        test.run()


def test_what_the_worker_does_not_take_is_said_in_place_of_the_button(third, monkeypatch):
    monkeypatch.setattr(job_view, "refusal", lambda kind, settings: f"Not {kind} of {settings['network']}.")
    test = opened(reading)
    assert "Not attribute of third." in text_of(test)
    assert not [button for button in test.button if button.label == "Show the gradient methods"]


def test_gradient_maps_of_a_third_network_are_laid_over_its_picture(third, monkeypatch):
    worker = Worker({"first": (24, 80), "linear": (12, 40)}, (24, 80))
    monkeypatch.setattr(resources, "worker", lambda: worker)
    monkeypatch.setattr(job_view, "refusal", lambda kind, settings: "")
    test = opened(reading)
    test.button(key="why-start").click().run()
    assert not test.exception
    assert test.button_group(key="why_layer").value == "linear"  # the convolution in the middle
    assert "At linear." in text_of(test)
    (kind, settings) = worker.asked[0]
    assert (kind, settings["network"], settings["picture"].shape) == ("attribute", "third", (24, 80, 1))
    assert len(settings["target"]["weights"]) == 20 and settings["target"]["label"] != 0


def photograph(folder, make, **address) -> AppTest:
    make(folder / "animals.onnx")
    return opened(classifying, network="animals", **address)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (small_networks.averaging, "8 × 14 places of last. The mean"),
        (small_networks.flat, "the 4 × 7 places of first."),
        (small_networks.shapeless, "A map at once needs a network that ends in global average pooling"),
    ],
)
def test_a_photographs_class_and_where_it_is(folder, make, words):
    test = photograph(folder, make)
    said = text_of(test)
    assert words in said and "The likeliest of its 5 classes, with their numbers." in said
    assert "not in its proportions, 16 × 28 pixels" in said
    explained = test.selectbox(key="map_of")
    assert sorted(explained.options) == ["cat · 0", "cat · 4", "cow · 2", "dog · 1", "hen · 3"]
    test.selectbox(key="map_of").set_value("cat · 4").run()
    assert "cat · 4 under the gradient methods" in text_of(test)


def test_covering_a_third_networks_photograph(folder):
    test = photograph(folder, small_networks.averaging)
    labels = [button.label for button in test.button]
    assert any(label.startswith("Occlusion: 91 patches") for label in labels)  # 4 x 4 in steps of 2: 7 x 13
    assert any(label.startswith("Score-CAM: 8 passes") for label in labels)  # as many as the layer has channels
    for key, words in (
        ("cover-occlusion", "The patch, 4 × 4 pixels"),
        ("cover-score-cam", "the layer's 8 × 14 places"),
    ):
        test.button(key=f"{key}-start").click().run()
        limit = time.monotonic() + 60
        while words not in text_of(test):
            assert time.monotonic() < limit and not test.exception
            time.sleep(0.1)
            test.run()
    without = photograph(folder, small_networks.shapeless)
    assert "This needs convolution layers, which Animals lacks." in text_of(without)


def test_its_filters_and_its_table_of_classes(folder):
    assert "Filters of first" in text_of(photograph(folder, small_networks.averaging, vgg_part="Filters"))
    said = text_of(photograph(folder, small_networks.shapeless, vgg_part="Filters"))
    assert "This needs convolution layers, which Animals lacks." in said
    test = photograph(folder, small_networks.averaging, vgg_part="Classes", class_search="cat")
    assert "The 5 classes of Animals" in text_of(test) and "No pictures of these classes" in text_of(test)
    rows = [button for button in test.button if str(button.key).startswith("class-row-")]
    assert [re.sub(r"\W+", " ", row.label).strip() for row in rows] == ["gray 0 cat", "gray 4 cat"]
    assert not any(row.disabled for row in rows)


def test_panel_3_shows_a_class_of_the_pages_classifier(folder, monkeypatch):
    test = photograph(folder, small_networks.averaging, **{"class": "3"})
    assert test.selectbox(key="class").value == "hen · 3"
    assert test.selectbox(key="class").options == ["cat · 0", "cat · 4", "cow · 2", "dog · 1", "hen · 3"]
    asked: list = []
    monkeypatch.setattr("explain.panels.visualisation.classes.refusal", lambda kind, settings: "")
    monkeypatch.setattr(
        resources, "submit", lambda kind, settings: asked.append((kind, settings)) or Job(kind, settings, "")
    )
    test = photograph(folder, small_networks.averaging, **{"class": "4"})
    assert "No picture of **cat** comes with the page. Dreaming one takes" in text_of(test)
    test.button(key="dream-live").click().run()
    assert not test.exception
    assert (asked[0][0], asked[0][1]["network"], asked[0][1]["class_index"]) == ("dream", "animals", 4)


def test_panel_3_says_why_no_class_is_dreamt(folder, monkeypatch):
    monkeypatch.setattr("explain.panels.visualisation.classes.refusal", lambda kind, settings: "It is too small.")
    test = photograph(folder, small_networks.averaging)
    assert "No picture of **cat** comes with the page. It is too small." in text_of(test)
    assert not [button for button in test.button if button.label == "Dream it live"]


def test_layers_that_can_be_weighed_are_those_with_places(third):
    assert cam.mapped_layers(third.description) == ["first", "linear"]
    assert decoding.best_path(read(third)[0], 0).labels


def test_of_very_many_labels_the_view_says_the_same(folder):
    """Only the labels that it may ask about are kept of each covered picture; here all of them are asked."""
    labels = ("", *(chr(0x4E00 + index) for index in range(399)))
    made.recogniser(folder / "third.onnx", labels=labels)
    test = opened(reading, character="1", why_rival="true")
    noise = np.random.default_rng(1).integers(0, 256, (24, 80), np.uint8)
    word = Subject.of("third", "noise", Image.fromarray(noise))
    ((patch, step), *_) = occlusion.patches_of_a_word(word.height).values()
    covered = occlusion.occlude(resources.network("third"), word.batch[0], patch, step)
    assert covered.covered["logits"].shape[-1] == 400
    text, blank = word.best.labels, word.description.blank
    assert len(text) > 2
    target = targets.character(word.probabilities, text, 1, blank=blank)
    rival = targets.rivals(word.probabilities, target, blank=blank)[0]
    drops = covered.drops(targets.character(word.probabilities, text, 1, rival, blank))
    assert f"rows 0 to 0: {drops.max():.2f} of the" in re.sub(r"rows \d+ to \d+", "rows 0 to 0", text_of(test))
