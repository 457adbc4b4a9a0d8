"""What decoding costs, and whether an independent decoder agrees.

    python -m tests.benchmarks ctc [--words 100] [--beams 25]

Frames as the CRNN gives them, 31 x 63, drawn at random: sharp ones, as on words it reads well, to nearly flat ones.
Times are processor milliseconds for one word, medians; they don't count what other programs took of the machine.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import fast_ctc_decode
import numpy as np

from explain.ctc import decoding
from models.crnn import BLANK, FRAMES, LABELS

SHARPNESS = (1.0, 6.0)  # standard deviation of the logits


def main(argv: list[str]) -> dict:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks ctc")
    parser.add_argument("--words", type=int, default=100)
    parser.add_argument("--beams", type=int, default=25)
    arguments = parser.parse_args(argv)
    beams, drawn = arguments.beams, frames(arguments.words)
    first = [decoding.beam_search(p, beams, n=1)[0] for p in drawn]
    exact = [decoding.log_probability(p, text) for p, (text, _) in zip(drawn, first, strict=True)]
    kept = np.exp([value - truth for (_, value), truth in zip(first, exact, strict=True)])
    agrees = [other(p, beams) == decoding.text(text, LABELS) for p, (text, _) in zip(drawn, first, strict=True)]
    rescored = [decoding.n_best(p, beams, n=1)[0][0] != text for p, (text, _) in zip(drawn, first, strict=True)]
    return {
        "words": arguments.words,
        "beams": beams,
        "milliseconds": {
            "best_path": milliseconds(decoding.best_path, drawn),
            "beam_search": milliseconds(lambda p: decoding.beam_search(p, beams), drawn),
            "n_best": milliseconds(lambda p: decoding.n_best(p, beams), drawn),
            "log_probability": milliseconds(lambda p: decoding.log_probability(p, range(9)), drawn),
            "forced_alignment": milliseconds(lambda p: decoding.forced_alignment(p, range(9)), drawn),
            "lattice": milliseconds(lambda p: decoding.lattice(p, range(9)), drawn),
        },
        "same_text_as_fast_ctc_decode": float(np.mean(agrees)),
        "share_of_probability_the_beam_keeps": {"median": float(np.median(kept)), "least": float(kept.min())},
        "first_text_changed_by_exact_rescoring": float(np.mean(rescored)),
    }


def frames(words: int) -> list[np.ndarray]:
    """`(frame, label)` float32 softmax rows of so many words."""
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(words):
        logits = rng.normal(size=(FRAMES, BLANK + 1)) * rng.uniform(*SHARPNESS)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        drawn.append((odds / odds.sum(axis=1, keepdims=True)).astype(np.float32))
    return drawn


def other(p: np.ndarray, beams: int) -> str:
    """The text that fast-ctc-decode reads; it wants the blank first."""
    return fast_ctc_decode.beam_search(np.ascontiguousarray(np.roll(p, 1, axis=1)), "-" + LABELS, beam_size=beams)[0]


def milliseconds(function: Callable, drawn: list[np.ndarray]) -> float:
    times = []
    for p in drawn:
        started = time.process_time()
        function(p)
        times.append(time.process_time() - started)
    return round(1000 * statistics.median(times), 3)
