"""The bank: a few hundred words, and what in them every channel and unit of the CRNN answers to.

    python -m explain.exemplars.build --out models/bank [--seed 1]

To be run again whenever models/weights/crnn.onnx changes. It draws the words, runs the network on them once (some 20 s
of two cores) and writes three files; `explain.exemplars.word_bank` reads them:

    words.png   the pictures as the network sees them, 32 x 128 pixels each, COLUMNS a row of the sheet
    bank.json   the texts, how they were drawn, and the SHA-256 of the weights they were measured with
    bank.npz    arrays, named below; w counts words, c the channels of all convolutional layers in the card's order,
                l the two recurrent layers, u their 256 units, forward ones first

    places           (c, PLACES, 3) uint16: word, row and column where each channel is largest, one place a word; of
                     the first layers only places that see nothing beyond the edge of the picture
    place_values     (c, PLACES) float32: its values there
    frames           (w, 31) uint8: the label of each frame in the likeliest alignment of the word's text
    steps            (l, u, 2, STEPS, 2) uint16: word and step where each unit is highest, then where it is lowest, one
                     a word; among the frames of characters, or among all where those of a gap or a place say more
    step_values      (l, u, 2, STEPS) float32
    counts           (63,) int32: frames aligned with each character; the last is the blank
    by_character     (l, u, 63) float16: the unit's mean over those frames
    spread           (l, u) float16: its standard deviation over the frames of all characters, blanks left out
    by_place         (l, u, 7) float16: its mean before the word, in each fifth of it, and after it
    explains         (l, u, 6) float16: the share of its variance that each of ASPECTS explains
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from explain.ctc import decoding
from explain.exemplars.chosen_words import Drawn, draw
from explain.network.description import describe
from explain.pictures import sheets
from models.crnn import BLANK, CARD, FRAMES, LABELS

COLUMNS = 16  # words a row of the sheet
PLACES, STEPS = 6, 8
WORDS_AT_ONCE = 16
SEED = 1
SMALLEST = 1e-30  # probability of a label at a frame
FIFTHS = 5
# Rows and columns at each edge of the first layers' maps that see beyond the picture. The zeros read there are a darker
# edge than any in the words: most channels would be largest there, and not at writing.
EDGES = {"conv_1": 1, "pool_1": 1, "conv_2": 2, "pool_2": 1}
# Which character the frame stands for; the one before it in the word; the one after; whether that is a small letter, a
# capital or a figure; the frame's place in the word; whether it stands for a character or for the gap between two.
# The last two hold for all frames, the others for those of characters.
ASPECTS = ("character", "before", "after", "kind", "place", "gap")
ON_ALL = ("place", "gap")
NETWORK = describe(CARD)
CONVOLUTIONAL = tuple(layer.name for layer in NETWORK.layers[1:] if len(layer.shape) == 3)
RECURRENT = tuple(layer.name for layer in NETWORK.of_kind("lstm"))


def measure(drawn: Drawn, weights: Path = CARD.weights) -> dict[str, np.ndarray]:
    """The arrays of bank.npz for these words."""
    values, places, hidden, softmax = _run(drawn.pictures, weights)
    # Of a channel that is silent in every word all places are equal: the first words stand for them.
    words = np.argsort(-values, axis=0, kind="stable")[:PLACES].T
    channels = np.arange(len(words))[:, None]
    kept = np.concatenate([words[..., None], places[words, channels]], axis=-1)
    frames = _frames(softmax, drawn.texts)
    statistics = _statistics(np.stack(hidden), drawn.texts, frames)
    of_all = np.isin(statistics["explains"].argmax(axis=-1), [ASPECTS.index(aspect) for aspect in ON_ALL])
    found = [_extremes(states, frames, everywhere) for states, everywhere in zip(hidden, of_all, strict=True)]
    steps, step_values = zip(*found, strict=True)
    return {
        "places": kept.astype(np.uint16),
        "place_values": values[words, channels],
        "frames": frames,
        "steps": np.stack(steps).astype(np.uint16),
        "step_values": np.stack(step_values),
        **statistics,
    }


def _run(pictures: np.ndarray, weights: Path) -> tuple[np.ndarray, np.ndarray, list[np.ndarray], np.ndarray]:
    """Each channel's largest value in each word `(w, c)` and its row and column `(w, c, 2)`; hidden states; softmax."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # on busy cores two threads wait for one another, and the whole takes longer
    session = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
    outputs = (*CONVOLUTIONAL, *RECURRENT, NETWORK.output.name)
    values, places, states = [], [], []
    for start in range(0, len(pictures), WORDS_AT_ONCE):
        batch = pictures[start : start + WORDS_AT_ONCE, :, :, None].astype(np.float32) / np.float32(255)
        given = dict(zip(outputs, session.run(outputs, {"input": batch}), strict=True))
        largest = [_largest(given[layer], EDGES.get(layer, 0)) for layer in CONVOLUTIONAL]
        values.append(np.concatenate([value for value, _ in largest], axis=1))
        places.append(np.concatenate([place for _, place in largest], axis=1))
        states.append([given[layer] for layer in outputs[len(CONVOLUTIONAL) :]])
    *hidden, softmax = (np.concatenate(parts) for parts in zip(*states, strict=True))
    # A label that a sure network gives 0 in single precision would leave a misread text without any alignment.
    return np.concatenate(values), np.concatenate(places), hidden, np.maximum(softmax, SMALLEST)


