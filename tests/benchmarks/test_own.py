"""The benchmark of anybody's files on the network that nothing in the project knows, and on what is no network."""

from __future__ import annotations

import json

import numpy as np

from explain.network.description import describe
from explain.network.session import Network
from tests.benchmarks import own, own_file
from tests.test_third_network import make


def test_every_figure_of_a_file(tmp_path):
    path = make(tmp_path / "third.onnx")
    result = own_file.measure(path, rounds=2)
    assert result["opened"] and result["layers"] == 14 and result["other"] == {}
    assert result["units"]["right"] == result["units"]["tried"] == 14 * own_file.UNITS
    assert result["units"]["wrong"] == {} == result["units"]["unsaid"]
    assert result["gradient"]["off"] < 5e-3 and result["gradient"]["value_off"] < 1e-4
    assert "CTC in depth" in result["views"] and result["all_to_plain"] > 0 and result["peak_mb"] > 50
    line = own.line("third.onnx", json.loads(json.dumps(result)))
    assert line.startswith("third.onnx: 14 layers, 0 other; all shown ") and "\n" not in line


def test_a_wrong_unit_and_a_wrong_gradient_would_be_noticed(tmp_path, monkeypatch):
    network = Network(make(tmp_path / "third.onnx"))
    picture = own_file.picture_for(network.description)
    outputs = network.run(picture)
    outputs["t6"] = outputs["t6"] + 0.01 * np.abs(outputs["t6"]).max()
    wrong = own_file.units(network.description, picture, outputs)["wrong"]
    assert "t6 (add)" in wrong
    slopes = own_file._slopes
    monkeypatch.setattr(own_file, "_slopes", lambda *given: (1.05 * slopes(*given)[0], *slopes(*given)[1:]))
    assert own_file.gradient(network, picture)["off"] > 0.02


def test_a_file_that_does_not_open_is_one_line(tmp_path):
    (tmp_path / "bad.onnx").write_bytes(b"no network")
    result = own.main([str(tmp_path / "bad.onnx"), "--rounds", "1"])["bad.onnx"]
    assert not result["opened"] and own.line("bad.onnx", result).startswith("bad.onnx: not opened. bad.onnx is not")
    (tmp_path / "bad.keras").write_bytes(b"no network")
    told = own.main([str(tmp_path / "bad.keras")])["bad.keras"]
    assert not told["opened"] and told["why"] and told["export_seconds"] > 0


def test_views_are_those_that_the_network_has_all_for(tmp_path):
    description = describe(make(tmp_path / "third.onnx"))
    assert "Layer by layer" in own_file.views(description) and "photograph" not in own_file.views(description)
