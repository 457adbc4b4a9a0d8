"""What passes between shown channels, and what is not shown: nothing of it gets lost."""

from __future__ import annotations

import dataclasses

import pytest

from explain.charts.flow.lines import lines, shown
from explain.charts.flow.parts import PICTURE, REST
from tests.explain.charts.flow.made import BETWEEN, CHANGE, flow


def test_the_dearest_channel_is_on_top_and_the_one_that_speaks_against_at_the_bottom():
    """a costs 4, -1, 0; b costs 3.75, -1, 0.25."""
    assert shown(flow(), ("a", "b"), 2) == [("a", (0, 1)), ("b", (0, 1))]
    assert shown(flow(), ("b",), 3) == [("b", (0, 2, 1))]


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


def test_all_is_told_by_costs_and_not_by_what_passes():
    turned = tuple(dataclasses.replace(layer, channels=-2 * layer.channels) for layer in flow().layers)
    other, path = dataclasses.replace(flow(), layers=turned), shown(flow(), ("a", "b"), 2)
    assert shown(other, ("a", "b"), 2) == path and lines(other, path) == lines(flow(), path)


def test_where_something_passes_by_nothing_is_said_of_the_rest():
    found = lines(flow(alone=False), shown(flow(), ("a", "b"), 2))
    assert {line.column for line in found} == {0} and all(REST not in (line.start, line.end) for line in found)


def test_without_layers_there_are_no_lines():
    assert lines(flow(), []) == []
