"""Weights that an ONNX file keeps in other files: copied into one beside the new file, and from nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from export.errors import SourceError

PAGE = 4096  # bytes: where an array begins that is mapped into memory
BLOCK = 2**24  # bytes copied at a time


def external_tensors(graph) -> Iterator:
    """Every tensor of an onnx.GraphProto, those inside nodes and their graphs as well, whose values lie elsewhere."""
    from onnx.external_data_helper import uses_external_data

    for tensor in graph.initializer:
        if uses_external_data(tensor):
            yield tensor
    for node in graph.node:
        for attribute in node.attribute:
            held = [*attribute.tensors, *([attribute.t] if attribute.HasField("t") else [])]
            yield from (tensor for tensor in held if uses_external_data(tensor))
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                yield from external_tensors(inner)


def copied(model, folder: Path, to: Path) -> None:
    """Copies the values that an onnx.ModelProto has in files of a folder into one file, and has it say so.

    Nothing is written where the model has all its values itself. Raises SourceError for a place outside of the folder,
    behind a link that leads out of it as well, and for a file that is missing or too short.
    """
    tensors = list(external_tensors(model.graph))
    if not tensors:
        return
    sources: dict[Path, int] = {}
    with to.open("wb") as target:
        for tensor in tensors:
            place = {entry.key: entry.value for entry in tensor.external_data}
            source = _inside(folder, place.get("location", ""))
            target.write(b"\0" * (-target.tell() % PAGE))
            offset, length = target.tell(), _length(tensor)
            sources[source] = source.stat().st_size
            if offset + length > 2 * sum(sources.values()) + PAGE * len(tensors):
                raise SourceError(f"The file wants the same weights again and again: {source.name} is no such file.")
            _copy(source, _number(place.get("offset", "0")), length, target)
            del tensor.external_data[:]
            for key, value in (("location", to.name), ("offset", offset), ("length", length)):
                tensor.external_data.add(key=key, value=str(value))


def _inside(folder: Path, location: str) -> Path:
    whole, path = folder.resolve(), (folder / location).resolve()
    if not location or not path.is_relative_to(whole):
        raise SourceError(f"The file's weights lie outside of its folder, at {location!r}: nothing is read from there.")
    if not path.is_file():
        raise SourceError(f"The file's weights are missing: put {location} beside it.")
    return path


def _length(tensor) -> int:
    """Bytes of a tensor's values."""
    from math import prod

    from onnx import helper

    try:
        return prod(tensor.dims) * helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    except KeyError:
        raise SourceError(f"The weights {tensor.name!r} are of no type that is known.") from None


def _number(text: str) -> int:
    if not text.isdecimal():
        raise SourceError(f"The file says that weights begin at byte {text!r}, which is no number.")
    return int(text)


def _copy(source: Path, offset: int, length: int, target) -> None:
    if length < 0 or source.stat().st_size < offset + length:
        raise SourceError(f"{source} is cut short: get the weights again.")
    with source.open("rb") as stream:
        stream.seek(offset)
        while length:
            block = stream.read(min(length, BLOCK))
            target.write(block)
            length -= len(block)
