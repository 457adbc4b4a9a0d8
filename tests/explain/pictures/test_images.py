"""Colours against CIELAB (another formula than the one that made them), pictures against their pixels."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from explain.pictures import images


def lab(rgb):
    """sRGB 0 to 255 in CIE 1976 L*a*b*, D65."""
    c = np.asarray(rgb) / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    xyz = linear @ np.array([[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]])
    f = np.cbrt(xyz / [0.9505, 1.0, 1.089])
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def test_unsigned_palette_is_viridis():
    # Vega's own resampling of viridis: 31 colours at equal steps.
    vega = (
        "440154470e61481a6c482575472f7d443a834144873d4e8a39568c35608d31688e2d708e2a788e27818e23888e21918d1f988b1fa0882"
        "2a8842ab07f35b77943bf7154c56866cc5d7ad1518fd744a5db36bcdf27d2e21be9e51afde725"
    )
    stops = np.frombuffer(bytes.fromhex(vega), np.uint8).reshape(-1, 3).astype(int)
    table = images.palette("unsigned")
    ours = np.stack([np.interp(np.linspace(0, 255, 31), np.arange(256), table[:, c]) for c in range(3)], axis=1)
    assert np.abs(ours - stops).max() <= 3


def test_unsigned_palette_is_perceptually_uniform():
    colours = lab(images.palette("unsigned")[::15])
    assert (np.diff(colours[:, 0]) > 2).all()  # ever lighter
    # Viridis was made uniform in CAM02-UCS; in CIELAB its steps still agree within a factor of three.
    steps = np.linalg.norm(np.diff(colours, axis=0), axis=1)
    assert steps.max() / steps.min() < 3


def test_diverging_palette_is_neutral_at_zero_and_even_on_both_sides():
    colours = lab(images.palette("diverging"))
    middle = colours[images.MIDDLE]
    assert middle[0] > 94 and np.abs(middle[1:]).max() < 0.5
    below, above = colours[images.MIDDLE - 127 : images.MIDDLE][::-1], colours[images.MIDDLE + 1 :]
    assert np.abs(below[:, 0] - above[:, 0]).max() < 8
    for side in (below, above):
        assert (side[4::4, 0] < side[:-4:4, 0]).all() and side[-1, 0] < 45
    assert (above[8:, 1] > 0).all() and (below[8:, 2] < 0).all()  # red above zero, blue below


def test_palettes_for_the_browser_and_in_python_are_the_same_bytes():
    for name in ("unsigned", "diverging"):
        sent = np.frombuffer(base64.b64decode(images.palette_base64(name)), np.uint8).reshape(256, 3)
        assert (sent == images.palette(name)).all()
    with pytest.raises(ValueError, match="read-only"):
        images.palette("unsigned")[0] = 0


def test_colours_put_the_ends_of_the_scale_at_the_ends_of_the_palette():
    table = images.palette("unsigned")
    shown = images.colours(np.array([[2.0, 4.0], [3.0, 9.0], [-5.0, 2.5]]), 2, 4)
    assert shown.shape == (3, 2, 3) and shown.dtype == np.uint8
    assert (shown[0] == table[[0, 255]]).all() and (shown[1] == table[[128, 255]]).all()
    assert (shown[2] == table[[0, 64]]).all()


@pytest.mark.parametrize("limit", [1e-30, 0.3, 7.0, 1e30])
def test_zero_has_the_middle_colour_on_a_signed_scale(limit):
    shown = images.colours(np.array([-limit, 0, limit]), -limit, limit, "diverging")
    assert (shown == images.palette("diverging")[[0, images.MIDDLE, 255]]).all()


def test_a_map_by_itself_gets_the_scale_that_fits_it():
    assert images.scale(np.array([1.0, 3.0])) == (1, 3, "unsigned")
    assert images.scale(np.array([-1.0, 3.0])) == (-3, 3, "diverging")
    assert images.scale(np.array([-4.0, -1.0])) == (-4, 4, "diverging")
    picture = images.coloured(np.array([[0.0, 1.0, 2.0]], dtype=np.float32))
    assert picture.mode == "RGB" and picture.size == (3, 1)
    assert picture.getpixel((2, 0)) == (253, 231, 37)
    # The same value on a shared scale looks the same in two maps.
    one, other = (images.coloured(np.array([[value, 5.0]]), 0, 10).getpixel((1, 0)) for value in (0.0, 9.0))
    assert one == other != images.coloured(np.array([[0.0, 5.0]])).getpixel((1, 0))
    signed = images.coloured(np.array([[0.0]]), -2, 2).getpixel((0, 0))
    assert signed == tuple(images.palette("diverging")[images.MIDDLE])


def test_flat_maps_have_a_colour_too():
    assert (images.colours(np.full((2, 2), 7.0), 7, 7) == images.palette("unsigned")[0]).all()
    assert (images.colours(np.zeros((2, 2)), 0, 0, "diverging") == images.palette("diverging")[images.MIDDLE]).all()


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: images.colours(np.array([np.nan]), 0, 1), "NaN"),
        (lambda: images.colours(np.zeros(1), 1, 0), "from low to high"),
        (lambda: images.colours(np.zeros(1), -1, 2, "diverging"), "zero in its middle"),
        (lambda: images.palette("rainbow"), "'rainbow'"),
        (lambda: images.enlarge(Image.new("L", (2, 2)), 0), "by 1 or more"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call, says):
    with pytest.raises(ValueError, match=says) as refused:
        call()
    assert str(refused.value).endswith(".")


def test_enlarging_keeps_every_pixel_a_square_of_itself():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (3, 5, 3), dtype=np.uint8)
    large = np.asarray(images.enlarge(Image.fromarray(pixels), 4))
    assert (large == pixels.repeat(4, axis=0).repeat(4, axis=1)).all()


def test_shrinking_takes_means_keeps_the_shape_and_never_enlarges():
    pixels = np.array([[0, 100, 200, 200], [0, 100, 40, 40]], dtype=np.uint8)
    assert np.asarray(images.shrink(Image.fromarray(pixels), 2)).tolist() == [[50, 120]]
    assert images.shrink(Image.new("L", (1000, 1)), 10).size == (10, 1)
    assert images.shrink(Image.new("L", (30, 20)), 64).size == (30, 20)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_png_and_data_url_carry_the_very_pixels(mode):
    rng = np.random.default_rng(1)
    picture = Image.fromarray(rng.integers(0, 256, (6, 7) + (3,) * (mode == "RGB"), dtype=np.uint8))
    head, data = images.data_url(picture).split(",")
    assert head == "data:image/png;base64"
    for file in (base64.b64decode(data), images.png_bytes(picture)):
        back = Image.open(io.BytesIO(file))
        assert back.format == "PNG" and back.mode == mode and (np.asarray(back) == np.asarray(picture)).all()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_address_holds_the_picture(kind):
    picture = Image.new("RGB", (9, 5), (200, 30, 40))
    head, data = images.data_url(picture, kind).split(",")
    back = Image.open(io.BytesIO(base64.b64decode(data)))
    assert head == f"data:image/{kind.lower()};base64" and back.size == (9, 5)
    assert np.abs(np.asarray(back.convert("RGB")).astype(int) - (200, 30, 40)).max() <= 3


def test_fade_goes_towards_grey():
    faded = images.fade(Image.new("RGB", (2, 2), (228, 28, 128)), 0.75)
    assert faded.getpixel((0, 0)) == (153, 103, 128)