def _largest(maps: np.ndarray, edge: int) -> tuple[np.ndarray, np.ndarray]:
    """Largest values `(w, c)` and their places `(w, c, 2)`.

    maps: `(w, c, height, width)`, channels first as ONNX has them. edge: rows and columns left out on each side.
    """
    maps = maps[:, :, edge : maps.shape[2] - edge, edge : maps.shape[3] - edge]
    flat = maps.reshape(*maps.shape[:2], -1)
    best = flat.argmax(axis=2)
    places = np.stack(np.unravel_index(best, maps.shape[2:]), axis=-1) + edge
    return np.take_along_axis(flat, best[..., None], axis=2)[..., 0], places


def _frames(softmax: np.ndarray, texts: tuple[str, ...]) -> np.ndarray:
    """`(w, 31)` labels along each text's likeliest alignment."""
    labels = [decoding.labels_of(text, LABELS) for text in texts]
    paths = [decoding.forced_alignment(rows, label).path for rows, label in zip(softmax, labels, strict=True)]
    return np.stack(paths).astype(np.uint8)


def _extremes(hidden: np.ndarray, frames: np.ndarray, everywhere: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`(u, 2, STEPS, 2)` word and step where each unit is highest and lowest, one a word, and its values there.

    hidden: `(w, 31, u)`. frames: `(w, 31)`. everywhere: `(u,)`, whether blanks count for the unit too.
    """
    left_out = (frames == BLANK)[:, :, None] & ~everywhere
    found = []
    for values in (np.where(left_out, -np.inf, hidden), np.where(left_out, -np.inf, -hidden)):
        steps = values.argmax(axis=1)
        most = np.take_along_axis(values, steps[:, None], axis=1)[:, 0]
        words = np.argsort(-most, axis=0, kind="stable")[:STEPS].T
        units = np.arange(len(words))[:, None]
        at = steps[words, units]
        found.append((np.stack([words, at], axis=-1), hidden[words, at, units]))
    places, values = zip(*found, strict=True)
    return np.stack(places, axis=1), np.stack(values, axis=1)


def _statistics(hidden: np.ndarray, texts: tuple[str, ...], frames: np.ndarray) -> dict[str, np.ndarray]:
    """Means and shares of variance of every unit over the frames. hidden: `(l, w, 31, u)`."""
    layers, _, _, units = hidden.shape
    label = frames.ravel().astype(int)
    told = _told(texts, frames)
    spoken = label != BLANK
    columns = hidden.transpose(1, 2, 0, 3).reshape(len(label), layers * units).astype(np.float64)
    means = [_group_means(columns, label, BLANK + 1), _group_means(columns, told["place"], FIFTHS + 2)]
    shares = [
        explained(columns, told[aspect]) if aspect in ON_ALL else explained(columns[spoken], told[aspect][spoken])
        for aspect in ASPECTS
    ]
    by_character, by_place, explains = (
        np.stack(part, axis=-1).reshape(layers, units, -1).astype(np.float16)
        for part in (list(means[0]), list(means[1]), shares)
    )
    return {
        "counts": np.bincount(label, minlength=BLANK + 1).astype(np.int32),
        "by_character": by_character,
        "spread": columns[spoken].std(axis=0).reshape(layers, units).astype(np.float16),
        "by_place": by_place,
        "explains": explains,
    }


def _told(texts: tuple[str, ...], frames: np.ndarray) -> dict[str, np.ndarray]:
    """What each frame of all words is, for each of ASPECTS: a number of its group."""
    told = {aspect: np.zeros(frames.shape, int) for aspect in ASPECTS}
    told["character"][:] = frames
    told["gap"][:] = frames == BLANK
    for word, (text, path) in enumerate(zip(texts, frames, strict=True)):
        spans = decoding.collapse(path, BLANK)
        first, last = spans[0].start, spans[-1].end
        reach = np.arange(FRAMES)
        told["place"][word] = 1 + np.clip(np.floor(FIFTHS * (reach - first) / (last - first)), -1, FIFTHS).astype(int)
        labels = [BLANK, *(LABELS.index(character) for character in text), BLANK]
        for number, span in enumerate(spans):
            part = slice(span.start, span.end)
            told["before"][word, part], told["after"][word, part] = labels[number], labels[number + 2]
    label = told["character"]
    told["kind"][:] = (label >= 26).astype(int) + (label >= 52)
    return {aspect: groups.ravel() for aspect, groups in told.items()}


def _group_means(columns: np.ndarray, groups: np.ndarray, number: int) -> np.ndarray:
    """`(group, column)`; NaN for a group without rows."""
    counts = np.bincount(groups, minlength=number)[:, None]
    sums = np.zeros((number, columns.shape[1]))
    np.add.at(sums, groups, columns)
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)


def explained(columns: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """How much of each column's variance its group explains, 0 to 1, less what any grouping would by chance.

    columns: `(row, column)`. groups: `(row,)`. Eta squared, corrected for the number of groups as epsilon squared is
    (T. Kelley, An Unbiased Correlation Ratio Measure, PNAS 21(9), 1935, https://doi.org/10.1073/pnas.21.9.554).
    """
    _, groups = np.unique(groups, return_inverse=True)
    number = groups.max() + 1
    left = ((columns - _group_means(columns, groups, number)[groups]) ** 2).sum(axis=0) / (len(columns) - number)
    whole = ((columns - columns.mean(axis=0)) ** 2).sum(axis=0) / (len(columns) - 1)
    share = 1 - np.divide(left, whole, out=np.ones_like(left), where=whole > 0)
    return np.clip(share, 0, 1)


def write(folder: Path, seed: int = SEED, number: int | None = None) -> None:
    """Draws, measures and writes the three files. number: of words, all of them unless given."""
    drawn = draw(seed, number)
    arrays = measure(drawn)
    folder.mkdir(parents=True, exist_ok=True)
    sheet(drawn.pictures).save(folder / "words.png", optimize=True)
    np.savez_compressed(folder / "bank.npz", **arrays)
    facts = {
        "weights": hashlib.sha256(CARD.weights.read_bytes()).hexdigest(),
        "seed": seed,
        "columns": COLUMNS,
        "layers": {name: NETWORK.layer(name).shape[-1] for name in CONVOLUTIONAL},
        "recurrent": list(RECURRENT),
        "aspects": list(ASPECTS),
        "texts": list(drawn.texts),
        "fonts": list(drawn.fonts),
    }
    (folder / "bank.json").write_text(json.dumps(facts, indent=0) + "\n")


def sheet(pictures: np.ndarray) -> Image.Image:
    """The pictures `(w, 32, 128)` side by side, COLUMNS a row; what is left of the last row is black."""
    drawn = [Image.fromarray(picture) for picture in pictures]
    return sheets.sheet(drawn, sheets.Layout(drawn[0].size, COLUMNS), mode="L", ground=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    write(arguments.out, arguments.seed)


if __name__ == "__main__":
    main()
