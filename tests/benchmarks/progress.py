"""A progress bar on stderr, so that stdout stays for the result."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
WIDTH = 30


def progress(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """Hand the items on and draw how many of `total` are done and how long the rest will take.

    On a terminal the line is redrawn five times a second; elsewhere (a log) a line is written every ten seconds.
    """
    started = drawn = time.monotonic()
    terminal = sys.stderr.isatty()
    done = 0
    for item in items:
        yield item
        done += 1
        now = time.monotonic()
        if now - drawn > (0.2 if terminal else 10):
            drawn = now
            _draw(done, total, what, now - started, "\r" if terminal else "\n")
    _draw(done, total, what, time.monotonic() - started, "\n")


def _draw(done: int, total: int, what: str, seconds: float, end: str) -> None:
    bar = "#" * (WIDTH * done // max(total, 1))
    left = f", {seconds / done * (total - done):.0f} s left" if 0 < done < total else f" in {seconds:.1f} s"
    print(f"[{bar:{WIDTH}}] {done}/{total} {what}{left}   ", end=end, file=sys.stderr, flush=True)
