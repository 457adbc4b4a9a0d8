"""Words on things, drawn by a browser: `python -m tests.browser.scenes --out models/samples/words`.

Signs, labels and screens in HTML and CSS with the fonts of models/fonts. They are pictures of the sort that the CRNN's
training words imitate, made by another hand: nothing of models/training takes part.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from models.typeface import FOLDER, FONTS
from tests.browser.conftest import FLAGS, chromium

LICENCE = "CC0, drawn by this project (tests/browser/scenes.py)"


@dataclass(frozen=True)
class Scene:
    """text: as written. title: what it is. ground, letters: CSS of the thing and of the word on it."""

    text: str
    title: str
    font: str
    ground: str
    letters: str


SCENES = (
    Scene(
        "OPEN",
        "neon sign",
        "Display",
        "background: radial-gradient(circle at 40% 50%, #3d2436, #140d1a)",
        "color: #ffe9f4; text-shadow: 0 0 4px #ff4fa3, 0 0 14px #ff4fa3, 0 0 30px #ff4fa3; letter-spacing: .08em",
    ),
    Scene(
        "Exit",
        "road sign",
        "Bold",
        "background: linear-gradient(#0f7a4a, #0a5c37); border: 5px solid #eef; border-radius: 12px",
        "color: #f6fbf8; transform: perspective(500px) rotateY(-24deg)",
    ),
    Scene(
        "Espresso",
        "cup sleeve",
        "Serif",
        "background: repeating-linear-gradient(92deg, #a9794f 0 5px, #a3734a 5px 9px)",
        "color: #3a2313; transform: rotate(-4deg)",
    ),
    Scene(
        "FRAGILE",
        "cardboard box",
        "Bold",
        "background: linear-gradient(115deg, #c89d6a, #b58a58 60%, #a67c4c)",
        "color: #b3261e; opacity: .85; transform: perspective(400px) rotateX(22deg) rotateZ(3deg)",
    ),
    Scene(
        "Harbour",
        "book cover",
        "Italic",
        "background: linear-gradient(160deg, #23435e, #5f8ca8 70%, #d6b98c)",
        "color: #f4ead2; text-shadow: 1px 2px 3px #0008",
    ),
    Scene(
        "Settings",
        "telephone screen",
        "Sans",
        "background: #f2f2f7; border-bottom: 1px solid #bbb; padding: 6px 26px 6px 12px",
        "color: #1c1c1e; font-size: 34px",
    ),
    Scene(
        "deploy",
        "terminal",
        "Sans",
        "background: #10151c",
        "color: #7ee787; font-size: 30px",
    ),
    Scene(
        "Organic",
        "jar label",
        "Handwriting",
        "background: radial-gradient(ellipse, #fbf6e6 55%, #d9cfae); border: 3px double #5d7a3a",
        "color: #3f5c22",
    ),
    Scene(
        "SALE50",
        "price tag",
        "Display",
        "background: repeating-linear-gradient(45deg, #f5c518 0 14px, #f0ba00 14px 28px)",
        "color: #111; transform: skewX(-10deg)",
    ),
    Scene(
        "lemonade",
        "chalkboard",
        "Comic",
        "background: radial-gradient(#39443f, #262e2b)",
        "color: #e9efe9; opacity: .82; filter: blur(.6px); transform: rotate(3deg)",
    ),
    Scene(
        "Platform9",
        "station board",
        "Sans",
        "background: linear-gradient(#123a7a, #0b2a5c)",
        "color: #fff; transform: perspective(420px) rotateY(26deg)",
    ),
)
# words of a photographed page that scikit-image brings along (skimage/data/page.png): left, top, right, bottom
PAGE_LICENCE = "BSD-3-Clause, cut from scikit-image's photograph of a page (skimage/data/page.png)"
PAGE = {
    "segmentation": (146, 9, 298, 36),
    "determine": (86, 48, 162, 66),
    "histogram": (3, 115, 70, 136),
}


def draw(browser, scene: Scene) -> Image.Image:
    """The scene as the browser shows it, cut to the thing's edges."""
    page = browser.new_page(viewport={"width": 900, "height": 300})
    face = base64.b64encode((FOLDER / FONTS[scene.font]).read_bytes()).decode()
    page.set_content(
        f"""<style>@font-face {{ font-family: face; src: url(data:font/opentype;base64,{face}); }}
        #thing {{ display: inline-block; padding: 5px 12px; box-sizing: border-box; {scene.ground} }}
        #word {{ display: inline-block; font: 56px/1.15 face; {scene.letters} }}</style>
        <div id=thing><span id=word>{scene.text}</span></div>"""
    )
    page.evaluate("document.fonts.load('56px face')")
    shot = page.locator("#thing").screenshot()
    page.close()
    return Image.open(io.BytesIO(shot)).convert("RGB")


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--page", type=Path, help="skimage/data/page.png, for the words cut from it")
    chosen = parser.parse_args()
    entries = json.loads((chosen.out / "samples.json").read_text())
    made: list[tuple[str, str, str, Image.Image]] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        made += [(scene.text, scene.title, LICENCE, draw(browser, scene)) for scene in SCENES]
        browser.close()
    if chosen.page:
        with Image.open(chosen.page) as page:
            made += [(text, "photographed page", PAGE_LICENCE, page.crop(box)) for text, box in PAGE.items()]
    names = {text for text, *_ in made}
    entries = [entry for entry in entries if entry["text"] not in names]
    for text, title, licence, picture in made:
        picture.save(chosen.out / f"{text}.png", optimize=True)
        entries.append({"file": f"{text}.png", "title": f"{text}, {title}", "text": text, "licence": licence})
    (chosen.out / "samples.json").write_text(json.dumps(entries, indent=1) + "\n")


if __name__ == "__main__":
    main()
