"""How long the page takes to paint its three panels, cold, and what the process that serves it weighs.

    python -m tests.benchmarks page [--times N]

A fresh server and a fresh browser each time; the clock runs from opening the address to the last panel's picture.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import time
from pathlib import Path

from tests.browser.conftest import FLAGS, chromium, serve
from tests.browser.test_page import painted, settled


def main(argv: list[str]) -> dict:
    """Runs the measurement; seconds are medians, memory is that of the last server after its first visitor."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks page", description=__doc__)
    parser.add_argument("--times", type=int, default=3)
    times = parser.parse_args(argv).times
    from playwright.sync_api import sync_playwright

    cold, warm, resident, mapped = [], [], 0.0, False
    with sync_playwright() as playwright:
        for _ in range(times):
            with tempfile.TemporaryDirectory() as cache:
                served = serve(Path(cache))
                browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
                cold.append(_open(browser, served.url))
                warm.append(_open(browser, served.url))
                resident = _resident(served.process.pid)
                mapped = "tensorflow" in Path(f"/proc/{served.process.pid}/maps").read_text()
                browser.close()
                served.process.terminate()
                served.process.wait(10)
    return {
        "times": times,
        "cold_seconds": round(statistics.median(cold), 2),
        "warm_seconds": round(statistics.median(warm), 2),
        "server_resident_mb": round(resident, 1),
        "tensorflow_mapped": mapped,
    }


def _open(browser, url: str) -> float:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    start = time.perf_counter()
    page.goto(url)
    painted(page)
    took = time.perf_counter() - start
    settled(page)
    context.close()
    return took


def _resident(pid: int) -> float:
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024
