"""Dataclasses as JSON: what is written comes back the same, and nothing else is let in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explain.network.apart import as_json


@dataclass(frozen=True)
class Inner:
    sides: tuple[int, int]
    share: float = 0.5


@dataclass(frozen=True)
class Outer:
    name: str
    path: Path
    sure: bool
    inner: Inner | None
    many: tuple[Inner, ...]
    lengths: tuple[int | None, ...] = ()
    by_name: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[tuple, ...] = ()
    said: frozenset[str] = frozenset()


WHOLE = Outer(
    "naïve",
    Path("a/b.onnx"),
    True,
    Inner((1, 2)),
    (Inner((3, 4), 1.5), Inner((0, 0))),
    (None, 7),
    {"x": ("N", "C")},
    {"then": (("add", "bias"),), "alpha": 0.1, "axis": -1, "none": None, "last": True},
    (("transpose", (1, 0)), ("halves",)),
    frozenset({"head", "blank"}),
)


def test_what_is_written_comes_back():
    assert as_json.read(Outer, as_json.write(WHOLE)) == WHOLE


def test_numbers_of_numpy_become_plain_ones():
    made = Outer("a", Path("b"), False, None, (), settings={"epsilon": np.float32(0.5), "axes": np.array([1, 2])})
    assert as_json.read(Outer, as_json.write(made)).settings == {"epsilon": 0.5, "axes": (1, 2)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", 1),
        ("name", None),
        ("name", "x" * 5000),
        ("path", 3),
        ("sure", 1),
        ("sure", "true"),
        ("inner", 5),
        ("inner", {"sides": [1, 2]}),
        ("inner", {"sides": [1, 2], "share": 0.5, "more": 1}),
        ("inner", {"sides": [1, 2, 3], "share": 0.5}),
        ("inner", {"sides": [1, True], "share": 0.5}),
        ("inner", {"sides": [1, 2**60], "share": 0.5}),
        ("many", {"sides": [1, 2]}),
        ("many", [[]]),
        ("lengths", ["1"]),
        ("lengths", [1.0]),
        ("lengths", [0] * 200_000),
        ("by_name", {"x": "NC"}),
        ("by_name", []),
        ("settings", {"deep": [[[[[[[[[[[[1]]]]]]]]]]]]}),
        ("steps", [3]),
        ("said", "head"),
        ("said", [["head"]]),
    ],
)
def test_anything_else_is_refused(name, value):
    told = json.loads(as_json.write(WHOLE))
    told[name] = value
    with pytest.raises(as_json.JsonError):
        as_json.read(Outer, json.dumps(told).encode())


@pytest.mark.parametrize("data", [b"", b"nonsense", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b"1e999", b"9" * 10_000])
def test_what_is_no_such_object_is_refused(data):
    with pytest.raises(as_json.JsonError):
        as_json.read(Outer, data)
