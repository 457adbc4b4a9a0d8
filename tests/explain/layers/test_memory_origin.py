"""Which frames wrote what an LSTM holds: worked out by hand, and by leaving one frame's writing out at a time."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from explain.layers import lstm, memory_origin
from tests.explain.layers.test_lstm import random_case


def run(forget, written, backward) -> np.ndarray:
    """The cell states `(frame, unit)` that gates and writings lead to, frame by frame."""
    cell, cells = np.zeros(forget.shape[1]), np.zeros(forget.shape)
    for t in reversed(range(len(forget))) if backward else range(len(forget)):
        cell = forget[t] * cell + written[t]
        cells[t] = cell
    return cells


@pytest.mark.parametrize("direction", lstm.DIRECTIONS)
@pytest.mark.parametrize("frame", [0, 3, 6])
def test_a_frames_part_is_what_is_missing_when_it_writes_nothing(direction, frame):
    backward = direction == "backward"
    steps = lstm.trace(*random_case(seed=frame), direction)
    parts = memory_origin.parts(steps, frame, backward)
    np.testing.assert_allclose(parts.sum(axis=0), steps.cell[frame], atol=1e-6)
    whole = run(steps.forget_gate, steps.written, backward)
    for t in range(7):
        written = steps.written.copy()
        written[t] = 0
        without = run(steps.forget_gate, written, backward)
        np.testing.assert_allclose(parts[t], (whole - without)[frame], atol=1e-5)


@pytest.mark.parametrize("direction", lstm.DIRECTIONS)
def test_what_is_forgotten_is_what_the_step_found_and_did_not_keep(direction):
    steps = lstm.trace(*random_case(), direction)
    for frame in range(7):
        lost = memory_origin.forgotten(steps, frame, direction == "backward")
        np.testing.assert_allclose(lost.sum(axis=0), (steps.before - steps.kept)[frame], atol=1e-6)
        assert not lost[frame].any()


def test_the_fewest_frames_that_have_most_of_it():
    assert memory_origin.writers(np.array([0.0, 3.0, -0.1, 6.0, 0.2])) == [1, 3]
    assert memory_origin.writers(np.array([0.0, -5.0, 5.0])) == [1, 2]
    assert memory_origin.writers(np.zeros(4)) == []


@pytest.mark.parametrize("backward", [False, True])
def test_what_is_held_is_wiped_where_a_tenth_is_left(backward):
    steps = lstm.trace(*random_case(), "backward" if backward else "forward")
    gates = np.array([0.9, 0.9, 0.5, 0.5, 0.3, 0.9, 0.9], np.float32)
    forget = np.repeat(gates[:, None], steps.cell.shape[1], axis=1)
    steps = dataclasses.replace(steps, forget_gate=forget)
    if backward:  # after frame 4: 0.5, 0.25, 0.225, 0.2025; after 5: 0.3, 0.15, 0.075
        assert memory_origin.wiped(steps, 0, 4, backward) == (None, pytest.approx(0.2025))
        assert memory_origin.wiped(steps, 0, 5, backward) == (2, pytest.approx(0.075))
    else:  # after frame 1: 0.5, 0.25, 0.075; after 4: 0.9, 0.81
        assert memory_origin.wiped(steps, 0, 1, backward) == (4, pytest.approx(0.075))
        assert memory_origin.wiped(steps, 0, 4, backward) == (None, pytest.approx(0.81))
