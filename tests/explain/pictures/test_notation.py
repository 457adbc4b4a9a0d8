"""Counts and sizes as they are written."""

from __future__ import annotations

import pytest

from explain.pictures.notation import amount, size


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
