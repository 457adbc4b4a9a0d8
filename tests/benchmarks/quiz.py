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
from PIL import Image, ImageDraw, ImageFont

from explain.gradients.images.gallery import GALLERY

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
    font = ImageFont.load_default(14)
    step = TILE + 12, TILE + 4 * LINE + 8
    sheets = [asked[begin : begin + COLUMNS * ROWS] for begin in range(0, len(asked), COLUMNS * ROWS)]
    for number, sheet in enumerate(sheets, start=1):
        page = Image.new("RGB", (COLUMNS * step[0], ROWS * step[1]), "white")
        pen = ImageDraw.Draw(page)
        for place, question in enumerate(sheet):
            left, top = place % COLUMNS * step[0] + 6, place // COLUMNS * step[1] + LINE
            position = (number - 1) * COLUMNS * ROWS + place + 1
            pen.text((left, top - LINE), str(position), fill="black", font=font)
            with Image.open(gallery / question["file"]) as picture:
                page.paste(picture.convert("RGB").resize((TILE, TILE)), (left, top))
            for line, (letter, name) in enumerate(zip("ABC", question["names"], strict=True)):
                pen.text((left, top + TILE + line * LINE), f"{letter}  {name}", fill="black", font=font)
        page.save(folder / f"questions-{number}.png")
    return len(sheets)


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
