"""What does it cost to have every layer? Against the last layer alone, and against one Keras `predict` per layer.

python -m tests.benchmarks layers [crnn] [vgg16-cam] [--rounds N] [--no-keras]

The contestants take turns, so that a busy machine slows them alike; ratios are medians over the turns, once of the
clock's time and once of processor time, which does not count the time that other work on the machine takes. "Last only"
is the same network with all other outputs taken out of the file, so that ONNX Runtime is free to optimise them away.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx

from explain.network.description import describe
from explain.network.session import Network
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
    card = describe(CARDS[name])
    picture = np.random.default_rng(0).random((1, *card.input_shape), dtype=np.float32)
    network = Network(card)
    with tempfile.TemporaryDirectory() as folder:
        last = Network(last_only(card.weights, card.layer_names[-1], Path(folder)))
        every, alone = turns([lambda: network.run(picture), lambda: last.run(picture)], rounds)
    result = {
        "every_layer_ms": round(float(np.median(every[:, 0])), 2),
        "last_only_ms": round(float(np.median(alone[:, 0])), 2),
        **ratios("every_layer_to_last_only", every, alone),
    }
    if keras:
        predict = predict_per_layer(name, picture)
        slow, fast = turns([predict, lambda: network.run(picture)], max(3, rounds // 10))
        result["keras_predict_per_layer_ms"] = round(float(np.median(slow[:, 0])), 1)
        result |= ratios("keras_to_every_layer", slow, fast)
    return result


def turns(contestants: list[Callable[[], object]], rounds: int) -> np.ndarray:
    """Milliseconds (contestant, round, 2) by the clock and by the processor; each begins a round as often as any."""
    for contestant in contestants * 2:
        contestant()
    taken = np.empty((len(contestants), rounds, 2))
    for number in range(rounds):
        for step in range(len(contestants)):
            which = (number + step) % len(contestants)
            start, used = time.perf_counter(), time.process_time()
            contestants[which]()
            taken[which, number] = time.perf_counter() - start, time.process_time() - used
    return taken * 1000


def ratios(name: str, numerator: np.ndarray, denominator: np.ndarray) -> dict[str, float]:
    clock, processor = np.median(numerator / denominator, axis=0)
    return {name: round(float(clock), 3), f"{name}_processor": round(float(processor), 3)}


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
