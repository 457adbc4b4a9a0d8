"""The page with networks that nobody wrote anything for: a recogniser, a classifier, one without a head; and with few.

What they answer is worked out here by ONNX Runtime alone.
"""

from __future__ import annotations

import os
from itertools import groupby
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from explain.network.description import Description
from explain.panels.inputs import photograph, word
from explain.panels.page import resources, views
from explain.panels.page.subject import Subject
from explain.panels.page.wording import bold, plain
from models.preprocessing import Preprocessing
from tests import test_third_network
from tests.explain.panels.page import made
from tests.explain.panels.views import text_of

APP = Path(__file__).resolve().parents[4] / "app.py"
TITLES = [view.title for view in views.VIEWS if view.title]
OF_A_TEXT = [view.title for view in views.VIEWS if view.title and view.needs.head == views.RECOGNISER]
READER, NAMER, BODY = "third-reader", "third-namer", "third-body"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("NETWORKS_FOLDER", str(tmp_path))
    made.recogniser(tmp_path / f"{READER}.onnx")
    made.classifier(tmp_path / f"{NAMER}.onnx")
    made.body(tmp_path / f"{BODY}.onnx")
    return tmp_path


def alone(monkeypatch, *names: str) -> None:
    """Only these networks are here, and none of those that come along."""
    folder = Path(os.environ["NETWORKS_FOLDER"])
    monkeypatch.setattr(resources, "here", lambda: {name: folder / f"{name}.onnx" for name in names})


def page(**address: str) -> AppTest:
    """The whole page, run at an address; no part of it may have broken."""
    test = AppTest.from_file(str(APP), default_timeout=120)
    for name, value in address.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception, [(problem.message, problem.stack_trace[-3:]) for problem in test.exception]
    return test


def answer(path: Path, picture: Image.Image, wanted: Preprocessing) -> np.ndarray:
    """What the network answers to the picture: logits, without the batch."""
    batch = np.ascontiguousarray(wanted.prepare(picture).transpose(0, 3, 1, 2))
    return onnxruntime.InferenceSession(str(path)).run(None, {"picture": batch})[0][0]


def reading(path: Path) -> str:
    """What the third recogniser reads in the first sample: repeats merged, blanks (its first label) dropped."""
    picture = word.from_sample(next(iter(word.samples())))[1]
    logits = answer(path, picture, Preprocessing(made.HEIGHT, made.WIDTH, fit="pad"))
    return "".join(made.LABELS[label] for label, _ in groupby(logits.argmax(axis=1).tolist()) if label)


def test_the_case_is_a_hard_one(folder):
    read = reading(folder / f"{READER}.onnx")
    assert len(read) > 5 and set(read) & set("|_*$") and " " in read and plain(read) != read


@pytest.mark.parametrize("view", [*TITLES, views.WHY_CLASS])
def test_every_view_opens_for_another_recogniser(folder, view):
    test = page(network=READER, view=view)
    said, read = text_of(test), reading(folder / f"{READER}.onnx")
    assert f"**CTC decoding** :gray[reads] {bold(read)}" in said
    assert "#### Inside Third reader\n" in said  # alone: VGG16 comes along with the CRNN, not with this
    assert (
        test.button_group(key="view").value == view and test.button_group(key="view").options[: len(TITLES)] == TITLES
    )
    lacks_classes = said.count("This needs a network that names classes, which Third reader lacks.")
    assert lacks_classes == (2 if view == views.WHY_CLASS else 1)  # the third panel's, and the view's


@pytest.mark.parametrize("view", TITLES)
def test_every_view_opens_for_a_recogniser_with_time_first(folder, view):
    """The network of tests/test_third_network.py: grey, 24 x 60, its answer is `(frame, batch, label)`."""
    path = test_third_network.make(folder / "sounds.onnx")
    facts = test_third_network.INPUT
    wanted = Preprocessing(24, 60, facts["colour"], (facts["mean"],), (facts["deviation"],), fit="pad")
    picture = wanted.prepare(word.from_sample(next(iter(word.samples())))[1]).reshape(1, 1, 24, 60)
    (frames,) = onnxruntime.InferenceSession(str(path)).run(None, {"pixels": picture})
    path_taken = [label for label, _ in groupby(frames[:, 0].argmax(axis=1).tolist())]
    read = "".join(test_third_network.LABELS[label] for label in path_taken)  # the blank writes nothing
    assert f"**CTC decoding** :gray[reads] {bold(read or 'nothing')}" in text_of(page(network="sounds", view=view))


