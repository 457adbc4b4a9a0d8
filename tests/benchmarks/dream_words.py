"""Twenty dreamt words: are they read, by the network that they were dreamt with and by one that never saw them?

python -m tests.benchmarks dream-words [--seed N] [--tries N] [--sheet FILE] [WORD ...]
python -m tests.benchmarks dream-words --gallery      the committed ones, which the same code made, as they are

Each word is dreamt from noise with the page's recipe, from several seeds, as the gallery's are: what stays is up to the
CRNN alone, and all of them count towards the seconds. The other reader is the recogniser of PP-OCRv4 as
rapidocr-onnxruntime carries it (`pip install -r requirements-benchmarks.txt`); it is given the same pixels with a
border of the paper's colour, enlarged (bicubic), and compared by letters and digits, case ignored, as is the custom
with scene text: a stray dot between two letters does not count. Seconds by the clock and by the processor; the second
does not count what other work on the machine takes.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from explain.gradients.words import gallery

BORDER, ENLARGED = 8, 2  # pixels around the picture before it is enlarged for the other reader; how much


def main(argv: list[str]) -> dict:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks dream-words")
    parser.add_argument("words", nargs="*", default=list(gallery.WORDS), metavar="WORD")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tries", type=int, default=gallery.TRIES)
    parser.add_argument("--gallery", action="store_true", help="reads the committed dreams; nothing is dreamt")
    parser.add_argument("--sheet", type=Path, help="writes the contact sheet to this WebP file")
    options = parser.parse_args(argv)
    read = other_reader()
    if options.gallery:
        records = gallery.committed()
        return score(records, {word: read(record["picture"]) for word, record in records.items()})
    used, began = time.process_time(), time.perf_counter()
    records = gallery.dreamt(options.words, options.seed, options.tries)
    used, taken = time.process_time() - used, time.perf_counter() - began
    if options.sheet:
        gallery.contact_sheet(records, options.sheet)
    return {
        **score(records, {word: read(record["picture"]) for word, record in records.items()}),
        "seconds_a_word": round(taken / len(records), 2),
        "processor_seconds_a_word": round(used / len(records), 2),
    }


def score(records: dict, others: dict[str, str]) -> dict:
    """Counts what was read. others: by word, what the other reader made of the picture."""
    words = {
        word: {
            "crnn": record["reading"],
            "ocr": others[word],
            "probability": round(record["probability"], 3),
            "seeds": record["seeds"],
        }
        for word, record in records.items()
    }
    return {
        "n": len(words),
        "read_exactly_by_the_crnn": sum(found["crnn"] == word for word, found in words.items()),
        "read_by_the_ocr_ignoring_case": sum(plain(found["ocr"]) == plain(word) for word, found in words.items()),
        "words": words,
    }


def plain(text: str) -> str:
    """Its letters and digits in lower case."""
    return "".join(character for character in text.lower() if character.isalnum())


def other_reader():
    """A function from a grey picture `(32, 128)` uint8 to the text that PP-OCRv4 reads; ValueError if it is missing."""
    try:
        from rapidocr_onnxruntime import RapidOCR
    except ImportError:
        raise ValueError("The other reader is missing: pip install -r requirements-benchmarks.txt") from None
    engine = RapidOCR()

    def read(grey: np.ndarray) -> str:
        found, _ = engine(for_reading(grey)[..., ::-1], use_det=False, use_cls=False, use_rec=True)
        return "".join(found[0][0].split()) if found else ""

    return read


def for_reading(grey: np.ndarray) -> np.ndarray:
    """The picture with a border of the paper's colour, enlarged: uint8 `(height, width, 3)`."""
    picture = ImageOps.expand(Image.fromarray(grey), BORDER, int(np.median(grey)))
    size = picture.width * ENLARGED, picture.height * ENLARGED
    return np.asarray(picture.resize(size, Image.Resampling.BICUBIC).convert("RGB"))
