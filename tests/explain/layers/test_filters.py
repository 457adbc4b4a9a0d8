"""Filters as pictures: known kernels, and the committed networks' own first layers."""

import numpy as np
import pytest

from explain.layers import filters
from models import crnn, onnx_weights, vgg16


def test_a_grey_filter_stands_around_mid_grey():
    kernel = np.zeros((1, 3, 1, 2), np.float32)
    kernel[0, :, 0, 0] = [-2, 0, 1]
    kernel[0, :, 0, 1] = [0.1, 0, -0.1]
    own, shared = filters.pictures(kernel, "grey"), filters.pictures(kernel, "grey", shared=True)
    assert own.shape == (2, 1, 3, 3)
    assert own[0, 0, :, 0].tolist() == [0, 128, 191]  # 127.5 + 127.5 * (-1, 0, 1/2), halves to even
    assert own[1, 0, :, 0].tolist() == [255, 128, 0]
    assert shared[1, 0, :, 0].tolist() == [134, 128, 121]
    assert (own == own[..., :1]).all()


def test_colours_come_in_the_order_of_the_screen():
    kernel = np.zeros((1, 1, 3, 1), np.float32)
    kernel[0, 0, :, 0] = [-1, 0, 1]  # blue lowers it, red raises it
    assert filters.pictures(kernel, "bgr")[0, 0, 0].tolist() == [255, 128, 0]
    assert filters.pictures(kernel, "rgb")[0, 0, 0].tolist() == [0, 128, 255]


def test_an_empty_filter_is_mid_grey():
    assert (filters.pictures(np.zeros((3, 3, 1, 4)), "grey") == 128).all()


def test_the_strongest_slices_come_first():
    kernel = np.zeros((2, 2, 4, 3), np.float32)
    kernel[:, :, 2, 1] = 3  # 36 of the 52
    kernel[0, 0, 0, 1] = -4  # 16
    found = filters.slices(kernel, 1)
    assert [one.channel for one in found] == [2, 0, 1, 3]
    assert [one.share for one in found] == pytest.approx([36 / 52, 16 / 52, 0, 0])
    assert found[1].values.tolist() == [[-4, 0], [0, 0]]
    assert [one.channel for one in filters.slices(kernel, 1, 1)] == [2]


def test_a_filter_of_a_group_weighs_the_channels_of_its_group():
    kernel = np.zeros((1, 1, 2, 6), np.float32)  # six input channels in three groups of two; two filters a group
    kernel[0, 0, 1, 4] = 3
    assert [one.channel for one in filters.slices(kernel, 4, groups=3)] == [5, 4]
    assert [one.channel for one in filters.slices(kernel, 1, groups=3)] == [0, 1]


def test_slices_are_drawn_on_one_scale_with_gaps():
    kernel = np.zeros((1, 1, 3, 1), np.float32)
    kernel[0, 0, :, 0] = [2, -1, 0]
    picture = np.asarray(filters.drawn(filters.slices(kernel, 0), 2, 4, (1, 2, 3)))
    assert picture.shape == (4 + 2 + 4, 4 + 2 + 4, 3)
    red, blue, zero = picture[0, 0], picture[0, 9], picture[9, 0]
    assert red[0] > red[2] and blue[2] > blue[0]
    assert int(zero.min()) > 230  # nothing: the palette's near-white middle
    assert picture[5, 5].tolist() == [1, 2, 3] and picture[9, 9].tolist() == [
        1,
        2,
        3,
    ]  # gaps
    assert len(np.unique(picture[:4, 6:].reshape(-1, 3), axis=0)) == 1


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (lambda: filters.pictures(np.zeros((3, 3, 64, 8)), "grey"), "64 channels is no picture"),
        (lambda: filters.pictures(np.zeros((3, 3, 1, 8)), "rgb"), "1 channels is no picture in rgb"),
        (lambda: filters.slices(np.zeros((3, 3, 64, 8)), 8), "no filter 8"),
        (lambda: filters.slices(np.zeros((3, 3, 64)), 0), r"not \(3, 3, 64\)"),
        (lambda: filters.drawn([], 4, 4, (0, 0, 0)), "no slices"),
    ],
)
def test_what_cannot_be_shown_is_said(work, said):
    with pytest.raises(filters.FilterError, match=said):
        work()


def test_the_first_layers_of_both_networks_are_pictures():
    colour = onnx_weights.read(vgg16.CAM.weights, ["block1_conv1"])["block1_conv1"][0]
    grey = onnx_weights.read(crnn.CARD.weights, ["conv_1"])["conv_1"][0]
    pictures = filters.pictures(colour, vgg16.CAM.preprocessing.colour)
    assert pictures.shape == (64, 3, 3, 3)
    for number in (0, 17, 63):  # the strongest weight is as far from mid-grey as can be, in its own colour's channel
        row, column, channel = np.unravel_index(np.abs(colour[..., number]).argmax(), (3, 3, 3))
        extreme = 255 if colour[row, column, channel, number] > 0 else 0
        assert pictures[number, row, column, 2 - channel] == extreme
    assert filters.pictures(grey, crnn.CARD.preprocessing.colour).shape == (64, 3, 3, 3)
