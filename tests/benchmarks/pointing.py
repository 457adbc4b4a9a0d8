"""The pointing game on words: how often an attribution map's peak lies on the character that it explains.

python -m tests.benchmarks pointing PATH [--words N] [--seed N] [--samples N] [--steps N] [--methods NAME ...]

PATH: a zip or folder with words.jsonl that gives `char_boxes_xywh` (pixels, one box a character). Taken are N words,
in an order drawn by the seed, among those that the CRNN reads exactly, case kept; of each every character. A box, laid
over the 32 x 128 pixels that the network sees, is made larger by a tenth of its size on each side.

For each method the share of characters of which
- "pixel": the map's highest pixel lies in the box (not asked of maps whose rows are all equal);
- "column": the column of that pixel lies in the box's columns;
- "window": four columns, a frame's step, that hold most of what speaks for the character have their middle there.

Baselines: the middle of the character's likeliest frame, and the middle of the word.
Gradients of all characters of a word are taken together, and SmoothGrad and integrated gradients draw fewer samples
(--samples) and steps (--steps) than on the page, where a single character is asked for.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from explain.attribution import cam, faithfulness, targets
from explain.attribution.occlusion import occlude
from explain.ctc import decoding
from explain.gradients.attribution.job import ABSOLUTE, INPUT_METHODS, LAYER_METHODS, name_at
from explain.gradients.attribution.methods import flat
from explain.gradients.network import models
from explain.layers.receptive_field import receptive_field
from explain.network.description import describe
from explain.network.session import Network
from models import crnn
from tests.benchmarks.labelled import Collection, CollectionError
from tests.benchmarks.progress import progress

WIDENED = 0.1
CONVOLUTIONS = tuple(layer.name for layer in describe(crnn.CARD).layers if layer.kind == "conv")
OCCLUSIONS = {"occlusion, columns": ((32, 8), (32, 2)), "occlusion, squares": ((8, 8), (4, 4))}
SCORE_CAM = {"score_cam at conv_4": "conv_4"}
METHODS = (*INPUT_METHODS, *LAYER_METHODS, *OCCLUSIONS, *SCORE_CAM)
BASELINES = ("centre of the aligned frame", "middle of the word")
AT_ONCE = 16  # pictures in one gradient
BETWEEN = "squeezed"  # the layer between the convolutions and the recurrent ones
SPREAD = 0.1  # of the noise of SmoothGrad, as a share of the range of the picture


@dataclass(frozen=True)
class Word:
    """A word that is read as it is written. picture: `(32, 128, 1)`. width: the columns that it takes up. boxes:
    `(character, 4)` left, top, width, height in the picture's pixels. asked: the target of each character."""

    picture: np.ndarray
    width: int
    boxes: np.ndarray
    asked: list[targets.Character]


