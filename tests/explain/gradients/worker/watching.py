"""Waiting for what a worker does, with a limit."""

from __future__ import annotations

import os
import time
from pathlib import Path

from explain.gradients.worker.client import Job, describe


def until(condition, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.002)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def finished(job: Job) -> Job:
    assert job.wait(60), describe(job)
    return job
