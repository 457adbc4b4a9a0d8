"""How many class visualisations can be recognised, asked blind: one picture, three names, one of them right.

`python -m tests.benchmarks quiz --out DIR` draws question sheets (`questions-1.png`, ...) and keeps the key beside them
in `key.json`, which the judge does not open. The judge, a person, writes one letter a picture, in order ("ABCA..."),
into a text file; blanks and line ends are ignored and "-" stands for "I can't tell". `python -m tests.benchmarks quiz
--out DIR --answers FILE` counts. Guessing gets a third right, so `recognised` takes the guesses out:
(right - wrong / 2) / n.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image

from explain.gradients.images.gallery import GALLERY
from explain.pictures.sheets import Layout, Lettering, sheet

COLUMNS, ROWS, TILE, LINE = 5, 4, 192, 18  # of a sheet; the last two in pixels


def questions(notes: list[dict], seed: int) -> list[dict]:
    """One question a class, shuffled: the picture's file, three names in random order, the letter of the right one."""
    random = np.random.default_rng(seed)
    asked = []
    for unit in random.permutation(len(notes)):
        others = random.choice(np.delete(np.arange(len(notes)), unit), 2, replace=False)
        order = random.permutation([unit, *others])
        letter = "ABC"[int(np.flatnonzero(order == unit)[0])]
        names = [notes[other]["name"] for other in order]
        asked.append({"file": notes[unit]["file"], "names": names, "right": letter})
    return asked


def draw(asked: list[dict], folder: Path, gallery: Path) -> int:
    """Question sheets as PNG, twenty pictures each; returns how many."""
    layout = Layout((TILE, TILE), COLUMNS, gap=(12, 8), margin=6, above=LINE, below=3 * LINE)
    begins = range(0, len(asked), COLUMNS * ROWS)
    for page, begin in enumerate(begins, start=1):
        questions_here = asked[begin : begin + COLUMNS * ROWS]
        pictures = [_tile(gallery / question["file"]) for question in questions_here]
        numbers = [str(begin + place) for place in range(1, len(pictures) + 1)]
        names = ["\n".join(map("  ".join, zip("ABC", question["names"], strict=True))) for question in questions_here]
        drawn = sheet(pictures, layout, over=numbers, under=names, lettering=Lettering.of(14))
        drawn.save(folder / f"questions-{page}.png")
    return len(begins)


def _tile(file: Path) -> Image.Image:
    with Image.open(file) as picture:
        return picture.convert("RGB").resize((TILE, TILE))


def score(asked: list[dict], answers: str) -> dict:
    """Counts letters against the key. Raises ValueError where there are not as many letters as questions."""
    letters = [letter for letter in answers.upper() if not letter.isspace()]
    if len(letters) != len(asked) or set(letters) - set("ABC-"):
        raise ValueError(f"Give {len(asked)} letters A, B, C or -, in order; {len(letters)} characters were found.")
    right = sum(letter == question["right"] for letter, question in zip(letters, asked, strict=True))
    unknown = letters.count("-")
    wrong = len(asked) - right - unknown
    recognised = round((right - wrong / 2) / len(asked), 3)
    return {"n": len(asked), "right": right, "wrong": wrong, "unknown": unknown, "recognised": recognised}


def main(argv: list[str]) -> dict:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks quiz")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--gallery", type=Path, default=GALLERY)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--answers", type=Path)
    options = parser.parse_args(argv)
    if options.answers:
        return score(json.loads((options.out / "key.json").read_text("utf-8")), options.answers.read_text("utf-8"))
    notes = json.loads((options.gallery / "gallery.json").read_text("utf-8"))["classes"]
    asked = questions(notes, options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "key.json").write_text(json.dumps(asked, indent=1), "utf-8")
    return {"questions": len(asked), "sheets": draw(asked, options.out, options.gallery)}
