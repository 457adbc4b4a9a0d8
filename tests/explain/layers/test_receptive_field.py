"""Receptive fields against the truth: change one pixel, see which units change.

A twin of each network with one channel a layer has the same geometry. Its kernels, inputs and the poke are positive
and the poke is far larger than the inputs, so that no relu hides it and no pool prefers another pixel: the units that
change are all the units that see the pixel.
"""

import numpy as np
import pytest

from explain.layers.receptive_field import ReceptiveField, receptive_field
from explain.network.description import describe
from explain.network.layers import WINDOW, Layer, Window
from explain.network.session import Network
from models.crnn import CARD
from models.vgg16 import CAM
from tests.explain.network.made import chain


def twin(network, pictures, random):
    """Yields (layer, outputs (batch, height, width)) of the one-channel twin for each layer that slides a window."""
    values = pictures
    for layer in network.layers[1:]:
        if layer.sees == "whole":
            return
        if layer.window is None:
            yield layer, values
            continue
        (kh, kw), (sh, sw) = layer.window.kernel, layer.window.stride
        padded = np.pad(values, [(0, 0), *layer.window.padding])
        windows = np.lib.stride_tricks.sliding_window_view(padded, (kh, kw), axis=(1, 2))[:, ::sh, ::sw]
        if layer.kind == "max_pool":
            values = windows.max((-2, -1))
        elif layer.kind == "conv":
            kernel = random.uniform(0.5, 1, (kh, kw)) / (kh * kw)
            values = np.einsum("nyxij,ij->nyx", windows, kernel)
        yield layer, values


def poked_units(network, pixels, shape, seed=0):
    """Yields (layer, which units change (pixel, height, width)) when each of the pixels is changed."""
    base = np.random.default_rng(seed).random((1, *shape))
    pictures = np.repeat(base, len(pixels) + 1, 0)
    for number, (y, x) in enumerate(pixels):
        pictures[number, y, x] += 1e6
    for layer, values in twin(network, pictures, np.random.default_rng(seed)):
        yield layer, values[:-1] != values[-1]


def seen(field, pixel, units):
    """Which of the units (height, width) have the pixel in their box."""
    boxes = np.array([[field.box(y, x) for x in range(units[1])] for y in range(units[0])])
    top, left, bottom, right = np.moveaxis(boxes, -1, 0)
    return (top <= pixel[0]) & (pixel[0] < bottom) & (left <= pixel[1]) & (pixel[1] < right)


def some_pixels(shape, count, seed=0):
    """The corners and others anywhere."""
    height, width = shape
    random = np.random.default_rng(seed)
    corners = [(0, 0), (0, width - 1), (height - 1, 0), (height - 1, width - 1)]
    return corners + [(int(random.integers(height)), int(random.integers(width))) for _ in range(count)]


# A layout that neither network has: even kernels with TensorFlow's "same", which pads more after than before, stride 3.
ODD = chain(
    (17, 23, 1),
    Layer("conv_a", "", "conv", ("input",), (6, 12, 1), Window((4, 2), (3, 2), ((1, 1), (0, 1))), WINDOW),
    Layer("conv_b", "", "conv", ("conv_a",), (6, 12, 1), Window((2, 4), (1, 1), ((0, 1), (1, 2))), WINDOW),
    Layer("conv_c", "", "conv", ("conv_b",), (2, 4, 1), Window((3, 5), (2, 2)), WINDOW),
)


@pytest.mark.parametrize(("network", "count"), [(CARD, 60), (CAM, 4), (ODD, 100)], ids=["crnn", "vgg16-cam", "odd"])
def test_the_box_is_exactly_what_the_unit_sees(network, count):
    network = describe(network)
    shape = network.input_shape[:2]
    pixels = some_pixels(shape, count)
    layers = 0
    for layer, changed in poked_units(network, pixels, shape):
        field = receptive_field(network, layer.name)
        for pixel, units in zip(pixels, changed, strict=True):
            np.testing.assert_array_equal(seen(field, pixel, units.shape), units, err_msg=f"{layer.name} {pixel}")
        layers += 1
    assert layers == sum(receptive_field(network, layer.name) is not None for layer in network.layers[1:])


def test_the_shipped_crnn_never_looks_outside_the_box():
    network = Network(CARD)
    base = np.random.default_rng(2).random((1, *describe(CARD).input_shape), dtype=np.float32)
    names = [name for name in describe(CARD).layer_names if receptive_field(CARD, name)]
    pixels = some_pixels(describe(CARD).input_shape[:2], 8)
    pictures = np.repeat(base, len(pixels) + 1, 0)
    for number, (y, x) in enumerate(pixels):
        pictures[number, y, x] = 1 - pictures[number, y, x].round()
    outputs = network.run(pictures, names)
    changes = 0
    for name in names:
        values = outputs[name] if outputs[name].ndim == 4 else outputs[name][:, None]
        changed = (values[:-1] != values[-1]).any(-1)
        for pixel, units in zip(pixels, changed, strict=True):
            assert not (units & ~seen(receptive_field(CARD, name), pixel, units.shape)).any(), (name, pixel)
            changes += units.sum()
    assert changes > 1000


def test_known_fields():
    """VGG16's block5_conv3 sees 196 pixels (Araujo, Norris and Sim 2019, table 1)."""
    assert receptive_field(CAM, "block5_conv3").size == (196, 196)
    assert receptive_field(CARD, "input") == ReceptiveField((1, 1), (1, 1), (0, 0))


def test_a_step_of_squeezed_is_a_column_of_conv_7():
    assert receptive_field(CARD, "squeezed") == receptive_field(CARD, "conv_7")


@pytest.mark.parametrize(
    ("card", "layer"), [(CARD, "blstm_1"), (CARD, "outputs"), (CAM, "global_average"), (CAM, "predictions")]
)
def test_layers_that_see_everything_have_no_box(card, layer):
    assert receptive_field(card, layer) is None


def test_a_box_is_clipped_to_the_picture():
    field = ReceptiveField((5, 7), (2, 4), (-2, -3))
    assert field.box(0, 1) == (-2, 1, 3, 8)
    assert field.clipped(0, 1, (32, 6, 1)) == (0, 1, 3, 6)


def test_unknown_layers_are_named():
    with pytest.raises(KeyError, match="conv_9"):
        receptive_field(CARD, "conv_9")


def test_the_places_that_see_nothing_beyond_the_edge():
    field = ReceptiveField((4, 3), (2, 1), (-1, -1))
    inside = field.inside((4, 5), (8, 6, 1))
    # Rows begin at -1, 1, 3, 5 and take 4 of 8; columns begin at -1 .. 3 and take 3 of 6.
    assert np.flatnonzero(inside.any(1)).tolist() == [1, 2]
    assert np.flatnonzero(inside.any(0)).tolist() == [1, 2, 3, 4]
    assert inside.sum() == 8
