"""Anybody's ONNX file exported: each layer an output, the answers in it, its outputs those of the original."""

from __future__ import annotations

import argparse
import json

import numpy as np
import onnx
import onnxruntime
import pytest

from explain.network.description import describe
from explain.network.own.answers import Answers
from explain.network.session import Network
from export.errors import ExportError
from export.own_onnx import add_options, export_onnx
from models import networks
from tests.explain.network.made import written
from tests.explain.network.own.striped import CONTRASTS, HEIGHT, drawn, labelled, reader
from tests.test_third_network import Maker, make


def options(*given: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return parser.parse_args(given)


def run(path, feed):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, feed), strict=True))


def test_every_layer_is_an_output_and_the_old_ones_are_the_same(tmp_path):
    path, told = make(tmp_path / "third.onnx"), []
    before = path.read_bytes()
    made = export_onnx(path, tmp_path / "out", options("--title", "Sounds"), told.append)
    assert made == tmp_path / "out" / "third.onnx" and path.read_bytes() == before
    assert [file.name for file in made.parent.iterdir()] == ["third.onnx"]
    description = describe(made)
    assert description.title == "Sounds" and description.labels == describe(path).labels
    assert description.layer_names == describe(path).layer_names
    assert set(description.layer_names) | {description.logits} <= set(description.outputs)
    feed = {"pixels": np.random.default_rng(1).uniform(-1, 1, (2, 1, 24, 60)).astype(np.float32)}
    np.testing.assert_allclose(run(made, feed)["frames"], run(path, feed)["frames"], atol=1e-6)
    assert Network(made)._with_outputs(onnxruntime.SessionOptions()) == str(made)  # nothing is added any more
    assert f"{len(description.layer_names)} layers, each an output" in "\n".join(told)
    assert told[-1] == f"Start the page with NETWORKS_FOLDER={tmp_path / 'out'}, then open it with ?network=third"


def test_the_page_finds_it_by_itself_in_its_own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NETWORKS_FOLDER", str(tmp_path / "own"))
    told = []
    made = export_onnx(reader(tmp_path / "my reader.onnx"), None, options("--blank", "first"), told.append)
    assert networks.here()["my-reader"] == made and told[-1] == "Open the page with ?network=my-reader"


def test_what_the_options_say_is_kept_and_the_rest_found_out(tmp_path):
    path, told = reader(tmp_path / "striped.onnx", "signed", 4, sides=(HEIGHT, None)), []
    (tmp_path / "labels.txt").write_text("a\nb\nc\nd\n", "utf-8")
    said = options(
        "--labels", str(tmp_path / "labels.txt"), "--scaling", "signed", "--width", "120", "--fit", "stretch"
    )
    description = describe(export_onnx(path, tmp_path / "out", said, told.append))
    assert description.labels == (*CONTRASTS, "") and description.blank == 4
    wanted = description.preprocessing
    assert (wanted.mean, wanted.deviation, wanted.width, wanted.fit) == ((127.5,), (127.5,), 120, "stretch")
    lines = {line.split()[0]: line for line in told}
    assert lines["labels"].endswith("As you say.") and lines["scaling"].endswith("As you say.")
    assert "a white, a grey and a black picture" in lines["blank"]


def test_blank_last_and_labels_as_a_text(tmp_path):
    said = options("--labels", "abcd", "--blank", "last", "--scaling", "255")
    description = describe(export_onnx(reader(tmp_path / "r.onnx", blank=4), tmp_path / "out", said, [].append))
    assert Answers.of(description).labels == ("a", "b", "c", "d", "")
    read = Network(description).run(description.preprocessing.prepare(drawn("cab")))["frames"][0].argmax(1)
    assert [description.labels[unit] for unit in read if unit != 4] == ["c", "a", "b"]


def test_a_lying_picture_and_what_the_file_said_of_its_input(tmp_path):
    metadata = labelled(input=json.dumps({"mean": 127.5, "deviation": 127.5}))
    path = reader(tmp_path / "lying.onnx", "signed", lying=True, sides=(HEIGHT, 90), metadata=metadata)
    description = describe(export_onnx(path, tmp_path / "out", options("--transposed"), [].append))
    assert description.preprocessing.transposed and description.input_shape == (HEIGHT, 90, 1)
    assert description.preprocessing.mean == (127.5,) and description.labels[0] == ""


def with_weights_beside(tmp_path, location="weights.bin"):
    made = Maker()
    x = made.node("Conv", ["picture", made.weight("kernel", 3, 1, 5, 5)], "conv")
    x = made.node("GlobalAveragePool", [x], "mean")
    made.node("Flatten", [x], "classes")
    path = written(tmp_path, made, ["n", 1, 8, 8], output="classes")
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    model = onnx.load(path, load_external_data=False)
    for entry in (entry for tensor in model.graph.initializer for entry in tensor.external_data):
        entry.value = location if entry.key == "location" else entry.value
    onnx.save(model, path)
    return path


