"""What the button saves for networks that nothing in the project knows."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest

from explain.network.description import describe
from explain.panels.inputs import word
from explain.panels.page import download
from explain.panels.page.subject import Subject
from explain.report.archive import file_name
from tests.explain.panels.layers.third import LABELS, STEPS, recogniser

KINDS = {
    "logits": {},
    "unnamed": {"lstms": ((5, "bidirectional"), (4, "reverse")), "named": False, "softmax": True},
    "convolutions": {"lstms": ()},
}


@pytest.fixture(params=KINDS)
def subject(request, tmp_path, monkeypatch) -> Subject:
    recogniser(tmp_path / f"{request.param}.onnx", **KINDS[request.param])
    monkeypatch.setenv("NETWORKS_FOLDER", str(tmp_path))
    return Subject.of(request.param, *word.from_sample("elephant"))


def test_the_archive_holds_every_layer_and_the_reading_of_any_recogniser(subject):
    packed = zipfile.ZipFile(io.BytesIO(download.archive(subject)))
    description = describe(subject.description.path)
    arrays = np.load(io.BytesIO(packed.read("arrays.npz")))
    for layer in description.layer_names:
        np.testing.assert_array_equal(arrays[layer], subject.values[layer])
    said = json.loads(packed.read("reading.json"))
    assert said["best_path"]["text"] == subject.text and said["alphabet"] == "xyZ7"
    assert said["best_path"]["path"] == [LABELS[label] or "blank" for label in subject.probabilities.argmax(1)]
    traces = np.load(io.BytesIO(packed.read("lstm.npz")))
    directions = [f"{layer.name}_{way}" for layer in description.of_kind("lstm") for way in layer.directions]
    assert {name.removesuffix("_hidden") for name in traces.files if name.endswith("_hidden")} == set(directions)
    assert all(traces[f"{name}_hidden"].shape[0] == STEPS for name in directions)
    folders = {name.count("/") for name in packed.namelist() if name.startswith("feature_maps/")}
    assert folders == {1, 2}  # a slash in a layer's name makes no folder


@pytest.mark.parametrize(
    ("name", "file"),
    [("conv_1", "conv_1"), ("/rnn/LSTM:0", "_rnn_LSTM_0"), ("../x", "_x"), ("channel 5", "channel_5"), ("/", "_")],
)
def test_names_of_layers_and_channels_are_safe_on_any_disk(name, file):
    assert file_name(name) == file
