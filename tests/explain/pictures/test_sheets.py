"""Contact sheets: every picture stands whole in its place, and words stay beside it."""

import numpy as np
import pytest
from PIL import Image

from explain.pictures.sheets import Layout, Lettering, sheet


def test_pictures_stand_in_rows_with_gaps():
    """Three of 3 x 2 pixels, two a row, one pixel between, two around, worked out by hand."""
    drawn = sheet(
        [Image.new("L", (3, 2), level) for level in (10, 20, 30)], Layout((3, 2), 2, (1, 1), 2), ground="white"
    )
    expected = np.full((2 + 2 + 1 + 2 + 2, 2 + 3 + 1 + 3 + 2), 255)
    expected[2:4, 2:5], expected[2:4, 6:9], expected[5:7, 2:5] = 10, 20, 30
    assert drawn.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(drawn), expected[..., None].repeat(3, axis=2))


def test_a_sheet_of_one_grey_mode_and_a_place_left_free():
    drawn = np.asarray(sheet([None, Image.new("L", (1, 1), 7)], Layout((1, 1), 3), mode="L", ground=0))
    assert drawn.tolist() == [[0, 7, 0]]


def test_words_stand_over_and_under_their_own_picture():
    layout = Layout((60, 20), 2, gap=(5, 5), above=15, below=30)
    black = [Image.new("RGB", layout.size, "yellow")] * 3
    plain = np.asarray(sheet(black, layout)).astype(int)
    drawn = np.asarray(sheet(black, layout, over=["", "1", ""], under=["", "", "one\ntwo"])).astype(int)
    rows, columns = np.nonzero((drawn != plain).any(axis=2))
    first, second = rows < 15, (rows >= 15 + 20 + 30 + 5 + 15 + 20)
    assert (first | second).all() and first.any() and second.any()
    assert columns[first].min() >= 65 and columns[second].max() < 60
    lower = rows[second] - (15 + 20 + 30 + 5 + 15 + 20)
    assert (lower < 15).any() and (lower >= 15).any()  # a line in each half of the room below


def test_words_take_the_first_font_that_fits():
    def width(*sizes: int) -> int:
        layout = Layout((60, 1), 1, margin=30, below=20)
        drawn = np.asarray(sheet([None], layout, under=["a long name"], lettering=Lettering.of(*sizes, centred=True)))
        columns = np.nonzero((drawn < 128).any(axis=(0, 2)))[0]
        assert abs((columns.min() + columns.max()) / 2 - 60) < 2
        return np.ptp(columns)

    assert width(20, 14, 8) == width(8) < 60 < width(14) < width(20)
    assert width(20, 14) == width(14)  # none fits: the last


def test_a_picture_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"\(3, 2\) pixels, not \(2, 3\)"):
        sheet([Image.new("L", (2, 3))], Layout((3, 2), 1))
