"""Do the channels that a flow names matter? Held against silencing every channel by itself, layer by layer.

python -m tests.benchmarks flow WORDS.zip [PHOTOGRAPHS.zip] [--characters N] [--photographs N] [--keep FILE]

One character of each of N words that the CRNN reads right, and the likeliest class of each of N photographs. By layer,
over these: "rank_costs" and "rank_carried", the mean rank correlation (Spearman) of what silencing each channel is expected to
cost, and of what it carries of the target's change from an empty picture, with what silencing that channel alone really
costs. "named" is what the ten cost together that are expected to cost most, "carrying" the ten that
carry most, "active" the ten most active, "random" ten at random (the mean of four draws), each over what the ten cost
together that are dearest one by one ("dearest", in the target's units).

--keep: rows are added to that file (JSON, one a line) as they are measured, and what stands there is not measured
again. --layers: only these. A photograph takes some three minutes of two cores, a character a quarter of one.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from explain.attribution import flow, targets
from explain.attribution.faithfulness import spearman
from explain.ctc import decoding
from explain.gradients.attribution import flow_job
from explain.gradients.network import models
from explain.interventions.silencing import DRAWS, most_active, silenced
from explain.interventions.which import CHANNELS, costs, parts
from explain.network.session import Network
from models import crnn, vgg16
from models.card import Card
from tests.benchmarks.attribute import Quiet
from tests.benchmarks.labelled import Collection, evenly, evenly_over_classes, pictures_by_class, words
from tests.benchmarks.progress import progress

TEN = 10
KINDS = ("conv", "lstm")  # of layers that are measured; pools and normalisations have the channels of those before


@dataclass(frozen=True)
class Question:
    """What is followed back: a picture as the network takes it, and a target. name: of the picture, to know it by."""

    card: Card
    name: str
    picture: np.ndarray
    target: targets.Target


def main(argv: list[str]) -> dict:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks flow")
    parser.add_argument("words", type=Path)
    parser.add_argument("pictures", type=Path, nargs="?")
    parser.add_argument("--characters", type=int, default=40)
    parser.add_argument("--photographs", type=int, default=20)
    parser.add_argument("--layers", nargs="*", default=[])
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args(argv)
    asked = {crnn.CARD: (characters(arguments.words, arguments.characters), arguments.characters)}
    if arguments.pictures:
        asked[vgg16.CAM] = photographs(arguments.pictures, arguments.photographs), arguments.photographs
    return {card.name: measure(card, *questions, arguments) for card, questions in asked.items()}


def characters(path: Path, count: int) -> Iterator[Question]:
    """One character of each of the words, evenly from the collection, that are read right; another place each time."""
    network, collection = Network(crnn.CARD), Collection(path)
    found = 0
    listed = words(collection)
    for number in np.random.default_rng(0).permutation(len(listed)):
        word = listed[number]
        picture = network.description.prepared(Image.open(io.BytesIO(collection.read(word.name))))
        frames = network.run(picture, ["outputs"])["outputs"][0]
        labels = decoding.best_path(frames).labels
        if "".join(crnn.LABELS[label] for label in labels) != word.text or found == count:
            continue
        yield Question(crnn.CARD, word.name, picture[0], targets.character(frames, labels, found % len(labels)))
        found += 1


def photographs(path: Path, count: int) -> Iterator[Question]:
    """The likeliest class of photographs, of as many classes as there are photographs."""
    network, collection = Network(vgg16.CAM), Collection(path)
    for _, name in evenly(evenly_over_classes(pictures_by_class(collection), 200), count):
        picture = network.description.prepared(Image.open(io.BytesIO(collection.read(name))).convert("RGB"))
        likeliest = int(network.run(picture, ["logits"])["logits"][0].argmax())
        yield Question(vgg16.CAM, name, picture[0], targets.ClassLogit(likeliest))


def measure(card: Card, questions: Iterator[Question], count: int, arguments: argparse.Namespace) -> dict:
    network, started = Network(card), time.monotonic()
    layers = [layer.name for layer in network.description.of_kind(*KINDS)]
    layers = [name for name in layers if name in arguments.layers or not arguments.layers]
    kept = _kept(arguments.keep)
    rows = []
    for question in progress(questions, count, "questions"):
        wanted = [layer for layer in layers if (card.name, question.name, layer) not in kept]
        new = {layer: row for layer, row in _rows(network, question, wanted)} if wanted else {}
        for layer in layers:
            row = new.get(layer) or kept[card.name, question.name, layer]
            rows.append({**row, "layer": layer})
            if arguments.keep and layer in new:
                entry = {"network": card.name, "question": question.name, "layer": layer, **row}
                with arguments.keep.open("a") as file:
                    file.write(json.dumps(entry) + "\n")
    table = {layer: summary([row for row in rows if row["layer"] == layer]) for layer in layers}
    convolutions = [table[layer.name] for layer in network.description.of_kind("conv") if layer.name in table]
    return {
        "questions": count,
        "layers": table,
        "convolutions": {name: round(float(np.mean([row[name] for row in convolutions])), 3) for name in AVERAGED},
        "seconds": round(time.monotonic() - started),
    }


RANKS, TENS = ("costs", "carried"), ("named", "carrying", "random", "active")
AVERAGED = (*(f"rank_{name}" for name in RANKS), *TENS)


def _kept(file: Path | None) -> dict[tuple[str, str, str], dict]:
    lines = file.read_text("utf-8").splitlines() if file and file.exists() else []
    entries = map(json.loads, lines)
    return {(entry.pop("network"), entry.pop("question"), entry.pop("layer")): entry for entry in entries}


def _rows(network: Network, question: Question, layers: list[str]) -> Iterator[tuple[str, dict]]:
    """What is measured of one question, by layer."""
    function, target = models.function(question.card.name), question.target
    asked = {"picture": question.picture, "target": targets.describe(target), "layers": layers, "links": 0}
    settings = flow_job.check(asked, network.description)
    followed = flow.from_result(flow_job.run(function, settings, Quiet()))
    untouched = {name: values[0] for name, values in network.run(question.picture[None]).items()}
    for layer in layers:
        passed = followed.layer(layer)
        places = parts(network.description, layer, untouched[layer].shape)[CHANNELS]
        alone = np.zeros(len(places))
        for cost in costs(network, question.picture[None], untouched, layer, target, places):
            alone[cost.where.channels[0]] = cost.cost
        guesses = {"costs": passed.costs, "carried": passed.channels}
        random = np.random.default_rng(0)
        groups = {
            "dearest": np.argsort(-alone, kind="stable")[:TEN],
            "named": np.argsort(-passed.costs, kind="stable")[:TEN],
            "carrying": np.argsort(-passed.channels, kind="stable")[:TEN],
            "active": most_active(untouched[layer])[:TEN],
            **{f"random {draw}": random.permutation(len(alone))[:TEN] for draw in range(DRAWS)},
        }
        groups = {name: [int(channel) for channel in group] for name, group in groups.items()}
        together = silenced(network, question.picture[None], untouched, layer, target, list(groups.values()))
        cost = dict(zip(groups, map(float, together), strict=True))
        cost["random"] = float(np.mean([cost.pop(f"random {draw}") for draw in range(DRAWS)]))
        yield layer, {**{f"rank_{name}": spearman(guess, alone) for name, guess in guesses.items()}, **cost}


def summary(rows: list[dict]) -> dict:
    """Means over questions; what ten channels cost, over what the dearest ten do."""
    mean = {name: float(np.mean([row[name] for row in rows])) for name in rows[0] if name != "layer"}
    return {
        **{f"rank_{name}": round(mean[f"rank_{name}"], 3) for name in RANKS},
        "dearest": round(mean["dearest"], 3),
        **{name: round(mean[name] / mean["dearest"], 3) for name in TENS},
    }
