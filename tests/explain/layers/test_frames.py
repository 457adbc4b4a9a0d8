"""Frames over the picture, against numbers worked out by hand."""

from explain.layers.frames import Frames, frames
from explain.network.layers import WHOLE, WINDOW, Layer, Window
from tests.explain.network.made import chain


def test_frames_stand_over_the_middle_of_what_they_see():
    found = Frames(((-3, 4), (1, 8), (5, 12)), ((-1, 2), (3, 6), (7, 10)), 10)
    assert len(found) == 3 and found.centres == [1, 5, 9] and found.step == 4
    assert found.within == [(0, 5), (1, 9), (5, 10)] and found.columns_seen(2) == "5 to 9"
    assert found.across(1) == {"x": 3, "x2": 7} and found.across(0, 2) == {"x": -1, "x2": 11}


def test_a_single_frame_is_as_wide_as_what_it_sees():
    found = Frames(((-2, 9),), ((-2, 9),), 20)
    assert found.step == 10 and found.left(0) == -1 and found.right(0) == 9


def open_width(*strides, whole_after=None):
    """Convolutions of 3 x 3 over a picture of any width, zeros around, and a sequence of the columns of the last."""
    layers, before = [], "input"
    for number, stride in enumerate(strides):
        name = f"conv_{number}"
        window = Window((3, 3), (1, stride), ((1, 1), (1, 1)))
        layers.append(Layer(name, name, "conv", (before,), (8, None, 4), window, WINDOW))
        before = name
        if number == whole_after:
            layers.append(Layer("gate", "gate", "multiply", (before,), (8, None, 4), None, WHOLE))
            before = "gate"
    layers.append(Layer("row", "row", "reshape", (before,), (None, 32), Window((8, 1), (8, 1)), WINDOW))
    return chain((8, None, 1), *layers)


def test_of_any_width_the_frames_columns_are_those_of_the_layer_with_as_many():
    """Three strides of 2: frame t's middle column is 8 t, and it sees 1 + 2 + 4 columns to each side."""
    found = frames(open_width(2, 2, 2), 13, 100)
    assert found.seen == tuple((8 * t - 7, 8 * t + 7) for t in range(13))
    assert found.step == 8 and found.width == 100
    halved = frames(open_width(2, 2), 26, 104)
    assert halved.seen[1] == (1, 7)


def test_where_a_layer_sees_everything_the_picture_is_shared_out_evenly():
    """What lies before it has other columns: those of a layer with twice as many are not the frames'."""
    found = frames(open_width(2, 2, 2, whole_after=1), 13, 104)
    assert found.seen == tuple((8 * t, 8 * t + 7) for t in range(13))
