"""Whether the page stays quick and light over a long time: three visitors wander over a fresh server.

    python -m tests.benchmarks soak [--minutes N] [--busy] [--seed N]

Each visitor has a browser, opens links of the page's views at random (words from the samples and typed, units, frames,
photographs, classes) and clicks on views, words, frames and photographs. None asks for a job of the gradient worker. An
opening is timed from the link or the click until the server has answered and, for a link, the three panels are painted.
--busy: two other processes keep two cores busy all the while.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.progress import progress
from tests.benchmarks.wander import LINK, Wanderer
from tests.browser.conftest import FLAGS, chromium, serve
from tests.browser.test_crowd import watched

VISITORS = 3
BUSY = 2  # processes that compute for as long as the visitors wander
PAUSE = (0.5, 3.0)  # seconds for which a visitor looks at what was opened
PATIENCE = 60_000  # milliseconds after which an opening counts as failed
LOG = 10_000  # characters of the server's own words that are shown where something went wrong
EVERY = 2  # seconds between two looks at the server's memory


@dataclass(frozen=True)
class Opening:
    """What a visitor opened, how long it took, and what went wrong, if anything did."""

    what: str
    seconds: float
    error: str | None


@dataclass(frozen=True)
class Memory:
    """Megabytes of a process: all that is resident, and the part of it that is no file's."""

    resident: float
    anonymous: float


class Visitor(threading.Thread):
    """A visitor with a browser of their own, who wanders until told that it is over."""

    def __init__(self, url: str, seed: str, ready: threading.Barrier, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self.openings: list[Opening] = []
        self._url, self._seed, self._ready, self._over = url, seed, ready, over

    def run(self) -> None:
        from playwright.sync_api import sync_playwright

        pauses = random.Random(self._seed)
        with sync_playwright() as playwright:  # one a thread: Playwright's objects belong to the thread that made them
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
            page.set_default_timeout(PATIENCE)
            complaints: list[str] = []
            page.on("pageerror", lambda error: complaints.append(str(error)))
            wanderer = Wanderer(page, self._url, self._seed)
            self._ready.wait()  # for the others' browsers: what it takes to start those is no part of an opening
            while not self._over.is_set():
                self.openings.append(self._open(wanderer, complaints))
                complaints.clear()
                self._over.wait(pauses.uniform(*PAUSE))
            browser.close()

    def _open(self, wanderer: Wanderer, complaints: list[str]) -> Opening:
        start, error = time.perf_counter(), None
        try:
            wanderer.step()
        except Exception as problem:  # whatever goes wrong is counted, and the visitor goes on
            error = f"{type(problem).__name__}: {problem}".splitlines()[0]
        took = time.perf_counter() - start
        error = error or wanderer.broken() or next(iter(complaints), None)
        if error:
            wanderer.lost()
        return Opening(wanderer.what, took, error)


def main(argv: list[str]) -> dict:
    """Runs the measurement: seconds of openings and health answers, megabytes of the server's process."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--busy", action="store_true", help="two other processes keep two cores busy")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    if options.minutes <= 0:
        raise ValueError(f"The visitors need some time to wander, not {options.minutes:g} minutes.")
    ready, over = threading.Barrier(VISITORS + 1, timeout=PATIENCE / 1000), threading.Event()
    with tempfile.TemporaryDirectory() as cache, busy(BUSY if options.busy else 0):
        served = serve(Path(cache))
        try:
            visitors = [Visitor(served.url, f"{options.seed}-{number}", ready, over) for number in range(VISITORS)]
            with watched(served.url) as health:
                for visitor in visitors:
                    visitor.start()
                ready.wait()
                samples = [memory(served.process.pid) for _ in ticks(60 * options.minutes)]
                over.set()
                for visitor in visitors:
                    visitor.join(2 * PATIENCE / 1000)
        finally:
            served.process.terminate()
            served.process.wait(10)
        openings = [opening for visitor in visitors for opening in visitor.openings]
        if any(opening.error for opening in openings):  # what the page does not say
            print((Path(cache) / "server.log").read_text()[-LOG:], file=sys.stderr)
    return {"minutes": options.minutes, "busy": options.busy, "seed": options.seed} | summary(
        openings, health.took, health.failed, samples
    )


def summary(openings: list[Opening], took: list[float], failed: int, samples: list[Memory]) -> dict:
    """The result: openings, answers of /_stcore/health and the medians of the server's memory in its thirds.

    The first third holds the minutes in which what is remembered fills, after a start at 200 MB; memory that grows on
    is what the last third has above the middle one.
    """
    slowest = max(openings, key=lambda opening: opening.seconds)
    errors = [f"{opening.what}: {opening.error}" for opening in openings if opening.error]
    third = max(1, len(samples) // 3)
    first, last = samples[:third], samples[-third:]

    def median(part: list[Memory], kind: str) -> float:
        return statistics.median(getattr(sample, kind) for sample in part)

    return {
        "openings": len(openings),
        "links": sum(opening.what.startswith(LINK) for opening in openings),
        "median_opening_seconds": round(statistics.median(opening.seconds for opening in openings), 2),
        "slowest_opening_seconds": round(slowest.seconds, 2),
        "slowest_opening": slowest.what,
        "slowest_health_seconds": round(max(took), 3),
        "health_failed": failed,
        "errors": errors,
        "resident_mb_first_third": round(median(first, "resident"), 1),
        "resident_mb_middle_third": round(median(samples[third:-third] or samples, "resident"), 1),
        "resident_mb_last_third": round(median(last, "resident"), 1),
        "resident_mb_highest": round(max(sample.resident for sample in samples), 1),
        "anonymous_mb_first_third": round(median(first, "anonymous"), 1),
        "anonymous_mb_last_third": round(median(last, "anonymous"), 1),
        "level": round(median(last, "resident") / median(first, "resident"), 3),
    }


def ticks(seconds: float) -> Iterator[None]:
    """Goes on every EVERY seconds until so many have passed, and draws how far it is."""
    total = max(1, round(seconds / EVERY))
    start = time.monotonic()
    for number in progress(range(total), total, f"looks at the memory, one in {EVERY} s"):
        time.sleep(max(0.0, start + (number + 1) * EVERY - time.monotonic()))
        yield


def memory(pid: int) -> Memory:
    """Of a process, from /proc (Linux)."""
    told = Path(f"/proc/{pid}/smaps_rollup").read_text()
    resident, anonymous = (
        int(re.search(rf"^{kind}:\s+(\d+) kB", told, re.MULTILINE)[1]) / 1024 for kind in ("Rss", "Anonymous")
    )
    return Memory(resident, anonymous)


@contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that compute all the while."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()
