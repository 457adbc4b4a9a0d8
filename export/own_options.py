"""What an ONNX file cannot say of itself, said at the command line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from explain.network.description import Description
from explain.network.head import CLASSES, CTC, NONE
from explain.network.own import labels as labels_of
from explain.network.own import scaling
from explain.network.own.answers import Answers
from explain.network.own.detection import Detected
from export.errors import ExportError
from models.preprocessing import COLOURS, FITS, Preprocessing

LONGEST_TEXT = 2**20  # bytes of a file with labels
SIZES = ("height", "width", "fit")
FACTS = {"height": "size", "width": "size", "transposed": "orientation"}  # as `Detected.how` calls them


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options; what is left out is found out where that is possible."""
    group = parser.add_argument_group("what a file cannot say", "found out where possible, unless given")
    group.add_argument(
        "--head", choices=(CTC, CLASSES, NONE), help="whether it reads a text, names classes, or neither"
    )
    group.add_argument(
        "--labels",
        metavar="TEXT|FILE",
        help="a text with a label in every character, or a file with one a line or a JSON list; without the blank",
    )
    group.add_argument("--blank", metavar="N|first|last", help="which of a recogniser's numbers is the blank")
    group.add_argument(
        "--scaling", metavar="NAME|MEAN/DEVIATION", help=f"of values from 0 to 255: {', '.join(scaling.SCALINGS)}"
    )
    group.add_argument("--colour", choices=COLOURS, help="the order of the channels")
    group.add_argument("--height", type=int, metavar="N", help="of the picture, where the file leaves it open")
    group.add_argument("--width", type=int, metavar="N", help="likewise")
    group.add_argument("--fit", choices=FITS, help="how a picture of other proportions is brought to that size")
    group.add_argument(
        "--transposed", action="store_true", help="the file wants its picture lying, columns in the place of rows"
    )
    group.add_argument("--title", help="the network's name for people")
    group.add_argument("--name", help="its name in the address, and the file's; by default that of the file given")


def given(options: argparse.Namespace) -> set[str]:
    """The facts that the options say, as `Detected.how` calls them."""
    names = ("head", "labels", "blank", "scaling", "colour", "fit", *FACTS)
    return {FACTS.get(name, name) for name in names if getattr(options, name)}


def said_at_first(options: argparse.Namespace, metadata: Mapping[str, str]) -> dict[str, str]:
    """What can be said before the network is known, as metadata: how its picture lies, and the labels to read with.

    metadata: what the file has, of which all stays that no option speaks of.
    """
    told = {}
    sizes = {name: getattr(options, name) for name in SIZES if getattr(options, name) is not None}
    sizes |= {"transposed": True} if options.transposed else {}
    if sizes:
        told["input"] = json.dumps(_object(metadata.get("input")) | sizes)
    if options.labels is not None:
        told["labels"] = json.dumps(_labels(options.labels), ensure_ascii=False)
    return told


def said_then(options: argparse.Namespace, description: Description) -> dict[str, str]:
    """What needs the network as it is described with `said_at_first`: its blank, its head, its colours."""
    shape, told = description.output.shape, {}
    if options.blank is not None and len(shape) == 2 and options.head in (None, CTC):
        told |= {"blank": str(_blank(options.blank, shape[-1] or 0)), "head": CTC}
    elif options.head in (CLASSES, NONE):
        told["head"] = options.head
    if description.preprocessing is not None and (options.scaling or options.colour):
        wanted = Answers(preprocessing=_preprocessing(description.preprocessing, options)).metadata()
        stated = {name for name in ("colour", "scaling") if getattr(options, name)}
        kept = {"colour": ("colour",), "scaling": ("mean", "deviation")}
        parts = {*SIZES, "transposed"} & description.answered
        parts |= {part for name in stated for part in kept[name]} | ({"mean", "deviation"} & description.answered)
        told["input"] = json.dumps({k: v for k, v in json.loads(wanted["input"]).items() if k in parts})
    return told


def answers_of(options: argparse.Namespace, found: Detected, description: Description) -> Answers:
    """What the options say, over what was found out. Raises ExportError where they do not fit the network."""
    answers, shape = found.answers, description.output.shape
    units = (shape[-1] if shape else 0) or 0
    head = options.head or answers.head or NONE
    blank = answers.blank if options.blank is None else _blank(options.blank, units)
    labels = answers.labels if options.labels is None else _labels(options.labels)
    if head == CTC:
        if len(shape) != 2:
            raise ExportError("This network does not end in frames, so it has no CTC head.")
        if blank is None:
            raise ExportError("No blank was found on empty pictures: say which number it is with --blank.")
        if labels and labels_of.fitted(labels, units, blank) is None:
            raise ExportError(labels_of.why_not(labels, units, True))
        labels = labels_of.fitted(labels, units, blank) if labels else ()
    elif head == CLASSES and len(shape) != 1:
        raise ExportError("This network does not end in one row of numbers, so it names no classes.")
    elif head == CLASSES and labels and len(labels) != units:
        raise ExportError(labels_of.why_not(labels, units, False))
    wanted = None if answers.preprocessing is None else _preprocessing(answers.preprocessing, options)
    return Answers(
        head,
        labels if head != NONE else (),
        blank if head == CTC else None,
        wanted,
        options.title or answers.title,
    )


def _preprocessing(wanted: Preprocessing, options: argparse.Namespace) -> Preprocessing:
    if options.colour is not None and options.colour != wanted.colour:
        name = scaling.name_of(wanted)
        other = replace(wanted, colour=options.colour, mean=(0.0,), deviation=(255.0,))
        wanted = scaling.scaled(other, name) if name in scaling.usual(other) else replace(wanted, colour=options.colour)
    if options.scaling is not None:
        wanted = scaling.read(wanted, options.scaling)
    return replace(wanted, **{name: getattr(options, name) for name in SIZES if getattr(options, name) is not None})


def _object(written: str | None) -> dict:
    try:
        held = json.loads(written or "{}")
    except ValueError:
        held = None
    if not isinstance(held, dict):
        raise ExportError("What the file says under 'input' is no JSON object.")
    return held


def _labels(written: str) -> tuple[str, ...]:
    """Of a text, or of the file that it names."""
    try:
        path = Path(written)
        if len(written) < 1024 and path.is_file():
            if path.stat().st_size > LONGEST_TEXT:
                raise ExportError(f"{written} is too long for a file of labels.")
            return labels_of.listed(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(f"The labels in {written} can't be read: save them as text in UTF-8.") from error
    return labels_of.listed(written)


def _blank(written: str, units: int) -> int:
    index = {"first": 0, "last": units - 1}.get(written)
    if index is None and written.isdecimal():
        index = int(written)
    if index is None or not 0 <= index < units:
        raise ExportError(f"The blank is first, last or a number from 0 to {units - 1}, not {written!r}.")
    return index
