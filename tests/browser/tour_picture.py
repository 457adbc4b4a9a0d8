"""Makes the README's animation of the tour: `python -m tests.browser.tour_picture`.

Writes docs/pictures/tour.webp: every step as a visitor sees it, for some seconds each, at most 1.5 MB.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image

from explain.panels.tour.steps import OF_WORDS
from tests.browser.conftest import FLAGS, chromium, serve
from tests.browser.pictures import FOLDER
from tests.browser.test_page import settled

WIDE, HIGH, SHOWN = 1240, 800, 900  # the window, and the animation's width
MOMENTS, APART = 4, 650  # of each step, milliseconds from one to the next
MOST = 1_500_000


def main() -> Path:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as cache:
        served = serve(Path(cache))
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": WIDE, "height": HIGH})
        page.goto(f"{served.url}/?tour=1")
        frames = [frame for step in OF_WORDS for frame in moments(page, step.title)]
        browser.close()
        served.process.terminate()
        served.process.wait(10)
    return written(frames)


def moments(page, title: str) -> list[Image.Image]:
    """Some moments of a step; then the next one begins."""
    page.locator(".card h2").get_by_text(title, exact=True).wait_for()
    page.locator(".scene img").first.wait_for()
    settled(page)
    page.wait_for_timeout(2600)
    taken = []
    for _ in range(MOMENTS):
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        taken.append(shot.resize((SHOWN, round(SHOWN * HIGH / WIDE)), Image.Resampling.LANCZOS))
        page.wait_for_timeout(APART)
    page.keyboard.press("PageDown")
    return taken


def written(frames: list[Image.Image]) -> Path:
    """The animation, as good as fits."""
    path = FOLDER / "tour.webp"
    for quality in (70, 60, 50, 40, 30):
        how = {"duration": 1150, "loop": 0, "quality": quality, "method": 4, "minimize_size": True}
        frames[0].save(path, save_all=True, append_images=frames[1:], **how)
        if path.stat().st_size <= MOST:
            break
    return path


if __name__ == "__main__":
    print(main())
