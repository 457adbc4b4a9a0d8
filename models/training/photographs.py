"""Photographed words before they are trained on: which texts are trusted, and where the characters stand.

    python -m models.training.photographs A.zip B.zip --out FOLDER/photographs.jsonl [--corrections FILE.jsonl]

Most collections say what a picture reads and not where its characters stand, which cutting it into other words needs.
A network that reads most of them knows: a character stands at its mean frame under the posterior of the text's
alignments (Graves et al. 2006, https://www.cs.toronto.edu/~graves/icml_2006.pdf), with its edges halfway between.
Training does this by itself, once, and keeps the list beside its state.
"""

from __future__ import annotations

import argparse
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from explain.ctc import decoding
from models.crnn import CARD, LABELS, fitted_width, prepare
from models.pictures import open_picture
from models.training.words import DICTIONARIES, dictionary

BATCH = 16
SURE = 0.5  # least probability of a reading that a label is dropped for
SCATTERED = 1.5  # frames: where a character's place varies by more (standard deviation), nothing is cut there


@dataclass(frozen=True)
class Photograph:
    """A word in a zip of photographed words.

    archive, image: the zip and the picture's name in it. text: of letters and digits.
    edges: left and right of each character in pixels, (n, 2); None where they are not known.
    apart: whether they are sure enough for the picture to be cut between the characters.
    """

    archive: str
    image: str
    text: str
    edges: list[list[float]] | None = None
    apart: bool = True


def listed(archive: Path) -> list[Photograph]:
    """The words that words.jsonl lists ("image", "text", where known "char_boxes_xywh": one box a character, pixels).

    Words with other characters than the network's labels are left out, boxes too where they are not one a character.
    Raises ValueError where there is no such file, or not one alone.
    """
    words = []
    with zipfile.ZipFile(archive) as opened:
        lists = [name for name in opened.namelist() if name.rsplit("/", 1)[-1] == "words.jsonl"]
        if len(lists) != 1:
            raise ValueError(f"{archive} holds {len(lists)} files words.jsonl; it must hold one.")
        folder = lists[0].removesuffix("words.jsonl")
        for line in filter(str.strip, opened.read(lists[0]).decode().splitlines()):
            word = json.loads(line)
            text, boxes = word["text"], word.get("char_boxes_xywh") or []
            if not text or set(text) - set(LABELS):
                continue
            edges = [[x, x + width] for x, _, width, _ in boxes] if len(boxes) == len(text) else None
            words.append(Photograph(str(archive.resolve()), folder + word["image"], text, edges))
    return words


def greys(photographs: Sequence[Photograph]) -> Iterator[np.ndarray]:
    """The picture of each, (height, width) uint8."""
    opened: dict[str, zipfile.ZipFile] = {}
    try:
        for word in photographs:
            if word.archive not in opened:
                opened[word.archive] = zipfile.ZipFile(word.archive)
            yield np.asarray(open_picture(opened[word.archive].read(word.image)).convert("L"))
    finally:
        for archive in opened.values():
            archive.close()