@pytest.mark.parametrize("view", ["Layer by layer", "One unit by hand", "What if?", views.WHY_CLASS])
def test_every_view_opens_for_another_classifier(folder, view):
    test = page(network=NAMER, view=view)
    said = text_of(test)
    assert "#### Inside Third namer\n" in said and test.button_group(key="view").value == view
    picture = photograph.sample(next(iter(photograph.samples())))
    logits = answer(folder / f"{NAMER}.onnx", picture, Preprocessing(32, 32, fit="crop"))
    assert f"**Classes** :gray[says] {bold(made.CLASSES[int(logits.argmax())])}" in said
    assert "Its 3 classes for this picture" in said


@pytest.mark.parametrize("view", OF_A_TEXT)
def test_views_of_a_text_say_what_a_classifier_lacks(folder, view):
    said = text_of(page(network=NAMER, view=view))
    assert f"**{view}**" in said and "This needs a network that reads a text (a CTC head)" in said
    assert "**Classes** :gray[says]" in said


@pytest.mark.parametrize("view", ["Layer by layer", "One unit by hand"])
def test_a_network_without_a_head_is_looked_into(folder, view):
    test = page(network=BODY, view=view)
    said = text_of(test)
    assert "#### Inside Third body\n" in said
    assert "names classes, which Third body lacks." in said and "*Answers*" not in said  # it answers maps
    if view == "Layer by layer":
        assert "Third body: 2 layers" in text_of(test)


def test_the_control_network_offers_what_is_here(folder):
    test = page()
    control = next(box for box in test.selectbox if box.label == "Network")
    assert control.options[:2] == ["CRNN", "VGG16"]
    assert control.options[-3:] == ["Third body", "Third namer", "Third reader"] and control.value == "CRNN"
    control.select("Third reader").run()
    assert not test.exception
    assert test.query_params["network"] in (READER, [READER])
    assert plain(reading(folder / f"{READER}.onnx")) in text_of(test)


def test_with_another_network_what_belonged_to_the_last_one_leaves_the_address(folder):
    test = page(layer="conv_5", frame="12", view="VGG16")
    next(box for box in test.selectbox if box.label == "Network").select("Third namer").run()
    assert not test.exception and "layer" not in test.query_params and "frame" not in test.query_params
    assert test.button_group(key="view").value == views.WHY_CLASS  # the same view, which bears no network's name here


@pytest.mark.parametrize("old", ["recogniser", "classifier"])
def test_links_from_before_open_the_same_network(folder, old):
    name, title = (READER, "Third reader") if old == "recogniser" else (NAMER, "Third namer")
    assert f"#### Inside {title}\n" in text_of(page(**{old: name}))


@pytest.mark.parametrize("name", ["vgg16-cam", "VGG16"])
def test_a_network_that_comes_along_opens_by_its_name_and_by_what_it_is_called(folder, name):
    test = page(network=name, deep="block3_conv2")
    said = text_of(test)
    assert "#### Inside VGG16\n" in said and "**Classes** :gray[says]" in said
    assert "**block3_conv2** · convolution" in said
    assert "VGG16" in test.button_group(key="view").options


@pytest.mark.parametrize("view", ["VGG16", views.WHY_CLASS])
def test_the_view_of_a_classifier_opens_by_either_name(folder, view):
    assert page(view=view).button_group(key="view").value == "VGG16"
    assert page(network=NAMER, view=view).button_group(key="view").value == views.WHY_CLASS


def test_the_default_page_explains_the_two_that_come_along(folder):
    test = page()
    assert "#### Inside CRNN & VGG16\n" in text_of(test)
    assert list(views.of_page()) == [views.RECOGNISER, views.CLASSIFIER]
    assert test.button_group(key="view").options == [*TITLES, "VGG16"]
    assert not [button for button in test.button if button.label == "Answers"]  # their cards say everything


