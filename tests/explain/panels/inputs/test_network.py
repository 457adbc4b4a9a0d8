"""What stands first on the page: the networks to choose from, and the pictures that each of them looks at."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from explain.panels.inputs import photograph
from explain.panels.own import visitor
from explain.panels.page import resources
from models.preprocessing import Preprocessing
from tests.explain.panels.page import made
from tests.explain.panels.page.test_third import page
from tests.explain.panels.views import text_of


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("NETWORKS_FOLDER", str(tmp_path))
    return tmp_path


def silent(path: Path, make=made.recogniser, **stated: str) -> Path:
    """A network whose file says nothing but what is stated."""
    make(path)
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, stated)
    onnx.save(model, path)
    return path


def control(test):
    return next(box for box in test.selectbox if box.label == "Network")


def test_a_visitors_own_networks_stand_last_and_are_marked(folder, tmp_path_factory, monkeypatch):
    made.classifier(folder / "namer.onnx")
    described = resources.describe(made.body(tmp_path_factory.mktemp("private") / "mine.onnx"))
    monkeypatch.setattr(visitor, "names", lambda: ("mine",))
    monkeypatch.setattr(visitor, "descriptions", lambda: {"mine": described})
    assert control(page()).options[-2:] == ["Third namer", "Third body (yours)"]


def test_a_long_name_is_cut_in_the_heading_alone(folder):
    title = "A recogniser of very many words in very many languages"
    silent(folder / "long.onnx", labels=json.dumps(made.LABELS), blank="0", title=title)
    test = page(network="long")
    heading = next(line for line in text_of(test).splitlines() if line.startswith("#### Inside "))
    assert len(heading) < 60 and heading.endswith("…") and control(test).value == title


def test_a_sequence_that_nobody_has_answered_for_looks_at_words(folder):
    silent(folder / "silent.onnx")
    test = page(network="silent")
    said = text_of(test)
    assert "which silent lacks. If it is one, say so under *Answers*." in said
    assert test.button_group(key="from").options == ["Samples", "Upload", "Camera", "Type a word"]
    assert any(button.label == "Answers" for button in test.button)
    test = page(network="silent", **{"from": "Type a word", "word_text": "Zuß"})
    assert not test.error and "**Layers**" in text_of(test)


def test_before_its_labels_are_known_a_recogniser_reads_numbers(folder):
    path = silent(folder / "numbers.onnx", head="ctc", blank="0")
    said = text_of(page(network="numbers", **{"from": "Type a word", "word_text": "anything"}))
    assert "each stands here by its number. Say them under *Answers*." in said
    read = next(line for line in said.splitlines() if line.startswith("**CTC decoding** :gray[reads]"))
    used = {int(part) for part in read.replace("\\", "").replace("]", "[").split("[") if part.isdigit()}
    assert used and used < set(range(1, len(made.LABELS))) and path.is_file()


def test_all_ten_bars_are_what_the_network_says(folder):
    classes = [f"thing {index}" for index in range(14)]
    path = made.classifier(folder / "namer.onnx", classes)
    test = page(network="namer", photo=list(photograph.samples())[1])
    batch = Preprocessing(32, 32, "rgb", fit="crop").prepare(photograph.sample(list(photograph.samples())[1]))
    logits = (
        onnxruntime.InferenceSession(str(path))
        .run(None, {"picture": np.ascontiguousarray(batch.transpose(0, 3, 1, 2))})[0][0]
        .astype(np.float64)
    )
    chances = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    (chart,) = [node for node in test.get("vega_lite_chart") if "thing" in node.proto.spec]
    bars = json.loads(chart.proto.spec)["layer"][0]["data"]["values"]
    best = np.argsort(-chances)[:10]
    assert [bar["text"] for bar in bars] == [f"{classes[unit]} · {unit}" for unit in best]
    np.testing.assert_allclose([bar["probability"] for bar in bars], chances[best], atol=1e-5)
    assert "The 10 likeliest of its 14 classes" in text_of(test)


def test_a_network_that_ends_in_sigmoids_says_each_class_by_itself(folder):
    path = folder / "apart.onnx"
    maker = made.Maker(4)
    flat = maker.add(
        "Flatten", [maker.add("GlobalAveragePool", [maker.conv("picture", "only", (3, 6))], "mean")], "flat"
    )
    scores = maker.add("Gemm", [flat, maker.weight("kernel", 6, 3), maker.weight("bias", 3)], "scores")
    answer = maker.add("Sigmoid", [scores], "chances")
    maker.write(path, ["N", 3, 32, 32], (answer, ["N", 3]), {"labels": json.dumps(made.CLASSES)})
    test = page(network="apart")
    assert "(sigmoid: each class by itself)" in text_of(test)
    batch = Preprocessing(32, 32, "rgb", fit="crop").prepare(photograph.sample(next(iter(photograph.samples()))))
    given = {"picture": np.ascontiguousarray(batch.transpose(0, 3, 1, 2))}
    values = onnxruntime.InferenceSession(str(path)).run(None, given)[0][0]
    (chart,) = [node for node in test.get("vega_lite_chart") if "goose" in node.proto.spec]
    bars = json.loads(chart.proto.spec)["layer"][0]["data"]["values"]
    np.testing.assert_allclose([bar["probability"] for bar in bars], sorted(values)[::-1], atol=1e-5)
