"""A Keras file taken apart as data: its configuration as JSON, its weights as an HDF5 file. Nothing in it is run.

Three kinds of files are told apart by what they hold, whatever their ending:

    whole models, HDF5      attribute "model_config", group "model_weights": Keras 2, tf_keras, and Keras 3 on request
    whole models, zip       "config.json" and "model.weights.h5": Keras 3, and tf_keras from 2.12 on
    weights alone, HDF5     with the attribute "layer_names" (the older layout), or with groups of "vars"
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export.errors import SourceError

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
MOST_JSON = 2**26  # bytes; the configuration of EfficientNetB7 has 0.6 million
MOST_PACKED = 2**32  # bytes that a compressed member may unfold to
MOST_EXPANSION = 100  # times its compressed size; Keras does not compress
MOST_OBJECTS = 200_000  # groups and arrays of an HDF5 file
NUMBERS = ("f", "i", "u", "b")  # kinds of arrays that hold numbers
UNFILLED = 20  # times the file's size that its arrays may declare together


@dataclass(frozen=True)
class KerasFile:
    """A Keras file that was looked through.

    config: of a whole model, as JSON gives it; None where the file holds weights alone. weights: the open HDF5 file
    that holds the arrays. older: whether it has them in the older layout, a group for each layer by its name.
    version: of the Keras that wrote it, "" where nothing says.
    """

    path: Path
    config: dict[str, Any] | None
    weights: Any
    older: bool
    version: str

    @property
    def arrays(self):
        """The group of the older layout that holds a group for each layer."""
        return self.weights.get("model_weights", self.weights)

    def keras_2(self) -> bool:
        first = self.version.split(".")[0]
        return not first.isdecimal() or int(first) < 3


@contextlib.contextmanager
def opened(path: Path) -> Iterator[KerasFile]:
    """Raises SourceError, with one sentence, for a file that is damaged, none of Keras's, or leads out of itself."""
    try:
        with path.open("rb") as file:
            begin = file.read(8)
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}).") from error
    if not begin:
        raise SourceError(f"{path} is empty.")
    with contextlib.ExitStack() as stack:
        if begin == b"\x89HDF\r\n\x1a\n":
            yield _from_hdf5(path, _hdf5(path, path, stack))
        elif begin[:2] == b"PK":
            yield _from_zip(path, stack)
        else:
            raise SourceError(f"{path} is no Keras file, or a damaged one: it is neither HDF5 nor a .keras archive.")


def _from_hdf5(path: Path, file) -> KerasFile:
    group = file.get("model_weights", file)
    version = text(file.attrs.get("keras_version") or group.attrs.get("keras_version") or "")
    config = file.attrs.get("model_config")
    older = "layer_names" in group.attrs or "layer_names0" in group.attrs
    if config is None and not older and not {"layers", "_layer_checkpoint_dependencies"} & set(file):
        raise SourceError(f"{path} is an HDF5 file, but neither a Keras model nor weights of one.")
    return KerasFile(path, None if config is None else parsed(text(config), path), file, older, version)


