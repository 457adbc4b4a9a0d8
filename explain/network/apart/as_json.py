"""Dataclasses as JSON and back, strictly: what comes back is exactly of the declared types, and of a bounded size.

For what a process sends that has looked at a stranger's file: whatever became of that process, nothing but numbers,
texts and tuples of them comes out here, or a JsonError.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

LONGEST_TEXT = 4000  # characters
MOST_VALUES = 100_000  # in one list or object
DEEPEST = 8  # lists in lists, where a field may hold anything
LARGEST = 2**53  # a whole number that every reader of JSON keeps

T = TypeVar("T")


class JsonError(ValueError):
    """What was read is not what was declared."""


def write(value: Any) -> bytes:
    """A dataclass of dataclasses, mappings, tuples, paths and plain values as JSON."""
    return json.dumps(_plain(value)).encode()


def read(kind: type[T], data: bytes) -> T:
    """The way back; raises JsonError for anything that `write` does not make of a `kind`."""
    try:
        return _read(kind, json.loads(data), kind.__name__)
    except JsonError:
        raise
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise JsonError(f"This is no {kind.__name__}: {str(error)[:200]}") from error


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, frozenset):
        return [_plain(inner) for inner in sorted(value)]
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    return str(value) if isinstance(value, Path) else value


def _read(kind: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(kind)
    if kind is Any:
        return _anything(value, where, DEEPEST)
    if origin in (typing.Union, types.UnionType):
        return _one_of(typing.get_args(kind), value, where)
    if origin is tuple or kind is tuple:
        return _tuple(typing.get_args(kind), value, where)
    if origin is frozenset:
        return frozenset(_tuple((typing.get_args(kind)[0], ...), value, where))
    if origin in (Mapping, dict):
        return _mapping(typing.get_args(kind)[1], value, where)
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, value, where)
    if kind is Path:
        return Path(_read(str, value, where))
    return _scalar(kind, value, where)


def _scalar(kind: Any, value: Any, where: str) -> Any:
    if kind is float and type(value) is int:
        value = float(value)
    if kind not in (str, int, float, bool) or type(value) is not kind:
        raise JsonError(f"{where} is no {getattr(kind, '__name__', kind)}")
    if kind is str and len(value) > LONGEST_TEXT:
        raise JsonError(f"{where} is longer than {LONGEST_TEXT} characters")
    if kind is int and abs(value) > LARGEST:
        raise JsonError(f"{where} is larger than {LARGEST}")
    return value


def _one_of(kinds: tuple, value: Any, where: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    kinds = [kind for kind in kinds if kind is not type(None)]
    for kind in kinds[:-1]:
        try:
            return _read(kind, value, where)
        except JsonError:
            continue
    return _read(kinds[-1], value, where)


def _tuple(kinds: tuple, value: Any, where: str) -> tuple:
    _expect(list, value, where)
    if not kinds:
        return tuple(_anything(inner, where, DEEPEST) for inner in value)
    if kinds[-1] is not ... and len(kinds) != len(value):
        raise JsonError(f"{where} has {len(value)} values, not {len(kinds)}")
    each = kinds[:1] * len(value) if kinds[-1] is ... else kinds
    return tuple(_read(kind, inner, where) for kind, inner in zip(each, value, strict=True))


def _mapping(kind: Any, value: Any, where: str) -> dict:
    _expect(dict, value, where)
    return {_read(str, name, where): _read(kind, inner, where) for name, inner in value.items()}


def _dataclass(kind: Any, value: Any, where: str) -> Any:
    _expect(dict, value, where)
    fields = _fields(kind)
    if set(value) != set(fields):
        raise JsonError(f"{where} has not the fields {', '.join(fields)}")
    return kind(**{name: _read(inner, value[name], f"{where}.{name}") for name, inner in fields.items()})


@functools.cache
def _fields(kind: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _anything(value: Any, where: str, deep: int) -> Any:
    if isinstance(value, list) and deep:
        _expect(list, value, where)
        return tuple(_anything(inner, where, deep - 1) for inner in value)
    if isinstance(value, dict) and deep:
        _expect(dict, value, where)
        return {_read(str, name, where): _anything(inner, where, deep - 1) for name, inner in value.items()}
    return value if value is None else _scalar(type(value), value, where)


def _expect(kind: type, value: Any, where: str) -> None:
    if type(value) is not kind or len(value) > MOST_VALUES:
        raise JsonError(f"{where} is no {kind.__name__} of at most {MOST_VALUES} values")
