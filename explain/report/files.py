"""What every archive is made of: arrays streamed into it, the table of layers, and names that are safe on any disk."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explain.network.description import Description
from explain.network.layers import Layer

LONGEST = 80  # characters of a file's name
LONGEST_KEY = 200  # bytes of an array's name
EXACT, MOST = 32_000_000, 128_000_000  # bytes of arrays: kept in single precision up to here; kept at all up to here
SHORT = 65_536  # numbers that an array has which is always kept as it is
HALF = float(np.finfo(np.float16).max)
HEADINGS = ("layer", "title", "kind", "takes", "shape", "kernel", "stride", "padding", "groups", "activation")


def file_name(name: str) -> str:
    """A name of a layer or a channel as a file's name on any disk; those of other people's files may be paths."""
    return re.sub(r"(?:[^\w.-]|\.\.+)+", "_", name)[:LONGEST].strip(".") or "_"


def numbered(place: int, name: str) -> str:
    """The same with its number before it, which keeps names apart that are one on some disks, or were cut."""
    return f"{place:02d}_{file_name(name)}"


def keys(names: Sequence[str]) -> dict[str, str]:
    """Under which name an .npz file holds each layer: its own, but where that would be a path out of a folder."""
    return {name: name if _is_safe(name) else numbered(place, name) for place, name in enumerate(names, 1)}


def _is_safe(name: str) -> bool:
    a_path_out = ".." in name.split("/") or "\\" in name
    return bool(name) and not a_path_out and "\0" not in name and len(name.encode("utf-8", "replace")) <= LONGEST_KEY


def added(archive: bytes, texts: Mapping[str, str]) -> bytes:
    """An archive with more files in it. texts: by name, with the folder."""
    if not texts:
        return archive
    file = io.BytesIO(archive)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as packed:
        for name, text in texts.items():
            packed.writestr(name, text)
    return file.getvalue()


def write_arrays(
    packed: zipfile.ZipFile, name: str, arrays: Mapping[str, np.ndarray], kinds: Mapping[str, type] | type = np.float32
) -> None:
    """Adds an .npz file to an archive, array by array: no more than one of them is copied at a time.

    kinds: of the numbers, for all, or for each that is to be there. Not compressed by itself: the archive around it
    does that, and reading it is quicker.
    """
    with packed.open(name, "w", force_zip64=True) as file, zipfile.ZipFile(file, "w") as inside:
        each = kinds if isinstance(kinds, Mapping) else dict.fromkeys(arrays, kinds)
        for key, kind in each.items():
            with inside.open(f"{key}.npy", "w", force_zip64=True) as one:
                np.lib.format.write_array(one, np.ascontiguousarray(arrays[key], kind), allow_pickle=False)


@dataclass(frozen=True)
class Kept:
    """kinds: of the numbers of each array that an archive keeps. left_out: those that were too large."""

    kinds: Mapping[str, type]
    left_out: tuple[str, ...] = ()

    @property
    def halved(self) -> bool:
        """Whether some are in half precision."""
        return np.float16 in self.kinds.values()


def fitting(arrays: Mapping[str, np.ndarray]) -> Kept:
    """How arrays are kept so that the archive stays of a size to be sent.

    All in single precision up to EXACT bytes; of more, long ones in half precision where the numbers allow it, and the
    largest left out while there are more than MOST bytes.
    """
    if sum(array.size for array in arrays.values()) * 4 <= EXACT:
        return Kept(dict.fromkeys(arrays, np.float32))
    kinds = {name: np.float16 if _fits_half(array) else np.float32 for name, array in arrays.items()}
    left_out: list[str] = []
    sizes = {name: arrays[name].size * np.dtype(kind).itemsize for name, kind in kinds.items()}
    for name in sorted(sizes, key=sizes.get, reverse=True):
        if sum(sizes.values()) <= MOST:
            break
        left_out.append(name)
        del sizes[name], kinds[name]
    return Kept(kinds, tuple(left_out))


def _fits_half(array: np.ndarray) -> bool:
    """Whether the largest number is one that half precision has; what is no number is none in either."""
    return array.size > SHORT and float(np.abs(array).max(initial=0, where=np.isfinite(array))) < HALF


def channel_names(layer: Layer, count: int) -> list[str]:
    """What the channels of a layer are called that no labels name."""
    if layer.kind == "lstm" and count == len(layer.directions) * layer.settings["units"]:
        return [f"{direction} {unit}" for direction in layer.directions for unit in range(layer.settings["units"])]
    return [f"channel {channel}" for channel in range(count)]


def table_of_layers(network: Description, values: Mapping[str, np.ndarray]) -> bytes:
    """The layers as a table: what each is, takes and holds, and its lowest and highest value; CSV, UTF-8.

    values: every layer's output without the batch.
    """
    held = keys(network.layer_names)
    rows = [(*HEADINGS, "parameters", "lowest", "highest", "array", "words")]
    for layer in network.layers:
        ends = _ends(values.get(layer.name))
        rows.append((*_facts(layer), layer.parameters, *ends, held.get(layer.name, "input"), layer.words))
    return as_csv(rows)


def _ends(array: np.ndarray | None) -> tuple[float | str, float | str]:
    return ("", "") if array is None or not array.size else (float(array.min()), float(array.max()))


def _facts(layer: Layer) -> tuple[str, ...]:
    window = layer.window
    return (
        layer.name,
        layer.title,
        layer.kind,
        " + ".join(layer.inputs),
        by(layer.shape),
        by(window.kernel) if window else "",
        by(window.stride) if window else "",
        "top {} bottom {} left {} right {}".format(*window.padding[0], *window.padding[1]) if window else "",
        str(layer.groups) if window else "",
        layer.activation or "",
    )


def by(lengths: Iterable[int | None]) -> str:
    """Lengths as people write them: "32 x 128 x 1"."""
    return " x ".join("?" if length is None else str(length) for length in lengths)


def as_csv(rows: Iterable[Sequence]) -> bytes:
    """Rows for any spreadsheet. A text that one would take for a formula is written as a text."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    for row in rows:
        writer.writerow([_text(cell) for cell in row])
    return file.getvalue().encode("utf-8", "replace")


def _text(cell):
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t")) else cell
