"""Frames: what is written comes back, anything else is refused."""

from __future__ import annotations

import io

import numpy as np
import pytest

from explain.processes import protocol


def test_frames_come_back_as_they_were_sent():
    arrays = {
        "grey": np.arange(6, dtype=np.uint8).reshape(2, 3),
        "turned": np.arange(6.0).reshape(2, 3).T,
        "nothing": np.empty((0, 4), np.float32),
        "single": np.array(2.5, ">f4"),
        "flags": np.array([True, False]),
    }
    message = {"text": "naïve…", "list": [1, 2.5, None], "numpy": np.float64(0.25)}
    stream = io.BytesIO(protocol.pack(message, arrays) + protocol.pack({}))
    got, got_arrays = protocol.read(stream)
    assert got == {"text": "naïve…", "list": [1, 2.5, None], "numpy": 0.25}
    for name, array in arrays.items():
        assert got_arrays[name].dtype == array.dtype and np.array_equal(got_arrays[name], array)
        assert got_arrays[name].shape == array.shape
    assert protocol.read(stream) == ({}, {})
    assert protocol.read(stream) is None


def frame(header: bytes, body: bytes = b"") -> bytes:
    return protocol.PREFIX.pack(protocol.MAGIC, len(header), len(body)) + header + body


@pytest.mark.parametrize(
    "data",
    [
        b"Segmentation fault\n",
        b"XG",
        frame(b"{}")[:-1],
        frame(b"[]"),
        frame(b"{}"),
        frame(b'{"message": {}, "arrays": [["a", "|O", [1]]]}', bytes(8)),
        frame(b'{"message": {}, "arrays": [["a", "|u1", [-1]]]}'),
        frame(b'{"message": {}, "arrays": [["a", "|u1", [5]]]}', bytes(4)),
        frame(b'{"message": {}, "arrays": []}', bytes(4)),
        protocol.PREFIX.pack(protocol.MAGIC, 2, 1 << 60) + b"{}",
    ],
)
def test_anything_else_is_refused(data):
    with pytest.raises(protocol.ProtocolError):
        protocol.read(io.BytesIO(data))
