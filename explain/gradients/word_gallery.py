"""The dreamt words that come with the page: `python -m explain.gradients.word_gallery`.

Writes `models/gallery/crnn-words/WORD.png` (the 32 x 128 grey pixels that the network sees), `gallery.json` (the
recipe; for every word what the network reads, the word's probability, its sturdiness and the seed) and, with `--sheet`,
a contact sheet. Every word is dreamt from a few seeds; of the pictures that are read exactly, the one stays that is
read best in parts and changed (`word_dreams.sturdiness`). Nobody but the network itself has a say in it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from explain.gradients.word_dreams import RECIPE, Recipe, dream_words, sturdiness
from models import crnn

ROOT = Path(__file__).resolve().parents[2]
GALLERY = ROOT / "models" / "gallery" / "crnn-words"
SHEET = ROOT / "docs" / "pictures" / "dreamt-words.webp"
WORDS = ("elephant", "LONDON", "hello", "Paris", "music", "river", "BANK", "2024", "Summer", "garden")
WORDS += ("OPEN", "coffee", "Network", "bridge", "window", "Pizza", "yellow", "STOP", "language", "Kitchen")
TRIES = 3  # seeds a word
ENLARGED, COLUMNS, BORDER, CAPTION = 3, 4, 6, 18  # of the contact sheet; the last two in pixels


def dreamt(words: Sequence[str], seed: int = 0, tries: int = TRIES, batch: int = 4, recipe: Recipe = RECIPE) -> dict:
    """`{word: record}`, a record being "picture" `(32, 128)` uint8, "reading", "probability", "seed", "seconds".

    seconds: the word's share of the time that all tries with it took, by the clock.
    """
    from explain.gradients import jobs
    from explain.gradients.responses import Responses

    network, found = Responses(jobs._model(crnn.CARD.name)), {}
    for attempt in range(tries):
        for begin in range(0, len(words), batch):
            some, began = words[begin : begin + batch], time.perf_counter()
            dreams = dream_words(network, some, [seed + attempt] * len(some), recipe)
            sturdy = sturdiness(network, dreams.pictures, some, recipe)
            seconds = (time.perf_counter() - began) / len(some)
            for row, word in enumerate(some):
                record = {
                    "picture": dreams.pictures[row],
                    "reading": dreams.readings[row],
                    "probability": float(np.exp(dreams.scores[row])),
                    "sturdiness": float(sturdy[row]),
                    "seed": seed + attempt,
                    "seconds": seconds + (found[word]["seconds"] if word in found else 0.0),
                }
                better = word not in found or _rank(word, record) > _rank(word, found[word])
                found[word] = record if better else {**found[word], "seconds": record["seconds"]}
            told = f"seed {seed + attempt}: {', '.join(some)}, {seconds:.1f} s a word"
            print(told, file=sys.stderr, flush=True)
    return found


def _rank(word: str, record: dict) -> tuple[bool, float]:
    return record["reading"] == word, record["sturdiness"]


def write(records: dict, folder: Path = GALLERY, recipe: Recipe = RECIPE) -> None:
    """Stores the pictures and what is known of them."""
    folder.mkdir(parents=True, exist_ok=True)
    words = []
    for text, record in records.items():
        Image.fromarray(record["picture"]).save(folder / f"{text}.png", optimize=True)
        words.append(
            {
                "file": f"{text}.png",
                "text": text,
                "reading": record["reading"],
                "probability": round(record["probability"], 4),
                "sturdiness": round(record["sturdiness"], 3),
                "seed": record["seed"],
            }
        )
    told = {"settings": settings(recipe), "words": words}
    (folder / "gallery.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def settings(recipe: Recipe = RECIPE) -> dict:
    """What the pictures depend on: the recipe, and the beginning of the weights' SHA-256."""
    weights = hashlib.sha256(crnn.CARD.weights.read_bytes()).hexdigest()[:16]
    return {"recipe": asdict(recipe), "weights": weights}


def contact_sheet(records: dict, file: Path = SHEET) -> Path:
    """All pictures, enlarged pixel by pixel, with what the network reads under each."""
    width, height = crnn.WIDTH * ENLARGED, crnn.HEIGHT * ENLARGED
    step = width + BORDER, height + CAPTION + BORDER
    sheet = Image.new("RGB", (COLUMNS * step[0] + BORDER, -(-len(records) // COLUMNS) * step[1] + BORDER), "#8a8f98")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for position, (text, record) in enumerate(records.items()):
        left, top = BORDER + position % COLUMNS * step[0], BORDER + position // COLUMNS * step[1]
        picture = Image.fromarray(record["picture"]).convert("RGB")
        sheet.paste(picture.resize((width, height), Image.Resampling.NEAREST), (left, top))
        told = f"“{text}”, read as “{record['reading']}”"
        pen.text((left + width // 2, top + height + CAPTION // 2), told, fill="white", font=font, anchor="mm")
    file.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(file, "WEBP", quality=85, method=6)
    return file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", default=list(WORDS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=GALLERY)
    parser.add_argument("--sheet", type=Path, help=f"also writes a contact sheet, e.g. {SHEET.relative_to(ROOT)}")
    options = parser.parse_args()
    records = dreamt(options.words, options.seed)
    write(records, options.out)
    if options.sheet:
        contact_sheet(records, options.sheet)


if __name__ == "__main__":
    main()
