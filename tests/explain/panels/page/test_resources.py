"""What all visitors share."""

from __future__ import annotations

import gc
import platform
import subprocess
import sys
import threading

import pytest

from explain.panels.page import resources


def test_garbage_is_collected_seldom_and_what_is_loaded_is_left_out(monkeypatch):
    collected = []
    monkeypatch.setattr(gc, "collect", lambda *_: collected.append(gc.get_freeze_count()))
    monkeypatch.setattr(resources.time, "monotonic", lambda: clock)
    resources._collected.clear()
    gc.unfreeze()  # pages that other tests opened in this process froze what was loaded then
    try:
        clock = 1000.0
        resources.tidy()
        assert len(collected) == 2 and collected[1] > 10_000 > collected[0]  # before and after the freeze
        clock += resources.COLLECT_SECONDS / 2
        resources.tidy()
        assert len(collected) == 2
        clock += resources.COLLECT_SECONDS
        resources.tidy()
        assert len(collected) == 3
    finally:
        gc.unfreeze()
        resources._collected.clear()


LEFT = """
import re, time
import numpy as np
from explain.network.session import Network
from explain.panels.page import resources
from models import vgg16

def anonymous():
    return int(re.search(r"^Anonymous: +([0-9]+)", open("/proc/self/smaps_rollup").read(), re.MULTILINE)[1]) / 1024

resources.GIVE_BACK_SECONDS = 2.0  # so seldom that what is left is measured before
network = Network(vgg16.CAM)
resources.tidy()
network.run(np.ones((1, 224, 224, 3), np.float32))
left = anonymous()
deadline = time.monotonic() + 30
while anonymous() > left - 40 and time.monotonic() < deadline:
    time.sleep(0.1)
print(left - anonymous())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has rules of its own")
def test_what_a_pass_left_is_handed_back_although_nobody_opens_anything_any_more():
    """A photograph's pass takes 90 MB."""
    done = subprocess.run([sys.executable, "-c", LEFT], capture_output=True, text=True, check=True)
    assert float(done.stdout) >= 40


def test_one_thread_hands_memory_back_however_many_begin(monkeypatch):
    monkeypatch.setattr(resources, "GIVE_BACK_SECONDS", 3600.0)
    starts = [threading.Thread(target=resources._giving_back) for _ in range(8)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert sum(thread.name == resources.GIVING for thread in threading.enumerate()) == 1
