"""Files that must not harm anybody: each refused with one sentence, in time, by its process or the limits of it."""

from __future__ import annotations

import time

import pytest

from explain.network.apart import network
from explain.network.apart.network import RemoteNetwork
from explain.network.apart.pool import Pool
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
    "endless": files.endless,
    "many-nodes": lambda: files.many_nodes(100_000),
    "nan": files.not_a_number,
}


OPENING = 4.0  # seconds, so that the tests take less than those of the page


@pytest.mark.parametrize("kind", BAD)
def test_one_sentence_in_time(kind, tmp_path):
    (tmp_path / "weights").write_bytes(bytes(4 * 4 * 27))
    (tmp_path / "private").mkdir()
    path = files.write(tmp_path / "private", kind, BAD[kind]())
    start = time.monotonic()
    with pytest.raises(NetworkError) as refused:
        RemoteNetwork(path, Pool(), opening=OPENING)
    assert time.monotonic() - start < OPENING + 1 < network.OPENING + 1 <= 10
    sentence = str(refused.value)
    assert 20 < len(sentence) <= 310 and "\n" not in sentence and str(tmp_path) not in sentence
    print(f"{kind}: {time.monotonic() - start:.1f} s: {sentence}")