def character_frames(frames: np.ndarray, text: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each character's frame under the posterior of the text's alignments, two (n,).

    frames: (frame, label), rows of the softmax. Raises ValueError where they can't be read as the text.
    """
    gamma = decoding.lattice(frames, decoding.labels_of(text, LABELS)).gamma[:, 1::2]
    share = gamma / gamma.sum(axis=0)
    at = np.arange(len(share))
    mean = at @ share
    return mean, np.sqrt(((at[:, None] - mean) ** 2 * share).sum(axis=0))


def edges_around(middles: np.ndarray, width: float) -> np.ndarray:
    """Left and right of characters in these middles, (n, 2): halfway to the next, as far out at both ends."""
    if len(middles) == 1:
        return np.array([[0.0, width]])
    inner = (middles[:-1] + middles[1:]) / 2
    cuts = np.concatenate([[2 * middles[0] - inner[0]], inner, [2 * middles[-1] - inner[-1]]]).clip(0, width)
    return np.stack([cuts[:-1], cuts[1:]], axis=1)


def located(word: Photograph, size: tuple[int, int], frames: np.ndarray) -> Photograph:
    """The word with its characters where the network's frames (frame, label) say. size: width, height in pixels.

    Raises ValueError where the frames can't be read as the text.
    """
    mean, spread = character_frames(frames, word.text)
    columns = 4 * mean + 4  # the middle of a frame in the picture as the network sees it
    edges = edges_around(columns * size[0] / fitted_width(*size), size[0])
    return replace(word, edges=edges.round(1).tolist(), apart=bool(spread.max() <= SCATTERED))


def dispute(text: str, read: str, probability: float, known: frozenset[str]) -> str | None:
    """Why a label is not trusted, or None. read: the network's text, of that probability. known: words, lower case.

    A sure reading alone is no reason: half of those that differ are the network's mistakes. That it is a word and the
    label none is one: labels are full of slips ("wiht"), while what a network misreads is seldom a word by chance.
    """
    label, other = text.lower(), read.lower()
    if label == other or probability < SURE or len(other) < 3 or other not in known or label in known:
        return None
    return f"{text} is no word, and {read} is, which the network reads with {probability:.2f}"


def corrected(words: Sequence[Photograph], corrections: Path) -> list[Photograph]:
    """The words with the labels of a file of "image", "old", "new" (pictures by their names without folder).

    Where the length changes, the edges are no longer known. A label that is not the old one stays.
    """
    lines = [json.loads(line) for line in corrections.read_text("utf-8").splitlines() if line.strip()]
    new = {(line["image"].rsplit("/", 1)[-1], line["old"]): line["new"] for line in lines}
    answer = []
    for word in words:
        text = new.get((word.image.rsplit("/", 1)[-1], word.text), word.text)
        answer.append(replace(word, text=text, edges=word.edges if len(text) == len(word.text) else None))
    return answer


def examined(
    words: Sequence[Photograph], read: Callable[[np.ndarray], np.ndarray], known: frozenset[str]
) -> tuple[list[Photograph], list[tuple[Photograph, str]]]:
    """The words that may be trained on, all with edges, and the others with the reason.

    read: pictures (n, 32, 128, 1) in [0, 1] -> the softmax's frames (n, frame, label).
    """
    good, refused = [], []
    pictures, waiting = greys(words), iter(words)
    while batch := list(islice(waiting, BATCH)):
        shown = [Image.fromarray(next(pictures)) for _ in batch]
        answers = read(np.concatenate([prepare(picture) for picture in shown]))
        for word, picture, frames in zip(batch, shown, answers, strict=True):
            labels, log_probability = decoding.n_best(frames, 10, 1)[0]
            reason = dispute(word.text, decoding.text(labels, LABELS), float(np.exp(log_probability)), known)
            try:
                word = word if word.edges else located(word, picture.size, frames)
            except ValueError as problem:
                reason = str(problem)
            if reason:
                refused.append((word, reason))
            else:
                good.append(word)
    return good, refused


def reader(network: Path) -> Callable[[np.ndarray], np.ndarray]:
    """What an exported network reads: pictures (n, 32, 128, 1) in [0, 1] -> frames (n, 31, 63) of its softmax."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(network), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda pictures: session.run(["outputs"], {name: pictures})[0]


def stored(path: Path) -> list[Photograph]:
    """The words of a list that `prepare_list` wrote."""
    return [Photograph(**json.loads(line)) for line in path.read_text("utf-8").splitlines()[1:]]


def prepare_list(archives: Sequence[Path], out: Path, corrections: Path | None = None) -> int:
    """Write the list of the words of these zips that may be trained on, unless it is there; how many they are.

    What is left out is printed with the reason. The committed network says where characters stand.
    """
    made_of = {"archives": [str(path.resolve()) for path in archives], "corrections": str(corrections or "")}
    if out.exists() and json.loads(out.read_text("utf-8").splitlines()[0]) == made_of:
        return len(stored(out))
    words = [word for path in archives for word in listed(path)]
    if corrections:
        words = corrected(words, corrections)
    known = frozenset(word.lower() for word in dictionary(DICTIONARIES[1]))
    good, refused = examined(words, reader(CARD.weights), known)
    for word, reason in refused:
        print(f"Left out: {word.image}: {reason}.", flush=True)
    lines = [made_of, *(asdict(word) for word in good)]
    out.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    print(f"{len(good)} photographed words, {len(refused)} left out: {out}", flush=True)
    return len(good)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("archives", type=Path, nargs="+", metavar="ZIP")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--corrections", type=Path, help='JSON lines with "image", "old" and "new" text')
    options = parser.parse_args(arguments)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    prepare_list(options.archives, options.out, options.corrections)


if __name__ == "__main__":
    main()
