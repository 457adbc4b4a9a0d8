"""The .zip of a picture whose network reads no text: what the network gave, where its classes are, a page to read."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile

import numpy as np
import onnx
import onnxruntime
import pytest
from PIL import Image

from explain.network import weights
from explain.network.apart.network import RemoteNetwork
from explain.network.apart.pool import Pool
from explain.network.costs.layers import read
from explain.network.session import Network
from explain.network.weights import network_weights
from explain.pictures import images
from explain.report import files, photograph, pictures
from explain.report.reading import ReportError
from explain.report.seen import ClassMaps, Seen, class_maps, likeliest
from tests.explain.attribution import small_networks
from tests.explain.panels.page import made
from tests.explain.report.test_page import Page
from tests.explain.report.words import EVIL

LAYERS = {"first": "../../first layer/" + "x" * 300, "last": "..", "mean": "C:\\mean?", "answer": "answer"}


def seen_by(network: Network, title: str = "a photograph", passes: int = 0, **more) -> Seen:
    height, width, channels = network.description.input_shape
    shape = (height, width) if channels == 1 else (height, width, 3)
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 256, shape, np.uint8))
    batch = network.description.prepared(picture)
    values = {name: value[0] for name, value in network.run(batch).items()}
    maps = class_maps(network, batch, values, network_weights, passes)
    return Seen(title, network.description, picture, batch, values, maps, **more)


def test_what_each_layer_costs_is_a_table(animals):
    costs = read(animals.description, animals.description.input_shape[:2])
    cells = [text for tag, text in Page(opened(seen_by(animals, costs=costs)).read("report.html").decode()).texts]
    dearest = max(costs, key=lambda cost: cost.multiply_adds)
    assert f"{dearest.multiply_adds:,}" in cells and "together" in cells


def opened(seen: Seen) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(photograph.bundle(seen)))


def npz(packed: zipfile.ZipFile, name: str):
    return np.load(io.BytesIO(packed.read(name)))


@pytest.fixture(scope="module")
def animals(tmp_path_factory) -> Network:
    return Network(small_networks.averaging(tmp_path_factory.mktemp("seen") / "animals.onnx"))


@pytest.fixture(scope="module")
def seen(animals) -> Seen:
    return seen_by(animals, visualised={2: Image.new("RGB", (8, 8), (1, 2, 3))})


@pytest.fixture(scope="module")
def packed(seen) -> zipfile.ZipFile:
    return opened(seen)


def test_arrays_are_what_onnx_runtime_says(packed, seen, animals):
    assert packed.testzip() is None
    arrays = npz(packed, "arrays.npz")
    assert set(arrays.files) == {"input", "first", "last", "mean", "answer", "logits"}
    session = onnxruntime.InferenceSession(str(animals.path), providers=["CPUExecutionProvider"])
    (logits,) = session.run(None, {"picture": np.ascontiguousarray(seen.batch.transpose(0, 3, 1, 2))})
    np.testing.assert_allclose(arrays["logits"], logits[0], atol=1e-5)
    np.testing.assert_array_equal(arrays["input"], seen.batch[0])
    for name in seen.network.layer_names:
        np.testing.assert_array_equal(arrays[name], seen.values[name])


def test_classes_are_the_softmax_likeliest_first(packed, seen):
    logits = seen.values["logits"].astype(np.float64)
    shares = np.exp(logits) / np.exp(logits).sum()
    said = json.loads(packed.read("answer.json"))["classes"]
    assert [one["number"] for one in said] == np.argsort(-shares).tolist()
    for one in said:
        assert one["probability"] == pytest.approx(shares[one["number"]], rel=1e-5)
        assert one["class"] == small_networks.CLASSES[one["number"]]
    rows = list(csv.DictReader(io.StringIO(packed.read("classes.csv").decode())))
    assert [float(row["logit"]) for row in rows] == [one["logit"] for one in said]


def test_class_maps_have_the_logits_as_their_means(packed, seen):
    maps, bias = npz(packed, "class_maps.npz"), network_weights(seen.network, "answer")["bias"]
    assert set(maps.files) == {f"class {unit}" for unit in range(5)}
    for unit in range(5):
        assert maps[f"class {unit}"].shape == (16, 28)
        places = maps[f"class {unit}"][::2, ::2]  # a place of the last convolution is centred on every other pixel
        assert places.mean() == pytest.approx(seen.values["logits"][unit] - bias[unit], abs=1e-3)
    drawn = [name for name in packed.namelist() if name.startswith("class_maps/")]
    assert len(drawn) == 5 and sum("cat_" in name for name in drawn) == 2  # two are called alike: with their numbers
    visualised = [name for name in packed.namelist() if name.startswith("class_visualisations/")]
    assert visualised == ["class_visualisations/01_cow.png"]


def test_a_sheet_of_all_channels_holds_every_value_on_one_scale(packed, seen):
    values = seen.values["last"]
    sheet = Image.open(io.BytesIO(packed.read("feature_maps/02_last_all.png"))).convert("RGB")
    assert max(sheet.size) >= 256
    sheet = sheet.resize((29, 35), Image.Resampling.NEAREST)  # two columns of four maps of 14 x 8, a pixel apart
    height, width, channels = values.shape
    columns = round((channels * (height + 1) / (width + 1)) ** 0.5)
    for channel in range(channels):
        top, left = channel // columns * (height + 1), channel % columns * (width + 1)
        tile = np.asarray(sheet.crop((left, top, left + width, top + height)))
        wanted = images.colours(values[..., channel], *images.scale(values))
        assert (tile != wanted).any(axis=-1).mean() < 0.01  # single precision at the edge of two colours
    assert "feature_maps/02_last.png" in packed.namelist()


def test_single_units_are_on_the_scale_of_their_layer():
    values = np.array([0.5, 0.0, 2.0, 1.0], np.float32)
    first, second, *_ = pictures.strongest(values, ["a", "b", "c", "d"])
    assert (first.name, first.range, second.name, second.range) == ("c", "2", "d", "1")
    assert first.picture.getpixel((0, 0)) == tuple(images.palette("unsigned")[255])
    assert second.picture.getpixel((0, 0)) == tuple(images.palette("unsigned")[128])


def test_a_sheet_that_would_be_too_large_holds_the_strongest(monkeypatch):
    values = np.zeros((4, 4, 9), np.float32)
    values[0, 0] = [1, 9, 3, 8, 2, 7, 0, 0, 0]
    monkeypatch.setattr(pictures, "MOST_PIXELS", 5 * 5 * 3)
    sheet = np.asarray(pictures.all_channels(values))
    assert sorted(level for level in np.unique(sheet) if level) == [round(255 * value / 9) for value in (7, 8, 9)]


def test_the_page_says_it_and_needs_nothing_beside_itself(packed, seen):
    page = packed.read("report.html").decode()
    read = Page(page)
    text = " ".join(data for _, data in read.texts)
    assert f"calls this {seen.called(seen.likeliest[0])}" in " ".join(text.split())
    assert "Class activation maps, exact shares of the logit, at last" in text
    assert not {"script", "link", "iframe", "object", "base", "a"} & set(read.tags)
    links = [value for _, name, value in read.attributes if name in ("src", "href", "srcset", "action", "data")]
    assert links and all(value.startswith("data:image/png;base64,") for value in links)
    assert not re.search(r"https?://", page) and "url(" not in page and "half precision" not in page
    assert "class_visualisations/" in text and "class_maps/" in text
    assert read.tags.count("img") == 1 + 5 + 1 + 6 + 8 + 8 + 5


def test_occlusion_where_the_last_layers_tell_no_map(tmp_path):
    network = Network(small_networks.shapeless(tmp_path / "shapeless.onnx"))
    seen = seen_by(network, passes=91)
    top, left, size = 6, 10, 4
    covered = seen.batch.copy()
    covered[0, top : top + size, left : left + size] = seen.batch[0].mean(axis=(0, 1))
    unit = seen.likeliest[0]
    assert len(seen.maps.values) == 5 and seen.maps.values[unit].shape == (16, 28)
    # the corner lies under one patch alone: its value is what covering that patch costs
    corner = seen.batch.copy()
    corner[0, :4, :4] = seen.batch[0].mean(axis=(0, 1))
    lost = seen.values["logits"][unit] - network.run(corner, ["logits"])["logits"][0, unit]
    assert seen.maps.values[unit][0, 0] == pytest.approx(lost, abs=1e-5)
    assert "Occlusion" in opened(seen).read("report.html").decode()
    few = seen_by(network, passes=90)
    assert few.maps.values == {} and "takes 91 passes" in few.maps.how
    packed = opened(few)
    assert not [name for name in packed.namelist() if name.startswith("class_maps")]
    assert "class_maps" not in packed.read("report.html").decode()


def test_without_a_head_there_are_layers_and_the_description(tmp_path):
    seen = seen_by(Network(made.body(tmp_path / "body.onnx")))
    packed = opened(seen)
    assert likeliest(seen.network, seen.values) == []
    names = packed.namelist()
    assert not [name for name in names if name.startswith(("answer", "class"))]
    assert json.loads(packed.read("network.json"))["head"] == "none"
    rows = list(csv.DictReader(io.StringIO(packed.read("layers.csv").decode())))
    assert [row["layer"] for row in rows] == ["picture", "edges", "shapes"]
    assert set(npz(packed, "arrays.npz").files) == {"input", "edges", "shapes", "logits"}
    text = " ".join(data for _, data in Page(packed.read("report.html").decode()).texts)
    assert "does not say what its numbers stand for" in text and "classes.csv" not in text


@pytest.fixture
def strange(tmp_path) -> Network:
    """A network whose layers have the names of paths, and whose classes are HTML."""
    path = small_networks.averaging(tmp_path / "strange.onnx")
    model = onnx.load(path)
    for node in model.graph.node:
        node.input[:] = [LAYERS.get(name, name) for name in node.input]
        node.output[:] = [LAYERS.get(name, name) for name in node.output]
    facts = {entry.key: entry.value for entry in model.metadata_props}
    labels = [EVIL, "../../up", "=1+1", "x" * 500, "ß 中"]
    facts |= {"layers": json.dumps(list(LAYERS.values())), "labels": json.dumps(labels), "title": EVIL}
    onnx.helper.set_model_props(model, facts)
    onnx.save(model, path)
    return Network(path)


def test_strange_names_stay_in_their_folders(strange, tmp_path):
    packed = opened(seen_by(strange, title=EVIL))
    names = packed.namelist()
    assert len({name.lower() for name in names}) == len(names)
    assert not [name for name in names if ".." in name or name.startswith("/") or "\\" in name or len(name) > 130]
    packed.extractall(tmp_path / "out")
    assert {path.parent for path in (tmp_path / "out").rglob("*.png")} <= {
        tmp_path / "out" / folder for folder in ("photograph", "class_maps", "feature_maps")
    }
    rows = list(csv.DictReader(io.StringIO(packed.read("layers.csv").decode())))
    arrays = npz(packed, "arrays.npz")
    assert {row["array"] for row in rows} <= set(arrays.files)
    assert not [name for name in arrays.files if ".." in re.split(r"[/\\]", name)]
    read = Page(packed.read("report.html").decode())
    assert "script" not in read.tags and not [name for _, name, _ in read.attributes if name == "onerror"]
    assert any(tag == "h1" and data == EVIL for tag, data in read.texts)


def test_values_that_are_no_numbers_make_no_pictures(seen):
    values = {**seen.values, "last": np.where(seen.values["last"] > 0, np.nan, seen.values["last"])}
    holed = Seen("holes", seen.network, seen.picture, seen.batch, values)
    packed = opened(holed)
    assert np.isnan(npz(packed, "arrays.npz")["last"]).any()
    names = [name for name in packed.namelist() if "last" in name]
    assert names == [] and "some of them are no numbers" in packed.read("report.html").decode()


def test_of_a_network_that_is_computed_apart_nothing_is_read_here(animals, seen, tmp_path, monkeypatch):
    path = small_networks.averaging(tmp_path / "animals.onnx")
    apart = RemoteNetwork(path, Pool())
    try:
        monkeypatch.setattr(weights, "_constants", lambda path: pytest.fail(f"{path} was read in this process"))
        packed = opened(seen_by(apart))
    finally:
        apart.close()
    maps = npz(packed, "class_maps.npz")
    for unit, values in seen.maps.values.items():
        np.testing.assert_allclose(maps[f"class {unit}"], values, atol=1e-5)
    assert {"report.html", "layers.csv", "arrays.npz", "classes.csv"} <= set(packed.namelist())


def test_what_was_left_out_is_said(seen, monkeypatch):
    monkeypatch.setattr(files, "EXACT", 100)
    monkeypatch.setattr(files, "MOST", 2000)
    monkeypatch.setattr(files, "SHORT", 20)
    packed = opened(seen)
    arrays = npz(packed, "arrays.npz")
    kinds = {name: arrays[name].dtype for name in arrays.files}
    assert kinds == {"first": np.float16, "mean": np.float32, "answer": np.float32, "logits": np.float32}
    page = packed.read("report.html").decode()
    assert "not in arrays.npz: input, last." in page and "half precision" in page


def test_layers_that_are_missing_are_named(seen):
    with pytest.raises(ReportError, match="last"):
        Seen("x", seen.network, seen.picture, seen.batch, {"first": seen.values["first"]}, ClassMaps(""))
