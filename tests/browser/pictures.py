"""Takes the README's pictures of the page: `python -m tests.browser.pictures [NAME]`.

Writes docs/pictures/*.webp: the page light and dark, and its views, as a visitor on a laptop sees them.
NAME: of a network in NETWORKS_FOLDER, for the picture of somebody's own.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.browser.conftest import FLAGS, ROOT, chromium, serve
from tests.browser.street import street
from tests.browser.test_page import painted, settled

FOLDER = ROOT / "docs" / "pictures"
WIDE, HIGH = 1400, 900  # a laptop's window; views deeper down are taken to their end
VIEWS = {
    "page": ("", "light", False),
    "page-dark": ("?layer=conv_5&frame=12", "dark", False),
    "layers": ("?network=vgg16-cam&deep=block3_conv2", "light", True),
    "by-hand": ("?view=One+unit+by+hand", "light", True),
    "recurrent": ("?view=Recurrent+layers&frame=11", "light", True),
    "ctc": ("?view=CTC+in+depth", "light", True),
    "what-if": ("?view=What+if%3F", "light", True),
    "learnt": ("?view=How+it+learnt", "dark", True),
    "vgg16": ("?view=VGG16", "light", True),
}


def main(own: str | None = None) -> None:
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as cache:
        served = serve(Path(cache))
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        views = {"own": (f"?network={own}", "light", False)} if own else {}
        for name, (address, scheme, whole) in {**VIEWS, **views}.items():
            page = browser.new_page(viewport={"width": WIDE, "height": HIGH}, color_scheme=scheme)
            page.goto(f"{served.url}/{address}")
            painted(page)
            settled(page)
            take(page, name, whole)
            page.close()
        why(browser, served.url)
        follow(browser, served.url)
        box(browser, served.url, Path(cache))
        browser.close()
        served.process.terminate()
        served.process.wait(10)
    print(*sorted(file.name for file in FOLDER.iterdir()), sep="\n")


def take(page, name: str, whole: bool) -> None:
    """whole: the window is made as high as what it shows, whose charts may have come late."""
    for _ in range(2 if whole else 0):
        page.wait_for_timeout(2500)
        height = page.locator('[data-testid="stMainBlockContainer"]').evaluate("(block) => block.scrollHeight")
        page.set_viewport_size({"width": WIDE, "height": height})
    page.wait_for_timeout(2500)  # pictures that are still being decoded
    shot = Image.open(io.BytesIO(page.screenshot()))
    shot.convert("RGB").save(FOLDER / f"{name}.webp", quality=88, method=6)


def why(browser, url: str) -> None:
    """One character under every method."""
    page = browser.new_page(viewport={"width": WIDE, "height": HIGH})
    page.goto(f"{url}/?view=Why+this+character%3F&character=3")
    painted(page)
    page.get_by_role("button", name="Show the gradient methods").click()
    page.get_by_alt_text("Integrated gradients over the word").wait_for(timeout=150_000)
    take(page, "why", whole=True)


def follow(browser, url: str) -> None:
    """One character followed back to the pixels."""
    page = browser.new_page(viewport={"width": WIDE, "height": HIGH})
    page.goto(f"{url}/?view=Follow+an+answer&follow_target=5")
    page.get_by_text("Begin at the answer").wait_for(timeout=150_000)
    page.wait_for_timeout(8000)  # the check beside the path
    settled(page)
    take(page, "follow", whole=True)


def box(browser, url: str, folder: Path) -> None:
    """A picture of one's own, with a box around a word that was found on it."""
    street().save(folder / "street.jpg", quality=90)
    page = browser.new_page(viewport={"width": WIDE, "height": 1150})
    page.goto(f"{url}/?from=Upload")
    painted(page)
    page.locator('[data-testid="stFileUploaderDropzoneInput"]').first.set_input_files(folder / "street.jpg")
    page.get_by_role("button", name="Word 1 of 3").click()
    settled(page)
    take(page, "box", whole=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
