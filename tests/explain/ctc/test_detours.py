"""Another path of the same text: against every path of small random cases."""

from itertools import product

import numpy as np
import pytest

from explain.ctc.decoding import best_path
from explain.ctc.detours import detour, detours


def reads(path, blank):
    """The definition: equal neighbours merge, then blanks fall away."""
    merged = [label for place, label in enumerate(path) if place == 0 or path[place - 1] != label]
    return [label for label in merged if label != blank]


@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_likeliest_of_all_that_differ_at_one_frame(seed):
    frames, labels, blank = 5, 4, seed % 4
    chance = np.random.default_rng(seed).dirichlet(np.full(labels, 0.6), frames)
    path = best_path(chance, blank).path
    best, count = None, 0
    for other in product(range(labels), repeat=frames):
        differ = [frame for frame in range(frames) if other[frame] != path[frame]]
        if len(differ) == 1 and reads(other, blank) == reads(list(path), blank):
            count += 1
            probability = np.prod(chance[np.arange(frames), other])
            if best is None or probability > best[0]:
                best = probability, differ[0], other[differ[0]]
    all_, found = detours(chance, path, blank), detour(chance, path, blank)
    assert len(set(all_)) == count and [one.probability for one in all_] == sorted(
        (one.probability for one in all_), reverse=True
    )
    assert (found is None) == (best is None)
    if best:
        assert (found.frame, found.label) == best[1:] and found.probability == pytest.approx(best[0], rel=1e-12)


def test_where_no_frame_can_say_anything_else_there_is_none():
    assert detour(np.array([[0.9, 0.1]]), np.array([0]), 1) is None  # "a" in one frame
