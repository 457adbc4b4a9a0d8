"""Changes as data: what they do to an array, worked out by hand, and their way into an address and back."""

from __future__ import annotations

import numpy as np
import pytest

from explain.interventions.intervention import (
    Intervention,
    InterventionError,
    What,
    Where,
    changed,
    check,
    parse,
    sentence,
    write,
)
from explain.network.description import describe
from models import crnn

CHANGES = [
    Intervention("conv_3", Where(channels=(151,))),
    Intervention("conv_4", Where(channels=(2, 7), rows=(0, 3), columns=(10, 12)), What("scale", -0.5)),
    Intervention("blstm_1", Where(direction="backward"), What("mean")),
    Intervention("a.b~c/d e%7E", Where(), What("add", 1e-7)),
    Intervention("conv_5", Where(columns=(0, 4)), What("patch")),
]


def test_changes_go_into_a_text_and_back():
    assert parse(write(CHANGES)) == CHANGES
    assert write(CHANGES[:1]) == "conv_3.c151.zero" and parse("") == [] == parse("~~")


@pytest.mark.parametrize(
    "text",
    ["conv_3", "conv_3..", "conv_3.c1.burn", "conv_3.q1.zero", ".c1.zero", "conv_3.c1.scalenan", "conv_3.c1.addinf"]
    + ["conv_3.c1.scale1e9", "conv_3.c1.zero5", "conv_3.c1.scale", f"conv_3.c{'1_' * 5000}1.zero", "conv_3.c٣.zerø"],
)
def test_what_makes_no_sense_is_left_out(text):
    assert parse(f"{text}~conv_4.c3.zero")[-1:] in ([Intervention("conv_4", Where((3,)))], [])
    assert parse(text) == []


def test_each_kind_does_what_it_says():
    layer = describe(crnn.CARD).layer("conv_4")
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)  # rows, columns, channels
    one = Where(channels=(1,), rows=(0, 1), columns=(2, 3))
    assert values[0, 2, 1] == 9
    for what, expected in (("zero", 0), ("scale", 18), ("add", 11), ("patch", 109), ("mean", 11)):
        found = changed(layer, Intervention("conv_4", one, What(what, 2.0)), values, values + 100)
        assert found[0, 2, 1] == expected, what  # channel 1 holds 1, 5, 9, 13, 17, 21
        found[0, 2, 1] = 9
        np.testing.assert_array_equal(found, values)


def test_directions_are_the_halves_of_a_sequence_and_frames_its_columns():
    layer, values = describe(crnn.CARD).layer("blstm_1"), np.ones((3, 4), np.float32)
    forward = changed(layer, Intervention("blstm_1", Where(direction="forward")), values)
    frame = changed(layer, Intervention("blstm_1", Where(columns=(1, 2))), values)
    np.testing.assert_array_equal(forward, [[0, 0, 1, 1]] * 3)
    np.testing.assert_array_equal(frame, [[1] * 4, [0] * 4, [1] * 4])


@pytest.mark.parametrize(
    "change, said",
    [
        (Intervention("conv_9"), "no layer called"),
        (Intervention("conv_4", Where(channels=(256,))), "channels 0 to 255"),
        (Intervention("conv_4", Where(rows=(7, 9))), "8 rows"),
        (Intervention("conv_4", Where(columns=(5, 5))), "32 columns"),
        (Intervention("conv_4", Where(direction="forward")), "two directions"),
        (Intervention("conv_4", what=What("scale", float("nan"))), "nothing that can be done"),
    ],
)
def test_what_the_network_has_no_place_for_is_refused(change, said):
    with pytest.raises(InterventionError, match=said):
        check(describe(crnn.CARD), change, (8, 32, 256))


def test_patching_needs_another_picture_of_that_size():
    layer, patch = describe(crnn.CARD).layer("conv_4"), Intervention("conv_4", what=What("patch"))
    for other in (None, np.zeros((2, 3, 5))):
        with pytest.raises(InterventionError, match="picture"):
            changed(layer, patch, np.zeros((2, 3, 4)), other)


def test_a_change_in_words():
    said = [sentence(describe(crnn.CARD), change) for change in (CHANGES[0], CHANGES[1], CHANGES[2])]
    assert said[0] == "conv_3, channel 151: set to zero"
    assert said[1] == "conv_4, channels 2, 7, rows 0 to 2, columns 10 to 11: times -0.5"
    assert said[2] == "blstm_1, the backward direction: set to the mean"
