"""Arrays of an exported network whose weights lie in a file beside it, mapped into memory instead of read.

The dense layers of the full VGG16 are 495 MB. Mapped, they take no memory of a process's own: their pages come from the
file as they are needed, all processes that map it share them, and the system takes them back when memory is short.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from models.onnx_weights import WeightsError


def mapped(path: str | Path, names: Collection[str]) -> dict[str, np.ndarray]:
    """Initializers of an ONNX file by name, float32 in the file's own layout, each a map of its part of the data file.

    Dense kernels are kept as `<layer>/kernel`, `(inputs, units)`, as Keras has them. An array can be written to, which
    never reaches the file. Raises WeightsError where the file has no such array beside it, or too short a file.
    """
    import onnx

    path = Path(path)
    try:
        graph = onnx.load(path, load_external_data=False).graph
    except Exception as error:  # protobuf raises its own DecodeError, which onnx does not re-export
        raise WeightsError(f"{path} is not an ONNX file; write one with `python -m export`.") from error
    stored = {tensor.name: tensor for tensor in graph.initializer}
    return {name: _map(path, name, stored.get(name)) for name in names}


def _map(path: Path, name: str, tensor) -> np.ndarray:
    place = {} if tensor is None else {entry.key: entry.value for entry in tensor.external_data}
    if "location" not in place or Path(place["location"]).name != place["location"]:
        raise WeightsError(f"{path} keeps no array {name!r} in a file beside it.")
    try:
        return np.memmap(
            path.with_name(place["location"]), "<f4", mode="c", offset=int(place["offset"]), shape=tuple(tensor.dims)
        ).view(np.ndarray)
    except (OSError, ValueError) as error:
        raise WeightsError(f"The weights beside {path} are missing or cut short: export the network again.") from error
