"""The full VGG16 in the gradient process: its dense layers stay in the file, and what they say is what the file says.

The file is made here in small: 553 MB by its length, nearly all of it holes, with numbers whose answer is worked out by
hand. A process of its own builds the network from it, so that its memory can be told from that of the tests.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import onnx
import pytest

from explain.gradients import jobs
from explain.gradients.network import models
from explain.gradients.worker import result_cache
from explain.gradients.worker.process import environment
from explain.processes.surroundings import ROOT
from models import vgg16
from models.networks import CARDS
from tests.explain.gradients.network.written import Row, conv, written

PAGE = 4096
DENSE = {"fc1": (25088, 4096), "fc2": (4096, 4096), "predictions": (4096, 1000)}

BUILD = """
import json, os
import numpy as np
def own():
    return 1024 * next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("RssAnon"))
from explain.attribution import targets
from explain.gradients.attribution import methods
from explain.gradients.network import models
import tensorflow
tensorflow.matmul(tensorflow.ones((9, 9)), tensorflow.ones((9, 9)))
before = own()
function = models.function("vgg16")
after = own()
network = methods.Differentiable(function, 1)
picture = np.zeros((224, 224, 3), np.float32)
target = targets.ClassLogit(385)
features, gradient = network.layer_gradients(picture, target, ["block5_pool"])["block5_pool"]
print(json.dumps({
    "built": after - before,
    "logit": float(network.score(picture[None], target)[0]),
    "features": [float(features.min()), float(features.max())],
    "gradient": [gradient.reshape(-1)[[0, 25087]].tolist(), float(np.abs(gradient).sum())],
}))
"""


def rows() -> list[Row]:
    """The nodes, as `python -m export` writes them."""
    found, before = [("Transpose", ["input"], "maps", {"perm": [0, 3, 1, 2]})], "maps"
    for name in vgg16.CONVOLUTIONS:
        found += conv(name, before, auto_pad="SAME_UPPER", kernel_shape=[3, 3])
        block, position = int(name[5]), int(name[-1])
        before = name
        if position == vgg16.BLOCKS[block - 1][1]:
            before = f"block{block}_pool"
            found.append(("MaxPool", [name], before, {"kernel_shape": [2, 2], "strides": [2, 2]}))
    found.append(("Transpose", [before], "last", {"perm": [0, 2, 3, 1]}))
    found.append(("Flatten", ["last"], "flatten", {}))
    for name, given, sums in (("fc1", "flatten", "s1"), ("fc2", "fc1", "s2"), ("predictions", "fc2", "logits")):
        found.append(("MatMul", [given, f"{name}/kernel"], f"{name}:product", {}))
        found.append(("Add", [f"{name}:product", f"{name}/bias"], sums, {}))
        found.append(("Softmax" if sums == "logits" else "Relu", [sums], name, {}))
    return found


def convolutions() -> dict[str, tuple[int, ...]]:
    """Kernels as ONNX keeps them, `(out, in, 3, 3)`."""
    shapes, channels = {}, 3
    for name in vgg16.CONVOLUTIONS:
        filters = vgg16.BLOCKS[int(name[5]) - 1][0]
        shapes[name] = (filters, channels, 3, 3)
        channels = filters
    return shapes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Convolutions of zeros whose last bias is 1, so that block5_pool is 1 everywhere; a few weights after that."""
    made = tmp_path_factory.mktemp("full")
    tensors, end = [], 0
    with (made / "vgg16.onnx.data").open("wb") as data:
        for layer, shape in {**convolutions(), **DENSE}.items():
            parts = {"kernel": shape, "bias": (shape[0] if len(shape) == 4 else shape[1],)}
            for part, extents in parts.items():
                end += -end % PAGE
                tensor = onnx.TensorProto(name=f"{layer}/{part}", data_type=onnx.TensorProto.FLOAT, dims=extents)
                tensor.data_location = onnx.TensorProto.EXTERNAL
                size = 4 * int(np.prod(extents))
                for key, value in {"location": "vgg16.onnx.data", "offset": end, "length": size}.items():
                    tensor.external_data.add(key=key, value=str(value))
                tensors.append(tensor)
                for place, value in WEIGHTS.get(tensor.name, {}).items():
                    data.seek(end + 4 * int(np.ravel_multi_index(place, extents)))
                    data.write(np.float32(value).tobytes())
                if tensor.name == "block5_conv3/bias":
                    data.seek(end)
                    data.write(np.ones(512, np.float32).tobytes())
                end += size
        data.truncate(end)
    layers = [row[2] for row in rows() if row[2].startswith(("block", "flatten", "fc", "pred")) and ":" not in row[2]]
    path = written(made / "vgg16.onnx", rows(), {}, ("n", 224, 224, 3), ["predictions"], layers=layers, logits="logits")
    model = onnx.load(path)
    model.graph.initializer.extend(tensors)
    path.write_bytes(model.SerializeToString())
    yield made
    (made / "vgg16.onnx.data").unlink()


