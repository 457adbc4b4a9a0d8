"""Weights beside an ONNX file, mapped: the same numbers as were written, and nothing is ever written back."""

import numpy as np
import onnx
import pytest

from models import onnx_mapped
from models.onnx_weights import WeightsError

KERNEL, BIAS = np.arange(12, dtype=np.float32).reshape(3, 4), np.array([5, 6, 7, 8], np.float32)


@pytest.fixture
def exported(tmp_path):
    """A file as `python -m export vgg16` writes it, in small: an array from the start of each page on."""
    (tmp_path / "net.onnx.data").write_bytes(KERNEL.tobytes().ljust(4096, b"\0") + BIAS.tobytes())
    tensors = []
    for name, array, offset in (("fc1/kernel", KERNEL, 0), ("fc1/bias", BIAS, 4096)):
        tensor = onnx.TensorProto(name=name, data_type=onnx.TensorProto.FLOAT, dims=array.shape)
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in {"location": "net.onnx.data", "offset": offset, "length": array.nbytes}.items():
            tensor.external_data.add(key=key, value=str(value))
        tensors.append(tensor)
    inside = onnx.numpy_helper.from_array(BIAS, "inside")
    graph = onnx.helper.make_graph([], "net", [], [], [*tensors, inside])
    (tmp_path / "net.onnx").write_bytes(onnx.helper.make_model(graph).SerializeToString())
    return tmp_path / "net.onnx"


def mapped(path, names):
    """Arrays of the file by name; a name that it does not have stands for an array that lies nowhere."""
    stored = {tensor.name: tensor for tensor in onnx.load(path, load_external_data=False).graph.initializer}
    return {name: onnx_mapped.mapped(stored.get(name, onnx.TensorProto(name=name)), path) for name in names}


def test_arrays_come_back_and_stay_on_disk(exported):
    found = mapped(exported, ["fc1/kernel", "fc1/bias"])
    np.testing.assert_array_equal(found["fc1/kernel"], KERNEL)
    np.testing.assert_array_equal(found["fc1/bias"], BIAS)
    assert found["fc1/kernel"].ctypes.data % 4096 == 0  # a map of the file, not a copy
    before = exported.with_name("net.onnx.data").read_bytes()
    found["fc1/kernel"][0, 0] = 99
    assert exported.with_name("net.onnx.data").read_bytes() == before


@pytest.mark.parametrize("name", ["inside", "fc2/kernel"])
def test_what_does_not_lie_beside_it_is_said(exported, name):
    with pytest.raises(WeightsError, match="in a file beside it"):
        mapped(exported, [name])


def test_a_file_cut_short_is_said(exported):
    beside = exported.with_name("net.onnx.data")
    beside.write_bytes(beside.read_bytes()[:4100])
    with pytest.raises(WeightsError, match="cut short"):
        mapped(exported, ["fc1/bias"])
    beside.unlink()
    with pytest.raises(WeightsError, match="missing"):
        mapped(exported, ["fc1/kernel"])


def test_a_path_out_of_the_folder_is_refused(exported):
    model = onnx.load(exported, load_external_data=False)
    model.graph.initializer[0].external_data[0].value = "../net.onnx.data"
    exported.write_bytes(model.SerializeToString())
    with pytest.raises(WeightsError, match="beside it"):
        mapped(exported, ["fc1/kernel"])
