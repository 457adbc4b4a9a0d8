"""Colour in place of grey: pairs of equal grey by the numbers of the standard, and pictures that grey will do for."""

import numpy as np
from PIL import Image

from models import contrast
from tests.models import drawn


def test_words_of_equal_grey_get_contrast():
    for number in range(40):
        rng = np.random.default_rng(number)
        picture, _ = drawn.word(rng, drawn.TEXTS[number % len(drawn.TEXTS)], (0.1, 0.3), *drawn.of_equal_grey(rng))
        picture = drawn.noisy(rng, picture) if number % 2 else picture
        weights = contrast.direction(picture)
        assert weights is not None and abs(sum(map(abs, weights)) - 1) < 1e-3
        levels = np.asarray(contrast.along(picture, weights))
        assert np.ptp(np.percentile(levels, (2, 98))) > 40
        assert weights == contrast.direction(picture)  # nothing drawn by chance


def test_red_on_green_by_hand():
    # red and green of one grey, 83.0: the difference of the colours is (150, -76, 0), its sizes summing up to 226
    red, green = (210, 35, 0), (60, 111, 0)
    picture = Image.new("RGB", (90, 30), green)
    picture.paste(red, (30, 5, 60, 25))
    weights = contrast.direction(picture)
    np.testing.assert_allclose(np.abs(weights), (150 / 226, 76 / 226, 0), atol=1e-3)
    levels = np.asarray(contrast.along(picture, weights))
    expected = [255 * 150 / 226 + (-150 * r + 76 * g) / 226 for r, g, _ in (red, green)]  # the ground is the lighter
    np.testing.assert_allclose((levels[15, 45], levels[2, 2]), expected, atol=1.5)


def test_light_stays_light_where_the_direction_says_anything_of_it():
    picture = Image.new("RGB", (90, 30), (250, 60, 60))
    picture.paste((90, 60, 60), (0, 0, 90, 15))  # red alone differs: grey has 48 of 160 levels
    weights = contrast.direction(picture)
    assert weights is not None and weights[0] > 0.95


def test_where_grey_will_do_it_stays():
    grey = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 90), np.uint8))
    black_on_yellow, _ = drawn.word(np.random.default_rng(1), "Exit", (0.1, 0.2), (10, 10, 10), (240, 220, 20))
    tint = Image.new("RGB", (60, 30), (120, 120, 120))
    tint.paste((126, 118, 118), (20, 10, 40, 20))  # a difference that nobody would see
    # black letters on a ground half red, half green: colour varies most, but grey has the word
    two, _ = drawn.word(np.random.default_rng(2), "HOTEL", (0.1, 0.2), (0, 0, 0), (200, 60, 60))
    levels = np.asarray(two).copy()
    red = (levels[..., 0] > 100) & (np.arange(two.width) < two.width // 2)
    levels[red] = (60, 132, 60)
    for picture in (grey, grey.convert("RGB"), black_on_yellow, tint, Image.fromarray(levels)):
        assert contrast.direction(picture) is None
