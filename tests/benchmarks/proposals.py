"""Words proposed on pages, screenshots and signs: how many have a box that reads as well as the true one."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from explain.ctc.alphabet import Alphabet
from explain.ctc.decoding import best_path
from explain.detection.words import find
from explain.network.session import Network
from models import crnn
from models.prepared import Box
from tests.benchmarks.scenes import KINDS, scene

SCENES = 20
LARGE = (4000, 3000)  # pixels, 12 million
OVERLAP = 0.3  # of the area that two boxes have together: below it the box is another word's, or nobody's
BY_HAND = 0.1  # of its height: what a person leaves around a word


def main(argv: list[str]) -> dict:
    """Draws SCENES pictures, looks for their words and reads each box beside the one drawn by hand; then times it."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks proposals", description=main.__doc__)
    parser.add_argument("--scenes", type=int, default=SCENES)
    parser.add_argument("--first", type=int, default=0, help="the number of the first picture; others for choosing by")
    parser.add_argument("--sheet", type=Path, help="folder for the pictures with their boxes")
    arguments = parser.parse_args(argv)
    before = resident()
    find(scene(arguments.first).picture)
    memory = round(resident() - before)
    network, counts = Network(crnn.CARD), dict.fromkeys(KINDS, (0, 0, 0, 0))
    for number in range(arguments.first, arguments.first + arguments.scenes):
        drawn = scene(number)
        boxes = find(drawn.picture)
        counted = compare(network, drawn, boxes)
        kind = KINDS[number % 3]
        counts[kind] = tuple(a + b for a, b in zip(counts[kind], counted, strict=True))
        print(number, kind, *counted, flush=True)
        if arguments.sheet:
            _with_boxes(drawn.picture, boxes).save(arguments.sheet / f"{number:02}-{kind}.png")
    total = np.sum(list(counts.values()), axis=0)
    return {
        "words": int(total[0]),
        "has_a_box": round(total[1] / total[0], 4),
        "reads_as_well": round(total[2] / total[0], 4),
        "by_kind": {kind: round(count[2] / max(count[0], 1), 4) for kind, count in counts.items()},
        "boxes_of_nothing": int(total[3]),
        "megabytes": memory,
        **_seconds(),
    }


def compare(network: Network, drawn, boxes: Sequence[Box]) -> tuple[int, int, int, int]:
    """Words; those with a box; those whose box reads right or just as the one drawn by hand; boxes on no word."""
    overlaps = np.array([[overlap(box, true) for box in boxes] for _, true in drawn.words])
    overlaps = overlaps.reshape(len(drawn.words), len(boxes))
    pairs = [
        (text, _by_hand(true), boxes[row.argmax()])
        for (text, true), row in zip(drawn.words, overlaps, strict=True)
        if row.size and row.max() >= OVERLAP
    ]
    by_hand = read(network, drawn.picture, [true for _, true, _ in pairs])
    proposed = read(network, drawn.picture, [box for _, _, box in pairs])
    as_well = sum(b in (text, a) for (text, _, _), a, b in zip(pairs, by_hand, proposed, strict=True))
    return len(drawn.words), len(pairs), as_well, sum(not column.any() for column in overlaps.T)


def read(network: Network, picture: Image.Image, boxes: Sequence[Box]) -> list[str]:
    """What the recogniser reads in each box."""
    if not boxes:
        return []
    batch = np.concatenate([network.description.prepared(picture.crop(box)) for box in boxes])
    last = network.layer_names[-1]
    alphabet = Alphabet(network.description.head.labels)
    return [alphabet.text(best_path(frames).labels) for frames in network.run(batch, [last])[last]]


def overlap(a: Box, b: Box) -> float:
    """Area that two boxes share over the area that they cover together."""
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    shared = max(0, wide) * max(0, high)
    return shared / (sum((right - left) * (bottom - top) for left, top, right, bottom in (a, b)) - shared)


def resident() -> float:
    """Memory of this process in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def _by_hand(box: Box) -> Box:
    margin = round(BY_HAND * (box[3] - box[1]))
    return box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin


def _seconds() -> dict:
    """Processor time of pictures of 12 megapixels, one of each kind twice, and of `quick` on a megapixel."""
    large, small = [], []
    for number in range(3):
        for seconds, size, quick in ((large, LARGE, False), (small, (1155, 866), True)):
            picture = scene(number, size).picture
            for _ in range(2):
                begun = time.process_time()
                find(picture, quick=quick)
                seconds.append(time.process_time() - begun)
    figures = {"median_seconds": np.median(large), "worst_seconds": max(large), "quick_seconds": np.median(small)}
    return {name: round(float(value), 3) for name, value in figures.items()}


def _with_boxes(picture: Image.Image, boxes: Sequence[Box]) -> Image.Image:
    from PIL import ImageDraw

    shown = picture.copy()
    for box in boxes:
        ImageDraw.Draw(shown).rectangle(box, outline=(255, 0, 0), width=2)
    return shown
