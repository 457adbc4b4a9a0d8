"""What looking inside one word costs, on top of the network's pass.

    python -m tests.benchmarks inside [--word elephant] [--repeats 15]

Everything is computed from the layers that one pass of the CRNN returns for a sample word. Times are processor
milliseconds, medians; they don't count what other programs took of the machine. `together` is the sum of the parts.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import cache

import numpy as np

from explain.ctc import alternatives, decoding
from explain.layers import lstm
from explain.network.description import describe
from explain.network.session import Network
from explain.network.weights import network_weights
from models import crnn
from models.card import WEIGHTS
from models.pictures import open_picture

BEAMS = 25
BUDGET = 80.0  # milliseconds
WORDS = WEIGHTS.parent / "samples" / "words"

Values = dict[str, np.ndarray]  # layer -> output for the one word, the batch axis dropped


def _read(values: Values) -> tuple[int, ...]:
    return decoding.best_path(values["outputs"]).labels


@cache
def _weights(layer: str) -> list[np.ndarray]:
    return network_weights(describe(crnn.CARD), layer)


def _gates(values: Values) -> None:
    """All gates, candidates and cell states: 31 steps x 128 units x 2 directions x 2 layers."""
    for before, layer in (("squeezed", "blstm_1"), ("blstm_1", "blstm_2")):
        for direction in lstm.DIRECTIONS:
            lstm.trace(values[before], _weights(layer), direction)


PARTS: dict[str, Callable[[Values], object]] = {
    "spans": lambda values: decoding.best_path(values["outputs"]).spans,
    "gates": _gates,
    "alignment": lambda values: decoding.forced_alignment(values["outputs"], _read(values)),
    "lattice": lambda values: decoding.lattice(values["outputs"], _read(values)),
    "n_best": lambda values: decoding.n_best(values["outputs"], BEAMS),
    "beam_record": lambda values: decoding.beam_record(values["outputs"], BEAMS),
    "characters_and_rivals": lambda values: alternatives.characters(values["outputs"], _read(values)),
}


def main(argv: list[str]) -> dict:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks inside")
    parser.add_argument("--word", choices=sorted(path.stem for path in WORDS.glob("*.png")), default="elephant")
    parser.add_argument("--repeats", type=int, default=15)
    arguments = parser.parse_args(argv)
    network = Network(crnn.CARD)
    batch = crnn.prepare(open_picture(WORDS / f"{arguments.word}.png"))
    network.run(batch)  # the first pass also lays out memory
    started = time.perf_counter()
    values = {layer: output[0] for layer, output in network.run(batch).items()}
    passed = 1000 * (time.perf_counter() - started)
    parts = {name: milliseconds(lambda part=part: part(values), arguments.repeats) for name, part in PARTS.items()}
    together = round(sum(parts.values()), 2)
    return {
        "word": arguments.word,
        "reads": decoding.text(_read(values), crnn.LABELS),
        "beams": BEAMS,
        "pass_milliseconds": round(passed, 1),
        "milliseconds": parts,
        "together": together,
        "budget": BUDGET,
        "within_budget": together <= BUDGET,
    }


def milliseconds(function: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        started = time.process_time()
        function()
        times.append(time.process_time() - started)
    return round(1000 * statistics.median(times), 2)
