"""Results on disk."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from explain.gradients.worker.result_cache import Store


def test_the_store_is_bounded_and_survives_damage(tmp_path):
    kept = Store(tmp_path / "deep" / "store", limit=3500)
    for number, name in enumerate("abc"):
        kept.write(name, {"array": np.full(1000, number, np.uint8), "value": number})
        os.utime(kept.folder / f"{name}.frame", (number, number))
    assert kept.read("a")["value"] == 0  # now the most recently used
    kept.write("d", {"array": np.zeros(1000, np.uint8)})
    assert [kept.read(name) is not None for name in "abcd"] == [True, False, True, True]
    whole = (kept.folder / "a.frame").read_bytes()
    for damage in (b"", whole[:-1], whole[:10], b"PK" + whole):
        (kept.folder / "a.frame").write_bytes(damage)
        assert kept.read("a") is None and not (kept.folder / "a.frame").exists()
    Store(Path("/proc/nowhere")).write("a", {"value": 1})  # cannot be written: nothing is kept, nothing breaks
