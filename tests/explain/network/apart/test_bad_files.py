"""Files that must not harm anybody: each refused with one sentence, in time, by its process or the limits of it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from explain.network.apart import network
from explain.network.apart.network import RemoteNetwork
from explain.network.apart.pool import Pool
from explain.network.apart.process import BUSY_MACHINE
from explain.network.errors import NetworkError
from tests.explain.network.apart import files

BAD = {
    "truncated": lambda: files.good().SerializeToString()[:-200],
    "empty": lambda: b"",
    "no-onnx": lambda: b"GIF89a and so on" * 100,
    "no-picture": files.without_picture,
    "three-inputs": files.three_inputs,
    "custom-operator": files.custom_operator,
    "external": lambda: files.external("../../etc/hostname"),
    "external-absolute": lambda: files.external("/etc/passwd"),
    "external-beside": lambda: files.external("../weights"),
    "huge-constant": files.huge_constant,
    "grows": lambda: files.of_any_size(200),
    "endless": files.endless,
    "heavy": files.heavy,
    "many-nodes": lambda: files.many_nodes(100_000),
    "nan": files.not_a_number,
}


OPENING = 3.0  # seconds, so that the tests take less than those of the page


def opened(folder: Path) -> tuple[str, float]:
    """What becomes of the file of a folder's name: the sentence, and after how many seconds."""
    (folder / "private").mkdir(parents=True)
    (folder / "weights").write_bytes(bytes(4 * 4 * 27))
    path = files.write(folder / "private", folder.name, BAD[folder.name]())
    start = time.monotonic()
    try:
        RemoteNetwork(path, Pool(), opening=OPENING).close()
    except NetworkError as refused:
        return str(refused), time.monotonic() - start
    return "", time.monotonic() - start


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """What became of each file; several are opened at once."""
    folder = tmp_path_factory.mktemp("bad")
    with ThreadPoolExecutor(3) as pool:
        return dict(zip(BAD, pool.map(opened, [folder / kind for kind in BAD]), strict=True))


@pytest.mark.parametrize("kind", BAD)
def test_one_sentence_in_time(kind, refused):
    sentence, seconds = refused[kind]
    # three times as long where the machine has so much else to do that it gave it no more of its time
    assert seconds < BUSY_MACHINE * OPENING + 2
    assert 20 < len(sentence) <= 310 and "\n" not in sentence and "private" not in sentence
    print(f"{kind}: {seconds:.1f} s: {sentence}")


def test_memory_and_time_are_what_some_of_them_want_too_much_of(refused):
    assert network.OPENING < 10
    assert "seconds that opening may take" in refused["heavy"][0]
    assert " GB" in refused["grows"][0]
