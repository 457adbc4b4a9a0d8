"""Do the channels that a flow names matter? Held against silencing every channel by itself, layer by layer.

python -m tests.benchmarks flow WORDS.zip [PHOTOGRAPHS.zip] [--characters N] [--photographs N] [--keep FILE]

One character of each of N words that the CRNN reads right (its log-odds), and the likeliest class of each of N
photographs (its logit). By layer, over these: "rank_costs" and "rank_carried", the mean rank correlation (Spearman) of
what silencing each channel is expected to cost, and of what it carries of the target's change from an empty picture,
with what silencing that channel alone really costs. "named" is what the ten cost together that are expected to cost
most, "carrying" the ten that carry most, "active" the ten most active, "random" ten at random (the mean of four draws),
each over what the ten cost together that are dearest one by one ("dearest", in the target's units). "missed" is by how
much what a layer's channels carry fails to sum up to the target's change, as a share of it, at most.

--keep: rows are added to that file (JSON, one a line) as they are measured, with what silencing each channel cost
("alone"), and what stands there is not measured again; --count alone sums up what stands there. --again: what is
expected is worked out anew, and held against what silencing cost as it stands there, so that two ways to expect it are
told apart in a tenth of the time; the last row of a question and layer counts. --layers: only these. --carried N: what
is carried is worked out for the first N questions alone. --size: of photographs, pixels a side; Tiny ImageNet's hold 64
x 64, and 128 is what the head has learnt from. At 224 a photograph takes some three minutes of two idle cores, a
character a quarter of one.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from explain.attribution import flow, targets
from explain.attribution.faithfulness import spearman
from explain.ctc import decoding
from explain.gradients.attribution import flow_job
from explain.gradients.network import models
from explain.interventions.run import Values
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
    parser.add_argument("--size", type=int, default=vgg16.SIDE)
    parser.add_argument("--layers", nargs="*", default=[])
    parser.add_argument("--carried", type=int, default=10**6)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--count", action="store_true")
    arguments = parser.parse_args(argv)
    counts = (0, 0) if arguments.count else (arguments.characters, arguments.photographs)
    found = {crnn.CARD.name: measure(crnn.CARD, characters(arguments.words, counts[0]), counts[0], arguments)}
    if arguments.pictures:
        photographed = photographs(arguments.pictures, counts[1], arguments.size)
        found[vgg16.CAM.name] = measure(vgg16.CAM, photographed, counts[1], arguments)
    return found


def characters(path: Path, count: int) -> Iterator[Question]:
    """One character of each of the words, evenly from the collection, that are read right; another place each time."""
    network, collection = Network(crnn.CARD), Collection(path)
    found = 0
    listed = words(collection)
    for number in np.random.default_rng(0).permutation(len(listed)):
        if found == count:
            return
        word = listed[number]
        picture = network.description.prepared(Image.open(io.BytesIO(collection.read(word.name))))
        frames = network.run(picture, ["outputs"])["outputs"][0]
        labels = decoding.best_path(frames).labels
        if "".join(crnn.LABELS[label] for label in labels) != word.text:
            continue
        target = targets.log_odds(targets.character(frames, labels, found % len(labels)))
        yield Question(crnn.CARD, word.name, picture[0], target)
        found += 1


def photographs(path: Path, count: int, size: int) -> Iterator[Question]:
    """The likeliest class of photographs, of as many classes as there are photographs. size: of a side, in pixels."""
    network, collection = Network(vgg16.CAM), Collection(path)
    for _, name in evenly(evenly_over_classes(pictures_by_class(collection), 200), count):
        picture = vgg16.prepare(Image.open(io.BytesIO(collection.read(name))).convert("RGB"), size)
        likeliest = int(network.run(picture, ["logits"])["logits"][0].argmax())
        yield Question(vgg16.CAM, name, picture[0], targets.ClassLogit(likeliest))


def measure(card: Card, questions: Iterator[Question], count: int, arguments: argparse.Namespace) -> dict:
    """The table of one network, layer by layer, and its means over the convolution layers."""
    network, started = Network(card), time.monotonic()
    layers = [layer.name for layer in network.description.of_kind(*KINDS)]
    layers = [name for name in layers if name in arguments.layers or not arguments.layers]
    rows = _kept(arguments.keep)
    for number, question in enumerate(progress(questions, count, "questions")):
        known = {layer: rows.get((card.name, question.name, layer), {}) for layer in layers}
        missing = [layer for layer in layers if arguments.again or "named" not in known[layer]]
        alone = {layer: known[layer]["alone"] for layer in missing if "alone" in known[layer]}
        for layer, row in _rows(network, question, missing, number < arguments.carried, alone) if missing else ():
            rows[card.name, question.name, layer] = row
            if arguments.keep:
                entry = {"network": card.name, "question": question.name, "layer": layer, **row}
                with arguments.keep.open("a") as file:
                    file.write(json.dumps(entry) + "\n")
    table = {
        layer: summary([row for key, row in rows.items() if (key[0], key[2]) == (card.name, layer) and "named" in row])
        for layer in layers
    }
    convolutions = [table[layer.name] for layer in network.description.of_kind("conv") if layer.name in table]
    means = {}
    for name in AVERAGED:
        values = [row[name] for row in convolutions if name in row]
        means |= {name: round(float(np.mean(values)), 3)} if values else {}
    return {"layers": table, "convolutions": means, "seconds": round(time.monotonic() - started)}


RANKS, TENS = ("costs", "carried"), ("named", "carrying", "random", "active")
AVERAGED = (*(f"rank_{name}" for name in RANKS), *TENS)


def _kept(file: Path | None) -> dict[tuple[str, str, str], dict]:
    lines = file.read_text("utf-8").splitlines() if file and file.exists() else []
    entries = map(json.loads, lines)
    return {(entry.pop("network"), entry.pop("question"), entry.pop("layer")): entry for entry in entries}


def _rows(
    network: Network, question: Question, layers: list[str], carried: bool, known: dict[str, list[float]]
) -> Iterator[tuple[str, dict]]:
    """What is measured of one question, by layer. known: by layer, what silencing each channel costs."""
    function, target = models.function(question.card.name), question.target
    asked = {"picture": question.picture, "target": targets.describe(target), "layers": layers, "links": 0}
    first, *others = network.description.layers
    description = replace(network.description, layers=(replace(first, shape=question.picture.shape), *others))
    settings = flow_job.check(asked, description)
    if not carried:  # what silencing is expected to cost is worked out at the picture itself, the last point of the way
        settings = {**settings, "baseline": question.picture, "steps": 1}
    followed = flow.from_result(flow_job.run(function, settings, Quiet()))
    untouched = {name: values[0] for name, values in network.run(question.picture[None]).items()}
    for layer in layers:
        passed = followed.layer(layer)
        alone = np.array(known[layer] if layer in known else _alone(network, question, untouched, layer))
        guesses = {"costs": passed.costs, **({"carried": passed.channels} if carried else {})}
        random = np.random.default_rng(0)
        groups = {
            "dearest": np.argsort(-alone, kind="stable")[:TEN],
            "named": np.argsort(-passed.costs, kind="stable")[:TEN],
            **({"carrying": np.argsort(-passed.channels, kind="stable")[:TEN]} if carried else {}),
            "active": most_active(untouched[layer])[:TEN],
            **{f"random {draw}": random.permutation(len(alone))[:TEN] for draw in range(DRAWS)},
        }
        groups = {name: [int(channel) for channel in group] for name, group in groups.items()}
        together = silenced(network, question.picture[None], untouched, layer, target, list(groups.values()))
        cost = dict(zip(groups, map(float, together), strict=True))
        cost["random"] = float(np.mean([cost.pop(f"random {draw}") for draw in range(DRAWS)]))
        ranks = {f"rank_{name}": spearman(guess, alone) for name, guess in guesses.items()}
        missed = {"missed": followed.error((layer,))} if carried else {}
        yield layer, {**ranks, **cost, **missed, "alone": [float(f"{value:.6g}") for value in alone]}


def _alone(network: Network, question: Question, untouched: Values, layer: str) -> np.ndarray:
    """What silencing each channel of a layer costs by itself, `(channel,)`."""
    places = parts(network.description, layer, untouched[layer].shape)[CHANNELS]
    alone = np.zeros(len(places))
    for cost in costs(network, question.picture[None], untouched, layer, question.target, places):
        alone[cost.where.channels[0]] = cost.cost
    return alone


def summary(rows: list[dict]) -> dict:
    """Means over questions; what ten channels cost, over what the dearest ten do for the same questions."""
    found: dict[str, float] = {"questions": len(rows)}
    for name in [*(f"rank_{name}" for name in RANKS), "dearest"]:
        values = [row[name] for row in rows if name in row]
        found |= {name: round(float(np.mean(values)), 3)} if values else {}
    for name in TENS:
        pairs = [(row[name], row["dearest"]) for row in rows if name in row]
        found |= {name: round(float(np.divide(*np.sum(pairs, axis=0))), 3)} if pairs else {}
    missed = [row["missed"] for row in rows if "missed" in row]
    return found | ({"missed": round(max(missed), 4)} if missed else {})
