"""How large a file's tensors become, before any of them is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import numpy as np

from explain.network.checks.file import MOST_NUMBERS
from explain.network.errors import NetworkError

Shape = tuple[int, ...]


def check_sizes(shapes: Mapping[str, Shape], name: str) -> None:
    """Raises NetworkError where one of a network's tensors has more numbers than are made here."""
    for tensor, shape in shapes.items():
        if prod(shape) > MOST_NUMBERS:
            _refuse(name, tensor, prod(shape))


def check_made(node: Any, shapes: Mapping[str, Shape], constant: Callable[[str], np.ndarray | None], name: str) -> None:
    """The same for an operator that makes a tensor of a size that stands in its constants, where ONNX did not tell it.

    node: `explain.network.reading.nodes.Node`.
    """
    if node.operator not in SIZES or not node.outputs or node.output in shapes:
        return
    at, size = SIZES[node.operator]
    if len(node.inputs) <= at[-1]:
        return
    given = [constant(node.inputs[index]) for index in at]
    if any(value is None or not np.isfinite(value.astype(np.float64)).all() for value in given):
        return
    numbers = size(*([float(number) for number in value.ravel()] for value in given))
    if numbers > MOST_NUMBERS:
        _refuse(name, node.output, int(min(numbers, 1e18)))


def _refuse(name: str, tensor: str, numbers: int) -> None:
    raise NetworkError(
        f"{name} makes {numbers:,} numbers at once ({tensor[:60]!r}), {numbers * 4 / 1e9:,.1f} GB; at most "
        f"{MOST_NUMBERS:,} are computed here."
    )


def _range(start: list[float], limit: list[float], delta: list[float]) -> float:
    return (limit[0] - start[0]) / delta[0] if delta[0] else 0


# which inputs say the size, and what it is
SIZES: dict[str, tuple[tuple[int, ...], Callable[..., float]]] = {
    "ConstantOfShape": ((0,), prod),
    "Expand": ((1,), prod),
    "Tile": ((1,), prod),
    "Range": ((0, 1, 2), _range),
    "OneHot": ((1,), max),
    "Pad": ((1,), lambda pads: prod(1 + max(0, pad) for pad in pads)),
}
