"""The moments that come along with a network: they fit it, and tell from blank to text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explain.ctc import decoding
from explain.network.description import describe
from models import moments
from models.networks import CARDS

WITH = [card for card in CARDS.values() if card.moments is not None]


@pytest.fixture(params=WITH, ids=[card.name for card in WITH])
def kept(request):
    return describe(request.param), moments.read(request.param.moments)


def test_there_is_a_network_with_moments():
    assert WITH and all(card.moments.stat().st_size <= 2_000_000 for card in WITH)


def test_they_fit_the_network(kept):
    network, at = kept
    frames, labels = network.output.shape
    number, words = len(at), len(at.texts)
    assert at.probabilities.shape == (number, words, frames, labels)
    assert at.pictures.shape[:3] == (words, *network.picture[:2])
    kernel = tuple(network.layer(at.layer).window.kernel)
    assert at.filters.shape == (number, *kernel, network.preprocessing.channels, network.layer(at.layer).shape[-1])
    assert len(at.readings) == number and {len(row) for row in at.readings} == {words}
    assert {len(values) for values in (at.seen, at.losses, at.right)} == {number}


def test_they_go_from_nothing_to_something_read(kept):
    _, at = kept
    assert 15 <= len(at) <= 25 and at.seen[0] == 0 and (np.diff(at.seen) > 0).all()
    np.testing.assert_allclose(at.probabilities.sum(axis=-1), 1, atol=1e-3)
    assert at.losses[-1] < at.losses[0] / 4 and at.right[0] == 0 and at.right[-1] > 0
    assert sum(a == b for a, b in zip(at.readings[-1], at.texts, strict=True)) > len(at.texts) / 2
    assert any(all(reading == "" for reading in row) for row in at.readings), "blank everywhere"
    assert at.likeness(0) == pytest.approx(1) and at.likeness(len(at) - 1) < 0.999


def test_decoding_what_is_kept_gives_the_reading_that_is_kept(kept):
    network, at = kept
    for probabilities, readings in zip(at.probabilities, at.readings, strict=True):
        for word, reading in zip(probabilities, readings, strict=True):
            best = decoding.best_path(word, network.blank)
            assert decoding.text(best.labels, network.labels) == reading


def test_milestones_are_told_from_the_readings(kept):
    _, at = kept
    readings = (("x", "q"), ("", ""), ("on", "q"), ("an", "at"), ("on", "at"))
    made = replace(at, texts=("on", "at"), readings=readings, seen=np.arange(5))
    assert (made.silent(), made.right_from(0), made.right_from(1)) == (1, 4, 3)
    assert replace(made, texts=("no", "at")).right_from(0) is None
    assert replace(made, readings=readings[2:], seen=np.arange(3)).silent() is None
