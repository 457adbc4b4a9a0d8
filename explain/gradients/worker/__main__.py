"""The process that holds TensorFlow: `python -m explain.gradients.worker MODULE PARENT_PID MEMORY SECONDS`.

It is started by `client`, reads jobs from standard input and answers on standard output, both in frames of `protocol`.
MODULE names the jobs (see `jobs`). MEMORY and SECONDS, of the processor and of its whole life, are what it bounds
itself to; MEMORY is 0 where it is only watched. A thread listens, so that a cancel is heard while a step is computed;
when the page closes its end, or dies, the process ends at once.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import queue
import sys
import threading
import time
import traceback
from typing import Any, BinaryIO

import numpy as np

from explain.processes import child, limits, protocol

LIBRARIES = 3_000_000_000  # bytes of address space that TensorFlow reserves and never touches
PREVIEW_SECONDS = 0.1  # more pictures than this are not worth sending


class Cancelled(Exception):
    """The page no longer wants the job."""


class Channel:
    """Frames to and from the page, and which jobs it has cancelled."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source, self._sink = source, sink
        self._cancelled: set[str] = set()
        self.jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._listen, name="listen", daemon=True).start()

    def send(self, message: dict[str, Any], arrays: dict[str, np.ndarray] | None = None) -> None:
        self._sink.write(protocol.pack(message, arrays))
        self._sink.flush()

    def cancelled(self, job: str) -> bool:
        return job in self._cancelled

    def _listen(self) -> None:
        # os._exit: nothing here is worth saving, and TensorFlow's threads need not be waited for
        with contextlib.suppress(OSError, protocol.ProtocolError):
            while frame := protocol.read(self._source):
                message, arrays = frame
                if message["do"] == "cancel":
                    self._cancelled.add(message["id"])
                else:
                    self.jobs.put({**message, "settings": {**message["settings"], **arrays}})
        os._exit(0)


class Reporter:
    """The `report` of one job; see `jobs.Report`."""

    def __init__(self, channel: Channel, job: str) -> None:
        self._channel, self._job, self._shown = channel, job, 0.0

    def __call__(self, step: int, steps: int, picture: Any = None, score: float | None = None) -> bool:
        arrays = {}
        now = time.monotonic()
        if picture is not None and (step >= steps or now - self._shown >= PREVIEW_SECONDS):
            arrays, self._shown = {"preview": np.asarray(picture, np.uint8)}, now
        score = None if score is None else float(score)
        self._channel.send({"id": self._job, "say": "step", "step": step, "steps": steps, "score": score}, arrays)
        return not self._channel.cancelled(self._job)

    def doing(self, text: str) -> bool:
        self._channel.send({"id": self._job, "say": "doing", "text": text})
        return not self._channel.cancelled(self._job)


def perform(channel: Channel, kinds: dict[str, Any], message: dict[str, Any]) -> None:
    """Runs one job and sends how it ended."""
    job = message["id"]
    try:
        result = kinds[message["kind"]].run(message["settings"], Reporter(channel, job))
        if channel.cancelled(job):
            raise Cancelled
        values, arrays = protocol.split(result)
        channel.send({"id": job, "say": "result", "values": values}, arrays)
    except Cancelled:
        channel.send({"id": job, "say": "cancelled"})
    except BrokenPipeError:
        os._exit(0)
    except Exception as error:
        if not isinstance(error, ValueError):
            traceback.print_exc()
        if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
            os._exit(protocol.OUT_OF_MEMORY)  # what is left of the memory is in an unknown state
        channel.send({"id": job, "say": "failed", "error": sentence(error)})


def sentence(error: Exception) -> str:
    """An exception as one line for the reader of the page."""
    first = next(iter(str(error).strip().splitlines()), "")
    if isinstance(error, ValueError) and first:
        return first
    if isinstance(error, ModuleNotFoundError):
        return f"The package {error.name} is missing where the page runs: install what requirements.txt lists."
    return f"The computation failed ({type(error).__name__}{': ' if first else ''}{first[:200].rstrip('.')})."


def leave_keras_out() -> None:
    """Lets `import tensorflow` go on without Keras, which it would load at its end and which nobody needs here.

    That saves a second and some 80 MB.
    """
    sys.modules.setdefault("keras", None)


def main() -> None:
    module, parent, memory, seconds = sys.argv[1], *map(int, sys.argv[2:5])
    channel = Channel(*child.take_pipes())
    child.be_a_good_child(parent)
    leave_keras_out()
    kinds = importlib.import_module(module).JOBS
    if memory:
        limits.bound(memory + LIBRARIES, seconds)
    while True:
        perform(channel, kinds, channel.jobs.get())


if __name__ == "__main__":
    main()
