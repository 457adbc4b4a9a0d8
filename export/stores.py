"""Where an exported network's weights are kept: inside the ONNX file, or beside it, to be mapped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

PAGE = 4096


def rounded(array: np.ndarray) -> np.ndarray:
    """The float32 array that comes back after `Inside` has stored it: kernels rounded, vectors as they are."""
    array = np.asarray(array, np.float32)
    return array.astype(np.float16).astype(np.float32) if array.ndim > 1 else array


class Inside:
    """Keeps arrays in the file: kernels as float16 with a Cast to float32, which ONNX Runtime undoes once, on opening.

    Biases and the four vectors of batch normalisation stay float32: they are a thousandth of the size, and a small
    variance would lose most of its digits.
    """

    rounded = staticmethod(rounded)

    def __call__(self, name: str, array: np.ndarray, vectors: bool) -> tuple[TensorProto, list]:
        if vectors:
            return numpy_helper.from_array(array, name), []
        single = f"{name}:float32"
        cast = helper.make_node("Cast", [name], [single], name=single, to=TensorProto.FLOAT)
        return numpy_helper.from_array(array.astype(np.float16), name), [cast]

    def close(self) -> None:
        pass


class Whole:
    """Keeps arrays in the file as they are."""

    @staticmethod
    def rounded(array: np.ndarray) -> np.ndarray:
        return np.asarray(array, np.float32)

    def __call__(self, name: str, array: np.ndarray, vectors: bool) -> tuple[TensorProto, list]:
        return numpy_helper.from_array(np.asarray(array, order="C"), name), []

    def close(self) -> None:
        pass


class Beside:
    """Keeps arrays in one raw little-endian file beside the ONNX file, each from the start of a page on.

    ONNX Runtime maps that file into memory: it opens at once, and pages that are not needed are not read.
    """

    def __init__(self, path: Path):
        self.path = path
        self._file = path.open("wb")

    @staticmethod
    def rounded(array: np.ndarray) -> np.ndarray:
        return np.asarray(array, np.float32)

    def __call__(self, name: str, array: np.ndarray, vectors: bool) -> tuple[TensorProto, list]:
        self._file.write(b"\0" * (-self._file.tell() % PAGE))
        offset = self._file.tell()
        array.astype("<f4", copy=False).tofile(self._file)
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=array.shape)
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in {"location": self.path.name, "offset": offset, "length": array.nbytes}.items():
            tensor.external_data.add(key=key, value=str(value))
        return tensor, []

    def close(self) -> None:
        self._file.close()
