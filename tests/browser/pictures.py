"""Takes the README's pictures of the page: `python -m tests.browser.pictures`.

Writes docs/pictures/page.webp (light), page-dark.webp, layers.webp and vgg16.webp, as a visitor on a laptop sees them.
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
            page.wait_for_timeout(1500)  # pictures that are still being decoded
            shot = Image.open(io.BytesIO(page.screenshot()))
            shot.convert("RGB").save(FOLDER / f"{name}.webp", quality=88, method=6)
            page.close()
        browser.close()
        served.process.terminate()
        served.process.wait(10)
    print(*sorted(file.name for file in FOLDER.iterdir()), sep="\n")


if __name__ == "__main__":
    main()
