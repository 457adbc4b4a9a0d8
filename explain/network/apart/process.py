"""The page's hold on a process that has opened a stranger's network: starting it, asking it, ending it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from explain.network.apart.received import sentence
from explain.network.errors import NetworkError
from explain.processes import limits, protocol, surroundings

MODULE = "explain.network.apart"
DIED, OVERDUE, NO_MEMORY = "died", "overdue", "no memory"
CLOSE_SECONDS = 2.0
PIPE = 2**20  # bytes that a pipe holds: the more, the fewer turns an answer takes
BUSY_MACHINE = 3  # times as long as it may take by the clock, where others keep the processor from it

# Linux ends a process with the thread that started it, and the page's threads come and go.
_starter = ThreadPoolExecutor(1, "apart-start")


class Ended(Exception):
    """The process is gone without an answer. why: DIED, OVERDUE or NO_MEMORY. opening: whether it was to open."""

    def __init__(self, why: str, opening: bool = False) -> None:
        super().__init__(why)
        self.why, self.opening = why, opening


class Child:
    """One run of `python -m explain.network.apart`, for one file. Not for several threads at once.

    memory: bytes that it may take beyond what it begins with. Raises OSError where it cannot be started.
    """

    def __init__(self, path: Path, memory: int) -> None:
        command = [sys.executable, "-P", "-m", MODULE, path.name, str(os.getpid()), str(memory)]
        start = _starter.submit(
            subprocess.Popen,
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=path.parent,
            env=_environment(),
            pipesize=PIPE,
        )
        self._process = start.result()
        self.pid = self._process.pid
        self._overdue = False

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(
        self, message: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None, seconds: float
    ) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """The answer to one request, message and arrays; the process is ended where that takes longer.

        seconds: by the clock, and longer only as long as it has not had so many of the processor: on a machine with
        much to do a network is not to blame.
        Raises NetworkError with the sentence of a process that refuses, and Ended where it is gone.
        """
        watch = _Watch(self, seconds)
        try:
            protocol.write(self._process.stdin, message, arrays)
            frame = protocol.read(self._process.stdout)
            answer = None if frame is None else _checked(*frame)
        except (OSError, ValueError):
            answer = None  # it ended in the middle of a frame, or talks nonsense
        finally:
            watch.cancel()
        if answer is None:
            raise Ended(self._buried(), message["do"] == "open")
        message, arrays = answer
        if "refused" in message:
            raise NetworkError(sentence(message["refused"]))
        return message, arrays

    def close(self) -> None:
        """Ends the process, at once; harmless twice."""
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(CLOSE_SECONDS)
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError, ValueError):
                pipe.close()

    def end_overdue(self) -> None:
        """For the watch: the process has had its time."""
        self._overdue = True
        self._process.kill()

    def processor_seconds(self) -> float | None:
        """What the process has had of the processor so far; None where the system does not tell."""
        return limits.processor_seconds(self.pid)

    def _buried(self) -> str:
        """Sees to it that the process is gone; why it is."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.2)  # where it ended by itself, its own code is to be seen
        code = self._process.poll()
        self.close()
        if self._overdue:
            return OVERDUE
        return NO_MEMORY if code == protocol.OUT_OF_MEMORY else DIED


class _Watch:
    """Ends a process that takes too long for a request, unless it is cancelled before. seconds: see `Child.ask`."""

    def __init__(self, child: Child, seconds: float) -> None:
        self._child, self._seconds, self._over = child, seconds, threading.Event()
        self._began, self._had = time.monotonic(), child.processor_seconds()
        threading.Thread(target=self._run, name="apart-watch", daemon=True).start()

    def cancel(self) -> None:
        self._over.set()

    def _run(self) -> None:
        wait = self._seconds
        while not self._over.wait(wait):
            wait = self._left()
            if wait < 0.05:
                return self._child.end_overdue()

    def _left(self) -> float:
        """Seconds until it is worth looking again."""
        now = self._child.processor_seconds()
        if now is None or self._had is None:
            return 0.0
        by_clock = self._began + BUSY_MACHINE * self._seconds - time.monotonic()
        return min(by_clock, self._seconds - (now - self._had))


def _checked(message: Any, arrays: dict[str, np.ndarray]) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    if not isinstance(message, dict) or not isinstance(message.get("refused", ""), str):
        return None
    return message, arrays


def _environment() -> dict[str, str]:
    return {
        **surroundings.strangers(),
        "MALLOC_ARENA_MAX": "2",  # of each thread its own would be address space that nobody uses
        "OMP_NUM_THREADS": "1",
    }
