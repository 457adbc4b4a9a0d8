"""Which way of bringing a picture to 128 x 32 reads better: stretched, or padded to keep its proportions more or less.

    python -m tests.benchmarks fitting PATH [--network FILE] [--limit N]    PATH: a zip or folder with words.jsonl

A picture is brought to height 32, widened by at most a factor, and padded on the right with the colour of its border.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from explain.network.session import Network
from models.crnn import CARD, HEIGHT, WIDTH
from models.pictures import flatten, open_picture
from tests.benchmarks import labelled
from tests.benchmarks.accuracy import word_accuracy

WIDENED = (1.0, 1.5, 2.0, 3.0, np.inf)  # inf: stretched to 128 always


def fit(picture: Image.Image, widened: float) -> Image.Image:
    """The picture in 128 x 32, mode "L", widened by at most that factor beyond its own proportions."""
    grey = flatten(picture).convert("L")
    width = round(min(WIDTH, max(4, grey.width * HEIGHT / grey.height * widened)))
    levels = np.asarray(grey)
    border = np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]])
    padded = Image.new("L", (WIDTH, HEIGHT), int(np.median(border)))
    padded.paste(grey.resize((width, HEIGHT), Image.Resampling.BICUBIC), (0, 0))
    return padded


def main(argv: list[str]) -> dict:
    """Word accuracy, case ignored, for each factor."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks fitting", description=__doc__.split("\n\n")[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--network", type=Path, help="an exported network other than the committed one")
    parser.add_argument("--limit", type=int)
    chosen = parser.parse_args(argv)
    network = Network(chosen.network or CARD)
    collection = labelled.Collection(chosen.path)
    words = labelled.evenly(labelled.words(collection), chosen.limit)
    pictures = [(open_picture(collection.read(word.name)), word.text) for word in words]
    answer: dict = {"n": len(words)}
    for widened in WIDENED:
        fitted = ((fit(picture, widened), text) for picture, text in pictures)
        figures = word_accuracy(network, fitted, len(pictures), beams=0)
        answer["stretched" if np.isinf(widened) else f"widened_{widened}"] = figures["word_accuracy_ignore_case"]
    return answer
