"""In place of the process that opens a file: one that has been taken over, and says what does harm if it is believed.

`python -m tests.explain.network.apart.liars KIND.onnx ...`, started as the real one is.
"""

from __future__ import annotations

import json
import pickle
import sys
import time

import numpy as np

from explain.processes import protocol

HARM = "/tmp/must-not-be-there-after-the-tests"


class Harm:
    """What runs a command where it is unpickled."""

    def __reduce__(self):
        import os

        return os.system, (f"touch {HARM}",)


def frame(header: bytes, body: bytes = b"", sizes: tuple[int, int] | None = None) -> bytes:
    return protocol.PREFIX.pack(protocol.MAGIC, *(sizes or (len(header), len(body)))) + header + body


def table(*arrays) -> bytes:
    return json.dumps({"message": {}, "arrays": arrays}).encode()


def said(description: dict) -> bytes:
    return protocol.pack({}, {"description": np.frombuffer(json.dumps(description).encode(), np.uint8)})


ANSWERS = {
    "silence": b"",
    "noise": bytes(range(256)) * 40,
    "pickle": pickle.dumps(Harm()),
    "pickled-array": frame(table(["description", "|O", [1]]), pickle.dumps(Harm())),
    "deep": frame(b"[" * 500_000),
    "large-header": frame(b"", sizes=(2**31, 0)),
    "large-body": frame(b"{}", sizes=(2, 2**40)),
    "huge-shape": frame(table(["description", "|u1", [2**62, 2**62]])),
    "negative-shape": frame(table(["description", "|u1", [-1]]), b"x"),
    "many-axes": frame(table(["description", "|u1", [0] * 200])),
    "text-array": frame(table(["description", "<U8", [1]]), b"x" * 32),
    "no-object": frame(b'{"message": [], "arrays": []}'),
    "refusal-of-no-text": protocol.pack({"refused": {"a": 1}}),
    "nothing": protocol.pack({}),
    "numbers": protocol.pack({}, {"description": np.full((3, 3), np.nan)}),
    "no-description": said({"name": "x"}),
    "long-refusal": protocol.pack({"refused": "![x](https://example.com) <script>\n" * 5000}),
}


def main() -> None:
    kind = sys.argv[1].removesuffix(".onnx")
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    if kind in ANSWERS:
        protocol.read(source)
        sink.write(ANSWERS[kind])
        sink.flush()
        time.sleep(0.2)
        return
    protocol.read(source)
    protocol.write(sink, {}, {"description": np.frombuffer(told(), np.uint8)})
    while protocol.read(source):
        protocol.write(sink, {}, LATER[kind])


def told() -> bytes:
    """What a network of one layer that answers two classes says of itself."""
    from dataclasses import replace

    from explain.network.apart import as_json  # most of these processes begin sooner without
    from explain.network.layers import Layer
    from tests.explain.network.made import chain

    shown = chain((4, 4, 1), Layer("end", "end", "dense", ("input",), (2,)), labels=("a", "b"))
    return as_json.write(replace(shown, logits="end", axes={"end": ("N", "C")}))


LATER = {
    "good": {"0": np.ones((1, 2), np.float32)},
    "none": {},
    "other-names": {"end": np.ones((1, 2), np.float32)},
    "one-too-many": {"0": np.ones((1, 2), np.float32), "1": np.ones(3)},
    "fewer-pictures": {"0": np.ones((0, 2), np.float32)},
    "no-axes": {"0": np.float32(1)},
    "more-axes": {"0": np.ones((1, 2, 3), np.float32)},
}

if __name__ == "__main__":
    main()
