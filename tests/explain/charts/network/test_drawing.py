"""The drawing of a whole network, held to what the network's file puts out."""

from __future__ import annotations

import math
from functools import cache
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from explain.charts.network.drawing import PAINT, colours, draw, plan
from explain.charts.network.layout import LARGE, PRINTED, STRIP
from explain.network.description import Description, describe
from explain.network.layers import Layer
from explain.network.session import Network
from models import crnn, vgg16
from tests import test_third_network
from tests.explain.charts.network.graphs import residual
from tests.explain.network.made import chain

SVG = "{http://www.w3.org/2000/svg}"


@cache
def run(description: Description) -> tuple[Image.Image, dict[str, np.ndarray]]:
    """A picture of noise and every layer for it, without the batch; whoever changes them takes a copy."""
    batch = np.random.default_rng(5).uniform(0, 1, (1, *description.input_shape)).astype(np.float32)
    values = {name: array[0] for name, array in Network(description).run(batch).items()}
    return Image.fromarray(description.preprocessing.pixels(batch[0])), values


def groups(svg: str, kind: str) -> dict[str, ElementTree.Element]:
    """The drawing's groups of a kind ("layer" or "stage"), by what they stand for."""
    found = ElementTree.fromstring(svg).iter(f"{SVG}g")
    return {group.get(f"data-{kind}"): group for group in found if group.get(f"data-{kind}")}


def front(group: ElementTree.Element) -> tuple[float, float]:
    """Height and width of a block's front."""
    face = group.findall(f"{SVG}rect")[-1]
    return float(face.get("height")), float(face.get("width"))


def network_files(folder):
    return {
        "crnn": describe(crnn.CARD),
        "vgg16": describe(vgg16.CAM),
        "third": describe(test_third_network.make(folder / "third.onnx")),
        "residual": describe(residual(folder)),
    }


@pytest.mark.parametrize("look", [STRIP, LARGE, PRINTED], ids=["strip", "large", "printed"])
@pytest.mark.parametrize("name", ["crnn", "vgg16", "third", "residual"])
def test_blocks_are_what_the_file_puts_out(name, look, tmp_path):
    description = network_files(tmp_path)[name]
    picture, values = run(description)
    shapes = {description.input.name: (*picture.size[::-1], 1), **{key: array.shape for key, array in values.items()}}
    every = plan(description, picture, values, range(1, 9), look)
    svg = draw(every, picture, values).file()
    blocks = groups(svg, "layer")
    assert list(blocks) == [layer.name for layer in description.layers]
    scale = None
    for layer in description.layers:
        rows, columns = ([1, 1, *shapes[layer.name]])[-3:-1]
        height, width = front(blocks[layer.name])
        scale = scale or width / math.sqrt(columns)
        assert height == pytest.approx(scale * math.sqrt(rows), rel=1e-3)
        assert width == pytest.approx(scale * math.sqrt(columns), rel=1e-3)
        says = blocks[layer.name].find(f"{SVG}title").text
        assert says.startswith(layer.title) and says.endswith(layer.words)
        if layer is not description.input:
            assert f" {shapes[layer.name][-1]:,} " in says
            assert (f"{layer.parameters:,} parameters" if layer.parameters else "no parameters") in says
        assert (blocks[layer.name].find(f"{SVG}image") is not None) == (rows * columns > 1)
    assert svg.count('class="link"') >= sum(len(set(layer.inputs)) for layer in description.layers)


def test_a_folded_stage_says_what_it_holds(tmp_path):
    description = describe(residual(tmp_path))
    picture, values = run(description)
    folded = plan(description, picture, values)
    svg = draw(folded, picture, values).file()
    stages, layers = groups(svg, "stage"), groups(svg, "layer")
    assert list(stages) == ["1", "2", "3"] and folded.stages == {1, 2, 3}
    assert "19 layers" in stages["3"].find(f"{SVG}title").text
    assert len(layers) + sum(int(stage.find(f"{SVG}title").text.split()[0]) for stage in stages.values()) == len(
        description.layers
    )
    opened = plan(description, picture, values, {3})
    assert opened.stages == {1, 2, 3} and plan(description, picture, values, {3}) is opened
    again = groups(draw(opened, picture, values).file(), "stage")
    assert again["3"].find(f"{SVG}title").text == "Fold this stage of 19 layers"


def test_the_answer_stands_at_the_end(tmp_path):
    description = describe(crnn.CARD)
    picture, values = run(description)
    frames = np.full((31, 63), 1e-6, np.float32)
    for frame, character in {3: "d", 4: "d", 9: "o", 20: "g"}.items():
        frames[frame, description.labels.index(character)] = 1
    frames[frames.max(axis=1) < 1, -1] = 1
    values = {**values, description.output.name: frames}
    root = ElementTree.fromstring(draw(plan(description, picture, values), picture, values).file())
    (end,) = [group for group in root.iter(f"{SVG}g") if group.get("class") == "answer"]
    texts = [(text.text, float(text.get("x"))) for text in end.iter(f"{SVG}text")]
    assert [text for text, _ in texts] == ["d", "o", "g", "31 frames → text"]
    left, width = texts[-1][1], float(end.find(f"{SVG}image").get("width"))
    for (_, x), frame in zip(texts, (4, 9.5, 20.5), strict=False):  # the middle of the frames that read it
        assert x == pytest.approx(left + width * frame / 31, abs=0.1)


def test_the_likeliest_classes_stand_at_the_end():
    description = describe(vgg16.CAM)
    picture, values = run(description)
    root = ElementTree.fromstring(draw(plan(description, picture, values), picture, values).file())
    (end,) = [group for group in root.iter(f"{SVG}g") if group.get("class") == "answer"]
    texts = [text.text for text in end.iter(f"{SVG}text")]
    likeliest = np.argsort(-values[description.output.name])[:3]
    assert [text[:20] for text in texts[1::2]] == [description.labels[unit][:20] for unit in likeliest]
    assert texts[::2] == [f"{values[description.output.name][unit]:.2f}" for unit in likeliest]


def test_sides_are_coloured_by_kind(tmp_path):
    description = describe(test_third_network.make(tmp_path / "third.onnx"))
    assert list(colours(description)) == ["convolution", "pooling", "recurrent", "dense", "joins", "others"]
    picture, values = run(description)
    blocks = groups(draw(plan(description, picture, values), picture, values).file(), "layer")
    recurrent = description.of_kind("lstm")[0].name
    assert PAINT["recurrent"][0] in blocks[recurrent].get("style")


def test_names_of_a_strangers_layers_are_text_and_no_marks():
    evil = '"><script>alert(1)</script>'
    layer = Layer(evil, evil, "conv", ("input",), (4, 4, 2), words=f"{evil}.")
    description = chain((8, 8, 1), layer, name=evil)
    values = {evil: np.ones((4, 4, 2), np.float32)}
    for look in (STRIP, LARGE):
        picture = Image.new("L", (8, 8))
        svg = draw(plan(description, picture, values, look=look), picture, values).inline()
        assert "<script" not in svg
        blocks = {group.get("data-layer") for group in ElementTree.fromstring(svg).iter("g")}
        assert evil in blocks


def test_lengths_that_the_file_leaves_open_come_from_the_values():
    layer = Layer("a", "a", "conv", ("input",), (8, None, 2))
    description = chain((16, None, 1), layer)
    for columns in (9, 25):
        values = {"a": np.ones((8, columns, 2), np.float32)}
        picture = Image.new("L", (4 * columns, 16))
        wide = plan(description, picture, values)
        assert [block.size for block in wide.layout.blocks] == [(16, 4 * columns, 1), (8, columns, 2)]
