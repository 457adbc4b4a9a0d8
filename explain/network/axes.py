"""What the axes of a tensor are: batch, height, width, channel; followed from the picture through every operator.

A tensor's axes are a tuple of short names: "N" batch, "H" height, "W" width, "C" channel or feature, "D" direction of
an LSTM, "?" unknown; two letters, such as "WN", where a reshape has laid two axes into one. A sequence made of a map's
columns keeps "W" as its axis of time.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

Axes = tuple[str, ...]
MAP = ("N", "C", "H", "W")
LYING = ("N", "C", "W", "H")  # a map of a file that wants its pictures lying


def of_picture(channel_first: bool, transposed: bool) -> Axes:
    """The axes in which a file takes its pictures. transposed: whether it wants them lying."""
    sides = ("W", "H") if transposed else ("H", "W")
    return ("N", "C", *sides) if channel_first else ("N", *sides, "C")


def reshaped(shape: Sequence[int], axes: Axes, wanted: Sequence[int]) -> Axes:
    """The axes after a reshape from `shape` to `wanted`: runs of axes with equal products belong together."""
    names: list[str] = []
    dropped: list[str] = []
    early: set[int] = set()  # axes of length 1 that stand further to the front than before
    i = j = 0
    while j < len(wanted):
        if i in early:
            i += 1
            continue
        if wanted[j] == 1 and not (i < len(shape) and shape[i] == 1):
            later = next((k for k in range(i, len(shape)) if shape[k] == 1 and k not in early), None)
            if not dropped and later is not None:
                early.add(later)
                names.append(axes[later])
            else:
                names.append(dropped.pop(0) if dropped else _unused(axes, names))
            j += 1
            continue
        if i < len(shape) and shape[i] == 1 and wanted[j] != 1:
            dropped.append(axes[i])
            i += 1
            continue
        first, start = i, j
        i, j = i + 1, j + 1
        while i <= len(shape) and j <= len(wanted) and prod(shape[first:i]) != prod(wanted[start:j]):
            if prod(shape[first:i]) < prod(wanted[start:j]):
                i += 1
            else:
                j += 1
            if i > len(shape) or j > len(wanted):
                return ("?",) * len(wanted)
        names += _grouped(shape[first:i], axes[first:i], wanted[start:j])
    return tuple(names)


def _unused(axes: Axes, names: list[str]) -> str:
    return next((name for name in ("N", "H", "W") if name not in names and name not in axes), "?")


def _grouped(shape: Sequence[int], axes: Axes, wanted: Sequence[int]) -> list[str]:
    """Names for one run of axes laid out anew."""
    if len(wanted) == 1:
        return [_joined(shape, axes)]
    if len(axes) == 1 and len(axes[0]) == len(wanted) and "?" not in axes[0]:
        return list(axes[0])
    if len(axes) == 1 and axes[0] == "C":
        return [*["?"] * (len(wanted) - 1), "C"]
    return ["?"] * len(wanted)


def _joined(shape: Sequence[int], axes: Axes) -> str:
    long = [name for length, name in zip(shape, axes, strict=True) if length > 1] or list(axes[:1])
    if len(long) == 1:
        return long[0]
    if "N" in long:
        return "".join(long) if len(long) == 2 and "C" not in long and "D" not in long else "?"
    if "C" in long:
        return "C"
    return "W" if set(long) <= {"H", "W"} else "?"


def plain(axes: Axes) -> tuple[int, ...] | None:
    """The order of axes (N, H, W, C), or (N, step, C), or (N, C): what to transpose by; None where they are none.

    A tensor without an axis for the batch gets none here: it is of one picture.
    """
    letters = [name for name in ("N", "H", "W", "C") if name in axes]
    if len(letters) != len(axes) or "C" not in letters:
        return None
    return tuple(axes.index(name) for name in letters)


def unfold(axes: Axes, shape: Sequence[int | None], batch: int) -> tuple[Axes, tuple[int | None, ...]]:
    """Axes and lengths with those that a reshape laid into one, such as "WN", taken apart again.

    batch: how many pictures the tensor is of.
    """
    names: list[str] = []
    lengths: list[int | None] = []
    for name, length in zip(axes, shape, strict=True):
        names += list(name)
        if len(name) == 2:
            other = None if length is None else length // batch
            lengths += [batch, other] if name[0] == "N" else [other, batch]
        else:
            lengths.append(length)
    return tuple(names), tuple(lengths)


def batched(axes: Axes | None) -> bool:
    """Whether a tensor with these axes has one for the batch, so that it may be of several pictures."""
    return axes is not None and "".join(axes).count("N") == 1


def as_in_file(axes: Axes | None, values: np.ndarray) -> np.ndarray:
    """Values with the batch first and the channels last, laid out as the file has them: the way back of `plain` and
    `unfold`. Of a tensor without an axis for the batch there can be one picture only."""
    if axes is None:
        return values
    names = [letter for name in axes for letter in name]
    lone = "N" not in names
    order = plain(tuple(["N", *names] if lone else names))
    if order is not None:
        values = values.transpose(np.argsort(order))
    elif names.count("N") == 1:
        values = np.moveaxis(values, 0, names.index("N"))
    if lone:
        values = values[0]
    lengths = iter(values.shape)
    return values.reshape([prod(next(lengths) for _ in name) for name in axes])
