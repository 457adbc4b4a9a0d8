"""A visitor's own networks on the page: found by that visitor everywhere, by nobody else anywhere."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explain.network.apart.network import RemoteNetwork
from explain.network.session import Network
from tests.explain.gradients.worker.watching import until
from tests.explain.panels.page import made


def page(file: str):
    """Opens a file once, then shows what the page knows of it."""
    from pathlib import Path

    import streamlit as st

    from explain.network.errors import NetworkError
    from explain.panels.own import visitor
    from explain.panels.page import resources

    for path in st.session_state.pop("files", []):
        try:
            st.text(f"took {visitor.take(Path(path).name, Path(path).read_bytes())}")
        except NetworkError as problem:
            st.error(str(problem))
    st.session_state["networks"] = list(resources.networks())
    st.session_state["own"] = visitor.names()
    st.session_state["opened"] = {name: resources.opened(name) for name in visitor.names()}
    if closing := st.session_state.pop("close", None):
        visitor.close(closing)


def visit(*files) -> AppTest:
    test = AppTest.from_function(page, kwargs={"file": ""}, default_timeout=60)
    test.session_state["files"] = list(map(str, files))
    test.run()
    assert not test.exception
    return test


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """A file, and a visitor who has opened it."""
    path = made.recogniser(tmp_path_factory.mktemp("upload") / "my reader.onnx")
    return path, visit(path)


def test_its_owner_finds_it_everywhere_and_nobody_else_anywhere(reader):
    path, mine = reader
    assert [text.value for text in mine.text] == ["took my-reader"]
    assert mine.session_state["own"] == ("my-reader",) and mine.session_state["networks"][-1] == "my-reader"
    theirs = visit()
    assert theirs.session_state["own"] == () and "my-reader" not in theirs.session_state["networks"]
    opened = mine.session_state["opened"]["my-reader"]
    assert isinstance(opened.network, RemoteNetwork) and opened.network.path != path
    batch = np.random.default_rng(0).random((1, made.HEIGHT, made.WIDTH, 3), dtype=np.float32)
    wanted = Network(path).run(batch)
    for name, values in opened.network.run(batch).items():
        np.testing.assert_array_equal(values, wanted[name])


def test_what_cannot_be_opened_is_said_and_the_page_is_up(reader, tmp_path):
    (tmp_path / "net.h5").write_bytes(b"x")
    (tmp_path / "net.onnx").write_bytes(b"nonsense" * 30)
    test = visit(tmp_path / "net.h5", tmp_path / "net.onnx")
    assert "python -m export net.h5" in test.error[0].value and "net.onnx" in test.error[1].value
    assert test.session_state["own"] == ()


def test_closed_it_is_gone(reader):
    _, mine = reader
    path = mine.session_state["opened"]["my-reader"].network.path
    mine.session_state["close"] = "my-reader"
    mine.run()
    assert not path.exists()
    mine.run()
    assert mine.session_state["own"] == () and "my-reader" not in mine.session_state["networks"]


def test_streamlit_tells_when_a_browser_is_gone(reader, monkeypatch):
    from streamlit.runtime.caching import clear_session_resource_cache

    path, _ = reader
    mine = visit(path)
    network = mine.session_state["opened"]["my-reader"].network
    assert network.alive
    clear_session_resource_cache("test session id")
    until(lambda: not network.alive)
    assert network.path.exists()  # until it is clear that the visitor does not come back
