"""Arrays of an exported network whose weights lie in a file beside it, mapped into memory instead of read.

The dense layers of the full VGG16 are 495 MB. Mapped, they take no memory of a process's own: their pages come from the
file as they are needed, all processes that map it share them, and the system takes them back when memory is short.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.onnx_weights import WeightsError


def mapped(tensor, path: Path) -> np.memmap:
    """An array that an ONNX file keeps in a file beside it, in that file's own layout.

    tensor: the onnx.TensorProto that says where it lies. path: of the ONNX file. The array can be written to, which
    never reaches the file. Raises WeightsError for an array that does not lie beside the file, or in too short a file.
    """
    from onnx import helper

    place = {entry.key: entry.value for entry in tensor.external_data}
    if "location" not in place or Path(place["location"]).name != place["location"]:
        raise WeightsError(f"{path} keeps no array {tensor.name!r} in a file beside it.")
    kind = helper.tensor_dtype_to_np_dtype(tensor.data_type).newbyteorder("<")
    offset, shape = int(place.get("offset", 0)), tuple(tensor.dims)
    try:
        return np.memmap(path.with_name(place["location"]), kind, mode="c", offset=offset, shape=shape)
    except (OSError, ValueError) as error:
        raise WeightsError(f"The weights beside {path} are missing or cut short: export the network again.") from error
