"""Frames over the picture, against numbers worked out by hand."""

from explain.layers.frames import Frames


def test_frames_stand_over_the_middle_of_what_they_see():
    frames = Frames(((-3, 4), (1, 8), (5, 12)), ((-1, 2), (3, 6), (7, 10)), 10)
    assert len(frames) == 3 and frames.centres == [1, 5, 9] and frames.step == 4
    assert frames.within == [(0, 5), (1, 9), (5, 10)] and frames.columns_seen(2) == "5 to 9"
    assert frames.across(1) == {"x": 3, "x2": 7} and frames.across(0, 2) == {"x": -1, "x2": 11}


def test_a_single_frame_is_as_wide_as_what_it_sees():
    frames = Frames(((-2, 9),), ((-2, 9),), 20)
    assert frames.step == 10 and frames.left(0) == -1 and frames.right(0) == 9
