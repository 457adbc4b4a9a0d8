"""What does it cost to change something inside a network, and does patching find what differs?

python -m tests.benchmarks interventions [--rounds N] [--pairs N]

"crnn" and "vgg16-cam": one pass run on from a layer, every later layer answered, over one whole pass with every layer;
the contestants take turns, and ratios are medians over the turns, by the clock and by the processor. "channels": all
channels of conv_4 silenced in turn over as many whole passes that answer the logits alone; "channels_computed" says how
many needed a pass at all, and "each_to_whole" what one of those costs. "memory_mb": what the parts take that are kept.

"patching": of pairs of words that differ in one character (drawn in the page's faces), how many have the peak of the
patching map on that character's columns, by layer.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from PIL import ImageFont

from explain.attribution.targets import WholeText
from explain.interventions.intervention import Intervention, Where
from explain.interventions.patching import STRIPES, contrast, turned
from explain.interventions.run import run
from explain.interventions.which import costs, parts
from explain.network.session import Network
from models import crnn, typeface, vgg16
from tests.benchmarks.layers import ratios, turns
from tests.benchmarks.occlusion import resident
from tests.benchmarks.progress import progress

# Each with the place of the character that differs and what it is instead.
PAIRS = [
    *(("elephant", 5, "o"), ("garden", 1, "o"), ("window", 3, "b"), ("London", 0, "H"), ("planet", 2, "o")),
    *(("silver", 4, "a"), ("market", 0, "b"), ("bridge", 2, "a"), ("castle", 3, "k"), ("flower", 5, "n")),
    *(("number", 0, "l"), ("summer", 1, "i"), ("winter", 3, "k"), ("orange", 2, "e"), ("yellow", 5, "s")),
    *(("doctor", 4, "a"), ("animal", 2, "o"), ("kitten", 0, "m"), ("pencil", 3, "d"), ("street", 5, "p")),
]


def main(argv: list[str]) -> dict:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks interventions")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=len(PAIRS), help="of words, for patching; 0 leaves it out")
    arguments = parser.parse_args(argv)
    found = {
        "crnn": from_layer(crnn.CARD, "conv_4", arguments.rounds),
        "channels": in_turn(max(1, arguments.rounds // 5)),
        "vgg16-cam": from_layer(vgg16.CAM, "block4_conv1", max(3, arguments.rounds // 4)),
    }
    if arguments.pairs:
        found["patching"] = patching(arguments.pairs)
    return found


def from_layer(card, layer: str, rounds: int) -> dict:
    """A channel of a layer silenced, over a whole pass."""
    network = Network(card)
    picture = np.random.default_rng(0).random((1, *network.description.input_shape), dtype=np.float32)
    untouched = {name: values[0] for name, values in network.run(picture).items()}
    loudest = int(np.abs(untouched[layer]).reshape(-1, untouched[layer].shape[-1]).sum(axis=0).argmax())
    change = [Intervention(layer, Where(channels=(loudest,)))]
    before = resident()
    run(network, picture, untouched, change)
    taken = resident() - before
    parted, whole = turns([lambda: run(network, picture, untouched, change), lambda: network.run(picture)], rounds)
    return {
        "layer": layer,
        "ms": round(float(np.median(parted[:, 0])), 2),
        **ratios("to_whole", parted, whole),
        "memory_mb": round(taken),
    }


def in_turn(rounds: int, layer: str = "conv_4") -> dict:
    """All channels of a layer silenced in turn, over as many whole passes."""
    network = Network(crnn.CARD)
    text = "elephant"
    picture = network.description.prepared(typeface.draw_word(text, "Sans"))
    untouched = {name: values[0] for name, values in network.run(picture).items()}
    target = WholeText(tuple(crnn.LABELS.index(character) for character in text), crnn.BLANK)
    places = parts(network.description, layer, untouched[layer].shape)["channels"]
    computed = sum(bool(untouched[layer][..., place.channels[0]].any()) for place in places)
    before = resident()
    some = min(32, len(places))

    def whole_passes():
        for _ in range(some):
            network.run(picture, ["logits"])

    parted, whole = turns([lambda: costs(network, picture, untouched, layer, target, places), whole_passes], rounds)
    whole = whole * len(places) / some
    each = ratios("each_to_whole", parted * len(places) / computed, whole)
    told = {
        "channels": len(places),
        "channels_computed": computed,
        "seconds": round(float(np.median(parted[:, 0])) / 1e3, 2),
    }
    return told | ratios("to_whole", parted, whole) | each | {"memory_mb": round(resident() - before)}


def patching(count: int) -> dict:
    """How many maps have their peak on the character that differs, by layer."""
    network = Network(crnn.CARD)
    hits: dict[str, int] = {}
    faces, started, left_out = list(typeface.FONTS), time.monotonic(), []
    tried = 0
    for number, (word, place, instead) in enumerate(progress(PAIRS[:count], count, "pairs")):
        face = faces[number % len(faces)]
        words = (word, word[:place] + instead + word[place + 1 :])
        pictures = tuple(network.description.prepared(typeface.draw_word(one, face)) for one in words)
        untouched = tuple({name: one[0] for name, one in network.run(picture).items()} for picture in pictures)
        measure = contrast(network.description, *(values["logits"] for values in untouched))
        if measure.rival is None:
            left_out.append(words)
            continue
        tried += 1
        found = turned(network, pictures, untouched, measure)
        first, last = columns(words, place, face)
        for layer, row in zip(found.layers, found.values, strict=True):
            peak = (int(np.nanargmax(row)) + 0.5) / STRIPES * crnn.WIDTH
            hits[layer] = hits.get(layer, 0) + (first <= peak < last)
    return {
        "pairs": tried,
        "read_alike": left_out,
        "peaks_on_character": hits,
        "seconds": round(time.monotonic() - started),
    }


def columns(words: tuple[str, str], place: int, face: str) -> tuple[float, float]:
    """The columns of the network's picture that the character takes in either word, as far as the stripes around it."""
    font = ImageFont.truetype(
        str(typeface.FOLDER / typeface.FONTS[face]), typeface.SIZE, layout_engine=ImageFont.Layout.BASIC
    )
    edges = []
    for word in words:
        left, top, right, bottom = font.getbbox(word)
        margin = max(6, round((bottom - top) / 8))
        size = round(right - left) + 2 * margin, round(bottom - top) + 2 * margin
        scale = crnn.fitted_width(*size) / size[0]
        edges += [
            (margin - left + font.getlength(word[:place])) * scale,
            (margin - left + font.getlength(word[: place + 1])) * scale,
        ]
    return min(edges), max(edges)
