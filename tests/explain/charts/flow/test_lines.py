"""What passes between shown channels, and what is not shown: nothing of it gets lost."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from explain.charts.flow.lines import lines, shown
from explain.charts.flow.parts import PICTURE, REST
from tests.explain.charts.flow.made import BETWEEN, CHANGE, flow


def test_the_channels_stand_by_what_passes_through_them():
    """a carries 4, -1, 0; b carries 3.75, -1, 0.25; both are missed most in the order 0, 1, 2."""
    assert shown(flow(), ("a", "b"), 2) == [("a", (0, 1)), ("b", (0, 1))]
    assert shown(flow(), ("b",), 3) == [("b", (0, 2, 1))]


def test_those_are_shown_that_the_answer_is_expected_to_miss_most():
    through = dataclasses.replace(flow().layer("b"), costs=np.array([0.0, -1.0, 3.0]))
    assert shown(dataclasses.replace(flow(), layers=(through,)), ("b",), 2) == [("b", (2, 1))]


def test_what_is_not_shown_is_what_is_left_over():
    """By hand, with channels 0 and 1 of each layer shown: what is left of rows, of columns, and of both."""
    path = shown(flow(), ("a", "b"), 2)
    between = {(line.start, line.end): line.amount for line in lines(flow(), path) if line.column == 0}
    assert between == {
        (0, 0): 3.0,
        (0, 1): 1.0,
        (1, 0): 0.5,
        (1, 1): -2.0,
        (REST, 0): 0.25,
        (REST, 1): 0.0,
        (0, REST): 0.0,
        (1, REST): 0.5,
        (REST, REST): -0.25,
    }


@pytest.mark.parametrize("count", [1, 2, 3])
def test_as_much_leaves_every_gap_as_enters_it(count):
    path = shown(flow(), ("a", "b"), count)
    found = lines(flow(), path)
    for column in (PICTURE, 0, 1):
        assert sum(line.amount for line in found if line.column == column) == pytest.approx(CHANGE)
    for place, channel in enumerate(path[1][1]):
        came = sum(line.amount for line in found if line.column == 0 and line.end == place)
        assert came == pytest.approx(BETWEEN[:, channel].sum())


def test_where_something_passes_by_nothing_is_said_of_the_rest():
    found = lines(flow(alone=False), shown(flow(), ("a", "b"), 2))
    assert {line.column for line in found} == {0} and all(REST not in (line.start, line.end) for line in found)


def test_without_layers_there_are_no_lines():
    assert lines(flow(), []) == []
