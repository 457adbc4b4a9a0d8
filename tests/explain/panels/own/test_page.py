"""The whole page about a network that its visitor has opened: nothing of its file is read in the page's process."""

from __future__ import annotations

import builtins
import io
from pathlib import Path

import onnx
import pytest
from streamlit.testing.v1 import AppTest

from explain.network.session import Network
from explain.panels.own import visitor
from tests.explain.panels.page import made
from tests.explain.panels.views import text_of

APP = Path(__file__).resolve().parents[4] / "app.py"
ADA = "ada"


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """A recogniser and a classifier, opened by Ada."""
    folder, shelves = tmp_path_factory.mktemp("files"), visitor._shelves()
    made.recogniser(folder / "reader.onnx")
    made.classifier(folder / "namer.onnx")
    yield [
        shelves.take(ADA, f"{name}.onnx", (folder / f"{name}.onnx").read_bytes(), ()) for name in ("reader", "namer")
    ]
    shelves.forget(ADA)


@pytest.fixture
def unread(monkeypatch, names):
    """Fails where a file of Ada's is opened in this process, or a session made of one."""
    folder = str(visitor._shelves().of(ADA).folder)
    opened = builtins.open

    def watched(file, *arguments, **named):
        assert folder not in str(file), f"{file} was opened in the page's process"
        return opened(file, *arguments, **named)

    load, session = onnx.load, Network._open
    monkeypatch.setattr(builtins, "open", watched)
    monkeypatch.setattr(io, "open", watched)
    monkeypatch.setattr(
        onnx, "load", lambda path, **named: load(path, **named) if folder not in str(path) else watched(path)
    )
    monkeypatch.setattr(
        Network, "_open", lambda self, threads: watched(self.path) if self.apart else session(self, threads)
    )


def page(who: str, **address: str) -> AppTest:
    test = AppTest.from_file(str(APP), default_timeout=120)
    test.session_state["visitor"] = who
    for name, value in address.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception, [(problem.message, problem.stack_trace[-3:]) for problem in test.exception]
    return test


@pytest.mark.parametrize(
    "view", ["Layer by layer", "One unit by hand", "Recurrent layers", "CTC in depth", "Why this character?"]
)
def test_every_view_of_a_recogniser_opens(names, unread, view):
    test = page(ADA, recogniser=names[0], view=view)
    assert not test.error, [error.value for error in test.error]
    assert "Third reader" in text_of(test)


def test_a_classifier_is_looked_at(names, unread):
    test = page(ADA, classifier=names[1], view="VGG16")
    assert not test.error, [error.value for error in test.error]


def test_nobody_else_sees_them(names):
    test = page("bob", recogniser=names[0])
    assert "Third reader" not in text_of(test) and any("reader" in warning.value for warning in test.warning)
