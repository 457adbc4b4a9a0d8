"""Takes the README's pictures of the page: `python -m tests.browser.pictures`.

Writes docs/pictures/*.webp: the page light and dark, and its views, as a visitor on a laptop sees them.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image

from tests.browser.conftest import FLAGS, ROOT, chromium, serve
from tests.browser.test_page import painted, settled

FOLDER = ROOT / "docs" / "pictures"
VIEWS = {
    "page": ("", 900, "light"),
    "page-dark": ("?layer=conv_5&frame=12", 900, "dark"),
    "layers": ("?network=VGG16&deep=block3_conv2", 1420, "light"),
    "by-hand": ("?view=One+unit+by+hand", 1720, "light"),
    "recurrent": ("?view=Recurrent+layers&frame=11", 1860, "light"),
    "ctc": ("?view=CTC+in+depth", 1960, "light"),
    "vgg16": ("?view=VGG16", 1560, "light"),
}


def main() -> None:
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as cache:
        served = serve(Path(cache))
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for name, (address, height, scheme) in VIEWS.items():
            page = browser.new_page(viewport={"width": 1400, "height": height}, color_scheme=scheme)
            page.goto(f"{served.url}/{address}")
            painted(page)
            settled(page)
            page.wait_for_timeout(2500)  # pictures that are still being decoded
            take(page, name)
            page.close()
        why(browser, served.url)
        browser.close()
        served.process.terminate()
        served.process.wait(10)
    print(*sorted(file.name for file in FOLDER.iterdir()), sep="\n")


def take(page, name: str) -> None:
    shot = Image.open(io.BytesIO(page.screenshot()))
    shot.convert("RGB").save(FOLDER / f"{name}.webp", quality=88, method=6)


def why(browser, url: str) -> None:
    """One character under every method."""
    page = browser.new_page(viewport={"width": 1400, "height": 1720})
    page.goto(f"{url}/?view=Why+this+character%3F&character=3")
    painted(page)
    page.get_by_role("button", name="Show the gradient methods").click()
    page.get_by_alt_text("Integrated gradients over the word").wait_for(timeout=150_000)
    page.wait_for_timeout(2500)
    take(page, "why")


if __name__ == "__main__":
    main()
