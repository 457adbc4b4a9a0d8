"""Pictures on their way into a network and back, against numbers worked out by hand."""

import numpy as np
import pytest
from PIL import Image

from models.preprocessing import Preprocessing, PreprocessingError


def halves(size, left, right, mode="RGB"):
    """A picture whose left half is of one colour, its right half of another."""
    picture = Image.new(mode, size, left)
    picture.paste(right, (size[0] // 2, 0, size[0], size[1]))
    return picture


def test_each_colour_is_scaled_by_its_own_numbers_in_the_networks_order():
    picture = Image.new("RGB", (4, 4), (10, 20, 30))
    given = {"mean": (1.0, 2.0, 3.0), "deviation": (1.0, 2.0, 4.0)}
    rgb, bgr = (Preprocessing(2, 2, colour, **given).prepare(picture)[0, 0, 0] for colour in ("rgb", "bgr"))
    assert rgb.tolist() == [9.0, 9.0, 6.75] and bgr.tolist() == [29.0, 9.0, 1.75]


@pytest.mark.parametrize("colour", ["grey", "rgb", "bgr"])
def test_the_way_back_gives_the_pixels(colour):
    shape = (5, 6) if colour == "grey" else (5, 6, 3)
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    scale = Preprocessing(5, 6, colour, (100.0,), (50.0,))
    assert scale.scaled(pixels).shape == (5, 6, scale.channels)
    np.testing.assert_array_equal(scale.pixels(scale.scaled(pixels)), pixels)


def test_padding_keeps_proportions_and_fills_with_the_borders_colour():
    seen = np.asarray(Preprocessing(10, 40, "rgb", fit="pad").as_seen(Image.new("RGB", (30, 20), (7, 8, 9))))
    assert seen.shape == (10, 40, 3) and (seen == (7, 8, 9)).all()
    open_width = Preprocessing(10, None, "grey", fit="pad")
    assert open_width.as_seen(Image.new("L", (60, 20))).size == (30, 10)
    assert open_width.as_seen(Image.new("L", (60, 20)), width=12).size == (12, 10)


def test_cropping_takes_the_middle_and_stretching_takes_all():
    picture = halves((40, 10), (255, 0, 0), (0, 0, 255))
    cropped = np.asarray(Preprocessing(10, 10, "rgb", fit="crop").as_seen(picture)).astype(int)
    assert (cropped[:, 0] == (255, 0, 0)).all() and (cropped[:, -1] == (0, 0, 255)).all()
    stretched = Preprocessing(10, 10, "rgb", fit="stretch").as_seen(halves((40, 10), (255, 0, 0), (0, 0, 255)))
    assert stretched.getpixel((0, 5)) == (255, 0, 0) and stretched.getpixel((9, 5)) == (0, 0, 255)
    thirds = Image.new("L", (30, 10), 0)
    thirds.paste(255, (10, 0, 20, 10))
    assert np.asarray(Preprocessing(10, 10, "grey", fit="crop").as_seen(thirds)).min() == 255
    assert np.asarray(Preprocessing(10, 10, "grey", fit="stretch").as_seen(thirds)).min() == 0


def test_where_nothing_says_a_size_the_picture_does():
    picture = Image.new("RGB", (30, 20))
    assert Preprocessing(None, None).as_seen(picture).size == (30, 20)
    assert Preprocessing(10, None).as_seen(picture).size == (15, 10)
    assert Preprocessing(None, 60, fit="stretch").as_seen(picture).size == (60, 40)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"colour": "cmyk"}, "not 'cmyk'"),
        ({"fit": "squeeze"}, "not 'squeeze'"),
        ({"mean": (1.0, 2.0)}, "one for each of 3 channels"),
        ({"deviation": (1.0, 0.0, 1.0)}, "cannot be divided by"),
    ],
)
def test_what_makes_no_sense_is_said(given, said):
    with pytest.raises(PreprocessingError, match=said):
        Preprocessing(8, 8, **given)
