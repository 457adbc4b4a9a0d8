"""Changes to what a layer puts out, as plain data: in which layer, where in it, and what is done there.

Intervention("conv_3", Where(channels=(151,)))                      # channel 151 set to zero
Intervention("conv_4", Where(columns=(10, 12)), What("scale", 2))   # two columns of all its maps doubled
Intervention("blstm_1", Where(direction="backward"))                # what the backward reading puts out set to zero

`write` and `parse` turn several into a short text and back, for an address.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote

import numpy as np

from explain.network.description import Description
from explain.network.layers import Layer

Span = tuple[int, int]  # from the first up to, but without, the last
ZERO, MEAN, SCALE, ADD, PATCH = "zero", "mean", "scale", "add", "patch"
KINDS = (ZERO, MEAN, SCALE, ADD, PATCH)
WITH_AMOUNT = (SCALE, ADD)
DIRECTIONS = ("forward", "backward")
MOST, MOST_CHANNELS, LONGEST = 20, 64, 4000  # interventions at once, channels listed in one, characters of a text
LARGEST = 1e6  # amount
BETWEEN, WITHIN = "~", "."  # interventions, and their parts; a layer's name has them written as %7E and %2E
TEXT = re.compile(r"(c\d{1,6}(?:_\d{1,6})*)?(y\d{1,5}-\d{1,5})?(x\d{1,5}-\d{1,5})?(forward|backward)?")


class InterventionError(ValueError):
    """A change that cannot be made in this network; the message is one sentence for the reader."""


@dataclass(frozen=True)
class Where:
    """The part of a layer's output that is changed; all of it where nothing is said.

    channels: of maps and frames, or the units of a flat layer. rows, columns: of maps; the columns of a sequence are
    its frames. direction: of a bidirectional layer, "forward" or "backward", in place of channels. One unit of a layer
    is one channel at one place.
    """

    channels: tuple[int, ...] = ()
    rows: Span | None = None
    columns: Span | None = None
    direction: str = ""


@dataclass(frozen=True)
class What:
    """What is done there. kind: "zero"; "mean", the channel's mean over all places of this picture (of a flat layer, of
    all its units); "scale" and "add" by an amount; "patch", the values that another picture has there."""

    kind: str = ZERO
    amount: float = 0.0


@dataclass(frozen=True)
class Intervention:
    """One change of a layer's output. layer: its name."""

    layer: str
    where: Where = Where()
    what: What = What()


def check(description: Description, change: Intervention, shape: tuple[int, ...]) -> None:
    """Raises InterventionError, in one sentence, for a change that a layer's output of this shape has no place for.

    shape: without the batch.
    """
    where, what = change.where, change.what
    if change.layer not in description.layer_names:
        raise InterventionError(f"{description.title} has no layer called {change.layer!r}.")
    title = description.layer(change.layer).title
    if what.kind not in KINDS or not math.isfinite(what.amount) or abs(what.amount) > LARGEST:
        raise InterventionError(f"What is to be done to {title} is nothing that can be done to a layer's values.")
    if not shape:
        raise InterventionError(f"{title} puts out a single number, which has no parts to change.")
    if wrong := [channel for channel in where.channels if not 0 <= channel < shape[-1]]:
        raise InterventionError(f"{title} has channels 0 to {shape[-1] - 1}, so none of number {wrong[0]}.")
    for span, axis, name in ((where.rows, -3, "rows"), (where.columns, -2, "columns or frames")):
        length = shape[axis] if len(shape) >= -axis else 0
        if span is not None and not 0 <= span[0] < span[1] <= length:
            raise InterventionError(f"{title} has {length} {name}, so none from {span[0]} to {span[1] - 1}.")
    if where.direction and (where.channels or where.direction not in DIRECTIONS or not _two_ways(description, change)):
        raise InterventionError(f"{title} is not read in two directions, so none of them can be changed.")


def _two_ways(description: Description, change: Intervention) -> bool:
    return set(DIRECTIONS) <= set(description.layer(change.layer).directions)


def region(layer: Layer, where: Where, shape: tuple[int, ...]) -> tuple:
    """The index of the part of a layer's output, of this shape, that is changed; for `values[index]`."""
    rows = slice(*where.rows) if where.rows else slice(None)
    columns = slice(*where.columns) if where.columns else slice(None)
    channels: slice | list[int] = list(where.channels) if where.channels else slice(None)
    if where.direction:
        half = shape[-1] // 2
        channels = slice(0, half) if where.direction == "forward" else slice(half, None)
    places = {1: (), 2: (columns,)}.get(len(shape), (rows, columns))
    return (..., *places, channels)


