"""The network and its layers in words."""

from __future__ import annotations

import pytest

from explain.charts.network import words
from explain.charts.network.sizes import counted, in_words, size
from explain.network.description import describe
from models import crnn, vgg16
from tests import test_third_network
from tests.explain.charts.network.graphs import residual


@pytest.mark.parametrize(
    ("count", "written"),
    [(0, "0"), (640, "640"), (295_168, "295,168"), (999_499, "999,499"), (999_500, "1 million")]
    + [
        (6_619_711, "6.62 million"),
        (138_357_544, "138 million"),
        (15_470_000_000, "15.5 billion"),
        (10**12, "1 trillion"),
    ],
)
def test_large_numbers(count, written):
    assert words.rounded(count) == written


@pytest.mark.parametrize(
    ("shape", "as_size"),
    [((32, 128, 1), (32, 128, 1)), ((31, 512), (1, 31, 512)), ((200,), (1, 1, 200)), ((), (1, 1, 1))]
    + [((2, 3, 4, 5), (6, 4, 5)), ((32, None, 64), (32, 1, 64))],
)
def test_sizes(shape, as_size):
    assert size(shape) == as_size


def test_counted():
    assert [counted(1, "row"), counted(2, "class"), counted(None, "column"), counted(1500, "unit")] == [
        "1 row",
        "2 classes",
        "any number of columns",
        "1,500 units",
    ]


def test_shapes_of_the_crnn():
    description = describe(crnn.CARD)

    def shape(name: str) -> str:
        layer = description.layer(name)
        return in_words(description, layer, layer.shape)

    assert shape("conv_3") == "8 rows, 32 columns, 256 channels"
    assert shape("conv_7") == "1 row, 31 columns, 512 channels"
    assert shape("squeezed") == "31 steps, 512 channels"
    assert shape("blstm_1") == "31 steps, 256 units"
    assert shape(description.output.name) == "31 frames, 63 labels"


def test_the_networks_in_words(tmp_path):
    assert words.network(describe(crnn.CARD)) == (
        "CRNN (Convolutional Recurrent Neural Network) reads the text on a picture: 17 layers and 6.62 million "
        "parameters."
    )
    said = words.network(describe(vgg16.CAM), {"block1_conv1": 86_704_128, "block1_conv2": 1_849_688_064})
    assert said.startswith("VGG16, a convolutional network, names one of 200 classes: 19 layers, ")
    assert said.endswith(" and 1.94 billion multiply-adds a picture.")
    third = describe(test_third_network.make(tmp_path / "third.onnx"))
    assert words.kind(third) == "convolutional recurrent network with shortcuts"
    assert words.kind(describe(residual(tmp_path))) == "convolutional network with shortcuts"


def test_a_layer_in_words():
    description = describe(crnn.CARD)
    shapes = {layer.name: layer.shape for layer in description.layers}
    assert words.layer(description, description.layer("conv_3"), shapes, {"conv_3": 75_497_472}) == (
        "conv_3 · 8 rows, 32 columns, 256 channels · 295,168 parameters · 75.5 million multiply-adds · 256 filters "
        "that join strokes into pieces of letters, such as bows, stems and bars."
    )
    assert "no parameters" in words.layer(description, description.layer("pool_1"), shapes)
    assert "parameters" not in words.layer(description, description.input, shapes)


def test_a_stage_in_words(tmp_path):
    description = describe(residual(tmp_path))
    shapes = {layer.name: layer.shape for layer in description.layers}
    members = tuple(layer.name for layer in description.layers[2:5])
    said = words.stage(description, members, shapes)
    parameters = 2 * (8 * 8 * 9 + 8)
    assert said.startswith("3 layers, 2 conv 3 x 3, 8 channels to 4 add · hands on 32 rows, 32 columns, 8 channels · ")
    assert said.endswith(f"{parameters:,} parameters · 1 place where branches join")


def test_short_names(tmp_path):
    third = describe(test_third_network.make(tmp_path / "third.onnx"))
    assert words.short_name(third, third.layers[1]) == "1 conv"
    assert words.short_name(describe(crnn.CARD), describe(crnn.CARD).layer("batch_norm_5")) == "batch_norm_5"


def test_what_is_to_be_seen():
    assert words.scale(describe(crnn.CARD)).startswith(words.scale(describe(vgg16.CAM)))
    assert words.scale(describe(crnn.CARD)).endswith("how likely each frame is to read a character.")
