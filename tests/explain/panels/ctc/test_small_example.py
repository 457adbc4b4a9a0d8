"""The small CTC example on the page: its numbers, the address, and what it says, against the forward algorithm."""

from __future__ import annotations

import re

import numpy as np
import pytest

from explain.ctc import decoding
from explain.panels.ctc import small_example
from tests.explain.panels.views import opened, text_of


def page():
    from explain.panels.ctc import small_example

    small_example.show()


def table_of(shares) -> np.ndarray:
    return np.array([[a, b, 100 - a - b] for a, b in shares]) / 100


@pytest.mark.parametrize("frames", small_example.FIRST)
def test_at_first_the_best_path_loses_to_the_best_text(frames):
    p = table_of(small_example.FIRST[frames])
    best = decoding.best_path(p, 2)
    (likeliest, log_probability), *_ = decoding.n_best(p, 50, 3, 2)
    assert likeliest != best.labels
    said = text_of(opened(page, small_frames=frames))
    assert f"reads “{small_example.ALPHABET.text(best.labels)}”" in said and "the best path loses" in said
    assert f"together {np.exp(log_probability):.3f}" in said and f"has {best.probability:.3f}" in said


def test_numbers_come_from_the_address_and_go_there():
    test = opened(page, small_paths="90.5.5.90.90.5")
    assert [slider.value for slider in test.slider] == [(90, 95), (5, 95), (90, 95)]
    assert "here path and text agree" in text_of(test)
    test.slider[0].set_range(0, 0).run()
    assert not test.exception and test.slider[0].label == "Frame 0: a 0 %, b 0 %, blank 100 %"
    assert "0.0.5.90.90.5" in test.query_params["small_paths"]
    assert "reads “ba”" in text_of(test)


def test_what_others_say_of_it_is_what_it_shows():
    best, every = small_example.first()
    assert small_example.ALPHABET.text(best.text) == "ab" and best.probability == pytest.approx(0.6 * 0.4 * 0.6)
    assert small_example.ALPHABET.text(every[0].text) == "a" and len(every[0].paths) == 6


@pytest.mark.parametrize("nonsense", ["", "x", "1.2.3", "90.90.1.1.1.1", "1.1.1.1.1.1.1.1"])
def test_nonsense_in_the_address_is_the_first_example(nonsense):
    test = opened(page, small_paths=nonsense, small_frames="3")
    first = [(a, a + b) for a, b in small_example.FIRST["3"]]
    assert [slider.value for slider in test.slider] == first


def test_every_path_is_listed_once():
    from explain.ctc.paths import readings

    html = small_example.table(readings(table_of(small_example.FIRST["3"]), 2))
    written = re.findall(r"<code>(.*?)</code>", html)
    assert len(written) == len(set(written)) == 27
