"""The bank: a few hundred words, and what in them every channel and unit of a recogniser answers to.

    python -m explain.exemplars.build [NAME] [--out FOLDER] [--seed 1]

NAME: a network that reads words, the first that has a bank unless stated. FOLDER: where its card says unless stated. To
be run again whenever the network's weights change. It draws the words, runs the network on them once (some 20 s of two
cores) and writes three files; `explain.exemplars.word_bank` reads them:

    words.png   the pictures as the network sees them, COLUMNS a row of the sheet
    bank.json   the texts, how they were drawn, and the SHA-256 of the weights they were measured with
    bank.npz    arrays, named below; w counts words, c the channels of all convolutional layers in order, t frames,
                m the channels of the convolutions among them, l the recurrent layers, u the units of the largest of
                them (of smaller ones the rest is NaN), forward ones first, k labels

    places           (c, PLACES, 3) uint16: word, row and column where each channel is largest, one place a word; of
                     the first layers only places that see nothing beyond the edge of the picture
    place_values     (c, PLACES) float32: its values there
    frames           (w, t) uint8, uint16 above 256 labels: of each frame in the likeliest alignment of the word's text
    steps            (l, u, 2, STEPS, 2) uint16: word and step where each unit is highest, then where it is lowest, one
                     a word; among the frames of characters, or among all where those of a gap or a place say more
    step_values      (l, u, 2, STEPS) float32
    counts           (k,) int32: frames aligned with each label
    by_character     (l, u, k) float16: the unit's mean over those frames
    spread           (l, u) float16: its standard deviation over the frames of all characters, blanks left out
    by_place         (l, u, 7) float16: its mean before the word, in each fifth of it, and after it
    explains         (l, u, 6) float16: the share of its variance that each of ASPECTS explains
    effects          (m, k) float16: how strongly each channel answers to each character, see `channel_answers`
    occurrences      (k,) int32: of each character in the words
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image

from explain.ctc import decoding
from explain.exemplars import channel_answers
from explain.exemplars.chosen_words import Drawn, draw
from explain.exemplars.statistics import ASPECTS, ON_ALL, padded, statistics
from explain.exemplars.word_bank import BankError, counts_inside, digest, folder_of
from explain.layers.activations import probabilities
from explain.layers.frames import frames as frames_of
from explain.layers.receptive_field import receptive_field
from explain.network.description import Description, describe
from explain.network.session import LOGITS, Network
from explain.pictures import sheets
from models.networks import here

COLUMNS = 16  # words a row of the sheet
PLACES, STEPS = 6, 8
WORDS_AT_ONCE = 16
SEED = 1
SMALLEST = 1e-30  # probability of a label at a frame


def convolutional(description: Description) -> tuple[str, ...]:
    """The layers whose channels are measured: those that are maps."""
    return tuple(layer.name for layer in description.layers[1:] if len(layer.shape) == 3)


def recurrent(description: Description) -> tuple[str, ...]:
    """The layers whose units are measured: LSTMs that hand on every step, one a frame."""
    frames = description.output.shape[0]
    return tuple(layer.name for layer in description.of_kind("lstm") if layer.shape[:-1] == (frames,))


def measure(drawn: Drawn, network: Description) -> dict[str, np.ndarray]:
    """The arrays of bank.npz for these words."""
    values, places, rows, hidden, softmax = _run(drawn.pictures, network)
    # Of a channel that is silent in every word all places are equal: the first words stand for them.
    words = np.argsort(-values, axis=0, kind="stable")[:PLACES].T
    channels = np.arange(len(words))[:, None]
    largest = np.concatenate([words[..., None], places[words, channels]], axis=-1)
    frames = _frames(softmax, drawn.texts, network)
    measured = statistics(hidden, drawn.texts, frames, network.labels)
    of_all = np.isin(measured["explains"].argmax(axis=-1), [ASPECTS.index(aspect) for aspect in ON_ALL])
    extremes = [
        _extremes(states, frames == network.blank, everywhere[: states.shape[-1]])
        for states, everywhere in zip(hidden, of_all, strict=True)
    ]
    units, steps = of_all.shape[1], min(STEPS, len(frames))
    return {
        "places": largest.astype(np.uint16),
        "place_values": values[words, channels],
        "frames": frames,
        "steps": padded([places for places, _ in extremes], units, (2, steps, 2), np.uint16),
        "step_values": padded([values for _, values in extremes], units, (2, steps), np.float32),
        **measured,
        **channel_answers.measured(network, rows, frames, frames_of(network, frames.shape[1], drawn.pictures.shape[2])),
    }


def _run(
    pictures: np.ndarray, network: Description
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray], list[np.ndarray], np.ndarray]:
    """Each channel's largest value in each word `(w, c)` and its row and column `(w, c, 2)`; of each convolution its
    maps averaged over their rows, `(w, column, channel)`; hidden states; softmax."""
    # One thread: on busy cores two wait for one another, and the whole takes longer.
    opened = Network(network, threads=1)
    maps, sequences = convolutional(network), recurrent(network)
    convolutions = channel_answers.convolutions(network)
    inside = {layer: _inside(network, layer) for layer in maps}
    values, places, rows, states = [], [], [], []
    for start in range(0, len(pictures), WORDS_AT_ONCE):
        batch = network.preprocessing.scaled(pictures[start : start + WORDS_AT_ONCE])
        outputs = opened.run(batch, (*maps, *sequences, network.output.name, LOGITS))
        largest = [_largest(outputs[layer], inside[layer]) for layer in maps]
        values.append(np.concatenate([value for value, _ in largest], axis=1))
        places.append(np.concatenate([place for _, place in largest], axis=1))
        rows.append([outputs[layer].mean(axis=1) for layer in convolutions])
        states.append([*(outputs[layer] for layer in sequences), probabilities(network, outputs)])
    rows = [np.concatenate(parts) for parts in zip(*rows, strict=True)]
    *hidden, softmax = (np.concatenate(parts) for parts in zip(*states, strict=True))
    # A label that a sure network gives 0 in single precision would leave a misread text without any alignment.
    return np.concatenate(values), np.concatenate(places), rows, hidden, np.maximum(softmax, SMALLEST)


def _inside(network: Description, layer: str) -> np.ndarray:
    """`(height, width)`: the places of a map that count."""
    size = network.layer(layer).shape[:2]
    if not counts_inside(network, layer):
        return np.ones(size, bool)
    return receptive_field(network, layer).inside(size, network.input_shape)


def _largest(maps: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Largest values `(w, c)` and their places `(w, c, 2)`. maps: `(w, height, width, c)`. inside: which count."""
    counting = np.flatnonzero(inside)
    flat = np.moveaxis(maps, -1, 1).reshape(len(maps), maps.shape[-1], -1)[..., counting]
    best = flat.argmax(axis=2)
    places = np.stack(np.unravel_index(counting[best], inside.shape), axis=-1)
    return np.take_along_axis(flat, best[..., None], axis=2)[..., 0], places


