"""What the button saves, for networks that nothing in the project knows as well, and what it says of that."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import onnx
import pytest

from explain.network.description import describe
from explain.panels.inputs import photograph, word
from explain.panels.page import download
from explain.panels.page.subject import Subject
from explain.report.archive import file_name
from tests.explain.attribution import small_networks
from tests.explain.panels.layers.third import LABELS, STEPS, recogniser
from tests.explain.panels.page.test_third import BODY, NAMER, READER, alone, folder, page  # noqa: F401 - a fixture

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
    folders = {name.count("/") for name in packed.namelist() if name.startswith("feature_maps/")}
    assert folders == {1, 2}  # a slash in a layer's name makes no folder


def test_the_archive_holds_the_recurrent_layers_that_there_are(subject):
    packed, description = opened(subject), subject.description
    has = bool(description.of_kind("lstm"))
    assert ("lstm.npz" in packed.namelist()) == ("Recurrent layers" in packed.read("report.html").decode()) == has
    if not has:
        return
    traces = np.load(io.BytesIO(packed.read("lstm.npz")))
    directions = [f"{layer.name}_{way}" for layer in description.of_kind("lstm") for way in layer.directions]
    assert {name.removesuffix("_hidden") for name in traces.files if name.endswith("_hidden")} == set(directions)
    assert all(traces[f"{name}_hidden"].shape[0] == STEPS for name in directions)


def test_what_views_add_goes_along_where_it_is_of_this_picture(subject):
    besides = {"charts/path.svg": (subject.ran.digest, "<svg/>"), "other.svg": ("another picture", "")}
    packed = zipfile.ZipFile(io.BytesIO(download.archive(subject, besides)))
    assert packed.read("charts/path.svg") == b"<svg/>" and "other.svg" not in packed.namelist()
    assert set(packed.namelist()) == {*opened(subject).namelist(), "charts/path.svg"}


def test_of_very_many_maps_there_are_sheets_alone(subject, monkeypatch):
    from explain.report import archive

    monkeypatch.setattr(archive, "MOST_MAPS", 10)
    maps = [name for name in opened(subject).namelist() if name.startswith("feature_maps/")]
    layers = len(subject.description.layer_names)
    assert len(maps) == 2 * layers and sum(name.endswith("_all.png") for name in maps) == layers


@pytest.mark.parametrize(
    ("name", "file"),
    [("conv_1", "conv_1"), ("/rnn/LSTM:0", "_rnn_LSTM_0"), ("../x", "_x"), ("channel 5", "channel_5"), ("/", "_")],
)
def test_names_of_layers_and_channels_are_safe_on_any_disk(name, file):
    assert file_name(name) == file


def opened(subject: Subject) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(download.archive(subject)))


def test_a_classifiers_archive_is_of_the_same_photograph_and_pass(tmp_path, monkeypatch):
    small_networks.flat(tmp_path / "animals.onnx", channels_last=True)
    monkeypatch.setenv("NETWORKS_FOLDER", str(tmp_path))
    subject = Subject.of("animals", "photograph", photograph.sample("chelsea"))
    packed = opened(subject)
    arrays = np.load(io.BytesIO(packed.read("arrays.npz")))
    for layer in subject.description.layer_names:
        np.testing.assert_array_equal(arrays[layer], subject.values[layer])
    best = json.loads(packed.read("answer.json"))["classes"][0]
    assert best["number"] == int(subject.probabilities.argmax())
    assert best["probability"] == pytest.approx(float(subject.probabilities.max()))
    assert "Grad-CAM, at first" in packed.read("report.html").decode()
    assert not [name for name in packed.namelist() if name.startswith("class_visualisations/")]


def test_maps_that_would_take_too_long_are_left_out(tmp_path, monkeypatch):
    small_networks.shapeless(tmp_path / "animals.onnx")
    monkeypatch.setenv("NETWORKS_FOLDER", str(tmp_path))
    subject = Subject.of("animals", "photograph", photograph.sample("chelsea"))
    assert "class_maps.npz" in opened(subject).namelist()
    monkeypatch.setattr(download, "COVERING", 0.05)  # a pass counts as a millisecond at least
    assert "class_maps.npz" not in opened(subject).namelist()


def test_a_recogniser_whose_file_leaves_the_pictures_width_open(tmp_path, monkeypatch):
    model = onnx.load(recogniser(tmp_path / "open.onnx"))
    model.graph.input[0].type.tensor_type.shape.dim[3].dim_param = "width"
    model.graph.output[0].type.tensor_type.shape.dim[0].dim_param = "steps"
    onnx.save(model, tmp_path / "open.onnx")
    monkeypatch.setenv("NETWORKS_FOLDER", str(tmp_path))
    subject = Subject.of("open", *word.from_sample("elephant"))
    assert subject.description.input_shape[1] is None
    packed = opened(subject)
    arrays = np.load(io.BytesIO(packed.read("arrays.npz")))
    assert arrays["answer"].shape == (subject.width // 4, len(LABELS))
    assert "None" not in packed.read("report.html").decode()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (READER, "Of the word on top, as Third reader reads it:"),
        (NAMER, "Of the photograph on top, as Third namer sees it:"),
        (BODY, "Of the picture on top, as Third body sees it:"),
    ],
)
def test_the_page_offers_it_for_every_network_and_says_of_what(folder, monkeypatch, name, said):  # noqa: F811
    alone(monkeypatch, name)
    (button,) = page().get("download_button")
    assert button.proto.label == "Download everything" and not button.proto.disabled
    assert button.proto.help.startswith(said) and button.proto.deferred_file_id


def test_the_first_page_offers_the_word():
    (button,) = [one for one in page().get("download_button") if one.proto.label == "Download everything"]
    assert button.proto.help.startswith("Of the word on top, as CRNN reads it:")
    assert "Takes" not in button.proto.help  # under two seconds


def test_the_photograph_of_the_committed_classifier(tmp_path):
    """The one archive here of a real network's size."""
    subject = Subject.of("vgg16-cam", "photograph", photograph.sample("chelsea"))
    assert "Takes about" in download.said(subject)
    data = download.archive(subject)
    assert len(data) < 60e6
    packed = zipfile.ZipFile(io.BytesIO(data))
    names = packed.namelist()
    assert len([name for name in names if name.startswith("class_visualisations/")]) == 5
    arrays = np.load(io.BytesIO(packed.read("arrays.npz")))
    assert arrays["block1_conv1"].dtype == np.float16 and arrays["logits"].dtype == np.float32
    np.testing.assert_allclose(arrays["block4_conv2"], subject.values["block4_conv2"], rtol=1e-3, atol=1e-4)
    assert len(packed.read("report.html")) < 15e6
