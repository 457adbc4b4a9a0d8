"""What visitors have opened: each in a private folder, bounded, given up, removed."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import time

import numpy as np
import onnx
import pytest
from onnx import helper

from explain.network.errors import NetworkError
from explain.network.session import Network
from explain.panels.own import shelf as module
from explain.panels.own.shelf import Shelves
from tests.explain.gradients.worker.watching import until
from tests.explain.network.apart import files

GOOD = files.good().SerializeToString()
PICTURE = np.zeros((1, files.SIDE, files.SIDE, 3), np.float32)


class Here(Network):
    """In place of a network with a process of its own: one of this process, with what a shelf asks of those."""

    def __init__(self, path) -> None:
        self.alive = self.gave_way = False
        super().__init__(path)
        self.alive = True

    def rest(self) -> None:
        self.alive = False

    close = rest

    def moved(self, path) -> None:
        self.path = path


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.setattr(module, "RemoteNetwork", Here)


@pytest.fixture
def shelves():
    made = Shelves()
    yield made
    made.close()


def added(**facts: str) -> bytes:
    model = onnx.ModelProto()
    helper.set_model_props(model, facts)
    return model.SerializeToString()


def test_a_network_lies_in_a_folder_that_nobody_else_can_look_into(shelves):
    assert shelves.take("ada", "../my net.onnx", GOOD, ()) == "my-net"
    mine = shelves.of("ada")
    path = mine.held["my-net"].network.path
    assert path == mine.folder / "my-net.onnx" and path.read_bytes() == GOOD
    assert stat.S_IMODE(os.stat(mine.folder).st_mode) == 0o700
    assert shelves.of("bob") is None


def test_names_that_are_taken_get_a_number_and_too_many_are_refused(shelves, monkeypatch):
    monkeypatch.setattr(module, "MOST_EACH", 3)
    names = [shelves.take("ada", "net.onnx", GOOD, {"net", "other"}) for _ in range(3)]
    assert names == ["net-2", "net-3", "net-4"]
    with pytest.raises(NetworkError, match="You have 3 networks open already"):
        shelves.take("ada", "net.onnx", GOOD, ())
    shelves.of("ada").close("net-3")
    assert shelves.take("ada", "net.onnx", GOOD, ()) == "net"
    assert sorted(path.name for path in shelves.of("ada").folder.iterdir()) == ["net-2.onnx", "net-4.onnx", "net.onnx"]


def test_what_is_refused_leaves_nothing_behind(shelves):
    with pytest.raises(NetworkError, match="three-inputs|one batch of pictures"):
        shelves.take("ada", "three.onnx", files.three_inputs().SerializeToString(), ())
    mine = shelves.of("ada")
    assert not mine.held and list(mine.folder.iterdir()) == []


def test_answers_are_kept_in_the_file_and_wrong_ones_change_nothing(shelves):
    name = shelves.take("ada", "net.onnx", GOOD, ())
    mine = shelves.of("ada")
    before = mine.held[name].stamp
    mine.change(name, added(labels='["a", "b", "c", "d"]', title="Letters"))
    described = mine.held[name].network.description
    assert (described.title, described.labels) == ("Letters", ("a", "b", "c", "d"))
    assert mine.held[name].stamp != before
    kept = mine.held[name].network.path.read_bytes()
    assert kept.startswith(GOOD)
    with pytest.raises(NetworkError, match="head"):
        mine.change(name, added(head="oracle"))
    assert mine.held[name].network.path.read_bytes() == kept
    assert mine.held[name].network.description.title == "Letters"


def test_while_answers_cannot_be_kept_the_network_stays_open_as_it_was(shelves, monkeypatch):
    name = shelves.take("ada", "net.onnx", GOOD, ())
    mine = shelves.of("ada")
    before = mine.held[name]

    def unchanged(sentence: str) -> None:
        with pytest.raises(NetworkError, match=sentence):
            mine.change(name, added(title="Letters"))
        assert mine.held[name] is before and before.network.run(PICTURE)
        assert before.network.path.read_bytes() == GOOD and list(mine.folder.iterdir()) == [before.network.path]

    def full(*_) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for fails in ("copyfile", "replace"):  # the disk is full; the file cannot be put into its place
        with monkeypatch.context() as patched:
            patched.setattr(module.shutil if fails == "copyfile" else module.os, fails, full)
            unchanged("can't be kept here .No space left on device.; the network stays as it was")
    with monkeypatch.context() as patched:
        patched.setattr(module, "RemoteNetwork", lambda path: Here(path.with_name("gone.onnx")))
        unchanged("no exported network|gone")
    mine.change(name, added(title="Letters"))
    assert mine.held[name].network.description.title == "Letters"


def test_answers_for_a_network_that_is_closed_are_refused_with_a_sentence(shelves):
    name = shelves.take("ada", "net.onnx", GOOD, ())
    mine = shelves.of("ada")
    mine.close(name)
    with pytest.raises(NetworkError, match="net is not open any more"):
        mine.change(name, added(title="Letters"))


def test_who_leaves_and_does_not_come_back_is_forgotten(shelves, monkeypatch):
    monkeypatch.setattr(module, "LEFT", 0.2)
    name = shelves.take("ada", "net.onnx", GOOD, ())
    mine = shelves.of("ada")
    network, folder = mine.held[name].network, mine.folder
    shelves.left("ada")
    assert not network.alive and folder.exists()
    assert shelves.of("ada") is mine  # back again: nothing is removed
    time.sleep(0.4)
    assert folder.exists()
    shelves.left("ada")
    until(lambda: not folder.exists())
    assert shelves.of("ada") is None and not network.alive


def test_where_space_is_short_what_rests_is_given_up_and_its_owner_is_told(monkeypatch):
    shelves = Shelves(most_bytes=2 * len(GOOD) + 10)
    try:
        for visitor in ("ada", "bob"):
            shelves.take(visitor, "net.onnx", GOOD, ())
        with pytest.raises(NetworkError, match="try again in ten minutes"):
            shelves.take("eve", "net.onnx", GOOD, ())
        shelves.of("bob").held["net"].used -= module.RESTING + 1
        shelves.take("eve", "net.onnx", GOOD, ())
        assert not shelves.of("bob").held and shelves.of("bob").given_up == ["net"]
        assert list(shelves.of("bob").folder.iterdir()) == []
        assert set(shelves.of("ada").held) == {"net"} == set(shelves.of("eve").held)
    finally:
        shelves.close()


def test_what_a_killed_page_left_is_removed_and_no_other_folder(tmp_path, monkeypatch):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path))
    names = [f"{module.FOLDER}{number}-x" for number in (ended.pid, os.getpid(), "none")]
    for name in names:
        (tmp_path / name).mkdir()
    Shelves().close()
    assert [(tmp_path / name).exists() for name in names] == [False, True, True]


def test_closing_removes_everything(shelves):
    shelves.take("ada", "net.onnx", GOOD, ())
    folder = shelves.of("ada").folder
    shelves.close()
    assert not folder.exists() and shelves.of("ada") is None
