"""Jobs that need no TensorFlow, for the tests of the worker: they wait, count, crash, hog memory, talk too much."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from explain.gradients.kinds import Kind


def count(settings, report):
    """Counts to `steps`; the picture of step s is filled with s, the score is s squared."""
    for step in range(1, settings["steps"] + 1):
        if not report(step, settings["steps"], np.full((2, 3, 3), step, np.uint8), step**2):
            return {}
    return {"ramp": np.arange(settings["steps"], dtype=np.float32), "sum": sum(range(settings["steps"] + 1))}


def gate(settings, report):
    """Reports until the file `path` is there, or it is told to stop; writes its name into `log` when it begins."""
    report.doing("Waiting at the gate")
    if "log" in settings:
        with open(settings["log"], "a") as log:
            log.write(settings["name"] + "\n")
    step = 0
    while not Path(settings["path"]).exists():
        step += 1
        if not report(step, 1000):
            return {}
        time.sleep(0.005)
    return {"pid": os.getpid()}


def deaf(settings, report):
    report(1, 2)
    time.sleep(60)


def busy(settings, report):
    """Computes for a minute."""
    report(1, 2)
    end = time.process_time() + 60
    while time.process_time() < end:
        pass


def die(settings, report):
    report(1, 2)
    os.kill(os.getpid(), getattr(signal, settings["signal"]))
    time.sleep(60)


def leave(settings, report):
    os._exit(3)


def hog(settings, report):
    held = []
    for step in range(100):
        held.append(np.ones(2_500_000))  # 20 MB
        report(step, 100)
        time.sleep(0.05)
    return {}


def no_memory(settings, report):
    raise MemoryError


def refuse(settings, report):
    raise ValueError("The picture is upside down.\nSecond line.")


def fail(settings, report):
    raise RuntimeError("wires crossed")


def unsendable(settings, report):
    return {"names": np.array(["a", "b"], object)}


def chatter(settings, report):
    """Writes to standard output in three ways, 200 KB each, and reads standard input."""
    print("x" * 200_000, flush=True)
    os.write(1, b"y" * 200_000)
    subprocess.run([sys.executable, "-c", "print('z' * 200_000)"], check=True)
    return {"read": sys.stdin.read()}


def surroundings(settings, report):
    return {
        "pid": os.getpid(),
        "nice": os.nice(0),
        "loaded": [name for name in ("tensorflow", "streamlit") if name in sys.modules],
        "environment": {name: os.environ.get(name, "") for name in settings["names"]},
    }


def echo(settings, report):
    return {"picture": settings["picture"] * 2}


def in_range(settings):
    if set(settings) - {"steps"}:
        raise ValueError("There is only the setting 'steps'.")
    return {"steps": 3, **settings}


JOBS = {function.__name__: Kind(function) for function in (
    gate, deaf, busy, die, leave, hog, no_memory, refuse, fail, unsendable, chatter, surroundings, echo
)}  # fmt: skip
JOBS["count"] = Kind(count, in_range, score="height")
JOBS["kept"] = Kind(count, in_range, lambda settings: [Path(os.environ["KEPT_DEPENDS_ON"])])
