"""What a process says of a stranger's network, as the page takes it: of a size that can be shown, and of one piece.

The process has looked at the file and may say anything. A description that comes through here can be wrong about its
network, but makes no part of the page ask for more memory than a network needs that it is meant for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import prod
from pathlib import Path

from explain.network.apart import as_json
from explain.network.description import Description
from explain.network.errors import NetworkError
from explain.network.head import CLASSES, CTC, NONE
from explain.network.layers import KINDS, PLACE, WHOLE, WINDOW, Layer
from explain.network.own.labels import written

MOST_LAYERS = 1000
MOST_BYTES = 4_000_000  # of a description: a thousand layers and fifty thousand labels
MOST_LABELS = 50_000
MOST_FRAMES = 1024  # of a recogniser, whose every frame is drawn
MOST_IN_FRAMES = 2**21  # frames times labels: 300 frames of 7,000 labels
TOO_MANY_UNITS = "{} ends in {:,} numbers, which is more than can be shown as classes or labels."
TOO_MUCH_IN_FRAMES = "{} has more frames and labels together than can be decoded here, so take a narrower picture."
LONGEST_NAME, LONGEST_TITLE, LONGEST_WORDS, LONGEST_LABEL = 400, 120, 600, 120  # characters
LARGEST_SIDE = 2048  # pixels of a picture that the network wants
MOST_NUMBERS = 2**24  # in one batch
LONGEST_WINDOW = 4096
SENTENCE = 300  # characters of a refusal
# What makes links, pictures, formulas and elements of a text where Markdown or HTML is shown, and what it looks like.
HARMLESS = str.maketrans("[]<>`$", "()‹›'＄")


def description(data: bytes, path: Path) -> Description:
    """The description that `as_json.write` made of one, of the network whose file lies at path.

    Raises NetworkError, in one sentence, for one that can't be shown and for what is no description at all.
    """
    if len(data) > MOST_BYTES:
        raise NetworkError(f"{path.name} has more layers and labels than can be shown.")
    try:
        told = as_json.read(Description, data)
    except as_json.JsonError as error:
        raise NetworkError(f"What {path.name} says of itself makes no sense: {sentence(str(error))}.") from error
    if told.card is not None:
        raise _senseless(path, "no network comes along with the page that is opened like this")
    told = replace(
        told,
        name=path.stem,
        title=line(told.title, LONGEST_TITLE) or path.stem,
        path=path,
        layers=tuple(_shown(layer) for layer in told.layers[: MOST_LAYERS + 2]),
        head=replace(told.head, labels=tuple(written(label)[:LONGEST_LABEL] for label in told.head.labels)),
        licence=line(told.licence, LONGEST_TITLE),
        source=line(told.source, LONGEST_TITLE),
        apart=True,
    )
    _check_layers(told)
    _check_head(told)
    _check_picture(told)
    return told


def sentence(text: str) -> str:
    """What a process says as one line of bounded length."""
    return line(text, SENTENCE)


def line(text: str, most: int) -> str:
    """A text without line breaks and what else can't be printed, and without what could be more than text where it is
    shown, cut at so many characters."""
    text = "".join(letter if letter.isprintable() else " " for letter in text.translate(HARMLESS))
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def _shown(layer: Layer) -> Layer:
    return replace(layer, title=line(layer.title, LONGEST_TITLE), words=line(layer.words, LONGEST_WORDS))


def _senseless(path: Path, why: str) -> NetworkError:
    return NetworkError(f"What {path.name} says of itself makes no sense: {why}.")


def _check_layers(told: Description) -> None:
    if len(told.layers) > MOST_LAYERS + 1:
        raise NetworkError(f"{told.path.name} has more than {MOST_LAYERS} layers, which is more than can be shown.")
    known: set[str] = set()
    for number, layer in enumerate(told.layers):
        if layer.name in known or not 0 < len(layer.name) <= LONGEST_NAME:
            raise _senseless(told.path, "two layers of one name, or a name far too long")
        if not set(layer.inputs) <= known or (layer.kind == "input") != (number == 0):
            raise _senseless(told.path, f"layer {number} takes what no layer before it gives")
        known.add(layer.name)
        if not _fits(layer):
            raise _senseless(told.path, f"layer {number} is of no kind and size that a layer can be of")
    if len(told.layers) < 2:
        raise NetworkError(f"{told.path.name} computes nothing from a picture.")


def _fits(layer: Layer) -> bool:
    window = layer.window
    pairs = () if window is None else (*window.kernel, *window.stride, *window.dilation)
    sides = () if window is None else [abs(length) for pair in window.padding for length in pair]
    return (
        layer.kind in KINDS
        and layer.sees in (WINDOW, PLACE, WHOLE)
        and layer.groups > 0
        and layer.parameters >= 0
        and _lengths(layer.shape)
        and all(_lengths(stored.shape) and len(stored.steps) < 20 for stored in layer.weights.values())
        and all(0 < length <= LONGEST_WINDOW for length in pairs)
        and all(length <= LONGEST_WINDOW for length in sides)
    )


def _lengths(shape: Iterable[int | None]) -> bool:
    """Whether these are lengths of an array that can be thought of."""
    lengths = [1 if length is None else length for length in shape]
    return len(lengths) <= 8 and min(lengths, default=0) >= 0 and prod(lengths) < 2**31


def _check_head(told: Description) -> None:
    head, shape = told.head, told.output.shape
    if head.kind not in (CTC, CLASSES, NONE):
        raise _senseless(told.path, "its head is of no kind that is known")
    if len(head.labels) > MOST_LABELS:
        raise NetworkError(f"{told.path.name} has more than {MOST_LABELS:,} labels, which is more than can be shown.")
    if len(shape) in (1, 2) and (shape[-1] or 0) > MOST_LABELS:
        raise NetworkError(TOO_MANY_UNITS.format(told.path.name, shape[-1]))
    if head.kind != NONE and (not shape or shape[-1] != len(head.labels)):
        raise _senseless(told.path, "it has not as many labels as its last layer has numbers")
    if head.kind == CTC and (len(shape) != 2 or head.blank not in range(len(head.labels))):
        raise _senseless(told.path, "it reads no sequence, or none of its labels is the blank")
    if head.kind == CTC and shape[0] is not None and shape[0] > MOST_FRAMES:
        raise NetworkError(f"{told.path.name} makes {shape[0]:,} frames of a picture; at most {MOST_FRAMES} are shown.")


def _check_picture(told: Description) -> None:
    wanted = told.preprocessing
    if wanted is None:
        raise NetworkError(f"{told.path.name} takes neither grey pictures nor coloured ones, so it can't be shown.")
    lengths = (*told.picture[:2], wanted.height, wanted.width, *told.smallest)
    if any(length is not None and not 0 < length <= LARGEST_SIDE for length in lengths):
        raise NetworkError(
            f"{told.path.name} takes pictures with a side of more than {LARGEST_SIDE} pixels, which are not shown here."
        )
    if told.picture[2] not in (1, 3, None):
        raise _senseless(told.path, "its pictures have neither one channel nor three")
    sides = [length or 1 for length in (told.batch, wanted.height, wanted.width, wanted.channels)]
    if (told.batch is not None and told.batch < 1) or prod(sides) > MOST_NUMBERS:
        raise NetworkError(f"{told.path.name} takes more pictures at once than can be computed here.")
