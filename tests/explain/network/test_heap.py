"""The C library's heap: large blocks are given back although small ones that stay lie between them."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

BLOCKS, MEGABYTES = 30, 8
SCRIPT = f"""
import re, sys, threading
import numpy as np
from explain.network.session import bound_heap

def anonymous():
    return int(re.search(r"^Anonymous: +([0-9]+)", open("/proc/self/smaps_rollup").read(), re.MULTILINE)[1]) / 1024

if "bound" in sys.argv:
    bound_heap()
np.ones(13 * 2**17)  # as a map of VGG16: taken and freed at once, after which glibc counts what is smaller as small
before, stays = anonymous(), []

def work():
    large = []
    for _ in range({BLOCKS}):
        large.append(np.ones({MEGABYTES} * 2**17))
        stays.append(bytes(300_000))

thread = threading.Thread(target=work)
thread.start()
thread.join()
print(anonymous() - before - 300_000 * len(stays) / 2**20)
"""


def grown(*arguments: str) -> float:
    """Megabytes that a process of its own has more after its large blocks were freed."""
    done = subprocess.run([sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=True)
    return float(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has rules of its own")
def test_large_blocks_between_small_ones_that_stay_are_given_back():
    assert grown("bound") < BLOCKS * MEGABYTES / 10
    assert grown() > BLOCKS * MEGABYTES / 2  # else this test says nothing


PASSES = """
import re
import numpy as np
from explain.network.session import Network
from models import crnn, vgg16

def anonymous():
    return int(re.search(r"^Anonymous: +([0-9]+)", open("/proc/self/smaps_rollup").read(), re.MULTILINE)[1]) / 1024

word, photograph = np.ones((1, 32, 128, 1), np.float32), np.ones((1, 224, 224, 3), np.float32)
reads, sees = Network(crnn.CARD), Network(vgg16.CAM)
stay = [reads.run(word, give_back=True)]
before = anonymous()
for _ in range(4):
    outputs = sees.run(photograph, give_back=True)
    del outputs
    stay.append(reads.run(word, give_back=True))
print(anonymous() - before - sum(array.nbytes for outputs in stay[1:] for array in outputs.values()) / 2**20)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has rules of its own")
def test_of_photographs_between_words_that_stay_nothing_is_left():
    """A photograph's pass takes 90 MB, and words would lie in what it left."""
    done = subprocess.run([sys.executable, "-c", PASSES], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 25
