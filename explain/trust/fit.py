"""python -m explain.trust.fit NETWORK WORDS.zip PHOTOGRAPHS.zip: measures how far a network's readings can be believed.

WORDS.zip: words with their texts that it was not trained on. PHOTOGRAPHS.zip: Tiny ImageNet, whose cuts are pictures
without text; drawn ones are added. All are made ready as the page does it. The file that the network's card names is
written, the same every time.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from explain.network.session import LOGITS, Network
from explain.trust import features, measured, not_words, regression
from explain.trust.measured import Measured
from models import networks

FALSE_ALARMS, DOUBTED = 0.01, 0.03  # of the rightly read: called not a word; with either mark
WORD_PENALTY, RIGHT_PENALTY = 100.0, 1.0
FOLDS = 5
COMPONENTS = 96
AT_ONCE = 64  # pictures


def words(path: Path, held_out: bool = False) -> Iterator[tuple[str, Image.Image]]:
    """Texts and pictures of a zip of words. held_out: only the fifth of every five, in the order of words.jsonl."""
    with zipfile.ZipFile(path) as archive:
        lines = archive.read("words.jsonl").decode("utf-8").splitlines()
        for line in lines[4::5] if held_out else lines:
            word = json.loads(line)
            with archive.open(word["image"]) as file:
                picture = Image.open(file)
                picture.load()
            yield word["text"], picture


def layer_of(network: Network) -> str:
    """The layer whose frames `measured.vector` looks at, found by a pass of an empty picture."""
    empty = np.zeros((1, *(side or 32 for side in network.description.input_shape)), np.float32)
    outputs = network.run(empty)
    return measured.last_sequence(network.description, {name: array[0] for name, array in outputs.items()})


def passes(
    network: Network, layer: str, pictures: Iterable[tuple[str, Image.Image]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors `(picture, feature)`, and of each picture whether it is read right, case ignored, and read at all."""
    description, rows, right, read = network.description, [], [], []
    layers = {description.output.name, LOGITS, *filter(None, [layer])}
    pictures = iter(pictures)
    while part := list(itertools.islice(pictures, AT_ONCE)):
        batches = [description.made_ready(picture, trim=True, contrast=True).batch for _, picture in part]
        groups = (_each(network, same, layers) for _, same in itertools.groupby(batches, np.shape))
        outputs = itertools.chain.from_iterable(groups)
        for (text, _), values in zip(part, outputs, strict=True):
            said = measured.reading(description, values)
            rows.append(measured.vector(description, values, layer))
            right.append(bool(said) and said.lower() == text.lower())
            read.append(bool(said))
        print(f"{len(rows)} pictures", file=sys.stderr)
    return np.array(rows), np.array(right), np.array(read)


def _each(network: Network, batches: Iterable[np.ndarray], layers: Iterable[str]) -> Iterator[dict[str, np.ndarray]]:
    """Of pictures of one shape, each one's outputs, from passes of many at once."""
    batch = np.concatenate(list(batches))
    outputs = network.run(batch, layers)
    for number in range(len(batch)):
        yield {name: array[number] for name, array in outputs.items()}


def fit(known: np.ndarray, right: np.ndarray, others: np.ndarray, digest: str, layer: str) -> Measured:
    """known: `(word, feature)`, right: `(word,)` whether each is read right; others: of pictures without text.

    What the second score, its curve and the thresholds are fitted on are likenesses from folds that left the word out:
    those of words that the first score was fitted on are too good.
    """
    both = np.concatenate([known, others])
    made = {"mean": both.mean(axis=0), "deviation": both.std(axis=0) + 1e-6}
    scaled = measured.standardised(both, **made)
    truth = np.arange(len(both)) < len(known)
    balance = np.where(truth, len(others) / len(known), 1.0)
    basis = directions(scaled)
    scaled = scaled @ basis
    fold = np.random.default_rng(0).permutation(len(both)) % FOLDS
    likeness = np.zeros(len(both))
    for one in range(FOLDS):
        left_in = fold != one
        found = regression.logistic(scaled[left_in], truth[left_in], WORD_PENALTY, balance[left_in])
        likeness[~left_in] = measured.linear(scaled[~left_in], found)
    word = regression.logistic(scaled, truth, WORD_PENALTY, balance)
    word = np.append(basis @ word[:-1], word[-1])
    likeness, fold = likeness[truth], fold[truth]
    evidence = measured.beside(scaled[truth], likeness)
    odds = np.zeros(len(known))
    for one in range(FOLDS):
        left_in = fold != one
        found = regression.logistic(evidence[left_in], right[left_in], RIGHT_PENALTY)
        odds[~left_in] = measured.linear(evidence[~left_in], found)
    steps, shares = measured.curve(odds, right)
    share = np.interp(odds, steps, shares)
    edges, told = measured.levels(share, right)
    least_like = float(np.quantile(likeness[right], FALSE_ALARMS))
    least_right = threshold(likeness[right] < least_like, share[right], DOUBTED)
    doubted = (likeness < least_like) | (share < least_right)
    return Measured(
        **{"digest": digest, "layer": layer, "word": word, **made},
        **{"steps": steps, "shares": shares, "edges": edges, "told": told},
        right=regression.logistic(evidence, right, RIGHT_PENALTY),
        least_like=least_like,
        least_right=least_right,
        false_alarms=float((likeness[right] < least_like).mean()),
        doubted=float(doubted[right].mean()),
    )


def directions(scaled: np.ndarray) -> np.ndarray:
    """`(feature, direction)`: each scalar by itself, and the principal components of the rest that vary most."""
    count = len(features.NAMES)
    rest = scaled[:, count:]
    basis = np.zeros((scaled.shape[1], count + min(COMPONENTS, rest.shape[1])))
    basis[:count, :count] = np.eye(count)
    _, vectors = np.linalg.eigh(np.cov(rest.T)) if rest.size else (None, np.zeros((0, 0)))
    basis[count:, count:] = vectors[:, ::-1][:, :COMPONENTS]
    return basis


def threshold(marked: np.ndarray, shares: np.ndarray, most: float) -> float:
    """The largest share right below which readings may be doubted, so that at most `most` are, with those marked."""
    spare = int(most * len(shares)) - int(marked.sum())
    left = np.sort(shares[~marked])
    return float(left[max(0, min(spare, len(left) - 1))])


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", help="the name of its card")
    parser.add_argument("words", type=Path)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--count", type=int, default=1800, help="pictures without text, of each of the two sorts")
    parser.add_argument("--held-out", action="store_true", help="of the words only the fifth of every five")
    given = parser.parse_args(argv)
    card = networks.CARDS[given.network]
    network = Network(card)
    layer = layer_of(network)
    known, right, _ = passes(network, layer, words(given.words, given.held_out))
    photographs = (("", picture) for _, picture in not_words.photographs(given.photographs, given.count))
    drawn = (("", picture) for _, picture in map(not_words.drawn, range(given.count)))
    others, _, _ = passes(network, layer, itertools.chain(photographs, drawn))
    made = fit(known, right, others, measured.digest_of(network.description.files), layer)
    made.save(card.trust)
    print(json.dumps({"right": float(right.mean()), "false alarms": made.false_alarms, "doubted": made.doubted}))


if __name__ == "__main__":
    main(sys.argv[1:])
