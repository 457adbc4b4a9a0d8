"""How well the networks read and recognise.

    python -m tests.benchmarks accuracy crnn PATH       PATH: a zip or folder with words.jsonl ("image", "text")
    python -m tests.benchmarks accuracy crnn plain      1,000 plain printed words in fonts kept from training
    python -m tests.benchmarks accuracy crnn typed      100 words as typed on the page, in each of its faces
    python -m tests.benchmarks accuracy crnn samples    the page's sample words
    python -m tests.benchmarks accuracy crnn margins    200 words with wide margins
    python -m tests.benchmarks accuracy crnn colours    200 words in colours of one grey, such as red on green
    python -m tests.benchmarks accuracy crnn suite FOLDER    every zip of words there that is not for training
    python -m tests.benchmarks accuracy vgg16-cam PATH  PATH: a zip or folder <wnid>/*.jpg|JPEG|png

PATH may name a folder in a zip (pictures.zip/val), which --inside does too. --ready tells besides how words are read
once their empty margin is left out and the direction of colour with the contrast is read (`models.prepared`).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from explain.ctc import decoding
from explain.network.session import Network
from models import crnn, typeface, vgg16
from models.pictures import PictureError, open_picture
from models.prepared import prepare
from tests.benchmarks import hard_words, labelled, page_words
from tests.benchmarks.labelled import Collection, CollectionError
from tests.benchmarks.progress import progress
from tests.benchmarks.readings import Reading, details
from tests.benchmarks.words import COUNT, PlainWords

T = TypeVar("T")
BATCH = 16
SMALL = 64  # pixels: pictures up to here are shown to VGG16 at SMALL_SIZE
# The head of vgg16-cam learned from Tiny ImageNet's pictures enlarged to this size. They hold 64 x 64 pixels' worth of
# detail: at 224 the same edges would be blurred twice as wide, at three times the cost.
SMALL_SIZE = 128
HARD = {"margins": hard_words.in_margins, "colours": hard_words.in_colours}


def main(argv: list[str]) -> dict:
    """Measure what the command line asks for; a ValueError with one sentence where it can't be measured."""
    arguments = _parser().parse_args(argv)
    network = Network(arguments.network or {"crnn": crnn.CARD, "vgg16-cam": vgg16.CAM}[arguments.card])
    if arguments.card == "crnn" and (words := HARD.get(arguments.path)):
        total = arguments.limit or hard_words.COUNT
        return word_accuracy(network, words(total), total, 0, ready=arguments.ready)
    if arguments.card == "crnn" and arguments.path == "plain":
        plain = PlainWords(arguments.fonts)
        total = arguments.limit or COUNT
        figures = word_accuracy(network, plain.all(total), total, arguments.beams, arguments.details, arguments.ready)
        return {**figures, "font_families": len(plain.families)}
    if arguments.card == "crnn" and arguments.path == "typed":
        count = arguments.limit or page_words.TYPED
        faces = {face: page_words.typed(face, count) for face in typeface.FONTS}
        return {face: word_accuracy(network, words, count, 0, ready=arguments.ready) for face, words in faces.items()}
    if arguments.card == "crnn" and arguments.path == "samples":
        return sample_accuracy(network, arguments.ready)
    if arguments.card == "crnn" and arguments.path == "suite":
        return suite(network, Path(arguments.folder or "."), arguments.limit, arguments.ready)
    if arguments.card == "crnn":
        return word_accuracy(network, *_words(arguments), arguments.beams, arguments.details, arguments.ready)
    return class_accuracy(network, _collection(arguments), arguments.limit, arguments.size)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks accuracy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("card", choices=["crnn", "vgg16-cam"])
    parser.add_argument("path", metavar="PATH", help="a zip or a folder; for crnn also plain, typed, margins, ...")
    parser.add_argument("folder", nargs="?", help="where the zips of suite are")
    parser.add_argument("--inside", help="measure only what is below this folder of PATH")
    parser.add_argument("--limit", type=_positive, help="measure so many pictures, evenly over the list or the classes")
    parser.add_argument("--network", type=Path, help="an exported network other than the committed one")
    parser.add_argument("--fonts", type=Path, help="a JSON file that keeps the list of fonts, for plain")
    parser.add_argument("--ready", action="store_true", help="also: figures with margins trimmed and contrast found")
    parser.add_argument("--beams", type=int, default=25, help="beams of the second reading; 0 leaves it out")
    parser.add_argument(
        "--details",
        type=Path,
        metavar="PNG",
        help="also: confusions, accuracy by length and case, reliability; the 50 surest misreadings into this picture",
    )
    parser.add_argument(
        "--size",
        type=_positive,
        help=f"pixels a side for vgg16-cam; {SMALL_SIZE} for pictures of at most {SMALL} pixels, else {vgg16.SIDE}",
    )
    return parser


