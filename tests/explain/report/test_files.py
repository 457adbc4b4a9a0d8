"""What every archive is made of: names for any disk, arrays as numpy reads them, tables for a spreadsheet."""

from __future__ import annotations

import csv
import io
import zipfile

import numpy as np
import pytest

from explain.network.description import describe
from explain.report import files
from tests import test_third_network

STRANGE = ("conv_1", "/rnn/LSTM:0", "../../etc/passwd", "a\\..\\b", " ", "", "x" * 300, "CON", "a\0b", "file", "ß.中")


def test_files_names_are_single_names_on_any_disk():
    names = [files.numbered(place, name) for place, name in enumerate(STRANGE, 1)]
    for name in names:
        assert set(name) & set('/\\:*?"<>|\0 ') == set() and len(name) <= 84
        assert name not in (".", "..") and not name.endswith(".")
    assert len({name.lower() for name in names}) == len(STRANGE)


def test_arrays_keep_their_names_but_for_paths_and_endless_ones(tmp_path):
    keys = files.keys(STRANGE)
    kept = {name for name, key in keys.items() if name == key}
    assert kept == {"conv_1", "/rnn/LSTM:0", " ", "CON", "file", "ß.中"}
    arrays = {key: np.random.default_rng(place).normal(size=(place, 3)) for place, key in enumerate(keys.values(), 1)}
    with zipfile.ZipFile(tmp_path / "whole.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        files.write_arrays(packed, "arrays.npz", arrays)
        packed.writestr("after", b"1")
    with zipfile.ZipFile(tmp_path / "whole.zip") as packed:
        assert packed.testzip() is None
        read = np.load(io.BytesIO(packed.read("arrays.npz")))
    assert set(read.files) == set(arrays)
    for name, array in arrays.items():
        assert read[name].dtype == np.float32
        np.testing.assert_array_equal(read[name], array.astype(np.float32))


def test_views_that_lie_otherwise_in_memory_are_written_in_order():
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4).transpose(2, 0, 1)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        files.write_arrays(packed, "a.npz", {"x": array}, np.float64)
    (read,) = np.load(io.BytesIO(zipfile.ZipFile(file).read("a.npz"))).values()
    np.testing.assert_array_equal(read, array)
    assert read.dtype == np.float64


def test_large_arrays_are_kept_in_half_precision_and_the_largest_left_out(monkeypatch):
    monkeypatch.setattr(files, "EXACT", 4000)
    monkeypatch.setattr(files, "MOST", 5000)
    monkeypatch.setattr(files, "SHORT", 90)
    small, large = np.zeros(100, np.float32), np.full(900, 1e6, np.float32)
    assert files.fitting({"small": small}) == files.Kept({"small": np.float32})
    most = np.zeros(2000, np.float32)
    kept = files.fitting({"small": small, "large": large, "most": most})
    assert kept.kinds == {"small": np.float16, "large": np.float32}  # 1e6 is too much for a half
    assert kept.left_out == ("most",) and kept.halved
    holes = np.array([np.nan, np.inf, 2.0] * 500, np.float32)
    assert files.fitting({"holes": holes}) == files.Kept({"holes": np.float16})


def test_the_table_of_layers_says_what_each_is(tmp_path):
    network = describe(test_third_network.make(tmp_path / "third.onnx"))
    rows = list(csv.DictReader(io.StringIO(files.table_of_layers(network, {"t12": np.array([-1.5, 2.0])}).decode())))
    assert [row["layer"] for row in rows] == ["pixels", *network.layer_names]
    named = {row["layer"]: row for row in rows}
    depthwise = named["t12"]
    assert depthwise["kernel"] == "3 x 3" and depthwise["groups"] == "8" and depthwise["activation"] == "hard_swish"
    assert depthwise["padding"] == "top 2 bottom 2 left 2 right 2"
    assert depthwise["takes"] == "t7" and depthwise["parameters"] == "80"
    assert (depthwise["lowest"], depthwise["highest"], named["t13"]["lowest"]) == ("-1.5", "2.0", "")
    assert named["t13"]["takes"] == "t12 + t7" and named["pixels"]["shape"] == "24 x 60 x 1"
    assert named["frames"]["array"] == "frames" and named["pixels"]["array"] == "input"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-cmd", "@x", "\t=1"])
def test_no_text_is_taken_for_a_formula(text):
    (row,) = csv.reader(io.StringIO(files.as_csv([(text, -1.5, "plain")]).decode()))
    assert row == [f"'{text}", "-1.5", "plain"]