def _from_zip(path: Path, stack: contextlib.ExitStack) -> KerasFile:
    try:
        archive = stack.enter_context(zipfile.ZipFile(path))
        held = set(archive.namelist())
        if not {CONFIG, WEIGHTS} <= held:
            raise SourceError(f"{path} is an archive, but none of Keras's: it lacks {CONFIG} or {WEIGHTS}.")
        config = parsed(_member(archive, CONFIG, path), path)
        facts = parsed(_member(archive, METADATA, path), path) if METADATA in held else {}
        weights = _unpacked(archive, archive.getinfo(WEIGHTS), path, stack)
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        OSError,
        EOFError,
        struct.error,
        zlib.error,
    ) as error:
        raise SourceError(f"{path} is a damaged archive: save the model again.") from error
    return KerasFile(path, config, _hdf5(weights, path, stack), False, str(facts.get("keras_version", "")))


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> str:
    """A small member's text, read by its name; no more of it than MOST_JSON bytes."""
    with archive.open(name) as member:
        data = member.read(MOST_JSON + 1)
    if len(data) > MOST_JSON:
        raise SourceError(f"{path} has a {name} that unfolds to more than {MOST_JSON >> 20} MB, which is no model's.")
    return data.decode("utf-8", "replace")


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, stack: contextlib.ExitStack):
    """The member as a file that can be sought in: a part of the archive itself, as Keras stores it, or unfolded.

    What is unfolded goes into a file without a name; no path that stands in the archive is ever used.
    """
    if info.compress_type == zipfile.ZIP_STORED:
        file = stack.enter_context(path.open("rb"))
        file.seek(info.header_offset + 26)
        name, extra = struct.unpack("<HH", file.read(4))
        return io.BufferedReader(_Part(file, info.header_offset + 30 + name + extra, info.file_size))
    if info.file_size > MOST_PACKED or info.file_size > MOST_EXPANSION * max(info.compress_size, 2**16):
        raise SourceError(f"{path} unfolds to {info.file_size / 1e6:,.0f} MB, far more than it holds: it is refused.")
    unfolded = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
    with archive.open(info) as member:
        shutil.copyfileobj(member, unfolded, 2**20)  # zipfile stops at the size that the archive declares
    unfolded.seek(0)
    return unfolded


class _Part(io.RawIOBase):
    """A stretch of a file as a file of its own."""

    def __init__(self, file, start: int, length: int):
        self._file, self._start, self._length, self._at = file, start, length, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence])
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer) -> int:
        count = max(0, min(len(buffer), self._length - self._at))
        self._file.seek(self._start + self._at)
        read = self._file.readinto(memoryview(buffer)[:count])
        self._at += read
        return read


def _hdf5(source, path: Path, stack: contextlib.ExitStack):
    """The HDF5 file, once it is known that it is whole and leads nowhere else."""
    import h5py

    try:
        file = stack.enter_context(h5py.File(source, "r"))
        _looked_through(file, path)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError(f"{path} is damaged or cut short: save the model again.") from error
    return file


def _looked_through(file, path: Path) -> None:
    """Refuses links and arrays that lie in other files, a web of objects without end, and arrays that hold nothing."""
    import h5py

    waiting, known, declared = [file], set(), 0
    while waiting:
        group = waiting.pop()
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise SourceError(f"{path} has a link at {name!r} that may lead to another file, which isn't followed.")
            found = group[name]
            place = h5py.h5o.get_info(found.id).addr
            if place in known:
                continue
            known.add(place)
            if len(known) > MOST_OBJECTS:
                raise SourceError(f"{path} holds more than {MOST_OBJECTS:,} arrays and groups, which is no model's.")
            if isinstance(found, h5py.Group):
                waiting.append(found)
            elif isinstance(found, h5py.Dataset):
                if found.external or found.is_virtual:
                    raise SourceError(f"{path} keeps {name!r} in another file, which is not followed.")
                declared += found.nbytes
    if declared > max(UNFILLED * path.stat().st_size, 2**24):
        raise SourceError(
            f"{path} declares {declared / 1e6:,.0f} MB of weights, far more than it holds: it is refused."
        )


def numbers(found) -> int:
    """How many numbers an object of the file holds that may be weights: a group, or an array of texts, has none."""
    return found.size if hasattr(found, "dtype") and found.dtype.kind in NUMBERS else 0


def parsed(source: str, path: Path) -> dict[str, Any]:
    try:
        found = json.loads(source)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path} has a configuration that cannot be read: save the model again.") from error
    if not isinstance(found, dict):
        raise SourceError(f"{path} has a configuration that describes no model.")
    return found


def text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def names(group, attribute: str) -> list[str]:
    """Names that the older layout lists in an attribute, or in several numbered ones where they are many."""
    if attribute in group.attrs:
        return [text(name) for name in group.attrs[attribute]]
    chunks, found = 0, []
    while f"{attribute}{chunks}" in group.attrs:
        found += [text(name) for name in group.attrs[f"{attribute}{chunks}"]]
        chunks += 1
    return found
