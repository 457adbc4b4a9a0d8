"""A network computed in another process against the same file computed here; and what becomes of that process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from explain.network.apart import network as module
from explain.network.apart.network import RemoteNetwork
from explain.network.apart.pool import Pool
from explain.network.errors import NetworkError
from explain.network.session import Network
from explain.network.weights import network_weights
from tests.explain.gradients.worker.watching import alive, until
from tests.explain.network.apart import files
from tests.explain.panels.page import made

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """A recogniser in a process of its own, and the path of its file."""
    path = made.recogniser(tmp_path_factory.mktemp("reader") / "reader.onnx")
    network = RemoteNetwork(path, Pool())
    yield network
    network.close()


def pictures(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((count, made.HEIGHT, made.WIDTH, 3), dtype=np.float32)


def test_it_answers_what_the_file_answers_here(reader):
    here, batch = Network(reader.path), pictures(3)
    assert reader.apart and not here.apart and reader.pid not in (None, os.getpid())
    wanted, given = here.run(batch), reader.run(batch)
    assert list(given) == list(wanted)
    for name, values in wanted.items():
        np.testing.assert_array_equal(given[name], values)
    assert list(reader.run(batch[:1], ["logits"])) == ["logits"] and reader.run(batch, []) == {}


def test_it_says_of_itself_what_the_file_says(reader):
    here, told = Network(reader.path).description, reader.description
    assert told.apart and not here.apart and told.path == here.path
    for field in ("name", "title", "layers", "logits", "head", "preprocessing", "named", "picture", "outputs", "batch"):
        assert getattr(told, field) == getattr(here, field), field
    assert (told.smallest, told.channel_first, dict(told.axes)) == (here.smallest, here.channel_first, dict(here.axes))


def test_weights_come_from_its_process_wherever_they_are_asked_for(reader, monkeypatch):
    here = Network(reader.path).description
    wanted = {layer.name: network_weights(here, layer.name) for layer in here.layers}
    monkeypatch.setattr("onnx.load", lambda *_, **__: pytest.fail("the file was read in this process"))
    for layer in reader.description.layers:
        given = network_weights(reader.description, layer.name)
        assert set(given) == set(wanted[layer.name])
        for role, values in wanted[layer.name].items():
            np.testing.assert_array_equal(given[role], values)


def test_a_file_that_was_moved_is_opened_where_it_lies_now(tmp_path):
    first, then = tmp_path / "tried" / "reader.onnx", tmp_path / "reader.onnx"
    first.parent.mkdir()
    made.recogniser(first)
    network, batch = RemoteNetwork(first, Pool()), pictures(1)
    try:
        before = network.run(batch)
        first.replace(then)
        network.moved(then)
        assert network.description.path == then and network.description.name == "reader"
        np.testing.assert_array_equal(network.run(batch)["logits"], before["logits"])
        layer = next(layer.name for layer in network.description.layers if layer.weights)
        here = Network(then).description
        for role, values in network_weights(here, layer).items():
            np.testing.assert_array_equal(network_weights(network.description, layer)[role], values)
    finally:
        network.close()


def test_what_it_refuses_it_says_in_one_sentence(reader):
    with pytest.raises(NetworkError, match="takes a batch of shape"):
        reader.run(np.zeros((1, 2, 2, 3), np.float32))
    with pytest.raises(NetworkError, match="no layer called 'conv_9'"):
        reader.run(pictures(1), ["conv_9"])
    with pytest.raises(NetworkError, match="failed on a batch|can't be read"):
        reader.computed(["no such tensor"], pictures(1).transpose(0, 3, 1, 2))
    assert len(reader.run(pictures(1))) > 5


def test_killed_it_starts_again_and_nobody_notices(reader):
    first, answer = reader.pid, reader.run(pictures(1), ["logits"])["logits"]
    os.kill(first, signal.SIGKILL)
    np.testing.assert_array_equal(reader.run(pictures(1), ["logits"])["logits"], answer)
    assert reader.pid != first and not alive(first)


def test_killed_in_the_middle_of_a_request_it_is_asked_once_more(reader, monkeypatch):
    asked, ask = [], module.Child.ask

    def killed_first(child, message, arrays, seconds):
        if message["do"] == "run":
            asked.append(child.pid)
            if len(asked) == 1:
                os.kill(child.pid, signal.SIGSTOP)  # it will not answer before the end comes
                threading.Timer(0.1, os.kill, [child.pid, signal.SIGKILL]).start()
        return ask(child, message, arrays, seconds)

    monkeypatch.setattr(module.Child, "ask", killed_first)
    assert reader.run(pictures(2), ["logits"])["logits"].shape[0] == 2
    assert len(set(asked)) == 2


def test_whoever_ends_twice_is_not_asked_again(reader, monkeypatch):
    def die(child, *_):
        os.kill(child.pid, signal.SIGKILL)
        child.close()
        raise module.Ended(module.DIED)

    reader.run(pictures(1), ["logits"])
    monkeypatch.setattr(module.Child, "ask", die)
    with pytest.raises(NetworkError, match="reader.onnx made its process end"):
        reader.run(pictures(1))


def test_whoever_takes_too_long_is_stopped_and_not_asked_again(reader, monkeypatch):
    monkeypatch.setattr(reader, "_patience", 0.2)
    reader.run(pictures(1), ["logits"])
    os.kill(pid := reader.pid, signal.SIGSTOP)
    with pytest.raises(NetworkError, match="reader.onnx took longer than .* a pass may take"):
        reader.run(pictures(1))
    assert not alive(pid)
    monkeypatch.undo()
    assert reader.run(pictures(1), ["logits"]) and reader.pid != pid


def test_many_threads_get_their_own_answers(reader):
    wanted = {seed: Network(reader.path).run(pictures(1, seed), ["logits"])["logits"] for seed in range(4)}
    wrong = []

    def visit(seed):
        for _ in range(5):
            if not np.array_equal(reader.run(pictures(1, seed), ["logits"])["logits"], wanted[seed]):
                wrong.append(seed)

    threads = [threading.Thread(target=visit, args=[seed]) for seed in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_its_process_is_bounded_and_knows_little(reader):
    reader.run(pictures(1), ["logits"])
    limits = Path(f"/proc/{reader.pid}/limits").read_text()
    for line in ("Max file size             0 ", "Max core file size        0 ", "Max cpu time              600 "):
        assert line in limits
    assert "Max address space         unlimited" not in limits
    surroundings = Path(f"/proc/{reader.pid}/environ").read_text().split("\0")
    assert {line.split("=")[0] for line in surroundings if line} <= {
        *("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"),
        *("HOME", "MALLOC_ARENA_MAX", "OMP_NUM_THREADS"),
    }
    assert os.readlink(f"/proc/{reader.pid}/cwd") == str(reader.path.parent)


def test_the_one_longest_out_of_use_gives_way_and_comes_back(tmp_path):
    pool = Pool(most=2)
    networks = []
    for name in ("first", "second", "third"):
        (tmp_path / name).mkdir()
        networks.append(RemoteNetwork(files.write(tmp_path / name, name, files.good()), pool))
    first, second, third = networks
    try:
        assert [network.alive for network in networks] == [False, True, True] and first.gave_way
        batch = np.ones((1, files.SIDE, files.SIDE, 3), np.float32)
        assert first.run(batch)["logits"].shape == (1, 4)
        assert [network.alive for network in networks] == [True, False, True] and second.gave_way
        assert not third.gave_way
    finally:
        for network in networks:
            network.close()
    until(lambda: not any(network.alive for network in networks))
    with pytest.raises(NetworkError, match="first has been closed; open it again"):
        first.run(batch)
    with pytest.raises(NetworkError, match="has been closed"):
        network_weights(second.description, second.layer_names[0])


def test_a_picture_too_large_for_its_memory(tmp_path):
    network = RemoteNetwork(files.write(tmp_path, "grows", files.of_any_size(20)), Pool())
    try:
        small, large = (np.ones((1, side, side, 1), np.float32) for side in (16, 1024))
        np.testing.assert_array_equal(network.run(small)["logits"], small)
        with pytest.raises(NetworkError, match="wants more than the 0.7 GB of memory|too large"):
            network.run(large)
        np.testing.assert_array_equal(network.run(small)["logits"], small)
    finally:
        network.close()


def test_more_pictures_at_once_than_can_be_computed_are_refused_before_they_are_laid_out(reader, monkeypatch):
    monkeypatch.setattr(module.received, "MOST_NUMBERS", pictures(1).size - 1)
    monkeypatch.setattr(np, "repeat", None)
    with pytest.raises(NetworkError, match="takes 1 pictures of this size at once"):
        reader.run(pictures(1))


def test_the_process_does_not_outlive_who_started_it(reader):
    code = (
        "import os, signal, sys\n"
        "from explain.network.apart.network import RemoteNetwork\n"
        f"network = RemoteNetwork({str(reader.path)!r})\n"
        "print(network.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    pid = int(run.stdout)
    until(lambda: not alive(pid), 10)
