"""Messages between the page and a process that computes for it: a JSON header followed by raw array bytes.

A frame is `magic (4 bytes) | header length (uint32) | body length (uint64) | header | body`, big-endian. The header is
one JSON object: `message` (plain values) and `arrays` (name, dtype, shape of each array, in the order of the body).
Nothing is ever unpickled, so a frame, or a file that holds one, can at worst be refused.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

MAGIC = b"XGF1"
PREFIX = struct.Struct(">4sIQ")
HEADER_LIMIT = 1 << 20
BODY_LIMIT = 1 << 28
OUT_OF_MEMORY = 77  # the exit code of a process whose memory ran out
KINDS = "biuf"  # booleans, integers, floats: what an array may hold


class ProtocolError(ValueError):
    """What was read is no frame, or what should be written does not fit in one."""


def pack(message: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None = None) -> bytes:
    """One frame. `message` holds what JSON can hold (NumPy scalars included), `arrays` any shapes of numbers."""
    return b"".join(_parts(message, arrays))


def write(stream: BinaryIO, message: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None = None) -> None:
    """Writes one frame, as `pack` makes it, without a copy of large arrays; raises ProtocolError before the first byte
    of a message that cannot be sent.
    """
    for part in _parts(message, arrays):
        stream.write(part)
    stream.flush()


def _parts(message: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None) -> list[bytes | memoryview]:
    arrays = {name: np.ascontiguousarray(array).reshape(np.shape(array)) for name, array in (arrays or {}).items()}
    for name, array in arrays.items():
        if array.dtype.kind not in KINDS:
            raise ProtocolError(f"The array {name!r} holds {array.dtype}, only numbers can be sent.")
    table = [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()]
    try:
        header = json.dumps({"message": dict(message), "arrays": table}, default=_plain, sort_keys=True).encode()
    except (TypeError, ValueError) as error:
        raise ProtocolError(f"The message cannot be written as JSON: {error}.") from error
    size = sum(array.nbytes for array in arrays.values())
    if len(header) > HEADER_LIMIT or size > BODY_LIMIT:
        raise ProtocolError(f"A message of {len(header) + size:,} bytes is too large to be sent.")
    body = [memoryview(array.reshape(-1).view(np.uint8)) for array in arrays.values() if array.nbytes]
    return [PREFIX.pack(MAGIC, len(header), size), header, *body]


def read(stream: BinaryIO) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    """The next frame's `(message, arrays)`, arrays read-only; None where the stream ends between two frames.

    Raises ProtocolError for anything that is not a whole frame.
    """
    prefix = stream.read(PREFIX.size)
    if not prefix:
        return None
    if len(prefix) < PREFIX.size:
        raise ProtocolError("The stream ended inside a frame.")
    magic, header_size, body_size = PREFIX.unpack(prefix)
    if magic != MAGIC or header_size > HEADER_LIMIT or body_size > BODY_LIMIT:
        raise ProtocolError("The stream holds something that is not a frame.")
    header, body = stream.read(header_size), np.empty(body_size, np.uint8)  # which reads faster than bytes do
    if len(header) < header_size or stream.readinto(memoryview(body)) < body_size:
        raise ProtocolError("The stream ended inside a frame.")
    body.flags.writeable = False
    try:
        content = json.loads(header)
        return content["message"], _arrays(content["arrays"], body)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ProtocolError(f"A frame with an unreadable header: {error}.") from error


def split(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Parts a mapping into its plain values and its arrays, as `pack` takes them."""
    arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    return {name: value for name, value in values.items() if name not in arrays}, arrays


def _arrays(table: list, body: np.ndarray) -> dict[str, np.ndarray]:
    arrays, offset = {}, 0
    for name, dtype, shape in table:
        dtype = np.dtype(dtype)
        if dtype.kind not in KINDS or any(type(extent) is not int or extent < 0 for extent in shape):
            raise ValueError(f"the array {name!r} is described as {dtype} {shape}")
        count = 1
        for extent in shape:
            count *= extent
        # frombuffer with an offset at the very end refuses an empty array
        arrays[name] = np.frombuffer(body, dtype, count, offset).reshape(shape) if count else np.empty(shape, dtype)
        offset += count * dtype.itemsize
    if offset != len(body):
        raise ValueError(f"{len(body)} bytes of arrays where {offset} were announced")
    return arrays


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is neither a number, a text nor a list of them")
