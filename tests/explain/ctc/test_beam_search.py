"""The beam search told frame by frame: against sums over every path, and against what goes in coming out again."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from explain.ctc import decoding

pytestmark = pytest.mark.filterwarnings("error")
BLANK = 2


def random_frames(seed, frames=5, labels=3):
    return np.random.default_rng(seed).dirichlet(np.ones(labels), size=frames)


def sharp_frames(seed, frames=31, labels=63):
    rng = np.random.default_rng(seed)
    odds = np.exp(rng.normal(size=(frames, labels)) * 4)
    return odds / odds.sum(axis=1, keepdims=True)


def read(path):
    return tuple(label for label, _ in itertools.groupby(path) if label != BLANK)


def by_prefix(p, frames):
    """prefix -> probability of the first frames' paths that read as it, by [last frame, text one frame earlier]."""
    sums = {}
    for path in itertools.product(range(p.shape[1]), repeat=frames):
        probability = math.prod(p[t, label] for t, label in enumerate(path))
        entry = sums.setdefault(read(path), {"blank": 0.0, "label": 0.0, "stayed": 0.0, "extended": 0.0})
        entry["blank" if path[-1] == BLANK else "label"] += probability
        entry["stayed" if read(path[:-1]) == read(path) else "extended"] += probability
    return sums


def exp(value):
    return math.exp(value) if value > -math.inf else 0.0


@pytest.mark.parametrize("seed", range(12))
def test_with_room_for_all_every_figure_is_a_sum_over_paths(seed):
    p = random_frames(seed)
    before = {()}
    for t, step in enumerate(decoding.beam_record(p, beams=10_000)):
        sums = by_prefix(p, t + 1)
        assert {living.prefix for living in step.living} == set(sums)
        for living in step.living:
            for name, value in sums[living.prefix].items():
                assert exp(getattr(living, name)) == pytest.approx(value, rel=1e-9, abs=1e-15)
            told = {"new": living.prefix not in before, "merged": living.stayed > -np.inf < living.extended}
            assert told["new"] == (living.fate == "new")
            assert (told["merged"] and not told["new"]) == (living.fate == "merged")
        assert step.dropped == () and step.drops == 0 and step.log_lost == -np.inf
        before = set(sums)


def test_one_merge_worked_out_by_hand():
    """a, b, blank: after two frames "a" comes from a-blank, a-a (stayed) and blank-a (from the empty prefix)."""
    p = np.array([[0.5, 0.1, 0.4], [0.3, 0.2, 0.5]])
    step = decoding.beam_record(p, beams=3)[1]
    a = next(living for living in step.living if living.prefix == (0,))
    assert a.fate == "merged"
    assert math.exp(a.stayed) == pytest.approx(0.5 * 0.5 + 0.5 * 0.3)
    assert math.exp(a.extended) == pytest.approx(0.4 * 0.3)
    assert math.exp(a.blank) == pytest.approx(0.25) and math.exp(a.label) == pytest.approx(0.15 + 0.12)
    # Left: "a" 0.52, empty 0.2, "ab" 0.1; out: "b" (0.1 x 0.7 + 0.4 x 0.2 = 0.15 is more than "ab") stays instead.
    assert [living.prefix for living in step.living] == [(0,), (), (1,)]
    assert [(gone.prefix, gone.lived) for gone in step.dropped] == [((0, 1), False), ((1, 0), False)]
    assert math.exp(step.log_lost) == pytest.approx(0.5 * 0.2 + 0.1 * 0.3)


@pytest.mark.parametrize("beams", [1, 3, 25])
def test_the_last_step_is_the_search_itself(beams):
    for seed in range(8):
        p = sharp_frames(seed)
        steps = decoding.beam_record(p, beams)
        assert len(steps) == len(p)
        last = [(living.prefix, np.logaddexp(living.blank, living.label)) for living in steps[-1].living]
        assert last == decoding.beam_search(p, beams, n=beams)


@pytest.mark.parametrize("beams", [1, 3, 25])
def test_nothing_gets_lost_unnoticed(beams):
    """Each frame's softmax sums to 1: what lived before a frame is what lives after it and what was dropped."""
    p = sharp_frames(5)
    before, alive = 1.0, {()}
    for step in decoding.beam_record(p, beams):
        after = sum(exp(living.blank) + exp(living.label) for living in step.living)
        assert after + exp(step.log_lost) == pytest.approx(before, rel=1e-9)
        now = {living.prefix for living in step.living}
        assert len(now) <= beams
        assert {gone.prefix for gone in step.dropped if gone.lived} == alive - now
        values = [gone.log_probability for gone in step.dropped]
        assert values == sorted(values, reverse=True) and len(values) <= step.drops
        worst = min(np.logaddexp(living.blank, living.label) for living in step.living)
        assert all(value <= worst for value in values)
        before, alive = after, now


def test_how_many_dropped_prefixes_are_named_can_be_chosen():
    p = sharp_frames(6)
    for dropped in (0, 7):
        for step in decoding.beam_record(p, 4, dropped=dropped):
            assert sum(not gone.lived for gone in step.dropped) <= dropped
    assert any(len(step.dropped) >= 7 for step in decoding.beam_record(p, 4, dropped=7))


def test_no_beam_at_all_is_refused():
    with pytest.raises(ValueError, match="at least one beam"):
        decoding.beam_record(sharp_frames(0), beams=0)
