"""The full VGG16, 553 MB of weights, is exported and opened within its budgets, in processes measured from outside."""

import numpy as np
import onnx
import pytest

from models import onnx_weights
from tests.export.full_vgg16 import layer_shapes, open_it, run_export, write_random_weights

# Keras Applications' names, and the parameters that Simonyan and Zisserman count (table 2, configuration D)
BLOCKS = {"block1": 2, "block2": 2, "block3": 3, "block4": 3, "block5": 3}
NAMES = [
    name
    for block, count in BLOCKS.items()
    for name in (*(f"{block}_conv{number}" for number in range(1, count + 1)), f"{block}_pool")
]
NAMES += ["flatten", "fc1", "fc2", "predictions"]
PARAMETERS = 138_357_544


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vgg16")
    write_random_weights(folder / "weights.h5")
    yield run_export(folder / "weights.h5", folder), folder
    for path in folder.iterdir():
        path.unlink()


def test_export_stays_within_memory_and_time(exported):
    measured, _ = exported
    assert measured["returncode"] == 0, measured["told"]
    assert measured["peak_mb"] < 2200
    # Processor seconds, not the clock's, which other work on the machine stretches; it keeps two cores busy at most.
    assert measured["processor_seconds"] < 60


def test_each_layer_is_compared_with_keras(exported):
    measured, _ = exported
    lines = [line.split() for line in measured["told"].splitlines() if line.startswith("  ")]
    found = {words[0]: float(words[1]) for words in lines if len(words) == 2}
    assert list(found) == [*NAMES[:-1], "logits", "predictions"]
    assert max(found.values()) < 1e-3


def test_the_weights_lie_beside_the_file_on_whole_pages(exported):
    _, folder = exported
    model = onnx.load(folder / "vgg16.onnx", load_external_data=False)
    places = [{entry.key: entry.value for entry in tensor.external_data} for tensor in model.graph.initializer]
    assert len(places) == 2 * len(layer_shapes())
    assert all(place["location"] == "vgg16.onnx.data" and int(place["offset"]) % 4096 == 0 for place in places)
    assert sum(int(place["length"]) for place in places) == 4 * PARAMETERS
    assert (folder / "vgg16.onnx").stat().st_size < 100_000


def test_it_opens_at_once_and_stays_mapped(exported):
    _, folder = exported
    opened = open_it(folder / "vgg16.onnx")
    assert opened["open_processor_s"] < 0.5
    assert opened["anonymous_mb"] < 400  # the weights alone are 553
    assert opened["outputs"] == [*NAMES, "logits"]


def test_the_weights_come_back_as_keras_had_them(exported):
    import h5py

    _, folder = exported
    read = onnx_weights.read(folder / "vgg16.onnx", ["block1_conv1", "block4_conv2", "fc2"])
    assert list(read) == ["block1_conv1", "block4_conv2", "fc2"]
    with h5py.File(folder / "weights.h5") as file:
        for layer, arrays in read.items():
            for given, name in zip(arrays, file[layer].attrs["weight_names"], strict=True):
                np.testing.assert_array_equal(given, file[layer][name][()])
