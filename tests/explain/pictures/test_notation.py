"""Counts and sizes as they are written."""

from __future__ import annotations

import pytest

from explain.pictures.notation import amount, ordinal, size


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, "–"), (7, "7"), (640, "640"), (999, "999"), (1000, "1.00 k"), (73_856, "73.9 k"), (150_994_944, "151 M")],
)
def test_amounts_have_three_digits(number, written):
    assert amount(number) == written


@pytest.mark.parametrize(
    ("count", "written"),
    [(0, "–"), (31, "31 B"), (999_600, "1.00 MB"), (1_048_576, "1.05 MB"), (15_346_630_656, "15.3 GB")],
)
def test_sizes_have_three_digits_and_a_unit(count, written):
    assert size(count) == written


def test_places_are_counted_as_people_count():
    written = [ordinal(place) for place in (0, 1, 2, 3, 9, 10, 11, 12, 20, 21, 22, 100, 110)]
    assert " ".join(written) == "1st 2nd 3rd 4th 10th 11th 12th 13th 21st 22nd 23rd 101st 111th"