def test_weights_beside_the_file_come_along(tmp_path):
    path = with_weights_beside(tmp_path)
    made = export_onnx(path, tmp_path / "out", options(), [].append)
    assert sorted(file.name for file in made.parent.iterdir()) == ["made.onnx", "made.onnx.data"]
    feed = {"picture": np.random.default_rng(0).random((2, 1, 8, 8), dtype=np.float32)}
    expected = run(path, feed)["classes"]
    (tmp_path / "weights.bin").unlink()
    np.testing.assert_allclose(run(made, feed)["classes"], expected, atol=1e-6)


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/hostname", "link.bin"])
def test_weights_are_read_from_the_files_own_folder_alone(tmp_path, location):
    (tmp_path / "secret.bin").write_bytes(bytes(4096))
    folder = tmp_path / "inside"
    folder.mkdir()
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    path = with_weights_beside(folder, location)
    with pytest.raises(ExportError, match="outside of its folder"):
        export_onnx(path, tmp_path / "out", options(), [].append)
    assert list((tmp_path / "out").iterdir()) == []


def test_weights_that_are_missing_or_cut_short_are_said(tmp_path):
    path = with_weights_beside(tmp_path)
    (tmp_path / "weights.bin").write_bytes(b"12")
    with pytest.raises(ExportError, match="cut short"):
        export_onnx(path, tmp_path / "out", options(), [].append)
    (tmp_path / "weights.bin").unlink()
    with pytest.raises(ExportError, match=r"missing: put weights\.bin beside it"):
        export_onnx(path, tmp_path / "out", options(), [].append)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            ["--labels", "abcdef"],
            "Here are 6 labels, and the last layer wants 5, the blank among them, or 4 without it",
        ),
        (["--blank", "9"], "a number from 0 to 4, not '9'"),
        (["--head", "classes"], "does not end in one row of numbers"),
        (["--scaling", "half"], "MEAN/DEVIATION"),
        (["--colour", "rgb"], "takes pictures of 1 channels, and rgb has 3"),
        (["--height", "20"], "takes pictures of height 32, not 20"),
        (["--name", "crnn"], "comes along already"),
    ],
)
def test_options_that_do_not_fit_get_one_sentence(tmp_path, given, said):
    with pytest.raises(ExportError, match=said) as told:
        export_onnx(reader(tmp_path / "striped.onnx"), tmp_path / "out", options(*given), [].append)
    assert "\n" not in str(told.value) and not list(tmp_path.glob("out/*"))


def test_what_is_no_network_of_pictures_gets_one_sentence(tmp_path):
    (tmp_path / "text.onnx").write_text("nothing of the kind")
    (tmp_path / "empty.onnx").write_bytes(b"")
    for name in ("text", "empty"):
        with pytest.raises(ExportError, match=f"{name}.onnx is no ONNX file"):
            export_onnx(tmp_path / f"{name}.onnx", tmp_path / "out", options(), [].append)
    with pytest.raises(ExportError, match="There is no file"):
        export_onnx(tmp_path / "none.onnx", tmp_path / "out", options(), [].append)
    made = Maker()
    made.node("Relu", ["picture"], "out")
    with pytest.raises(ExportError, match="takes one batch of pictures"):
        export_onnx(written(tmp_path, made, ["n", 10], output="out"), tmp_path / "out", options(), [].append)


@pytest.mark.parametrize(("dims", "kind", "words"), [([-1], 1, "cut short"), ([2], 99, "of no type that is known")])
def test_weights_of_impossible_length_or_type_are_refused(tmp_path, dims, kind, words):
    path = with_weights_beside(tmp_path)
    model = onnx.load(path, load_external_data=False)
    (tensor, *_) = model.graph.initializer
    tensor.dims[:], tensor.data_type = dims, kind
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ExportError, match=words):
        export_onnx(path, tmp_path / "out", options(), [].append)


def test_the_same_weights_are_not_copied_without_end(tmp_path):
    path = with_weights_beside(tmp_path)
    (tmp_path / "weights.bin").write_bytes(bytes(2**16))
    model = onnx.load(path, load_external_data=False)
    kernel = model.graph.initializer[0]
    kernel.dims[:] = [2**14]
    model.graph.initializer.extend(type(kernel).FromString(kernel.SerializeToString()) for _ in range(20))
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ExportError, match="again and again"):
        export_onnx(path, tmp_path / "out", options(), [].append)
