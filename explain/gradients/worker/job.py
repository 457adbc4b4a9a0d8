"""One request to the gradient worker, as the page sees it."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from explain.gradients.worker.growth import Growth, Preview

WAITING, STARTING, RUNNING, DONE, CANCELLED, FAILED = "queued", "starting", "running", "done", "cancelled", "failed"
ENDED = (DONE, CANCELLED, FAILED)
ORDINALS = ("Next", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth")

_numbers = itertools.count(1)


class Job:
    """What has become of a request. Reading any of this costs next to nothing and never waits; arrays are read-only.

    status: "queued", "starting" (the process, TensorFlow, the network), "running", "done", "cancelled" or "failed".
    doing: what happens while it is starting, e.g. "Preparing the network".
    step, steps: how many steps are done, of how many (0 of 0 before the first).
    preview: the newest picture on the way, (height, width, 3) uint8, or None.
    score, score_name: the number that the job raises, as of the last step, and its word, e.g. "logit".
    result: arrays and plain values by name once it is done, else None.
    error: one sentence if it failed, else None.
    cached: the result was kept from an earlier time.
    grown: a few of its previews, in order; of a kept result those that were kept with it.
    replayed: it is over and shown once more as it went; never so here.
    folder: of networks that are its owner's alone, None for a job on those that are here for everybody.
    """

    replayed = False

    def __init__(self, kind: str, settings: dict[str, Any], owner: str, folder: Path | None = None) -> None:
        self.id = f"{next(_numbers)}"
        self.kind, self.settings, self.owner, self.folder, self.score_name = kind, settings, owner, folder, "score"
        self.status, self.doing = WAITING, "Starting"
        self.step = self.steps = 0
        self.preview: np.ndarray | None = None
        self.score: float | None = None
        self.result: dict[str, Any] | None = None
        self.error: str | None = None
        self.cached = False
        self.grown: tuple[Preview, ...] = ()
        self._growth = Growth()
        self.key: str | None = None
        self._began: float | None = None
        self._took: float | None = None
        self._looked = time.monotonic()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._cancel: Callable[[Job], None] | None = None
        self._position: Callable[[Job], int] | None = None

    @property
    def ended(self) -> bool:
        """Done, cancelled or failed: nothing will change any more. Whoever asks counts as waiting for the job."""
        self._looked = time.monotonic()
        return self._ended.is_set()

    @property
    def unseen(self) -> float:
        """Seconds since anybody asked whether it has ended; 0 while somebody waits for it."""
        return max(0.0, time.monotonic() - self._looked)

    @property
    def position(self) -> int:
        """1 for the job that comes next, 2 for the one after it, and so on; 0 once it is not waiting."""
        return self._position(self) if self.status == WAITING and self._position else 0

    @property
    def seconds(self) -> float:
        """How long it has been worked on, the start of the process included, the time in the queue not."""
        if self._took is not None:
            return self._took
        return 0.0 if self._began is None else time.monotonic() - self._began

    def cancel(self) -> None:
        """Ends the job at once; the process stops after the step that it is in. Harmless twice."""
        if self.end(CANCELLED) and self._cancel:
            self._cancel(self)

    def wait(self, seconds: float | None = None) -> bool:
        """Waits for the end; False if it does not come within `seconds`. For scripts: a page looks again later."""
        self._looked = float("inf")
        try:
            return self._ended.wait(seconds)
        finally:
            self._looked = time.monotonic()

    def attach(self, cancel: Callable[[Job], None], position: Callable[[Job], int]) -> None:
        """For the worker: whom to tell of a cancel and whom to ask for the position."""
        self._cancel, self._position = cancel, position

    def begin(self) -> bool:
        """For the worker: the job's turn has come; False if it was cancelled in the meantime."""
        with self._lock:
            if self.status != WAITING:
                return False
            self.status, self._began = STARTING, time.monotonic()
            return True

    def advance(self, step: int, steps: int, score: float | None, preview: np.ndarray | None) -> None:
        """For the worker: a step was done."""
        with self._lock:
            if self.status in ENDED:
                return
            self.step, self.steps, self.score = step, steps, score
            if preview is not None:
                self.preview = preview
                self._growth.add(step, steps, preview)
                self.grown = self._growth.previews
            self.status = RUNNING

    def recall(self, result: dict[str, Any], grown: tuple[Preview, ...]) -> None:
        """For the worker: the same was asked before, and this came of it."""
        self.cached, self.grown = True, grown
        self.end(DONE, result)

    def end(self, status: str, result: dict[str, Any] | None = None, error: str | None = None) -> bool:
        """For the worker: the job is over; False if it already was."""
        with self._lock:
            if self.status in ENDED:
                return False
            self.result, self.error, self._took = result, error, self.seconds
            self.status = status
            self._ended.set()
            return True


def describe(job: Job) -> str:
    """One sentence on what a job is doing or how it ended."""
    at = f"step {job.step} of {job.steps}" if job.steps else ""
    score = "" if job.score is None else f"{job.score_name} {job.score:.1f}"
    match job.status:
        case "queued":
            place = job.position
            return f"{ORDINALS[max(place, 1) - 1]} in the queue" if place <= 10 else f"Number {place} in the queue"
        case "starting":
            return f"{job.doing}…"
        case "running" if job.replayed:
            return f"Replayed{' from an earlier run' if job.cached else ''}, {at}"
        case "running":
            return ", ".join(filter(None, [at.capitalize(), score])) or "Running…"
        case "done" if job.cached:
            return ", ".join(filter(None, ["Kept from an earlier time", score]))
        case "done":
            return ", ".join(filter(None, [f"Done in {job.seconds:.1f} s", score]))
        case "cancelled":
            return f"Cancelled at {at}" if at else "Cancelled before the first step"
    return job.error or "Failed"