def _positive(written: str) -> int:
    if (number := int(written)) < 1:
        raise ValueError
    return number


def _collection(arguments: argparse.Namespace) -> Collection:
    return Collection(Path(arguments.path, arguments.inside or ""))


def _open(collection: Collection, name: str) -> Image.Image:
    try:
        return open_picture(collection.read(name))
    except PictureError as problem:
        raise PictureError(f"{name}: {problem}") from problem


def _words(arguments: argparse.Namespace) -> tuple[Iterator[tuple[Image.Image, str]], int]:
    """Pictures with their texts, and how many."""
    collection = _collection(arguments)
    chosen = labelled.evenly(labelled.words(collection), arguments.limit)
    return ((_open(collection, word.name), word.text) for word in chosen), len(chosen)


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    items = iter(items)
    while batch := list(islice(items, BATCH)):
        yield batch


def word_accuracy(
    network: Network,
    pictures: Iterable[tuple[Image.Image, str]],
    total: int,
    beams: int = 25,
    sheet: Path | None = None,
    ready: bool = False,
) -> dict:
    """Read every picture by the best path, and by beam search unless beams is 0; figures of both.

    sheet: where to put the surest misreadings; with it come the details of `readings.details`.
    ready: read the pictures once more as they are made ready, trimmed and with contrast; "ready" has those figures, and
        how many pictures that changes.

    A text that holds anything but letters and digits counts as read wrongly: the network has no label for the rest.
    """
    truths, by_path, by_beam, kept, anew = [], [], [], [], []
    for batch in _batches(progress(pictures, total, "words")):
        seen = np.concatenate([crnn.prepare(picture) for picture, _ in batch])
        frames = network.run(seen, ["outputs"])["outputs"]
        by_path += _texts(frames)
        if ready:
            anew += _readied(network, [picture for picture, _ in batch], by_path[-len(batch) :])
        if sheet:
            kept += zip(seen[..., 0], frames, strict=True)
        truths += [text for _, text in batch]
        if beams:
            by_beam += [decoding.text(decoding.n_best(p, beams, n=1)[0][0], crnn.LABELS) for p in frames]
    figures = reading_figures(truths, by_path)
    if beams:
        figures["beam"] = {"beams": beams, **reading_figures(truths, by_beam)}
    if ready:
        figures["ready"] = _ready_figures(truths, anew)
    if sheet:
        words = [Reading(*word, *texts) for word, *texts in zip(kept, truths, by_path, strict=True)]
        figures |= details(words, sheet)
    return figures


def _texts(frames: np.ndarray) -> list[str]:
    return [decoding.text(decoding.best_path(each).labels, crnn.LABELS) for each in frames]


def _readied(network: Network, pictures: list[Image.Image], read: list[str]) -> list[tuple[str, bool]]:
    """What is read of pictures made ready, and whether anything was done to them. read: as they are."""
    made = [prepare(crnn.CARD.preprocessing, picture, trim=True, contrast=True) for picture in pictures]
    changed = [each.trimmed or each.direction is not None for each in made]
    if not any(changed):
        return [(text, False) for text in read]
    batch = np.concatenate([each.batch for each, other in zip(made, changed, strict=True) if other])
    anew = iter(_texts(network.run(batch, ["outputs"])["outputs"]))
    return [(next(anew) if other else text, other) for text, other in zip(read, changed, strict=True)]


def _ready_figures(truths: Sequence[str], anew: list[tuple[str, bool]]) -> dict[str, float]:
    return {**reading_figures(truths, [text for text, _ in anew]), "changed": sum(changed for _, changed in anew)}


