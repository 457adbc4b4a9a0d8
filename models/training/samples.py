"""The page's sample words, drawn with the bundled fonts.

python -m models.training.samples --out models/samples/words
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from PIL import Image

from models.training.fonts import Font
from models.training.render import Renderer
from models.training.settings import Settings
from models.typeface import FOLDER, FONTS, draw_word

PRINTED = (("elephant", "Serif"), ("LONDON", "Bold"), ("a1b2", "Typewriter"), ("handwriting", "Handwriting"))
QUIET = Settings(
    curve=0, bounce=0, wide=0, gradient=0, blotches=0, grain=0, clutter=0, neighbour=0, outline=0, hollow=0, shadow=0
)
QUIET = replace(QUIET, warp=0, low=0, blur=0, motion=0, noise=0, jpeg=0, light=0, margin=(0.12, 0.3))
ALWAYS = 2.0  # a share that holds whatever the difficulty
# title, text, font, settings, seed
SCENES = (
    ("light on dark", "HOTEL", "Display", replace(QUIET, light=ALWAYS, shadow=ALWAYS, gradient=ALWAYS), 1),
    ("perspective", "Station", "Sans", replace(QUIET, warp=ALWAYS, perspective=0.3, gradient=ALWAYS), 2),
    ("textured wall", "Garden", "Bold", replace(QUIET, grain=ALWAYS, blotches=ALWAYS, shadow=ALWAYS), 3),
    ("small and blurred", "market", "Comic", replace(QUIET, low=ALWAYS, blur=ALWAYS, jpeg=ALWAYS, noise=ALWAYS), 4),
)


def draw_samples() -> list[tuple[str, str, Image.Image]]:
    """Title, text and picture of each sample."""
    samples = [(f"{text}, {font.lower()}", text, draw_word(text, font)) for text, font in PRINTED]
    for title, text, name, settings, seed in SCENES:
        font = Font(str(FOLDER / FONTS[name]), name, True, 1.0)
        samples.append(
            (f"{text}, {title}", text, Renderer([font], settings=settings).draw(seed, 0, 0.6, text=text).picture)
        )
    return samples


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for title, text, picture in draw_samples():
        file = f"{text}.png"
        picture.save(folder / file, optimize=True)
        entries.append({"file": file, "title": title, "text": text})
    (folder / "samples.json").write_text(json.dumps(entries, indent=1) + "\n")


if __name__ == "__main__":
    main()
