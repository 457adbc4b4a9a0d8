"""*Open a network*: what is said of files that are none, what becomes of one that is."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from explain.network.errors import NetworkError
from explain.panels.own import visitor
from tests.explain.panels.page import made
from tests.explain.panels.views import text_of


def page():
    import streamlit as st

    from explain.panels.own import form, opening
    from explain.panels.page import address, views

    opening.show()
    named = address.given(views.NETWORK)
    st.caption(f"shows {named}, {'asks' if named and form.is_open(named) else 'asks nothing'}")


def uploaded(name: str, data: bytes = b"x") -> AppTest:
    test = AppTest.from_function(page, default_timeout=60).run()
    test.get("file_uploader")[0].set_value((name, data, "application/octet-stream"))
    test.run()
    assert not test.exception
    return test


@pytest.mark.parametrize(
    "name, command",
    [
        ("model.keras", "python -m export model.keras"),
        ("weights.best.HDF5", "python -m export weights.best.HDF5"),
        ("my model; rm.h5", "python -m export './my model; rm.h5'"),
    ],
)
def test_a_keras_file_gets_its_command(name, command):
    test = uploaded(name)
    assert [code.value for code in test.code] == [command] and not test.error


@pytest.mark.parametrize(
    "name, words",
    [
        ("net.pt", "torch.onnx.export"),
        ("net.PTH", "torch.onnx.export"),
        ("frozen.pb", "tf2onnx"),
        ("lite.tflite", "--tflite"),
        ("picture.png", "is no ONNX file"),
        ("nothing", "is no ONNX file"),
    ],
)
def test_other_files_get_one_sentence(name, words):
    (error,) = uploaded(name).error
    assert words in error.value.replace("\\", "")


def test_before_anything_is_uploaded_the_command_for_keras_files_stands_there():
    test = AppTest.from_function(page, default_timeout=60).run()
    assert [code.value for code in test.code] == ["python -m export FILE"]


def test_what_is_wrong_with_a_file_is_said_and_another_can_be_tried(monkeypatch):
    def refuse(name, data):
        raise NetworkError("It has no picture input.")

    monkeypatch.setattr(visitor, "take", refuse)
    test = uploaded("bad.onnx")
    assert [error.value for error in test.error] == ["It has no picture input."]
    assert "shows , asks nothing" in text_of(test)


def test_a_refused_file_is_not_tried_again_at_every_run_of_the_page(monkeypatch):
    tried = []

    def take(name, data):
        tried.append(name)
        raise NetworkError("It was in vain.")

    monkeypatch.setattr(visitor, "take", take)
    test = uploaded("net.onnx")
    assert test.run().error[0].value == "It was in vain." and tried == ["net.onnx"]


def test_an_opened_network_is_what_the_page_shows_and_asks_about(monkeypatch, tmp_path):
    taken = []
    monkeypatch.setattr(visitor, "take", lambda name, data: taken.append((name, data)) or "mine")
    made.body(tmp_path / "mine.onnx")
    monkeypatch.setenv("NETWORKS_FOLDER", str(tmp_path))
    test = uploaded("mine.onnx", b"bytes")
    assert taken == [("mine.onnx", b"bytes")]
    assert "shows mine, asks" in text_of(test) and "asks nothing" not in text_of(test)
    assert [code.value for code in test.code] == ["python -m export FILE"]  # a fresh uploader stands there
