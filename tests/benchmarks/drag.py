"""How far the reading is behind while the box on a picture moves.

    python -m tests.benchmarks drag [--megapixels N] [--seconds N]

A picture of that size is drawn, uploaded and a box drawn on it; then the box is dragged to and fro by the mouse. A
reading's lag is the time from the pointer's move to a place to the reading of that place on the screen. On a machine
that does other work besides, the processor time that a reading takes tells more.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from models import typeface
from tests.browser.conftest import FLAGS, chromium, serve
from tests.browser.test_page import painted, settled

# When each place of the box was first reached by the pointer, and when its reading was first on the screen.
WATCH = """() => {
  const home = [...document.querySelectorAll('*')].map((e) => e.shadowRoot?.querySelector('.word-box')).find(Boolean);
  const [stage, reading] = [home.querySelector('.stage'), home.querySelector('.reading')];
  window.lags = [];
  const moved = new Map(), note = () => moved.has(stage.dataset.box) || moved.set(stage.dataset.box, performance.now());
  new MutationObserver(note).observe(stage, { attributes: true, attributeFilter: ['data-box'] });
  new MutationObserver(() => {
    const at = moved.get(reading.dataset.box);
    if (at === undefined) return;
    moved.delete(reading.dataset.box);
    // After the screen is drawn.
    requestAnimationFrame(() => setTimeout(() => window.lags.push(performance.now() - at)));
  }).observe(reading, { attributes: true, attributeFilter: ['data-box'] });
}"""


def main(argv: list[str]) -> dict:
    """Runs the measurement; lags, and the processor time of one reading, are in milliseconds."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks drag", description=__doc__)
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--seconds", type=float, default=8)
    wanted = parser.parse_args(argv)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "sign.jpg"
        size = _draw(picture, wanted.megapixels)
        served = serve(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
        page.goto(f"{served.url}/?from=Upload")
        painted(page)
        settled(page)
        start = time.perf_counter()
        page.locator('[data-testid="stFileUploaderDropzoneInput"]').first.set_input_files(picture)
        page.wait_for_function(SHOWN)
        shown = time.perf_counter() - start
        page.wait_for_timeout(2000)
        lags, spent = _dragged(page, wanted.seconds, lambda: _computing(browser, served.process.pid))
        browser.close()
        served.process.terminate()
        served.process.wait(10)
    return {
        "picture": size,
        "seconds_until_it_is_shown": round(shown, 2),
        "readings": len(lags),
        "lag_median": round(statistics.median(lags)),
        "lag_19_of_20": round(sorted(lags)[19 * len(lags) // 20]),
        "lag_most": round(max(lags)),
        "computing_of_server_and_tab": [round(1000 * seconds / len(lags)) for seconds in spent],
    }


SHOWN = """() => [...document.querySelectorAll('*')].some(
  (e) => e.shadowRoot?.querySelector('.word-box .stage > img')?.naturalWidth > 0)"""


def _computing(browser, server: int) -> tuple[float, float]:
    """Seconds of processor time that the server has taken so far, and the browser's tabs."""
    fields = Path(f"/proc/{server}/stat").read_text().rsplit(")", 1)[1].split()
    told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    tabs = sum(process["cpuTime"] for process in told if process["type"] == "renderer")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), tabs


def _draw(path: Path, megapixels: float) -> tuple[int, int]:
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    picture = Image.effect_noise((height * 4 // 3, height), 60).convert("RGB")
    word = typeface.draw_word("elephant", next(iter(typeface.FONTS))).convert("RGB")
    picture.paste(word.resize((picture.width // 3, height // 8)), (picture.width // 3, height // 3))
    picture.save(path, quality=80)
    return picture.size


def _dragged(page, seconds: float, computing: Callable[[], tuple[float, float]]) -> tuple[list[float], list[float]]:
    """The lags, and what was computed meanwhile."""
    stage = page.locator(".word-box .stage").bounding_box()
    x, y = stage["x"] + 0.3 * stage["width"], stage["y"] + 0.3 * stage["height"]
    across, down = 0.4 * stage["width"], 0.2 * stage["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + across, y + down, steps=4)
    page.mouse.up()
    page.wait_for_timeout(3000)
    page.evaluate(WATCH)
    page.mouse.move(x + across / 2, y + down / 2)
    page.mouse.down()
    before = computing()
    end, step = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        step += 1
        page.mouse.move(x + across / 2 + abs(step % 80 - 40), y + down / 2 + abs(step % 46 - 23))
        page.wait_for_timeout(16)
    spent = [after - start for start, after in zip(before, computing(), strict=True)]
    lags = page.evaluate("window.lags")
    page.mouse.up()
    return lags, spent
