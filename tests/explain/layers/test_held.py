"""What an LSTM keeps in mind: on gates written by hand, and against a search of every stretch of a real layer."""

from __future__ import annotations

import numpy as np
import pytest

from explain.layers import held, lstm

FRAMES = 8


def trace(gates, written) -> lstm.Trace:
    """Of units whose forget gates and writing are given, `(frame, unit)` in the order in which they read."""
    gates, written = np.array(gates, np.float32), np.array(written, np.float32)
    before, cell = np.zeros_like(gates), np.zeros_like(gates)
    for step in range(len(gates)):
        before[step] = cell[step - 1] if step else 0
        cell[step] = gates[step] * before[step] + written[step]
    one = np.ones_like(gates)
    return lstm.Trace(one, gates, written, one, before, cell, np.tanh(cell))


def turned(steps: lstm.Trace) -> lstm.Trace:
    """The same, read from the right: frames are counted from the left all the same."""
    return lstm.Trace(*(getattr(steps, name)[::-1] for name in lstm.Trace.__dataclass_fields__))


#              writes once, keeps, forgets   adds at every step     keeps longest, but to the end   writes anew at each
GATES = [
    [1, 1, 1, 0],
    [1, 1, 1, 0],
    [1, 1, 1, 0],
    [1, 1, 1, 0],
    [1, 1, 1, 0],
    [0.1, 1, 1, 0],
    [1, 0, 1, 0],
    [1, 1, 1, 0],
]
WRITTEN = [
    [0, 1, 0, 1],
    [0.8, 1, -1, 1],
    [0, 1, 0, 1],
    [0.05, 1, 0, 1],
    [0, 1, 0, 1],
    [0, 1, 0, 1],
    [0, 1, 0, 1],
    [0, 1, 0, 1],
]


@pytest.mark.parametrize("backward", [False, True])
def test_it_is_written_kept_and_forgotten(backward):
    steps = trace(GATES, WRITTEN)
    found = held.longest(turned(steps) if backward else steps, backward)
    at = [FRAMES - 1 - frame if backward else frame for frame in (1, 4, 5)]
    assert (found.unit, found.steps) == (0, 3) and [found.wrote, found.last(backward), found.forgot] == at
    assert found.value == pytest.approx(0.8)


def test_what_is_not_forgotten_comes_second_and_nothing_is_none():
    kept = held.longest(trace([row[1:] for row in GATES], [row[1:] for row in WRITTEN]), False)
    assert (kept.unit, kept.wrote, kept.steps, kept.forgot) == (1, 1, 6, None) and kept.value == -1
    assert held.longest(trace([row[3:] for row in GATES], [row[3:] for row in WRITTEN]), False) is None


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_longest_of_all(seed):
    random = np.random.default_rng(seed)
    gates = random.choice([0.0, 0.4, 1.0, 1.0, 1.0], (14, 30))
    written = random.choice([0.0, 0.0, 0.0, 1.0, -0.7], (14, 30))
    steps = trace(gates, written)
    longest = 0
    for unit in range(30):
        for wrote in range(14):
            if abs(written[wrote, unit]) < 0.5 or abs(steps.cell[wrote, unit]) < 0.5:
                continue
            end = wrote + 1
            while end < 14 and gates[end, unit] == 1 and written[end, unit] == 0:
                end += 1
            if end < 14 and gates[end, unit] < 0.5:
                longest = max(longest, end - wrote - 1)
    found = held.longest(steps, False)
    assert longest and found.steps == longest and found.forgot is not None