def changed(layer: Layer, change: Intervention, values: np.ndarray, other: np.ndarray | None = None) -> np.ndarray:
    """A layer's output with the change made in it; the rest as it was.

    values, other: `(height, width, channel)`, `(step, feature)` or `(unit,)`, of the picture and of the one whose
    values are put in. Raises InterventionError where these are missing or of another size.
    """
    at, what = region(layer, change.where, values.shape), change.what
    answer = values.astype(np.float32)
    match what.kind:
        case "zero":
            answer[at] = 0
        case "mean":
            means = values.reshape(-1, values.shape[-1]).mean(axis=0) if values.ndim > 1 else values.mean()
            answer[at] = np.broadcast_to(means, values.shape)[at]
        case "scale":
            answer[at] *= np.float32(what.amount)
        case "add":
            answer[at] += np.float32(what.amount)
        case "patch":
            if other is None:
                raise InterventionError("Values are to be put in from another picture, and there is none.")
            if other.shape != values.shape:
                raise InterventionError("The other picture has another size; choose two of equal size.")
            answer[at] = other[at]
    return answer


def write(changes: Iterable[Intervention]) -> str:
    """Changes as a short text, such as "conv_3.c151.zero~conv_4.x10-12.scale2.0"."""
    return BETWEEN.join(map(_written, changes))


def _written(change: Intervention) -> str:
    where, what = change.where, change.what
    name = quote(change.layer, safe="").replace(".", "%2E").replace("~", "%7E")
    parts = ["c" + "_".join(map(str, where.channels))] if where.channels else []
    parts += [f"{letter}{span[0]}-{span[1]}" for letter, span in (("y", where.rows), ("x", where.columns)) if span]
    amount = repr(float(what.amount)) if what.kind in WITH_AMOUNT else ""
    return WITHIN.join([name, "".join([*parts, where.direction]), what.kind + amount])


def parse(text: str) -> list[Intervention]:
    """The changes that a text tells, as `write` writes it; what makes no sense in it is left out. Whether the network
    has such places is for `check`."""
    found = [_parsed(part) for part in text[:LONGEST].split(BETWEEN)[:MOST]]
    return [change for change in found if change is not None]


def _parsed(text: str) -> Intervention | None:
    name, _, rest = text.partition(WITHIN)
    place, _, done = rest.partition(WITHIN)
    where = TEXT.fullmatch(place)
    kind = next((kind for kind in KINDS if done.startswith(kind)), "")
    if not name or where is None or not kind:
        return None
    try:
        amount = float(done[len(kind) :]) if kind in WITH_AMOUNT else 0.0
    except ValueError:
        return None
    if not math.isfinite(amount) or abs(amount) > LARGEST or (kind not in WITH_AMOUNT and done != kind):
        return None
    channels, rows, columns, direction = where.groups()
    numbers = tuple(dict.fromkeys(map(int, channels[1:].split("_")))) if channels else ()
    if len(numbers) > MOST_CHANNELS:
        return None
    return Intervention(unquote(name), Where(numbers, _span(rows), _span(columns), direction or ""), What(kind, amount))


def _span(text: str | None) -> Span | None:
    if not text:
        return None
    first, last = text[1:].split("-")
    return int(first), int(last)


def sentence(description: Description, change: Intervention, channel_name: Callable[[int], str] | None = None) -> str:
    """A change in words, such as "conv_3, channel 151: set to zero". channel_name: see `place`."""
    layer, what = description.layer(change.layer), change.what
    done = {
        ZERO: "set to zero",
        MEAN: "set to the mean",
        SCALE: f"times {what.amount:g}",
        ADD: f"plus {what.amount:g}",
        PATCH: "as in the other picture",
    }[what.kind]
    return f"{layer.title}, {place(layer, change.where, channel_name)}: {done}"


def place(layer: Layer, where: Where, channel_name: Callable[[int], str] | None = None) -> str:
    """A part of a layer in words, such as "channels 7, 151, row 3".

    channel_name: of a channel, such as "channel 7"; by its number unless given.
    """
    flat, sequence = len(layer.shape) == 1, len(layer.shape) == 2
    name = channel_name or (lambda channel: f"{'unit' if flat else 'channel'} {channel}")
    parts = [_together([name(channel) for channel in where.channels])] if where.channels else []
    parts += [f"the {where.direction} direction"] if where.direction else []
    parts += [_extent("row", where.rows)] if where.rows else []
    parts += [_extent("frame" if sequence else "column", where.columns)] if where.columns else []
    return ", ".join(parts) or "the whole layer"


def _together(names: list[str]) -> str:
    """Names side by side; the word that all of them begin with is said once."""
    words = {name.partition(" ")[0] for name in names}
    if len(names) == 1 or len(words) > 1 or not all(" " in name for name in names):
        return ", ".join(names)
    return f"{words.pop()}s {', '.join(name.partition(' ')[2] for name in names)}"


def _extent(name: str, span: Span) -> str:
    first, last = span[0], span[1] - 1
    return f"{name} {first}" if first == last else f"{name}s {first} to {last}"