def _frames(softmax: np.ndarray, texts: tuple[str, ...], network: Description) -> np.ndarray:
    """`(w, t)` labels along each text's likeliest alignment."""
    labels = [decoding.labels_of(text, network.labels) for text in texts]
    paths = [
        decoding.forced_alignment(rows, label, network.blank).path for rows, label in zip(softmax, labels, strict=True)
    ]
    return np.stack(paths).astype(np.uint8 if len(network.labels) <= 256 else np.uint16)


def _extremes(hidden: np.ndarray, blanks: np.ndarray, everywhere: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`(u, 2, STEPS, 2)` word and step where each unit is highest and lowest, one a word, and its values there.

    hidden: `(w, t, u)`. blanks: `(w, t)`, frames of no character. everywhere: `(u,)`, whether these count too.
    """
    left_out = blanks[:, :, None] & ~everywhere
    ends = []
    for values in (np.where(left_out, -np.inf, hidden), np.where(left_out, -np.inf, -hidden)):
        steps = values.argmax(axis=1)
        most = np.take_along_axis(values, steps[:, None], axis=1)[:, 0]
        words = np.argsort(-most, axis=0, kind="stable")[:STEPS].T
        units = np.arange(len(words))[:, None]
        at = steps[words, units]
        ends.append((np.stack([words, at], axis=-1), hidden[words, at, units]))
    places, values = zip(*ends, strict=True)
    return np.stack(places, axis=1), np.stack(values, axis=1)


def write(folder: Path, network: Description, seed: int = SEED, number: int | None = None) -> None:
    """Draws, measures and writes the three files. number: of words, all of them unless stated.

    Raises BankError for a network that reads no words, or pictures of no one size.
    """
    drawn = draw_for(network, seed, number)
    arrays = measure(drawn, network)
    folder.mkdir(parents=True, exist_ok=True)
    sheet(drawn.pictures).save(folder / "words.png", optimize=True)
    np.savez_compressed(folder / "bank.npz", **arrays)
    facts = {
        "weights": digest(network.path),
        "seed": seed,
        "columns": COLUMNS,
        "layers": {name: network.layer(name).shape[-1] for name in convolutional(network)},
        "convolutions": channel_answers.convolutions(network),
        "recurrent": list(recurrent(network)),
        "aspects": list(ASPECTS),
        "texts": list(drawn.texts),
        "fonts": list(drawn.fonts),
    }
    (folder / "bank.json").write_text(json.dumps(facts, indent=0) + "\n")


def draw_for(network: Description, seed: int, number: int | None = None) -> Drawn:
    """Words that a network can read, as it sees them."""
    if network.blank is None or network.preprocessing is None:
        raise BankError(f"{network.title} reads no words, so there is no bank of words for it.")
    if None in (network.preprocessing.height, network.preprocessing.width, network.output.shape[0]):
        raise BankError(f"{network.title} takes pictures of any size; a bank is measured over pictures of one.")
    return draw(seed, network.labels, network.preprocessing, network.output.shape[0], number)


def sheet(pictures: np.ndarray) -> Image.Image:
    """The pictures `(w, height, width)` side by side, COLUMNS a row; what is left of the last row is black."""
    drawn = [Image.fromarray(picture) for picture in pictures]
    return sheets.sheet(drawn, sheets.Layout(drawn[0].size, COLUMNS), mode=drawn[0].mode, ground="black")


def main() -> None:
    known = here()
    with_bank = [name for name, card in known.items() if not isinstance(card, Path) and card.bank]
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("network", nargs="?", default=with_bank[0] if with_bank else None, choices=list(known))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    network = describe(known[arguments.network])
    folder = arguments.out or folder_of(network)
    if folder is None:
        parser.error(f"The card of {network.name} names no folder for a bank; say one with --out.")
    write(folder, network, arguments.seed)


if __name__ == "__main__":
    main()