def main(argv: list[str]) -> dict:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks pointing")
    parser.add_argument("path", type=Path, metavar="PATH")
    parser.add_argument("--words", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--methods", nargs="*", default=list(METHODS), choices=METHODS, metavar="NAME")
    arguments = parser.parse_args(argv)
    started, network = time.process_time(), Network(crnn.CARD)
    gradients = Gradients(arguments.samples, arguments.steps, arguments.seed)
    found: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    chosen = read_words(Collection(arguments.path), network, arguments.words, arguments.seed)
    words = 0
    for word in progress(chosen, arguments.words, "words"):
        words += 1
        for name, maps in maps_of(network, gradients, word, arguments.methods):
            for values, box in zip(maps, word.boxes, strict=True):
                judge(found[name], faithfulness.evidence(name, values), box)
        judge_baselines(found, word)
    shares = {name: {what: round(float(np.mean(hit)), 4) for what, hit in by.items()} for name, by in found.items()}
    methods = {name: by for name, by in shares.items() if name not in BASELINES}
    best = {
        what: max((by[what], name) for name, by in methods.items() if what in by)
        for what in ("pixel", "column", "window")
        if any(what in by for by in methods.values())
    }
    return {
        "words": words,
        "characters": len(found[BASELINES[0]]["column"]),
        "best": {what: {"method": name, "share": share} for what, (share, name) in best.items()},
        **shares,
        "processor_s": round(time.process_time() - started, 1),
    }


def judge(found: dict[str, list[bool]], values: np.ndarray, box: np.ndarray) -> None:
    """Where one character's map peaks, and whether that is in its box."""
    row, column = faithfulness.peak(values)
    if (values != values[0]).any():  # of a map of columns no row can be told
        found["pixel"].append(faithfulness.hits((row, column), box, WIDENED))
    found["column"].append(faithfulness.hits((None, column), box, WIDENED))
    window = faithfulness.peak_column(values, receptive_field(crnn.CARD, "squeezed").stride[1])
    found["window"].append(faithfulness.hits((None, window), box, WIDENED))


def judge_baselines(found: dict[str, dict[str, list[bool]]], word: Word) -> None:
    field = receptive_field(crnn.CARD, "squeezed")
    for target, box in zip(word.asked, word.boxes, strict=True):
        frame = int(np.argmax(target.weights))
        centre = field.start[1] + frame * field.stride[1] + field.size[1] / 2
        for name, column in zip(BASELINES, (centre, word.width / 2), strict=True):
            found[name]["column"].append(faithfulness.hits((None, column), box, WIDENED))


def read_words(collection: Collection, network: Network, most: int, seed: int) -> Iterator[Word]:
    """The words of a collection that are read exactly, in an order drawn by the seed."""
    entries = listed(collection)
    left = most
    for number in np.random.default_rng(seed).permutation(len(entries)):
        name, text, boxes = entries[number]
        if left == 0:
            return
        with Image.open(io.BytesIO(collection.read(name))) as picture:
            size, batch = picture.size, crnn.prepare(picture)
        frames = network.run(batch, ["outputs"])["outputs"][0]
        labels = decoding.best_path(frames).labels
        if decoding.text(labels, crnn.LABELS) != text or len(boxes) != len(text):
            continue
        left -= 1
        asked = [targets.character(frames, labels, place) for place in range(len(labels))]
        yield Word(batch[0], crnn.fitted_width(*size), fitted(boxes, size), asked)


def listed(collection: Collection) -> list[tuple[str, str, np.ndarray]]:
    """Name, text and boxes `(character, 4)` of each word of a collection. Raises CollectionError where boxes lack."""
    lists = [name for name in collection.names if PurePosixPath(name).name == "words.jsonl"]
    if len(lists) != 1:
        raise CollectionError(f"The collection needs exactly one words.jsonl; it has {len(lists)}.")
    folder, found = PurePosixPath(lists[0]).parent, []
    for number, line in enumerate(collection.read(lists[0]).decode("utf-8").splitlines(), start=1):
        try:
            entry = json.loads(line)
            boxes = np.array(entry["char_boxes_xywh"], float).reshape(-1, 4)
            found.append(((folder / entry["image"]).as_posix(), entry["text"], boxes))
        except (ValueError, KeyError, TypeError) as problem:
            raise CollectionError(
                f'Line {number} of words.jsonl is not {{"image": .., "text": .., "char_boxes_xywh": [..]}}.'
            ) from problem
    return found


def fitted(boxes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Boxes of a picture of that width and height, as they lie once `models.crnn.fit` has fitted it."""
    across, down = crnn.fitted_width(*size) / size[0], crnn.HEIGHT / size[1]
    return boxes * [across, down, across, down]


def maps_of(network: Network, gradients: Gradients, word: Word, methods: list[str]) -> Iterator[tuple[str, list]]:
    """Each method's name (with its layer) and its map `(32, 128)` for each character of a word."""
    yield from gradients.maps(word, [method for method in methods if method in (*INPUT_METHODS, *LAYER_METHODS)])
    for method in (method for method in methods if method in OCCLUSIONS):
        covered = occlude(network, word.picture, *OCCLUSIONS[method])
        yield method, [covered.map(target) for target in word.asked]
    remembering = Remembering(network)
    for method in (method for method in methods if method in SCORE_CAM):
        field = receptive_field(crnn.CARD, SCORE_CAM[method])
        maps = [cam.score_cam(remembering, word.picture, target, SCORE_CAM[method], field) for target in word.asked]
        yield method, [cam.spread(values, field, word.picture.shape) for values in maps]


class Remembering:
    """A network that is asked the same of every character of a word and answers from the first time."""

    def __init__(self, network: Network):
        self._network, self._known = network, {}

    def run(self, batch: np.ndarray, layers: list[str]) -> dict[str, np.ndarray]:
        key = (batch.tobytes(), *layers)
        if key not in self._known:
            self._known[key] = self._network.run(batch, layers)
        return self._known[key]


class Gradients:
    """Every gradient method for all characters of a word at once.

    The convolutions, which are nearly all of the work, go forward once for all characters; the recurrent layers run on
    a copy for each character, and what comes back from them goes down the convolutions character by character.
    samples: of SmoothGrad. steps: of integrated gradients, midpoints of equal steps in the square root of the way.
    """

    def __init__(self, samples: int, steps: int, seed: int):
        self._function = models.function("crnn")
        self._noise = np.random.default_rng(seed).standard_normal((samples, *describe(crnn.CARD).input_shape))
        self._roots = (np.arange(steps) + 0.5) / steps

    def maps(self, word: Word, methods: list[str]) -> Iterator[tuple[str, list[np.ndarray]]]:
        """Name and maps `(32, 128)`, as the job "attribute" makes them, one for each character."""
        ground = cam.background(word.picture)
        layers = [method for method in methods if method in LAYER_METHODS]
        if {"saliency", "gradient_times_input", *LAYER_METHODS} & set(methods):
            plain, at_layers = self._gradients(word.picture[None], word.asked, CONVOLUTIONS if layers else ())
            yield from self._layer_maps(word, layers, at_layers)
        for method in (method for method in methods if method in INPUT_METHODS):
            if method == "guided_backpropagation":
                found = self._gradients(word.picture[None], word.asked, guided=True)[0].sum(axis=1)
            elif method == "smooth_grad":
                noise = SPREAD * float(np.ptp(word.picture)) * self._noise
                found = self._gradients(word.picture + noise, word.asked)[0].mean(axis=1)
            elif method == "integrated_gradients":
                roots, way = self._roots[:, None, None, None], word.picture - ground
                found = way * (2 * roots * self._gradients(ground + roots**2 * way, word.asked)[0]).mean(axis=1)
            else:
                found = plain[:, 0] * (word.picture - ground if method == "gradient_times_input" else 1)
            yield method, [flat(values, absolute=method in ABSOLUTE) for values in found]

    def _layer_maps(self, word: Word, methods: list[str], at_layers: dict) -> Iterator[tuple[str, list[np.ndarray]]]:
        for method in methods:
            for layer, (features, gradients) in at_layers.items():
                field = receptive_field(crnn.CARD, layer)
                maps = [LAYER_METHODS[method](features, gradient) for gradient in gradients]
                yield name_at(method, layer), [cam.spread(values, field, word.picture.shape) for values in maps]

    def _gradients(
        self,
        pictures: np.ndarray,
        asked: list[targets.Character],
        layers: tuple[str, ...] = (),
        guided: bool = False,
    ):
        """`(character, picture, height, width, channel)` gradients with respect to the pictures; by layer the first
        picture's output and the gradients with respect to it, one a character."""
        found, at_layers = [], {}
        for start in range(0, len(pictures), AT_ONCE):
            some, at_layers = self._some(pictures[start : start + AT_ONCE], asked, layers, guided)
            found.append(some)
        return np.concatenate(found, axis=1), at_layers

    def _some(self, pictures: np.ndarray, asked: list[targets.Character], layers: tuple[str, ...], guided: bool):
        import tensorflow as tf

        function = self._function.guided() if guided else self._function

        pictures = tf.constant(pictures, tf.float32)
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(pictures)
            values = function.outputs(pictures, {*layers, BETWEEN})
        backward = self._from_above(values[BETWEEN], asked)
        sources = [pictures, *(values[layer] for layer in layers)]
        found = [tape.gradient(values[BETWEEN], sources, output_gradients=one) for one in backward]
        at_layers = {
            layer: (values[layer].numpy()[0], [gradients[number].numpy()[0] for gradients in found])
            for number, layer in enumerate(layers, start=1)
        }
        return np.stack([gradients[0].numpy() for gradients in found]), at_layers

    def _from_above(self, features, asked: list[targets.Character]):
        """`(character, picture, frame, feature)`: each character's gradient with respect to the recurrent layers'
        input `(picture, frame, feature)`."""
        import tensorflow as tf

        shares = np.zeros((len(asked), 1, crnn.FRAMES, len(crnn.LABELS) + 1), np.float32)
        for share, target in zip(shares, asked, strict=True):
            share[0, :, target.label] = target.weights
        copies = tf.tile(features, [len(asked), 1, 1])
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(copies)
            logits = self._function.outputs(None, [targets.LOGITS], given={BETWEEN: copies})[targets.LOGITS]
            log_p = tf.reshape(tf.nn.log_softmax(logits), [len(asked), -1, *logits.shape[1:]])
            total = tf.reduce_sum(log_p * shares)
        return tf.reshape(tape.gradient(total, copies), [len(asked), *features.shape])
