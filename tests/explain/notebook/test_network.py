"""A network from Python: what it is opened by, what it says of itself, and answers that others give as well."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image

import explain
from explain import open_network
from explain.ctc import alternatives, decoding
from explain.network.errors import NetworkError
from explain.network.own.answers import Answers
from explain.network.session import Network
from explain.panels.inputs import word
from explain.panels.page.subject import Subject
from models.networks import CARDS
from models.pictures import PictureError
from tests.explain.attribution import small_networks
from tests.explain.panels.page import made

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = "models/samples/words/elephant.png"


@pytest.fixture(scope="module")
def reader():
    return open_network("crnn")


@pytest.fixture(scope="module")
def animals(tmp_path_factory):
    return open_network(small_networks.averaging(tmp_path_factory.mktemp("animals") / "animals.onnx"))


def pixels(height: int = 20, width: int = 30, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def test_importing_the_package_loads_nothing():
    code = "import sys, explain; print(sorted(n for n in sys.modules if n.split('.')[0] in ('explain', 'numpy')))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout.strip() == "['explain']", ran.stderr
    assert explain.__all__ == ["open_network"] and "open_network" in dir(explain)
    with pytest.raises(AttributeError, match="no attribute 'opened'"):
        explain.opened  # noqa: B018


def test_layers_are_those_of_one_pass(reader):
    picture = reader.picture(ROOT / SAMPLE)
    layers = reader.layers(picture)
    network = Network(CARDS["crnn"])
    assert list(layers) == list(network.output_names)
    for name, values in network.run(picture.batch).items():
        np.testing.assert_array_equal(layers[name], values[0])
    assert list(reader.layers(picture, ["conv_5", "conv_2"])) == ["conv_2", "conv_5"]
    assert reader.weights("conv_1")["kernel"].shape == (3, 3, 1, 64)
    assert reader.weights("pool_1") == {}


def test_a_picture_is_prepared_as_on_the_page(reader):
    subject = Subject.of("crnn", *word.from_sample("elephant"))
    picture = reader.picture(ROOT / SAMPLE)
    np.testing.assert_array_equal(picture.batch, subject.batch)
    np.testing.assert_array_equal(np.asarray(picture.seen), np.asarray(subject.seen))
    for same in ((ROOT / SAMPLE).read_bytes(), Image.open(ROOT / SAMPLE), np.asarray(Image.open(ROOT / SAMPLE))):
        np.testing.assert_array_equal(reader.picture(same).batch, picture.batch)
    assert repr(picture) == "Picture of 32 × 128 pixels for crnn"
    assert Image.open(io.BytesIO(picture._repr_png_())).size == (128, 32)


def test_the_reading_is_that_of_the_page(reader):
    subject = Subject.of("crnn", *word.from_sample("elephant"))
    answer = reader.answer(ROOT / SAMPLE)
    p, labels = subject.probabilities, subject.best.labels
    assert answer.text == subject.text == "elephant" and answer.labels == labels
    np.testing.assert_allclose(answer.probabilities, p, atol=1e-6)
    assert answer.probability == pytest.approx(np.exp(decoding.log_probability(p, labels)), rel=1e-4)
    found = alternatives.characters(p, labels)
    assert [one.probability for one in answer.characters] == pytest.approx([one.posterior for one in found], rel=1e-4)
    columns = [one.columns for one in answer.characters]
    assert columns == sorted(columns) and all(0 <= first < end <= 128 for first, end in columns)
    assert answer.texts(3)[0] == ("elephant", pytest.approx(answer.probability))
    assert repr(answer).splitlines()[0] == f"“elephant”, probability {answer.probability:.4f}"
    assert answer._repr_html_().count("<tr>") == 9


def test_what_reads_as_nothing_says_so(reader):
    answer = reader.answer(np.full((32, 128), 255, np.uint8))
    assert answer.text == "" and answer.characters == () and 0 < answer.probability <= 1
    assert repr(answer).splitlines()[0] == f"nothing is read, probability {answer.probability:.4f}"
    assert "<table>" not in answer._repr_html_()


def test_classes_are_the_softmax_of_the_logits(animals):
    answer = animals.answer(pixels())
    logits = animals.layers(pixels())["logits"].astype(np.float64)
    shares = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(answer.probabilities, shares, rtol=1e-5)
    order = np.argsort(-shares)
    assert [one.unit for one in answer.likeliest] == order.tolist()
    assert [one.name for one in answer.likeliest] == [small_networks.CLASSES[unit] for unit in order]
    assert answer.best.probability == pytest.approx(shares.max())
    assert repr(answer).splitlines()[0].split() == ["class", "probability", "number"]
    assert answer.best.name in answer._repr_html_()


def test_the_table_of_layers(animals, reader):
    lines = repr(animals).splitlines()
    assert lines[0] == "Animals: names one of 5 classes; 4 layers, 653 parameters"
    assert [line.split()[0] for line in lines[2:]] == ["picture", "first", "last", "mean", "answer"]
    assert lines[3].split() == ["first", "conv", "8", "×", "14", "×", "6", "168"]
    assert repr(reader).startswith("CRNN") and "reads texts of 62 characters; 17 layers, 6,619,711" in repr(reader)
    assert animals._repr_html_().count("<tr>") == 6


def test_text_of_strangers_is_escaped_in_a_notebook(tmp_path):
    evil = open_network(made.classifier(tmp_path / "evil.onnx", classes=("<script>", "&", "b")))
    answer = evil.answer(pixels())
    assert "<script>" not in answer._repr_html_() and "&lt;script&gt;" in answer._repr_html_()


def test_a_network_without_a_head_has_layers_alone(tmp_path):
    body = open_network(made.body(tmp_path / "body.onnx"))
    assert "its file does not say what its numbers stand for" in repr(body)
    assert body.layers(pixels())["shapes"].shape == (20, 28, 5)
    with pytest.raises(NetworkError, match="does not say what its numbers stand for"):
        body.answer(pixels())


def test_what_a_file_does_not_say_can_be_said(tmp_path):
    path = made.recogniser(tmp_path / "reader.onnx")
    whole = open_network(path)
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "silent.onnx")
    silent = open_network(tmp_path / "silent.onnx")
    with pytest.raises(NetworkError, match="with_answers"):
        silent.answer(ROOT / SAMPLE)
    wanted = whole.description.preprocessing
    told = silent.with_answers(Answers("ctc", made.LABELS, 0, wanted, "Reader"))
    assert told.answer(ROOT / SAMPLE).text == whole.answer(ROOT / SAMPLE).text != ""
    assert told.title == "Reader" and told.why(ROOT / SAMPLE).about == whole.why(ROOT / SAMPLE).about
    half = told.with_answers(Answers(preprocessing=replace(wanted, mean=(127.5,), deviation=(127.5,))))
    seen = half.picture(ROOT / SAMPLE)
    assert half.title == "Reader" and seen.batch.min() < 0 <= told.picture(ROOT / SAMPLE).batch.min()
    with pytest.raises(NetworkError, match="prepared for another network"):
        told.layers(seen)
    with pytest.raises(NetworkError, match="a label for each of its 16 numbers"):
        silent.with_answers(Answers("ctc", made.LABELS[:9], 0))


def test_networks_are_found_by_name_and_by_file(tmp_path, monkeypatch):
    monkeypatch.setenv("NETWORKS_FOLDER", str(tmp_path))
    small_networks.averaging(tmp_path / "animals.onnx")
    assert open_network("animals").title == "Animals"
    monkeypatch.chdir(tmp_path)
    assert open_network("animals.onnx").title == "Animals"
    by_file = open_network(CARDS["crnn"].weights)
    assert by_file.description.card is CARDS["crnn"]  # a file cannot say all that its card does


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nobody", "There is neither a file 'nobody' nor a network of that name; there are crnn"),
        ("model.h5", "model.h5 is a Keras file: make an ONNX file of it with `python -m export model.h5`."),
        ("torn.onnx", "torn.onnx is not a network"),
    ],
)
def test_what_cannot_be_opened_is_said_in_a_sentence(name, sentence, tmp_path, monkeypatch):
    (tmp_path / "torn.onnx").write_bytes(b"\x08\x09nothing")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NetworkError) as raised:
        open_network(name)
    assert sentence in str(raised.value) and "\n" not in str(raised.value)


def test_what_is_no_picture_is_said_in_a_sentence(reader, animals, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    for source, sentence in (
        (tmp_path / "nowhere.png", "can't be read"),
        (tmp_path / "text.png", "not a picture"),
        (np.zeros((4, 4, 3)), "uint8 from 0 to 255"),
        (np.zeros((0, 4), np.uint8), "uint8 from 0 to 255"),
    ):
        with pytest.raises(PictureError, match=sentence):
            reader.picture(source)
    with pytest.raises(NetworkError, match="prepared for another network; prepare it for Animals"):
        animals.answer(reader.picture(ROOT / SAMPLE))
    with pytest.raises(NetworkError, match="has no layer called 'conv_9'"):
        reader.layers(ROOT / SAMPLE, ["conv_9"])
    with pytest.raises(NetworkError, match="has no layer called 'conv_9'"):
        reader.weights("conv_9")
