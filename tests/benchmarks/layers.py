"""What does it cost to have every layer? Against the last layer alone, and against one Keras `predict` per layer.

python -m tests.benchmarks layers [crnn] [vgg16-cam] [--rounds N] [--no-keras]

The contestants take turns, so that a busy machine slows them alike; ratios are medians over the turns. "Last only" is
the same network with all other outputs taken out of the file, so that ONNX Runtime is free to optimise them away.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx

from explain.network import Network
from models import crnn, vgg16

CARDS = {"crnn": crnn.CARD, "vgg16-cam": vgg16.CAM}
BUILDERS = {"crnn": crnn.build, "vgg16-cam": vgg16.build_cam}


def main(argv: list[str]) -> dict:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks layers")
    parser.add_argument("names", nargs="*", default=list(CARDS), metavar="NETWORK", help=", ".join(CARDS))
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--no-keras", action="store_true", help="leave out the slow comparison")
    arguments = parser.parse_args(argv)
    unknown = set(arguments.names) - set(CARDS)
    if unknown:
        parser.error(f"there is no network called {', '.join(sorted(unknown))}; there are {', '.join(CARDS)}")
    return {name: measure(name, arguments.rounds, keras=not arguments.no_keras) for name in arguments.names}


def measure(name: str, rounds: int, keras: bool) -> dict:
    """Medians in milliseconds for one picture, and the ratios that matter."""
    card = CARDS[name]
    picture = np.random.default_rng(0).random((1, *card.input_shape), dtype=np.float32)
    network = Network(card)
    with tempfile.TemporaryDirectory() as folder:
        last = Network(last_only(card.weights, card.layer_names[-1], Path(folder)))
        every, alone = turns([lambda: network.run(picture), lambda: last.run(picture)], rounds)
    result = {
        "every_layer_ms": round(statistics.median(every), 2),
        "last_only_ms": round(statistics.median(alone), 2),
        "every_layer_to_last_only": round(ratio(every, alone), 3),
    }
    if keras:
        predict = predict_per_layer(name, picture)
        slow, fast = turns([predict, lambda: network.run(picture)], max(3, rounds // 10))
        result["keras_predict_per_layer_ms"] = round(statistics.median(slow), 1)
        result["keras_to_every_layer"] = round(ratio(slow, fast), 1)
    return result


def turns(contestants: list[Callable[[], object]], rounds: int) -> list[list[float]]:
    """Milliseconds of each contestant in each round; each begins a round as often as any other."""
    for contestant in contestants * 2:
        contestant()
    taken: list[list[float]] = [[] for _ in contestants]
    for number in range(rounds):
        for step in range(len(contestants)):
            which = (number + step) % len(contestants)
            start = time.perf_counter()
            contestants[which]()
            taken[which].append((time.perf_counter() - start) * 1000)
    return taken


def ratio(numerator: list[float], denominator: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(numerator, denominator, strict=True))


def last_only(path: Path, layer: str, folder: Path) -> Path:
    """A copy of an exported file with one layer (and the logits, which lead to it) as its only outputs."""
    model = onnx.load(path)
    kept = [output for output in model.graph.output if output.name in (layer, "logits")]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    for entry in model.metadata_props:
        if entry.key == "layers":
            entry.value = json.dumps([layer])
    onnx.save(model, folder / path.name)
    return folder / path.name


def predict_per_layer(name: str, picture: np.ndarray) -> Callable[[], object]:
    """What tutorials do: for each layer a model that ends there, and its `predict`. The models are made beforehand."""
    from export.networks import import_keras

    keras = import_keras()
    whole = BUILDERS[name]()
    models = [keras.Model(whole.input, layer.output) for layer in whole.layers[1:]]
    return lambda: [model.predict(picture, verbose=0) for model in models]
