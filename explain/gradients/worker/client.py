"""The page's side of the gradient worker: hand in a job, look at it now and then, cancel it; never wait.

One `GradientWorker` serves all visitors. It starts one child process when the first job comes, gives it one job at a
time, and ends it when it has been idle for a while, uses too much memory or does not hear a cancel. TensorFlow is never
imported here.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import queue
import threading
import time
from math import inf
from pathlib import Path
from typing import Any

from explain.gradients.worker import request, result_cache
from explain.gradients.worker.bounds import CPU_SECONDS, FORGOTTEN, Bounds
from explain.gradients.worker.fair_queue import FairQueue
from explain.gradients.worker.job import CANCELLED, DONE, FAILED, Job, describe
from explain.gradients.worker.process import Child
from explain.processes import protocol

__all__ = ["GradientWorker", "Job", "describe"]

WATCH_SECONDS = 0.25  # how often memory and an unheard cancel are looked at, only while a job runs
CLOSE_SECONDS = 1.0


class GradientWorker:
    """The one process that computes gradients, and the line before it. Safe to use from any thread.

    jobs: the module whose `JOBS` can be asked for; see `explain.gradients.jobs`.
    idle: seconds without a job after which the process ends and gives its memory back.
    memory: resident bytes of the process above which it is ended (watched on Linux).
    patience: seconds a cancelled job may go on before the process is ended.
    forgotten: seconds without a look after which a job is ended, as when its visitor has left; more than a browser lets
        pass between two looks from a tab in the background, which is a minute.
    waiting: how many jobs may stand in the queue.
    results: where results are kept and how many bytes of them, by default 64 MB in the user's cache folder.
    threads: TensorFlow's, by default what this process may use.
    bounded: whether the process bounds itself as well, for networks that strangers have brought.
    clock, processor: seconds that one job may take, see `Bounds`.
    """

    def __init__(
        self,
        jobs: str = "explain.gradients.jobs",
        *,
        idle: float = 300.0,
        memory: int = 1_700_000_000,
        patience: float = 6.0,
        forgotten: float = 120.0,
        waiting: int = 32,
        results: result_cache.Store | Path | None = None,
        threads: int = 0,
        bounded: bool = False,
        clock: float = inf,
        processor: float = inf,
    ) -> None:
        self._jobs, self._kinds = jobs, importlib.import_module(jobs).JOBS
        self._bounds = Bounds(memory, patience, forgotten, clock, processor)
        self._idle, self._waiting, self._threads, self._bounded = idle, waiting, threads, bounded
        self._results = results if isinstance(results, result_cache.Store) else result_cache.Store(results)
        self._lock = threading.Lock()  # guards the three below
        self._line: FairQueue[Job] = FairQueue()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._events: queue.SimpleQueue[tuple[str, Any, Any]] = queue.SimpleQueue()
        # from here on only the thread writes
        self._child: Child | None = None
        self._current: Job | None = None
        self._ending: str | None = None  # why the child is being ended: the sentence for its job
        self._since = 0.0  # since when the child has been idle
        self._had = 0.0  # processor time of the child when its job began

    def submit(self, kind: str, settings: dict[str, Any], owner: str = "", folder: Path | None = None) -> Job:
        """Hands in a job and returns at once. A request that cannot be met comes back failed, with its sentence.

        owner: whoever waits, e.g. the session; owners take turns. folder: of networks that are the owner's alone, where
        the process then looks for them, and where the result is kept.
        """
        job = Job(kind, dict(settings), owner, folder)
        try:
            request.check(job, self._kinds)
        except ValueError as error:
            job.end(FAILED, error=str(error))
            return job
        if request.recalled(job, self._results):
            return job
        job.attach(self._cancel, self._position)
        with self._lock:
            if self._closed:
                job.end(FAILED, error="The page is shutting down; load it again.")
            elif len(self._line) >= self._waiting:
                job.end(FAILED, error=f"{self._waiting} requests are waiting already; try again in a minute.")
            else:
                self._line.put(owner, job)
                self._wake()
        return job

    @property
    def pid(self) -> int | None:
        """The process's number while there is one."""
        child = self._child
        return child.pid if child else None

    @property
    def busy(self) -> bool:
        """Whether the process is at work, be it on a job that was cancelled and has not stopped yet."""
        return self._current is not None

    def rest(self) -> None:
        """Ends the process where it has nothing to do, before another one needs the memory; the next job starts one."""
        if self._child and not self.busy:
            self._events.put(("rest", None, None))

    def close(self) -> None:
        """Ends the process and every job; called when the page ends. Harmless twice."""
        with self._lock:
            self._closed = True
            thread, self._thread = self._thread, None
        if thread:
            self._events.put(("close", None, None))
            thread.join(2 * CLOSE_SECONDS)
        atexit.unregister(self.close)

    # -- called from any thread

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="gradients", daemon=True)
            self._thread.start()
            atexit.register(self.close)
        self._events.put(("submitted", None, None))

    def _cancel(self, job: Job) -> None:
        with self._lock:
            waiting = self._line.remove(job)
        if not waiting:
            self._events.put(("cancelled", job, None))

    def _position(self, job: Job) -> int:
        with self._lock:
            order = self._line.order()
        return order.index(job) + 1 if job in order else 0

    # -- called from the worker's thread; it lives as long as the worker, for Linux ends the child with the thread that
    # -- started it

    def _run(self) -> None:
        cancelled = float("inf")  # when the job that the child is at was cancelled
        while True:
            event, subject, content = self._next_event()
            if event == "close":
                return self._shut()
            if event == "frame" and subject is self._child:
                try:
                    self._hear(*content)
                except (KeyError, TypeError, ValueError):  # somebody's network may have led it astray
                    self._child.kill()
            elif event == "ended" and subject is self._child:
                self._bury()
            elif event == "rest" and self._current is None:
                self._since = float("-inf")  # idle for long enough
            elif event == "cancelled" and subject is self._current and self._child:
                self._child.send({"do": "cancel", "id": subject.id})
                cancelled = time.monotonic()
            if self._current is None:
                cancelled = float("inf")
                self._take_next()
            self._watch(cancelled)

    def _next_event(self) -> tuple[str, Any, Any]:
        timeout = None
        if self._current:
            timeout = WATCH_SECONDS
        elif self._child:
            timeout = max(0.0, self._since + self._idle - time.monotonic()) if not self._ending else CLOSE_SECONDS
        with contextlib.suppress(queue.Empty):
            return self._events.get(timeout=timeout)
        return "nothing", None, None

    def _take_next(self) -> None:
        if self._ending:
            return  # the child is on its way out; its end is an event
        while self._current is None:
            with self._lock:
                job = self._line.take()
            if job is None:
                return
            if job.unseen > self._bounds.forgotten:
                job.end(FAILED, error=FORGOTTEN)
            elif not request.recalled(job, self._results) and job.begin():  # or someone else had asked for the same
                self._start(job)

    def _start(self, job: Job) -> None:
        if self._child and (self._child.folder != job.folder or self._spent()):
            self._put_away()
        if self._child is None:
            try:
                self._child = Child(
                    self._jobs,
                    lambda child, frame: self._events.put(("frame", child, frame)),
                    lambda child: self._events.put(("ended", child, None)),
                    self._threads,
                    job.folder,
                    self._bounds.memory if self._bounded else 0,
                )
            except OSError as error:
                job.end(FAILED, error=f"The gradient process could not be started ({error.strerror}).")
                return
        self._current, self._had = job, self._child.processor_seconds() or 0.0
        settings, arrays = protocol.split(job.settings)
        self._child.send({"do": "job", "id": job.id, "kind": job.kind, "settings": settings}, arrays)

    def _spent(self) -> bool:
        """Whether the child has too little left of the processor time of its life for another job."""
        left = CPU_SECONDS - (self._child.processor_seconds() or 0.0)
        return self._bounded and left < min(self._bounds.processor, CPU_SECONDS / 2)

    def _hear(self, message: dict[str, Any], arrays: dict[str, Any]) -> None:
        job = self._current
        if job is None or message["id"] != job.id:
            return
        match message["say"]:
            case "doing":
                job.doing = message["text"]
            case "step":
                job.advance(message["step"], message["steps"], message["score"], arrays.get("preview"))
            case "result":
                result = {**message["values"], **arrays}
                request.keep(job, result, self._results)  # first kept, then told: who asks finds it
                job.end(DONE, result)
                self._rest()
            case "cancelled":
                self._rest()
            case "failed":
                job.end(FAILED, error=message["error"])
                self._rest()

    def _rest(self) -> None:
        self._current, self._since = None, time.monotonic()

    def _bury(self) -> None:
        """The child is gone: its job fails, unless it had ended, and the next job gets a fresh process."""
        if self._current:
            self._current.end(FAILED, error=self._ending or self._child.fate())
        self._child, self._current, self._ending = None, None, None

    def _watch(self, cancelled: float) -> None:
        """Ends the child for what it should not do: be idle for long, take too much memory, not hear a cancel; and a
        job that nobody waits for."""
        now = time.monotonic()
        if self._child is None:
            return
        if self._current is None:
            if self._ending:
                self._child.kill()  # it was asked kindly
            elif now - self._since >= self._idle:
                self._ending = "idle"
                self._child.stop()
        elif broken := self._bounds.broken(self._child, self._current.seconds, self._had):
            self._ending = broken
            self._child.kill()
        elif now - cancelled > self._bounds.patience:
            self._child.kill()
        elif self._current.unseen > self._bounds.forgotten and self._current.end(FAILED, error=FORGOTTEN):
            self._cancel(self._current)  # heard in the next round

    def _shut(self) -> None:
        with self._lock:
            waiting = self._line.order()
        for job in [*waiting, *filter(None, [self._current])]:
            job.end(CANCELLED)
        self._put_away()

    def _put_away(self) -> None:
        """Ends the process and waits until it is gone."""
        if self._child:
            self._child.stop()
            if not self._child.wait(CLOSE_SECONDS):
                self._child.kill()
                self._child.wait(CLOSE_SECONDS)
        self._child = self._current = None
