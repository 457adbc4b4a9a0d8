"""Which feature maps of a layer to show, in what order, and how their numbers travel to the page.

A tile is one channel of one layer: the whole map of a convolution layer, or the course over the steps of one unit of a
sequence layer. Every tile keeps the true values; colours are only chosen when it is drawn.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np

STEPS = 65535  # 16-bit steps between a tile's lowest and highest value


@dataclass(frozen=True)
class Tile:
    """One channel of a layer. values: `(height, width)` float32; a sequence has height 1 and its steps as width."""

    channel: int
    values: np.ndarray

    @property
    def peak(self) -> float:
        """The largest absolute value: how strongly the channel answers anywhere."""
        return float(np.abs(self.values).max())


def maps(activation: np.ndarray) -> np.ndarray:
    """All maps of one picture's layer output, channel first.

    activation: `(height, width, channel)`, `(step, feature)` or `(unit,)`, without the batch.
    Returns `(channel, height, width)`; sequences have height 1, a flat layer is one map a unit of 1 x 1.
    """
    if activation.ndim == 3:
        return np.moveaxis(activation, 2, 0)
    if activation.ndim == 2:
        return activation.T[:, None, :]
    if activation.ndim == 1:
        return activation[:, None, None]
    raise ValueError(f"A layer's output for one picture has 1 to 3 dimensions, not {activation.ndim}.")


def is_signed(activation: np.ndarray) -> bool:
    """Whether a layer puts out anything below zero for this picture: then all of its channels are drawn in the colours
    for both signs, so that none is yellow in one place and red in another."""
    return bool(activation.min() < 0)


def strongest(activation: np.ndarray, count: int) -> list[Tile]:
    """The `count` channels with the highest peak (largest absolute value), strongest first; ties keep channel order."""
    stack = maps(activation)
    peaks = np.abs(stack).reshape(len(stack), -1).max(1)
    order = np.argsort(-peaks, kind="stable")[:count]
    return [Tile(int(channel), np.ascontiguousarray(stack[channel], dtype=np.float32)) for channel in order]


def tile(activation: np.ndarray, channel: int) -> Tile:
    """One channel of a layer's output."""
    return Tile(channel, np.ascontiguousarray(maps(activation)[channel], dtype=np.float32))


def strongest_unit(
    activation: np.ndarray, channel: int | None = None, inside: np.ndarray | None = None
) -> tuple[int, tuple[int, int]]:
    """Channel and place `(y, x)` of the unit with the largest absolute value, of one channel or of all.

    inside: `(height, width)`, the places that count where there are any. At the edge the zeros read beyond the picture
    excite the first layers more than anything in it does.
    """
    sizes = np.abs(maps(activation))
    if inside is not None and inside.any():
        sizes = np.where(inside, sizes, -1.0)
    if channel is not None:
        sizes = sizes[channel : channel + 1]
    strongest_channel, y, x = (int(index) for index in np.unravel_index(sizes.argmax(), sizes.shape))
    return (strongest_channel if channel is None else channel), (y, x)


def largest_change(sequence: np.ndarray) -> tuple[int, tuple[int, int]]:
    """Channel and place of the unit that changes most from one step to the next, from 0 at first.

    sequence: `(step, feature)`. Of an LSTM the strongest units are saturated and say little.
    """
    return strongest_unit(np.diff(sequence, axis=0, prepend=0))


def surest(activation: np.ndarray, blank: int | None = None) -> tuple[int, tuple[int, int]]:
    """Channel and place of the largest output, the blank's left out."""
    stack = maps(activation).astype(np.float64)
    if blank is not None:
        stack = np.where(np.arange(len(stack))[:, None, None] == blank, -np.inf, stack)
    channel, y, x = (int(index) for index in np.unravel_index(stack.argmax(), stack.shape))
    return channel, (y, x)


def packed(tile: Tile) -> dict:
    """A tile for the browser: 16-bit steps between its lowest and highest value, base64, little-endian."""
    low, high = float(tile.values.min()), float(tile.values.max())
    steps = np.round((tile.values - low) / ((high - low) or 1.0) * STEPS).astype("<u2")
    return {
        "channel": tile.channel,
        "low": low,
        "high": high,
        "steps": base64.b64encode(steps.tobytes()).decode(),
    }
