"""The gradient worker as a visitor meets it: time to the first picture, time to cancel, memory.

    python -m tests.benchmarks worker [--class-index 50] [--size 160] [--steps 64]

One run, fresh process, empty store. Times in seconds, memory in MB (10^6 bytes). `page_*` belongs to the process
that submits, `child_*` to the one with TensorFlow; proportional set size counts shared pages by share.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
import threading
import time
from pathlib import Path

from explain.gradients.worker.client import GradientWorker, Job


class Memory(threading.Thread):
    """Samples the child's memory four times a second."""

    def __init__(self, worker: GradientWorker) -> None:
        super().__init__(daemon=True)
        self.worker, self.peak, self.over = worker, {"Rss": 0, "Pss": 0}, threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.25):
            if pid := self.worker.pid:
                now = resident(pid)
                self.peak = {name: max(self.peak[name], now.get(name, 0)) for name in self.peak}


def resident(pid: int) -> dict[str, int]:
    """Resident and proportional set size in bytes."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        fields = (line.split() for line in lines)
        return {name.rstrip(":"): 1024 * int(amount) for name, amount, *_ in fields}
    return {}


def seconds_until(condition, start: float, limit: float = 300.0) -> float:
    while not condition():
        if time.monotonic() - start > limit:
            raise TimeoutError("The worker did not get that far in five minutes.")
        time.sleep(0.002)
    return round(time.monotonic() - start, 4)


def follow(job: Job, start: float) -> dict[str, float]:
    return {
        "first_step": seconds_until(lambda: job.step > 0 or job.ended, start),
        "first_preview": seconds_until(lambda: job.preview is not None or job.ended, start),
    }


def main(argv: list[str]) -> dict:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks worker", description=__doc__.split("\n")[0])
    parser.add_argument("--class-index", type=int, default=50)
    parser.add_argument("--size", type=int)
    parser.add_argument("--steps", type=int)
    options = parser.parse_args(argv)
    given = {name: value for name, value in vars(options).items() if value is not None}

    with tempfile.TemporaryDirectory() as folder:
        worker = GradientWorker(results=Path(folder))
        memory = Memory(worker)
        memory.start()
        try:
            return measure(worker, memory, given)
        finally:
            memory.over.set()
            worker.close()


def measure(worker: GradientWorker, memory: Memory, given: dict) -> dict:
    start = time.monotonic()
    job = worker.submit("dream", given)
    submitted = time.monotonic() - start
    seconds_until(lambda: worker.pid or job.ended, start)
    report = {"settings": job.settings, "submit": round(submitted, 4), "page_threads": threading.active_count()}
    words = {}
    while not (job.step or job.ended):
        words.setdefault(job.doing, round(time.monotonic() - start, 3))
        time.sleep(0.002)
    report["cold"] = {"doing_from": words, **follow(job, start)}
    job.wait()
    if job.error:
        raise SystemExit(job.error)
    report["cold"]["done"] = round(time.monotonic() - start, 2)
    report["score"] = round(job.score, 2)
    report["child_idle_MB"] = megabytes(resident(worker.pid))

    begin = time.monotonic()
    again = worker.submit("dream", given)
    report["kept_result"] = round(time.monotonic() - begin, 4)
    assert again.cached

    begin = time.monotonic()
    warm = worker.submit("dream", {**given, "seed": 1})
    report["warm"] = follow(warm, begin)
    laps = 10_000
    begin = time.monotonic()
    for _ in range(laps):
        _ = warm.status, warm.position, warm.step, warm.preview, warm.score, warm.seconds
    report["status_poll_microseconds"] = round((time.monotonic() - begin) / laps * 1e6, 2)

    waits = []
    for seed in range(2, 7):
        job = warm if seed == 2 else worker.submit("dream", {**given, "seed": seed})
        seconds_until(lambda job=job: job.step > 2, time.monotonic())
        begin = time.monotonic()
        job.cancel()
        waits.append(seconds_until(lambda: not worker.busy, begin))
    report["cancel_until_free"] = {"median": sorted(waits)[2], "max": max(waits)}
    report["child_peak_MB"] = megabytes(memory.peak)
    report["page_MB"] = megabytes(resident(os.getpid()))
    return report


def megabytes(sizes: dict[str, int]) -> dict[str, int]:
    return {name.lower(): round(sizes[name] / 1e6) for name in ("Rss", "Pss") if name in sizes}
