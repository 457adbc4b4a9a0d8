"""Occlusion by what a patch reaches against whole passes, in turns in one process, for either network or any file.

python -m tests.benchmarks occlusion [vgg16-cam] [crnn] [FILE.onnx ...] [--rounds N] [--only PATCHES]

For each kind of patches that the page offers: how many, the median seconds of both ways by the clock and by the
processor (which does not count what other work on the machine takes), how many times quicker the one is in both, the
share of the products that is left, and the largest difference of a logit. "memory_mb" is what the network's pieces take
beside it once they are made; "why_whole" says why a network is answered by whole passes all the same.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from unittest import mock

import numpy as np
from PIL import Image

from explain.attribution import incremental_inference, occlusion
from explain.network.description import describe
from explain.network.session import Network, trim
from models.networks import CARDS
from models.preprocessing import fitting_size
from tests.benchmarks.attribute import SAMPLES
from tests.benchmarks.progress import progress

NAMES = ("vgg16-cam", "crnn")


def main(argv: list[str]) -> dict:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks occlusion")
    parser.add_argument("networks", nargs="*", default=list(NAMES), metavar="NETWORK or FILE", help=", ".join(CARDS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", help="one kind of patches, such as 'large patches'")
    arguments = parser.parse_args(argv)
    return {name: measure(name, arguments.rounds, arguments.only) for name in arguments.networks}


def measure(name: str, rounds: int, only: str | None = None) -> dict:
    network = Network(CARDS[name] if name in CARDS else describe(Path(name)))
    picture = _picture(network)
    before = resident()
    try:
        incremental_inference.of(network)
    except incremental_inference.NotWorthIt as reason:
        return {"why_whole": str(reason)}
    trim()
    found: dict = {"memory_mb": round(resident() - before)}
    height, width, _ = picture.shape
    words = network.description.head.kind == "ctc"
    patches = occlusion.patches_of_a_word(height) if words else occlusion.patches_of_a_photograph(height, width)
    for what, (patch, stride) in patches.items():
        if only not in (None, what):
            continue
        found[what] = _compared(network, picture, (patch, stride), rounds, what)
    return found


def _compared(network: Network, picture: np.ndarray, lengths: tuple, rounds: int, what: str) -> dict:
    occlusion.occlude(network, picture, picture.shape[:2], 1, "mean")  # both are warm
    times: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    answers = {}
    for number in progress(range(2 * rounds), 2 * rounds, what):
        whole = bool(number % 2)
        start, used = time.perf_counter(), time.process_time()
        with mock.patch.object(incremental_inference, "WORTH", 0.0 if whole else incremental_inference.WORTH):
            answers[whole] = occlusion.occlude(network, picture, *lengths, "mean")
        times[whole].append((time.perf_counter() - start, time.process_time() - used))
    (part, part_used), (whole, whole_used) = (np.median(times[kind], axis=0).tolist() for kind in (False, True))
    sizes = {name: values.shape[1:-1] for name, values in network.run(picture[None]).items()}
    sizes[network.description.input.name] = picture.shape[:2]
    difference = np.abs(answers[True].covered["logits"] - answers[False].covered["logits"]).max()
    return {
        "patches": len(answers[True].boxes),
        "in_part_s": round(part, 2),
        "whole_s": round(whole, 2),
        "in_part_processor_s": round(part_used, 2),
        "whole_processor_s": round(whole_used, 2),
        "times_quicker": round(whole / part, 2),
        "times_quicker_processor": round(whole_used / part_used, 2),
        "share": round(incremental_inference.share(network.description, answers[True].boxes, sizes), 3),
        "largest_difference": float(difference),
        "why_whole": answers[False].why_whole,
    }


def _picture(network: Network) -> np.ndarray:
    """A sample as the network takes it; noise of its size where its file does not say how it wants pictures."""
    description = network.description
    words = description.head.kind == "ctc"
    file = SAMPLES / "words" / "elephant.png" if words else sorted(SAMPLES.glob("photographs/*.jpg"))[0]
    with Image.open(file) as picture:
        size = fitting_size(description.preprocessing, picture.size, description.smallest)
        return description.preprocessing.prepare(picture, *size)[0]


def resident() -> float:
    """Megabytes of this process that lie in memory."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
