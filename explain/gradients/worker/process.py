"""The page's hold on the process that has TensorFlow: starting it, talking to it, its memory, its end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from explain.gradients.worker.bounds import CPU_SECONDS
from explain.processes import limits, protocol, surroundings
from models.networks import NETWORKS_FOLDER

Frame = tuple[dict[str, Any], dict[str, np.ndarray]]


def environment(threads: int, folder: Path | None = None) -> dict[str, str]:
    """The child's environment: quiet, no GPU, this many threads, the same packages as the page.

    folder: where it looks for networks, instead of where the page does. They are a stranger's, so that it sees nothing
    of the page's surroundings but what it needs.
    """
    around = os.environ if folder is None else {**surroundings.strangers(), NETWORKS_FOLDER: str(folder)}
    return {
        **around,
        "PYTHONPATH": surroundings.packages(),
        "CUDA_VISIBLE_DEVICES": "-1",
        "KERAS_BACKEND": "tensorflow",
        "OMP_NUM_THREADS": str(threads),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        # On by default only where the processor has AVX-512; on older ones too it makes a gradient about twice as fast.
        "TF_ENABLE_ONEDNN_OPTS": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1"),
        "TF_NUM_INTEROP_THREADS": str(threads),
        "TF_NUM_INTRAOP_THREADS": str(threads),
    }


class Child:
    """One run of `python -m explain.gradients.worker`.

    on_frame, on_end: called from a thread of the child's own, for each frame it sends and once after its last.
    folder: see `environment`. memory: bytes that it bounds itself to, 0 for a child that is only watched.
    Raises OSError where the process cannot be started.
    """

    def __init__(
        self,
        jobs: str,
        on_frame: Callable[[Child, Frame], None],
        on_end: Callable[[Child], None],
        threads: int = 0,
        folder: Path | None = None,
        memory: int = 0,
    ) -> None:
        from explain.network.running.cpus import available_cpus

        # not multiprocessing: its spawn would run Streamlit's script again
        self._process = subprocess.Popen(
            [sys.executable, "-m", "explain.gradients.worker", jobs, str(os.getpid()), str(memory), str(CPU_SECONDS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=surroundings.ROOT,
            env=environment(threads or available_cpus(), folder),
        )
        self.pid, self.folder = self._process.pid, folder
        self._on_frame, self._on_end = on_frame, on_end
        threading.Thread(target=self._listen, name="gradients-listen", daemon=True).start()

    def send(self, message: dict[str, Any], arrays: dict[str, np.ndarray] | None = None) -> None:
        """Sends a frame; one that comes too late for a child that has just ended is lost, its end is told anyway."""
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(protocol.pack(message, arrays))
            self._process.stdin.flush()

    def memory(self) -> int | None:
        """Resident bytes now; None where the system does not tell (anywhere but on Linux) or the child is gone."""
        try:
            with open(f"/proc/{self.pid}/statm") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, IndexError, ValueError):
            return None

    def processor_seconds(self) -> float | None:
        """What it has had of the processor so far; None where the system does not tell."""
        return limits.processor_seconds(self.pid)

    def stop(self) -> None:
        """Asks the child to end, by closing its input."""
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def kill(self) -> None:
        self._process.kill()

    def wait(self, seconds: float) -> bool:
        """Waits for the end; False where it does not come in time."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def fate(self) -> str:
        """Why the child, which has ended, did so unasked: one sentence."""
        code = self._process.wait()
        if code in (-getattr(signal, "SIGKILL", 9), protocol.OUT_OF_MEMORY):
            return "The gradient process was ended, most likely for want of memory; the next request starts a new one."
        if code < 0:
            with contextlib.suppress(ValueError):
                return (
                    f"The gradient process crashed ({signal.Signals(-code).name}); the next request starts a new one."
                )
        return f"The gradient process ended unexpectedly (exit code {code}); the next request starts a new one."

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            try:
                while frame := protocol.read(self._process.stdout):
                    self._on_frame(self, frame)
            except protocol.ProtocolError:
                self.kill()  # it ended in the middle of a frame, or talks nonsense
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._on_end(self)
