"""The limits that a process sets itself, and that it cannot take back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CODE = """
import mmap, os, resource, sys, tempfile
from explain.processes import limits
file = tempfile.TemporaryFile(buffering=0)
limits.bound(100_000_000, 60)
def tried(work):
    try:
        work()
        return "done"
    except (MemoryError, OSError, ValueError) as error:
        return type(error).__name__
print(tried(lambda: mmap.mmap(-1, 50_000_000)), tried(lambda: mmap.mmap(-1, 200_000_000)))
print(tried(lambda: bytearray(300_000_000)), tried(lambda: file.write(b"x")))
if os.getuid():
    print(tried(lambda: resource.setrlimit(resource.RLIMIT_AS, (2**40, 2**40))))
print(*resource.getrlimit(resource.RLIMIT_CPU), *resource.getrlimit(resource.RLIMIT_CORE))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other limits")
def test_no_more_memory_no_file_and_no_way_back():
    run = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, cwd=ROOT, timeout=60)
    words = run.stdout.split()
    assert words[:4] == ["done", "OSError", "MemoryError", "OSError"], run.stderr
    assert words[-4:] == ["60", "60", "0", "0"]
    assert words[4:-4] in ([], ["ValueError"])
