"""The form: what stands in it at first, what the network makes of samples under the answers, and what is kept.

What is read is worked out here by ONNX Runtime alone.
"""

from __future__ import annotations

import json
import sys
from itertools import groupby
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from streamlit.testing.v1 import AppTest

from explain.network.description import describe
from explain.network.own.answers import Answers, with_answers
from explain.panels.inputs import photograph, word
from explain.panels.own import form, questions, visitor
from explain.panels.own import reading as reading_panel
from models.preprocessing import Preprocessing
from tests.explain.panels.page import made
from tests.explain.panels.views import opened, text_of

MANY = ("", *(chr(0x4E00 + index) for index in range(6623)), " ")
WRITTEN = "".join(label for label in made.LABELS if len(label) == 1)


def page():
    import streamlit as st

    from explain.panels.own import form

    if "opened" not in st.session_state:
        st.session_state["opened"] = True
        form.open_for("silent")
    if form.is_open("silent"):
        form.show("silent")
    else:
        st.caption("shut")


def silent(path: Path, make=made.recogniser, **settings) -> Path:
    """A network whose file says nothing of itself."""
    make(path, **settings)
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.save(model, path)
    return path


@pytest.fixture
def path(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("NETWORKS_FOLDER", str(tmp_path))
    return tmp_path / "silent.onnx"


def field(test: AppTest, label: str):
    """The one field with this label."""
    kinds = (test.selectbox, test.text_area, test.text_input, test.number_input, test.toggle)
    (found,) = [widget for kind in kinds for widget in kind if widget.label.startswith(label)]
    return found


def reader(path: Path, **settings) -> AppTest:
    """The form, opened for a recogniser that nobody trained, which is why it is not taken for one at first."""
    silent(path, **settings)
    test = opened(page)
    field(test, "It answers").select("ctc").run()
    return test


def html_of(test: AppTest) -> str:
    return "\n".join(node.proto.body for node in test.get("html"))


def reading(path: Path, sample: str, labels, blank: int, wanted: Preprocessing) -> str:
    batch = np.ascontiguousarray(wanted.prepare(word.from_sample(sample)[1]).transpose(0, 3, 1, 2))
    scores = onnxruntime.InferenceSession(str(path)).run(None, {"picture": batch})[0][0]
    return "".join(labels[label] for label, _ in groupby(scores.argmax(axis=1).tolist()) if label != blank)


def said(path: Path, labels, blank: int, wanted: Preprocessing) -> list[str]:
    return [reading(path, sample, labels, blank, wanted) for sample in reading_panel.samples()]


def shown(test: AppTest) -> str:
    """What stands beside the form, HTML's own characters as they are."""
    return html_of(test).replace("&amp;", "&").replace("&#x27;", "'").replace("&lt;", "<").replace("&gt;", ">")


def test_the_reading_follows_every_answer(path):
    labels = (*WRITTEN, "?")
    test = reader(path, labels=labels)
    wanted = Preprocessing(made.HEIGHT, made.WIDTH, "rgb", fit="pad")
    field(test, "Other shapes").select("pad")
    field(test, "Values").select("255")
    field(test, "Labels").input(WRITTEN + "?")
    field(test, "Blank").select(2).run()
    before = said(path, labels, 2, wanted)
    assert all(f">{text or 'nothing'}<" in shown(test) for text in before)
    field(test, "Values").select("signed").run()
    after = said(path, labels, 2, Preprocessing(made.HEIGHT, made.WIDTH, "rgb", (127.5,), (127.5,), "pad"))
    assert after != before and all(f">{text or 'nothing'}<" in shown(test) for text in after)
    field(test, "Colours").select("bgr").run()
    turned = said(path, labels, 2, Preprocessing(made.HEIGHT, made.WIDTH, "bgr", (127.5,), (127.5,), "pad"))
    assert turned != after and all(f">{text or 'nothing'}<" in shown(test) for text in turned)


def test_before_labels_are_known_units_are_written_as_numbers(path):
    test = reader(path)
    field(test, "Other shapes").select("pad")
    field(test, "Values").select("255")
    field(test, "Blank").select(0).run()
    numbers = [f"[{unit}]" for unit in range(len(made.LABELS))]
    first = reading(path, "elephant", numbers, 0, Preprocessing(made.HEIGHT, made.WIDTH, "rgb", fit="pad"))
    assert first and f">{first}<" in shown(test)


def test_labels_that_do_not_fit_are_said_and_not_kept(path, monkeypatch):
    monkeypatch.setattr(visitor, "names", lambda: ("silent",))
    test = reader(path)
    field(test, "Labels").input("abc").run()
    assert "Here are 3 labels, and the last layer wants 16" in text_of(test)
    assert test.button(key="answers-keep").disabled
    field(test, "Labels").input("").run()
    assert not test.button(key="answers-keep").disabled


def test_what_is_kept_is_what_was_answered(path, monkeypatch):
    kept = []
    monkeypatch.setattr(visitor, "names", lambda: ("silent",))
    monkeypatch.setattr(visitor, "answer", lambda name, answers: kept.append((name, answers)))
    test = reader(path)
    field(test, "Labels").input("\n".join(made.LABELS[1:]))
    field(test, "Blank").select(0)
    field(test, "Values").select("caffe")
    field(test, "Colours").select("bgr")
    field(test, "Other shapes").select("stretch")
    field(test, "Title").input("My reader").run()
    test.button(key="answers-keep").click().run()
    assert not test.exception and "shut" in text_of(test)
    ((name, answers),) = kept
    # Simonyan and Zisserman's means, blue first
    means = Preprocessing(made.HEIGHT, made.WIDTH, "bgr", (103.939, 116.779, 123.68), (1.0,), "stretch")
    assert (name, answers) == ("silent", Answers("ctc", made.LABELS[1:], 0, means, "My reader"))
    path.write_bytes(with_answers(path.read_bytes(), answers))
    described = describe(path)
    assert (described.labels, described.blank) == (made.LABELS, 0) and described.preprocessing == means


def test_a_visitors_network_can_be_closed(path, monkeypatch):
    closed = []
    monkeypatch.setattr(visitor, "names", lambda: ("silent",))
    monkeypatch.setattr(visitor, "close", closed.append)
    silent(path)
    test = opened(page, network="silent")
    test.button(key="answers-forget").click().run()
    assert not test.exception and closed == ["silent"] and "shut" in text_of(test)


def test_not_now_leaves_all_as_it_was(path, monkeypatch):
    monkeypatch.setattr(visitor, "answer", lambda *asked: pytest.fail("nothing was to be kept"))
    silent(path)
    before = path.read_bytes()
    test = opened(page)
    test.button(key="answers-close").click().run()
    assert not test.exception and "shut" in text_of(test) and path.read_bytes() == before


def test_a_file_of_the_folder_is_offered_with_the_answers_in_it(path):
    silent(path)
    test = opened(page)
    assert [button.label for button in test.get("download_button")] == ["Download the answered file"]
    assert not [button for button in test.button if button.label == "Keep"]


def test_a_classifiers_five_likeliest_stand_beside_it(path):
    classes = [f"thing {index}" for index in range(7)]
    silent(path, made.classifier, classes=classes)
    test = opened(page)
    field(test, "Values").select("255")
    field(test, "Labels").input("\n".join(classes)).run()
    picture = photograph.sample(next(iter(photograph.samples())))
    batch = Preprocessing(32, 32, "rgb", fit="crop").prepare(picture).transpose(0, 3, 1, 2)
    logits = onnxruntime.InferenceSession(str(path)).run(None, {"picture": np.ascontiguousarray(batch)})[0][0]
    chances = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    best = np.argsort(-chances)[:5]
    lines = [f"{chances[unit]:.3f} {classes[unit]}" for unit in best]
    assert [line for line in shown(test).split("<") if any(part in line for part in classes)] == [
        f"span style='font-family:monospace'>{line}" for line in lines
    ]


def test_one_without_a_head_is_only_asked_for_its_picture(path):
    silent(path, made.body)
    test = opened(page)
    labels = {widget.label for kind in (test.selectbox, test.text_area) for widget in kind}
    assert labels == {"It answers", "Colours", "Values", "Other shapes are"}
    assert field(test, "It answers").options == ["neither"] and field(test, "Colours").options == ["grey"]
    assert field(test, "Values").options == ["values from 0 to 1", "values from -1 to 1", "values from 0 to 255"]


def test_thousands_of_labels_leave_the_form_small(path):
    test = reader(path, labels=MANY)
    field(test, "Labels").input("".join(MANY[1:])).run()
    assert not test.exception and "wants" not in text_of(test)
    sizes = [len(node.proto.SerializeToString()) for node in test._tree if hasattr(node, "proto") and node.proto]
    assert max(sizes) < 60_000 and sum(sizes) < 100_000  # the labels themselves have 20 KB
    assert len(field(test, "Blank").options) < 150


@pytest.mark.parametrize(
    "labels, blank",
    [
        (("", *"abc"), 0),
        ((*"[a] ", ""), 4),
        (("cat", "dog"), None),
        (("cat",), None),
        (("a", "\n", "b"), None),
        (("", "a b", " ", "ü"), 0),
        ((), None),
    ],
)
def test_labels_stand_in_the_field_so_that_they_are_read_as_the_same(labels, blank):
    from explain.network.own.labels import listed

    kept = tuple(label for place, label in enumerate(labels) if place != blank)
    text = questions.written(Answers("ctc", labels, blank))
    assert (listed(text) if text else ()) == kept


def test_a_json_list_typed_is_read_as_one(path):
    silent(path, made.classifier)
    test = opened(page)
    field(test, "Labels").input(json.dumps(list(made.CLASSES))).run()
    assert all(name in shown(test) for name in made.CLASSES)
    assert form.unfitting(describe(path), Answers("classes", made.CLASSES)) == ""


def test_answers_are_remembered_by_their_bytes():
    chances = np.zeros(1_000_000)
    large = reading_panel.Answered((), chances, "x" * 1000)
    assert large.bytes >= chances.nbytes + 1000
    path = tuple(range(1000, 11_000))
    assert reading_panel.Answered(path, None, "").bytes >= sys.getsizeof(path) + sum(map(sys.getsizeof, path))
    remembered = reading_panel._remembered()
    for number in range(8):
        remembered.add(("bytes", number), large)
    kept = [number for number in range(8) if remembered.get(("bytes", number)) is not None]
    assert kept == [7]  # one of them fills it