def suite(network: Network, folder: Path, limit: int | None = None, ready: bool = False) -> dict:
    """Figures of each set of photographed words by the best path, and the mean of the sets; a line of each is printed.

    The sets are those of the folder's zips with a words.jsonl, but for zips with "train" in their name; a zip whose
    words name several sets ("set") counts as so many. limit: words of each set.
    """
    sets = {}
    for path in sorted(folder.glob("*.zip")):
        collection = Collection(path)
        if "train" in path.stem or not any(name.rsplit("/", 1)[-1] == "words.jsonl" for name in collection.names):
            continue
        words = labelled.words(collection)
        for name in sorted({word.set for word in words}):
            chosen = labelled.evenly([word for word in words if word.set == name], limit)
            pictures = ((_open(collection, word.name), word.text) for word in chosen)
            sets[f"{path.stem} {name}".strip()] = word_accuracy(network, pictures, len(chosen), 0, ready=ready)
    if not sets:
        raise CollectionError(f"There is no zip of words for measuring in {folder}.")
    figures = ("word_accuracy_ignore_case", "word_accuracy", "character_error_rate")
    mean = {figure: sum(one[figure] for one in sets.values()) / len(sets) for figure in figures}
    print(f"{'':32} {'words':>6} {'ignoring case':>14} {'case kept':>10} {'character errors':>17}")
    for name, one in {**sets, "mean": mean}.items():
        print(
            f"{name:32} {one.get('n', ''):>6} {one[figures[0]]:14.3f} {one[figures[1]]:10.3f} {one[figures[2]]:17.3f}"
        )
    return {"sets": sets, "mean": mean}


def sample_accuracy(network: Network, ready: bool = False) -> dict:
    """Figures of the page's samples by the best path, and what is read where it is not what is written."""
    pictures, truths = zip(*page_words.samples(), strict=True)
    read = _texts(network.run(np.concatenate([crnn.prepare(picture) for picture in pictures]), ["outputs"])["outputs"])
    wrong = {truth: reading for truth, reading in zip(truths, read, strict=True) if reading != truth}
    figures = {**reading_figures(truths, read), "misread": wrong}
    if ready:
        anew = _readied(network, list(pictures), read)
        figures["ready"] = _ready_figures(truths, anew)
    return figures


def reading_figures(truths: Sequence[str], readings: Sequence[str]) -> dict[str, float]:
    """Shares of words read rightly, and errors (edit distance, case kept) for each character written."""
    pairs = list(zip(truths, readings, strict=True))
    return {
        "n": len(pairs),
        "word_accuracy_ignore_case": sum(a.lower() == b.lower() for a, b in pairs) / len(pairs),
        "word_accuracy": sum(a == b for a, b in pairs) / len(pairs),
        "character_error_rate": sum(edit_distance(a, b) for a, b in pairs) / sum(map(len, truths)),
    }


def edit_distance(a: str, b: str) -> int:
    """Fewest characters put in, taken out or exchanged that make `b` of `a` (Levenshtein 1966)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        corner, row[0] = row[0], i
        for j, y in enumerate(b, start=1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (x != y))
    return row[-1]


def class_accuracy(
    network: Network, collection: Collection, limit: int | None = None, size: int | None = None
) -> dict[str, float | dict[int, int]]:
    """Share of the pictures whose class is the likeliest (top1) or among the five likeliest (top5).

    Classes that the network does not know are left out and counted.
    """
    classes = labelled.pictures_by_class(collection)
    index = {wnid: i for i, wnid in enumerate(vgg16.CAM_WNIDS)}
    known = {wnid: names for wnid, names in classes.items() if wnid in index}
    if not known:
        raise CollectionError("None of the collection's classes is one that vgg16-cam knows.")
    chosen = labelled.evenly_over_classes(known, limit)
    ranks, sides = [], {}
    waiting: dict[int, list[tuple[np.ndarray, int]]] = {}
    for wnid, name in progress(chosen, len(chosen), "pictures"):
        picture = _open(collection, name)
        side = size or (SMALL_SIZE if max(picture.size) <= SMALL else vgg16.SIDE)
        sides[side] = sides.get(side, 0) + 1
        batch = waiting.setdefault(side, [])
        batch.append((vgg16.prepare(picture, side), index[wnid]))
        if len(batch) == BATCH:
            ranks += _ranks(network, waiting.pop(side))
    for batch in waiting.values():
        ranks += _ranks(network, batch)
    ranks = np.array(ranks)
    return {
        "n": len(ranks),
        "top1": float((ranks == 0).mean()),
        "top5": float((ranks < 5).mean()),
        "classes": len({wnid for wnid, _ in chosen}),
        "classes_unknown_to_the_network": len(classes) - len(known),
        "pictures_by_size": sides,
    }


def _ranks(network: Network, batch: list[tuple[np.ndarray, int]]) -> list[int]:
    """How many classes each picture's network answer puts before the right one; equal ones count as before it."""
    answers = network.run(np.concatenate([picture for picture, _ in batch]), ["predictions"])["predictions"]
    right = np.array([index for _, index in batch])
    own = answers[np.arange(len(batch)), right]
    return ((answers >= own[:, None]).sum(axis=1) - 1).tolist()
