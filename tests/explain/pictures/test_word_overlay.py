"""A map over the word: its colours, its scale, and the strip that marks the frames."""

from __future__ import annotations

import numpy as np
from PIL import Image

from explain.pictures import images, word_overlay

WORD = Image.fromarray(np.full((4, 8), 200, np.uint8))


def cells(picture: Image.Image) -> np.ndarray:
    """One colour for each pixel of the word, after a look that each is a square of one colour."""
    pixels = np.asarray(picture).astype(int)
    small = pixels[:: word_overlay.FACTOR, :: word_overlay.FACTOR]
    assert (pixels == small.repeat(word_overlay.FACTOR, 0).repeat(word_overlay.FACTOR, 1)).all()
    return small


def test_for_is_red_against_is_blue_and_nothing_is_grey():
    values = np.zeros((4, 8))
    values[1, 1], values[2, 5] = 2.0, -2.0
    drawn = cells(word_overlay.picture(WORD, values, np.array([1.0]), [(0, 7)]))
    assert drawn[1, 1][0] > drawn[1, 1][2] + 50 and drawn[2, 5][2] > drawn[2, 5][0] + 50
    assert len(set(drawn[0, 0])) == 1 and (drawn[0, 0] == drawn[3, 7]).all()


def test_a_map_without_a_sign_is_laid_on_in_viridis():
    values = np.linspace(0, 1, 32).reshape(4, 8)
    drawn = cells(word_overlay.picture(WORD, values, np.array([1.0]), [(0, 7)]))[:4]
    table = images.palette("unsigned").astype(float)
    np.testing.assert_allclose(drawn[0, 0], 0.78 * table[0] + 0.22 * 200, atol=1)
    np.testing.assert_allclose(drawn[3, 7], 0.78 * table[255] + 0.22 * 200, atol=1)


def test_one_pixel_does_not_hide_the_rest():
    values = np.ones((20, 50))
    values[3, 3] = -1000.0
    assert word_overlay.limit(values) == 1.0
    alone = np.zeros((20, 50))
    alone[3, 3] = -7.0
    assert word_overlay.limit(alone) == 7.0
    assert word_overlay.limit(np.zeros((2, 2))) == 0.0


def test_the_strip_is_darkest_under_the_frame_that_weighs_most():
    drawn = cells(word_overlay.picture(WORD, np.zeros((4, 8)), np.array([0.0, 0.5, 0.25]), [(-1, 1), (2, 4), (5, 9)]))
    strip = drawn[-1, :, 2]  # orange has little blue
    assert strip[0] == 255 and strip[3] < strip[6] < 255 and strip[7] == strip[6]
    assert (drawn[4] == 255).all()  # a gap between word and strip