WEIGHTS = {  # of fc1 the first and the last input, of which one ends at a unit that its bias keeps shut
    "fc1/kernel": {(0, 7): 3.0, (25087, 7): 2.0, (100, 8): 1.0},
    "fc1/bias": {(8,): -2.0},
    "fc2/kernel": {(7, 9): 0.5, (8, 9): 100.0},
    "fc2/bias": {(9,): 1.0},
    "predictions/kernel": {(9, 385): -4.0, (9, 386): 1.0},
    "predictions/bias": {(385,): 0.25},
}


def test_the_dense_layers_stay_in_the_file(folder):
    ran = subprocess.run(
        [sys.executable, "-c", BUILD],
        cwd=ROOT,
        env={**environment(1), "VGG16_FOLDER": str(folder)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    told = json.loads(ran.stdout.splitlines()[-1])
    assert told["features"] == [1.0, 1.0]
    # fc1: 3 + 2 = 5 and 1 - 2 shut; fc2: 5 / 2 + 1 = 3.5; the logit: -4 * 3.5 + 1/4
    assert told["logit"] == -13.75
    # the way back: -4 * 0.5 * (3 and 2), and nothing through the shut unit
    assert told["gradient"] == [[-6.0, -4.0], 10.0]
    assert told["built"] < 250e6  # the 59 MB of the convolutions, for a moment twice; the dense layers alone are 495


def test_without_its_weights_the_worker_says_how_to_get_them(monkeypatch, tmp_path):
    monkeypatch.setitem(CARDS, "vgg16", replace(vgg16.FULL, weights=tmp_path / "vgg16.onnx"))
    for kind, settings in (("dream", {"class_index": 385}), ("attribute", {"picture": np.zeros((224, 224, 3))})):
        with pytest.raises(ValueError, match="python -m export vgg16"):
            jobs.JOBS[kind].check({"network": "vgg16", **settings})


def test_half_of_the_files_is_not_enough(folder, monkeypatch, tmp_path):
    assert vgg16.FULL.weights.name == "vgg16.onnx"
    monkeypatch.setattr(vgg16, "FULL", replace(vgg16.FULL, weights=folder / "vgg16.onnx"))
    assert vgg16.full_is_here()
    (tmp_path / "vgg16.onnx").write_bytes((folder / "vgg16.onnx").read_bytes())
    monkeypatch.setattr(vgg16, "FULL", replace(vgg16.FULL, weights=tmp_path / "vgg16.onnx"))
    assert not vgg16.full_is_here()
    (tmp_path / "vgg16.onnx.data").write_bytes(b"cut short")
    assert not vgg16.full_is_here()


def test_other_weights_beside_the_file_are_another_question(monkeypatch, tmp_path):
    """What was dreamt with one file of weights must not be shown for another."""
    card = replace(vgg16.FULL, weights=tmp_path / "vgg16.onnx")
    card.weights.write_bytes(b"the graph")
    assert card.files == [card.weights]
    card.beside.write_bytes(b"some weights")
    monkeypatch.setattr(models, "source", lambda *_: card)
    keys = set()
    for weights in (b"some weights", b"other weights"):
        card.beside.write_bytes(weights)
        for kind in ("dream", "attribute"):
            keys.add(result_cache.key(kind, {}, jobs.JOBS[kind].files({"network": "vgg16"})))
    assert len(keys) == 4