@pytest.mark.parametrize("view", TITLES)
def test_only_a_recogniser(folder, monkeypatch, view):
    alone(monkeypatch, READER)
    said = text_of(page(view=view))
    assert "#### Inside Third reader\n" in said and plain(reading(folder / f"{READER}.onnx")) in said
    assert "**Class visualisation**" in said
    assert "This needs a network that names classes, which Third reader lacks." in said


def test_only_a_classifier(folder, monkeypatch):
    alone(monkeypatch, NAMER)
    said = text_of(page(view="CTC in depth"))
    assert "#### Inside Third namer\n" in said and "**Classes** :gray[says]" in said
    assert "This needs a network that reads a text (a CTC head), which Third namer lacks." in said


def test_only_a_network_without_a_head(folder, monkeypatch):
    alone(monkeypatch, BODY)
    test = page()
    said = text_of(test)
    assert "#### Inside Third body\n" in said and "one pass, 2 layers" in said
    assert "(a CTC head), which Third body lacks." in said and "names classes, which Third body lacks." in said


def test_no_network_at_all(folder, monkeypatch):
    alone(monkeypatch)
    assert "There is no network here that can be shown." in text_of(page(view="CTC in depth"))


def test_a_file_that_is_no_network_is_said_and_nothing_else_suffers(folder):
    (folder / "broken.onnx").write_bytes(b"no network")
    warnings = [warning.value for warning in page().warning]
    assert len(warnings) == 1 and warnings[0].startswith("**broken** is not shown.")


def test_a_network_that_vanishes_is_said_in_one_sentence(folder):
    test = page(network=READER, view="CTC in depth")
    (folder / f"{READER}.onnx").unlink()
    test.run()
    assert not test.exception
    (warning,) = test.warning
    assert f"no network called “{READER}” here" in warning.value and warning.value.endswith("This is CRNN.")
    assert "**CTC decoding** :gray[reads] **elephant**" in text_of(test)


def test_a_network_that_changes_is_read_anew(folder):
    path = folder / f"{READER}.onnx"
    test = page(network=READER, view="CTC in depth")
    before = reading(path)
    made.recogniser(path, seed=2)
    after = reading(path)
    assert after != before
    test.run()
    assert not test.exception and f"reads] {bold(after)}" in text_of(test)


def test_a_network_that_becomes_another_kind_is_shown_as_that(folder):
    test = page(network=READER, view="CTC in depth")
    made.classifier(folder / f"{READER}.onnx")
    test.run()
    assert not test.exception and not test.warning
    assert "This needs a network that reads a text (a CTC head), which Third namer lacks." in text_of(test)


def test_what_is_shown_stays_of_one_piece_while_the_file_changes(folder):
    """A part of the page that runs anew by itself still holds the subject that the whole page was run with."""
    path = folder / f"{READER}.onnx"
    subject = _subject()
    read, digest = subject.text, subject.ran.digest
    made.recogniser(path, labels=made.LABELS[:9], seed=2)
    assert (subject.text, subject.ran.digest, len(subject.description.labels)) == (read, digest, len(made.LABELS))
    assert len(_subject().description.labels) == 9 and _subject().ran.digest != digest
    path.unlink()
    assert subject.text == read


def _subject() -> Subject:
    return Subject.of(READER, *word.from_sample(next(iter(word.samples()))))


def test_a_refused_file_is_read_once_until_it_changes(folder, monkeypatch):
    path = folder / "broken.onnx"
    path.write_bytes(b"no network")
    calls = []
    describe = resources.describe
    monkeypatch.setattr(resources, "describe", lambda network: calls.append(network) or describe(network))
    assert "broken" in resources.refused() and "broken" in resources.refused()
    assert calls.count(path) == 1
    made.body(path)
    assert "broken" not in resources.refused() and isinstance(resources.networks()["broken"], Description)


def lacking_its_weights(path: Path) -> None:
    """The file without a head as a file whose weights lie beside it, and these are gone."""
    made.body(path)
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, location=f"{path.name}.data", size_threshold=0)
    (path.parent / f"{path.name}.data").unlink()


def test_a_network_that_cannot_be_opened_is_said_where_it_would_be_shown(folder):
    lacking_its_weights(folder / f"{BODY}.onnx")
    test = page(view="Layer by layer", network=BODY)
    assert len(test.error) == 1 and f"{BODY}.onnx" in test.error[0].value
    assert "Network" in [box.label for box in test.selectbox]  # another can be chosen
