"""What each block's front shows."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from explain.charts.network.faces import PIXELS, faces, strength
from explain.network.description import describe
from explain.network.layers import Layer
from explain.network.session import Network
from models import crnn, vgg16
from tests.explain.network.made import chain

GREY = Image.new("L", (5, 4), 90)


def decoded(url: str) -> Image.Image:
    kind, data = url.split(",")
    assert kind == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_a_place_is_as_bright_as_its_channels_are_far_from_zero():
    values = np.array([[[1, -3], [0, 0]], [[-2, 2], [4, 0]], [[0, -1], [5, 5]]], np.float32)
    network = chain((4, 5, 1), Layer("a", "a", "conv", ("input",), values.shape))
    places = strength(network, network.layer("a"), {"a": values})
    np.testing.assert_array_equal(places, [[2, 0], [2, 2], [0.5, 5]])
    face = np.asarray(decoded(faces(network, GREY, {"a": values}, ["input", "a"])["a"]).convert("RGB"))
    assert face.shape == (3, 2, 3)
    brightness = face.sum(axis=2)
    assert brightness.argmax() == 5 and brightness.argmin() == 1
    assert tuple(face[2, 1]) == (253, 231, 37) and tuple(face[0, 1]) == (68, 1, 84)  # the ends of viridis


def test_the_picture_is_its_own_face():
    network = chain((4, 5, 1), Layer("a", "a", "dense", ("input",), (2,)))
    picture = Image.fromarray(np.arange(20, dtype=np.uint8).reshape(4, 5))
    urls = faces(network, picture, {"a": np.float32([1, 2])}, ["input", "a"])
    np.testing.assert_array_equal(np.asarray(decoded(urls["input"])), np.asarray(picture))


@pytest.mark.parametrize(
    "values",
    [np.zeros((1, 2, 3, 4)), np.float32([[1, np.nan]]), np.zeros((0, 3)), np.float32(3)]
    + [np.ones((4, 5, 2), np.float32), np.arange(7.0)],
)
def test_what_makes_no_picture_has_none(values):
    network = chain((4, 5, 1), Layer("a", "a", "conv", ("input",), values.shape))
    assert list(faces(network, GREY, {"a": values}, ["a"])) == ["input"]


@pytest.mark.parametrize("card", [crnn.CARD, vgg16.CAM], ids=lambda card: card.name)
def test_faces_of_a_network_are_small_together(card):
    """Of noise, which no file makes small."""
    description = describe(card)
    batch = np.random.default_rng(2).uniform(0, 1, (1, *description.input_shape)).astype(np.float32)
    values = {name: array[0] for name, array in Network(description).run(batch).items()}
    picture = Image.fromarray(description.preprocessing.pixels(batch[0]))
    urls = faces(description, picture, values, [layer.name for layer in description.layers])
    shapes = {name: array.shape for name, array in values.items()} | {description.input.name: batch.shape[1:]}
    assert list(urls) == [layer.name for layer in description.layers if len(shapes[layer.name]) > 1]
    sizes = [decoded(url).size for name, url in urls.items() if name != description.input.name]
    assert sum(width * height for width, height in sizes) <= PIXELS
    assert sum(map(len, urls.values())) < 75_000
    for layer in description.layers[1:]:
        mean = np.abs(values[layer.name].astype(np.float64)).mean(axis=-1)
        if layer is not description.output or description.blank is None:
            np.testing.assert_allclose(strength(description, layer, values), np.atleast_2d(mean), rtol=1e-4)


def test_the_face_of_a_reading_is_where_characters_are_read():
    description = describe(crnn.CARD)
    frames = np.full((31, 63), 0.001, np.float32)
    frames[:, -1] = 1 - 0.062
    frames[7, :] = [0.9, *[0.1 / 62] * 62]
    places = strength(description, description.output, {description.output.name: frames})
    assert places.shape == (1, 31) and places.argmax() == 7
    np.testing.assert_allclose(places[0, [0, 7]], [0.062, 1 - 0.1 / 62], rtol=1e-3)
