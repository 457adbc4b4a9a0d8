"""All paths of small cases, against the forward algorithm, which sums them up without listing them, and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from explain.ctc import decoding
from explain.ctc.paths import paths, readings


def softmax(seed: int, frames: int, labels: int) -> np.ndarray:
    raised = np.exp(np.random.default_rng(seed).normal(0, 1.5, (frames, labels)))
    return raised / raised.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("frames", "labels", "blank"), [(3, 3, 2), (4, 3, 2), (4, 3, 0), (2, 4, 1), (1, 2, 1)])
def test_every_texts_sum_is_the_forward_algorithms(frames, labels, blank):
    p = softmax(frames * 10 + labels, frames, labels)
    listed = readings(p, blank)
    assert sum(len(reading.paths) for reading in listed) == labels**frames
    assert sum(reading.probability for reading in listed) == pytest.approx(1)
    exact = np.exp(decoding.log_probabilities(p, [reading.text for reading in listed], blank))
    assert [reading.probability for reading in listed] == pytest.approx(exact.tolist())
    assert [reading.probability for reading in listed] == sorted((r.probability for r in listed), reverse=True)


def test_the_likeliest_path_is_the_best_path():
    p = softmax(7, 4, 3)
    likeliest = max(paths(p, 2), key=lambda path: path.probability)
    best = decoding.best_path(p, 2)
    assert likeliest.labels == tuple(best.path) and likeliest.text == best.labels
    assert likeliest.probability == pytest.approx(best.probability)


def test_two_frames_by_hand():
    """a with 0.4 twice, blank with 0.6 twice: the best path reads nothing, three others read a."""
    a, nothing = readings(np.array([[0.4, 0.6], [0.4, 0.6]]), 1)
    assert a.text == (0,) and a.probability == pytest.approx(0.64)
    assert [path.labels for path in a.paths] == [(0, 1), (1, 0), (0, 0)]
    assert nothing.text == () and nothing.probability == pytest.approx(0.36)


def test_a_doubled_letter_needs_a_blank_between():
    doubled = next(reading for reading in readings(softmax(3, 3, 2), 1) if reading.text == (0, 0))
    assert [path.labels for path in doubled.paths] == [(0, 1, 0)]


def test_too_many_are_refused():
    with pytest.raises(ValueError, match="too many to be listed"):
        paths(np.full((20, 3), 1 / 3), 2)
