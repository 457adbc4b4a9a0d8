"""A box on a picture that is turned: against NumPy's own turning and cutting."""

import numpy as np
import pytest
from PIL import Image

from explain.pictures.marked import Marked

LEVELS = np.arange(7 * 5, dtype=np.uint8).reshape(5, 7)  # 7 wide, 5 high, no two pixels alike
PICTURE = Image.fromarray(LEVELS)


@pytest.mark.parametrize("turns", range(4))
def test_what_is_in_the_box_is_cut_from_the_turned_picture(turns):
    upright = np.rot90(LEVELS, -turns)  # NumPy turns the other way round
    marked = Marked(PICTURE.size).turned(turns)
    assert marked.turned_size == upright.shape[::-1]
    assert np.array_equal(marked.turn(PICTURE), upright)
    assert np.array_equal(marked.cut(PICTURE), upright)
    assert np.array_equal(marked.boxed((1, 2, 4, 5)).cut(PICTURE), upright[2:5, 1:4])


@pytest.mark.parametrize("turns", [1, 2, 3, 4, -1])
def test_the_box_turns_along(turns):
    marked = Marked(PICTURE.size).turned(1).boxed((1, 0, 4, 6))
    kept = np.asarray(marked.cut(PICTURE))
    assert np.array_equal(marked.turned(turns).cut(PICTURE), np.rot90(kept, -turns))
    assert marked.turned(turns).turned(-turns) == marked


def test_a_box_is_brought_inside_the_picture():
    marked = Marked((7, 5))
    assert marked.boxed((-3, 1.4, 3.6, 99)).box == (0, 1, 4, 5)
    assert marked.boxed((6.9, 4.9, 6.9, 4.9)).box == (5, 3, 7, 5)
    assert marked.boxed((5, 4, 2, 1)).box == (5, 3, 7, 5)
    assert marked.boxed((-1, 0, 7, 5)).box is None
    assert marked.boxed(None).box is None
    assert Marked((1, 1)).boxed((0, 0, 1, 1)).box is None


@pytest.mark.parametrize("turns", range(4))
def test_a_smaller_cut_has_the_averages_of_the_same_pixels(turns):
    marked = Marked((40, 24)).turned(turns)
    levels = np.random.default_rng(0).integers(0, 256, (24, 40)).astype(np.uint8)
    width = marked.turned_size[0]
    marked = marked.boxed((0, 0, width, 20))
    whole = np.rot90(levels, -turns)[:20].astype(float)
    averages = whole.reshape(10, 2, width // 2, 2).mean(axis=(1, 3))
    small = np.asarray(marked.cut_small(Image.fromarray(levels), 8, 8), float)
    assert small.shape == averages.shape and np.abs(small - averages).max() <= 0.5
    assert np.array_equal(marked.cut_small(Image.fromarray(levels), 11, 8), marked.cut(Image.fromarray(levels)))
