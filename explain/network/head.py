"""What a network answers, and what it wants its picture to be: from its card, its file's metadata, or its shapes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explain.network.errors import NetworkError
from explain.network.own import labels as labels_of
from models.card import Card
from models.preprocessing import Preprocessing, PreprocessingError

CTC, CLASSES, NONE = "ctc", "classes", "none"
INPUT = ("height", "width", "colour", "mean", "deviation", "fit", "transposed")
LONGEST_SIDE = 4096  # pixels of a picture's side that a file may ask for


@dataclass(frozen=True)
class Head:
    """What the last layer's numbers stand for.

    kind: "ctc" for frames that are decoded into a text, "classes" for one of several things, "none" where nothing says.
    labels: of each unit of the last layer, the blank being "". blank: its index, None but for CTC.
    time_axis: which axis of the file's own output, batch included, holds the frames. What `Network.run` returns always
        has them second, (batch, frame, label).
    stated: whether somebody said the labels; else the units are merely numbered. given: the labels as somebody gave
        them, maybe without the blank, or too many or too few.
    """

    kind: str
    labels: tuple[str, ...] = ()
    blank: int | None = None
    time_axis: int | None = None
    stated: bool = True
    given: tuple[str, ...] = ()


def head(shape: tuple[int | None, ...], axes: tuple[str, ...], card: Card | None, metadata: Mapping[str, str]) -> Head:
    """shape: of the last layer, without the batch. axes: of its tensor as the file has them.

    Metadata: "labels" (a JSON list with the blank as ""; or any text that `explain.network.own.labels.listed` reads;
    an empty one says that there are none, whatever else the file has), "names" (Ultralytics' mapping) or "character"
    (PaddleOCR's, a line each, the blank left out, which comes first, and maybe the space, which comes last); "blank"
    (an index); "head". Labels whose number does not fit count as not given.
    """
    kind = metadata.get("head")
    if kind not in (None, CTC, CLASSES, NONE):
        raise NetworkError(f"A network's head is {CTC}, {CLASSES} or {NONE}, not {kind!r}, as its file says.")
    units = shape[-1] if shape else None
    labels, blank = _labels(card, metadata)
    if kind is None:
        fits = units is not None and labels_of.fitted(labels, units, blank) is not None
        kind = {1: CLASSES, 2: CTC if fits else NONE}.get(len(shape), NONE)
    if kind == CTC:
        if len(shape) != 2 or not units or blank is None or not 0 <= blank < units:
            raise NetworkError("A CTC head needs a sequence, and one of each frame's numbers as its blank.")
        frames = next((axes.index(name) for name in ("W", "H") if name in axes), None)
        fitting = labels_of.fitted(labels, units, blank)
        shown = fitting or labels_of.fitted(labels_of.numbered(units), units, blank)
        return Head(CTC, shown, blank, frames, fitting is not None, labels)
    if kind == CLASSES and len(shape) == 1 and units:
        if len(labels) == units:
            return Head(CLASSES, labels, given=labels)
        return Head(CLASSES, tuple(f"class {index}" for index in range(units)), stated=False, given=labels)
    return Head(NONE, stated=False, given=labels)


def _labels(card: Card | None, metadata: Mapping[str, str]) -> tuple[tuple[str, ...], int | None]:
    """The labels as they are given, maybe without the blank, and the blank's index among the units."""
    if card is not None and card.labels:
        return card.labels, card.blank
    given = next((metadata[key] for key in ("labels", "names") if key in metadata), None)
    labels = labels_of.listed(given) if given is not None else ()
    blank = _index(metadata["blank"]) if "blank" in metadata else None
    if not labels and "labels" not in metadata and "character" in metadata:
        return tuple(metadata["character"].split("\n")), 0 if blank is None else blank
    if blank is None and labels.count("") == 1:
        blank = labels.index("")
    return labels, blank


def _index(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise NetworkError(f"The blank is an index among the labels, not {text!r}, as the file says.") from None


def _json(metadata: Mapping[str, str], key: str) -> Any:
    try:
        return json.loads(metadata[key])
    except (ValueError, RecursionError):
        raise NetworkError(f"What the file says under {key!r} is no JSON.") from None


def preprocessing(
    picture: tuple[int | None, int | None, int | None], sequence: bool, card: Card | None, metadata: Mapping[str, str]
) -> Preprocessing | None:
    """How a picture becomes the network's input; None where it takes neither one channel nor three.

    picture: height, width and channels as the file declares them. sequence: whether it reads a sequence of columns.
    Metadata: "input", a JSON object with any of colour, mean, deviation, fit, height, width as `Preprocessing` has
    them. Where nothing says: values from 0 to 1, red first.
    """
    if card is not None:
        return card.preprocessing
    height, width, channels = picture
    if channels not in (1, 3, None):
        return None
    stated = stated_input(metadata)
    facts = {
        "height": _agreed("height", stated.height, height),
        "width": _agreed("width", stated.width, width),
        "colour": stated.colour or ("grey" if channels == 1 else "rgb"),
        "mean": stated.mean,
        "deviation": stated.deviation,
        "fit": stated.fit or ("pad" if sequence else "crop"),
        "transposed": stated.transposed,
    }
    try:
        made = Preprocessing(**facts)
    except PreprocessingError as error:
        raise NetworkError(f"The input that the file describes makes no sense: {error}") from error
    if channels is not None and channels != made.channels:
        raise NetworkError(f"The file takes pictures of {channels} channels, and {made.colour} has {made.channels}.")
    return made


@dataclass(frozen=True)
class Stated:
    """What the metadata states of the input, None where it states nothing."""

    height: int | None = None
    width: int | None = None
    colour: str | None = None
    mean: tuple[float, ...] = (0.0,)
    deviation: tuple[float, ...] = (255.0,)
    fit: str | None = None
    transposed: bool = False


def answered(card: Card | None, metadata: Mapping[str, str]) -> frozenset[str]:
    """What the card or the metadata says: "head", "labels", "blank", "title", and of the input "height", "mean", ..."""
    keys = {"labels" if key in ("names", "character") else key for key in metadata if metadata[key]}
    told = _json(metadata, "input") if "input" in metadata else {}
    if card is not None:
        told = vars(card.preprocessing)
        keys |= {"head", "labels", "blank", "title"}
    return frozenset(keys & {"head", "labels", "blank", "title"} | {key for key in told if key in INPUT})


def stated_input(metadata: Mapping[str, str]) -> Stated:
    """Raises NetworkError for what is no JSON object, or has something else where a number is wanted."""
    facts = _json(metadata, "input") if "input" in metadata else {}
    if not isinstance(facts, dict):
        raise NetworkError("What the file says under 'input' is no JSON object.")
    return Stated(
        _length("height", facts.get("height")),
        _length("width", facts.get("width")),
        facts.get("colour"),
        _numbers(facts.get("mean", 0.0)),
        _numbers(facts.get("deviation", 255.0)),
        facts.get("fit"),
        facts.get("transposed", False) is True,
    )


def _length(name: str, value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LONGEST_SIDE):
        return value
    raise NetworkError(f"A picture's {name} is a whole number of pixels up to {LONGEST_SIDE}, not {value!r}.")


def _agreed(name: str, stated: int | None, declared: int | None) -> int | None:
    if None not in (stated, declared) and stated != declared:
        raise NetworkError(f"The file takes pictures of {name} {declared}, not {stated}.")
    return declared if stated is None else stated


def _numbers(value: Any) -> tuple[float, ...]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(number, int | float) for number in values):
        raise NetworkError(f"A picture's mean and deviation are numbers, not {value!r}, as the file says.")
    return tuple(float(number) for number in values)
