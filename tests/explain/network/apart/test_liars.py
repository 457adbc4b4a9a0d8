"""Whatever a process says that a stranger's file has taken over: the page hears one sentence and runs nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from explain.network.apart import process
from explain.network.apart.network import RemoteNetwork
from explain.network.apart.pool import Pool
from explain.network.errors import NetworkError
from tests.explain.network.apart import liars

PICTURE = np.zeros((1, 4, 4, 1), np.float32)


@pytest.fixture(scope="module")
def heard(tmp_path_factory):
    """What the page says to each of them; "" where it believed what was said. Several are asked at once."""
    Path(liars.HARM).unlink(missing_ok=True)
    folder = tmp_path_factory.mktemp("liars")
    kinds = [*liars.ANSWERS, *liars.LATER]

    def ask(kind: str) -> str:
        (folder / f"{kind}.onnx").touch()
        try:
            network = RemoteNetwork(folder / f"{kind}.onnx", Pool())
            try:
                network.run(PICTURE)
            finally:
                network.close()
        except NetworkError as refused:
            return str(refused)
        return ""

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(4) as pool:
        patch.setattr(process, "MODULE", "tests.explain.network.apart.liars")
        return dict(zip(kinds, pool.map(ask, kinds), strict=True))


@pytest.mark.parametrize("kind", [kind for kind in (*liars.ANSWERS, *liars.LATER) if kind != "good"])
def test_it_is_not_believed(heard, kind):
    assert 20 < len(heard[kind]) <= 320 and "\n" not in heard[kind] and not set(heard[kind]) & set("[]<>`$")


def test_one_that_says_what_is_to_be_said_is_believed_and_no_command_was_run(heard):
    assert heard["good"] == ""
    assert not Path(liars.HARM).exists()
