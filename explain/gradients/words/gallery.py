"""The dreamt words that come with the page: `python -m explain.gradients.words.gallery`.

Writes `WORD.png` into the gallery of the network's card (the 32 x 128 grey pixels that the network sees),
`gallery.json` (the recipe; for every word what the network reads, the word's probability, its sturdiness and the seed
of each character) and, with `--sheet`, a contact sheet. Every word is dreamt from several seeds, and the picture that
stays takes each character from the dream where it is read best alone (`word_choice`); where that picture is not read
exactly, the dream stays that is read best in parts and changed. Nobody but the network itself has a say in it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from explain.ctc import decoding
from explain.gradients.words import denoiser_prior
from explain.gradients.words.job import RECIPE, Recipe, dream_words, read_words
from explain.gradients.words.layout import CARD, LABELS
from explain.gradients.words.selection import best_places, sturdiness
from explain.network.session import Network
from explain.pictures import images
from explain.pictures.sheets import Layout, Lettering, sheet

if TYPE_CHECKING:
    from explain.gradients.network.activations import Responses

ROOT = Path(__file__).resolve().parents[3]
GALLERY = CARD.gallery
SHEET = ROOT / "docs" / "pictures" / "dreamt-words.webp"
WORDS = ("elephant", "LONDON", "hello", "Paris", "music", "river", "BANK", "2024", "Summer", "garden")
WORDS += ("OPEN", "coffee", "Network", "bridge", "window", "Pizza", "yellow", "STOP", "language", "Kitchen")
TRIES = 5  # seeds a word
ENLARGED, COLUMNS, BORDER, CAPTION = 3, 4, 6, 18  # of the contact sheet; the last two in pixels


def dreamt(words: Sequence[str], seed: int = 0, tries: int = TRIES, batch: int = 4, recipe: Recipe = RECIPE) -> dict:
    """`{word: record}`, a record being "picture" `(32, 128)` uint8, "reading", "probability", "sturdiness", "seeds"
    (of each character), "seconds" (the word's share of the time that all tries with it took, by the clock).
    """
    from explain.gradients.network import models
    from explain.gradients.network.activations import Responses

    # as in the page's process; it is read when TensorFlow is imported, and halves the time on older processors
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    network = Responses(models.function(CARD.name))
    pictures, seconds = {word: [] for word in words}, dict.fromkeys(words, 0.0)
    for attempt in range(tries):
        for begin in range(0, len(words), batch):
            some, began = words[begin : begin + batch], time.perf_counter()
            dreams = dream_words(network, some, [seed + attempt] * len(some), recipe)
            taken = (time.perf_counter() - began) / len(some)
            for word, picture in zip(some, dreams.pictures, strict=True):
                pictures[word].append(picture)
                seconds[word] += taken
            told = f"seed {seed + attempt}: {', '.join(some)}, {taken:.1f} s a word"
            print(told, file=sys.stderr, flush=True)
    return {word: {**chosen(network, word, pictures[word], seed, recipe), "seconds": seconds[word]} for word in words}


def chosen(network: Responses, word: str, pictures: Sequence[np.ndarray], seed: int, recipe: Recipe = RECIPE) -> dict:
    """What stays of the dreams of a word, from the seeds `seed`, `seed + 1` ...: a record as of `dreamt`.

    The picture of their best places if it is read exactly, else the sturdiest of those that are (or of all).
    """
    given, seeds = np.stack(pictures), [[seed + number] * len(word) for number in range(len(pictures))]
    mixed, numbers = best_places(network, given, word, recipe)
    given, seeds = np.stack([mixed, *given]), [[seed + number for number in numbers], *seeds]
    read = read_words(network, given[..., None], [word] * len(given), recipe.steps)
    sturdy = sturdiness(network, given, [word] * len(given), recipe)
    exact = [reading == word for reading in read.readings]
    best = 0 if exact[0] else max(range(1, len(given)), key=lambda row: (exact[row], sturdy[row]))
    return {
        "picture": given[best],
        "reading": read.readings[best],
        "probability": float(np.exp(read.scores[best])),
        "sturdiness": float(sturdy[best]),
        "seeds": seeds[best],
    }


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
                "seeds": record["seeds"],
            }
        )
    told = {"settings": settings(recipe), "words": words}
    (folder / "gallery.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def committed(folder: Path = GALLERY) -> dict:
    """The stored records, as `write` takes them, with what the committed network reads in the stored pictures."""
    network, found = Network(CARD), {}
    for told in json.loads((folder / "gallery.json").read_text("utf-8"))["words"]:
        with Image.open(folder / told["file"]) as file:
            picture = np.asarray(file.convert("L"))
        frames = network.run(picture[None, ..., None] / np.float32(255), ["outputs"])["outputs"][0]
        text = told["text"]
        found[text] = {
            **told,
            "picture": picture,
            "reading": decoding.text(decoding.best_path(frames).labels, LABELS),
            "probability": decoding.probability(frames, decoding.labels_of(text, LABELS)),
        }
    return found


def settings(recipe: Recipe = RECIPE) -> dict:
    """What the pictures depend on: the recipe, and the beginning of the SHA-256 of the network and of the denoiser."""
    files = {"weights": CARD.weights, "denoiser": denoiser_prior.WEIGHTS}
    return {"recipe": asdict(recipe)} | {
        name: hashlib.sha256(file.read_bytes()).hexdigest()[:16] for name, file in files.items()
    }


def contact_sheet(records: dict, file: Path = SHEET) -> Path:
    """All pictures, enlarged pixel by pixel, with what the network reads under each."""
    pictures = [images.enlarge(Image.fromarray(record["picture"]), ENLARGED) for record in records.values()]
    layout = Layout(pictures[0].size, COLUMNS, gap=(BORDER, BORDER), margin=BORDER, below=CAPTION)
    captions = [f"“{text}”, read as “{record['reading']}”" for text, record in records.items()]
    lettering = Lettering.of(13, ink="white", centred=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    drawn = sheet(pictures, layout, ground="#8a8f98", under=captions, lettering=lettering)
    drawn.save(file, "WEBP", quality=85, method=6)
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
