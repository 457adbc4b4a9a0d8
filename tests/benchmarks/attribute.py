"""Seconds of each attribution method on both networks, and of occlusion without a gradient.

python -m tests.benchmarks attribute [crnn] [vgg16-cam] [--word FILE] [--rounds N]

By the clock, and by the processor (which does not count what other work on the machine takes), once TensorFlow and the
network are there and one gradient was taken; the median of the rounds. Each method brings the target's own value with
it, one pass forward. Integrated gradients also tell by how much they miss completeness, in how many steps.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from explain.attribution import targets
from explain.attribution.occlusion import boxes, occlude
from explain.ctc import decoding
from explain.gradients.attribution import job
from explain.gradients.network import models
from explain.network.session import Network
from models import crnn, vgg16
from models.card import WEIGHTS, Card
from tests.benchmarks.progress import progress

CARDS = {"crnn": crnn.CARD, "vgg16-cam": vgg16.CAM}
SAMPLES = WEIGHTS.parent / "samples"
OCCLUSIONS = {  # patch and stride
    "crnn": {
        "columns 8 wide, stride 2": ((32, 8), (32, 2)),
        "squares 8 x 8, stride 4": (8, 4),
        "squares 8 x 8, stride 2": (8, 2),
    },
    "vgg16-cam": {"squares 32 x 32, stride 32": (32, 32)},
}


def main(argv: list[str]) -> dict:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks attribute")
    parser.add_argument("names", nargs="*", default=list(CARDS), metavar="NETWORK", help=", ".join(CARDS))
    parser.add_argument("--word", type=Path, default=SAMPLES / "words" / "elephant.png")
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args(argv)
    unknown = set(arguments.names) - set(CARDS)
    if unknown:
        parser.error(f"there is no network called {', '.join(sorted(unknown))}; there are {', '.join(CARDS)}")
    return {name: measure(CARDS[name], arguments.word, arguments.rounds) for name in arguments.names}


def measure(card: Card, word: Path, rounds: int) -> dict:
    network = Network(card)
    picture, target = question(card, network, word)
    found: dict = {"occlusion": {}}
    for what, (patch, stride) in OCCLUSIONS[card.name].items():
        timed, _ = seconds(lambda patch=patch, stride=stride: occlude(network, picture, patch, stride), rounds)
        found["occlusion"][what] = {**timed, "patches": len(boxes(picture.shape, patch, stride))}
    function = models.function(card.name)
    asked = {"picture": picture, "target": targets.describe(target)}
    job.run(function, job.check({**asked, "methods": ["saliency"]}, card), Quiet())
    for method in progress(job.METHODS, len(job.METHODS), card.name):
        settings = job.check({**asked, "methods": [method]}, card)
        found[method], result = seconds(lambda settings=settings: job.run(function, settings, Quiet()), rounds)
        if method == "integrated_gradients":
            found[method] |= {"steps": result["steps"], "completeness_error": round(result["error"], 4)}
    return found


def question(card: Card, network: Network, word: Path) -> tuple[np.ndarray, targets.Target]:
    """The third character of a word, or the likeliest class of the first photograph."""
    if card is crnn.CARD:
        picture = crnn.prepare(Image.open(word))[0]
        frames = network.run(picture[None], ["outputs"])["outputs"][0]
        text = decoding.best_path(frames).labels
        return picture, targets.character(frames, text, min(2, len(text) - 1))
    photograph = sorted(SAMPLES.glob("photographs/*.jpg"))[0]
    picture = vgg16.prepare(Image.open(photograph))[0]
    return picture, targets.ClassLogit(int(network.run(picture[None], ["logits"])["logits"][0].argmax()))


class Quiet:
    """A report that nobody reads."""

    def __call__(self, *_, **__) -> bool:
        return True

    def doing(self, text: str) -> bool:
        return True


def seconds(work: Callable[[], object], rounds: int) -> tuple[dict[str, float], object]:
    """Median seconds by the clock and by the processor, and what came of the last round."""
    taken = []
    for _ in range(rounds):
        start, used = time.perf_counter(), time.process_time()
        result = work()
        taken.append((time.perf_counter() - start, time.process_time() - used))
    clock, processor = np.median(taken, axis=0)
    return {"s": round(float(clock), 2), "processor_s": round(float(processor), 2)}, result
