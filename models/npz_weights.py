"""Weights in NumPy's .npz: every array under `<layer>/<position>`, in the order of Keras's `layer.get_weights()`."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np


def read(path: Path) -> dict[str, list[np.ndarray]]:
    """The arrays by layer. Raises ValueError, in one sentence, for a file that holds something else or is not there."""
    layers: dict[str, dict[int, np.ndarray]] = {}
    try:
        with np.load(path, allow_pickle=False) as arrays:
            for key in arrays.files:
                layer, position = key.rsplit("/", 1)
                layers.setdefault(layer, {})[int(position)] = arrays[key]
    except (OSError, EOFError, TypeError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} holds no weights under <layer>/<position>; give a crnn.npz or the like.") from error
    return {layer: [parts[position] for position in sorted(parts)] for layer, parts in layers.items()}


def write(weights: Mapping[str, Sequence[np.ndarray]], path: Path) -> None:
    """Writes the arrays of each layer, as `read` returns them."""
    replace(path, **{f"{layer}/{i}": array for layer, arrays in weights.items() for i, array in enumerate(arrays)})


def replace(path: Path, **arrays: np.ndarray) -> None:
    """Writes an .npz so that a reader finds the old file or the new one, never half of one."""
    part = path.with_suffix(".part.npz")
    np.savez(part, **arrays)
    os.replace(part, path)
