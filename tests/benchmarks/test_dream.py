"""The contest of class visualisation: seconds of every run count, and no mean is told where a score was not reached."""

import pytest

from tests.benchmarks.dream import CLASSES, DOUBLED, Contest, Ours, Reached, compared
from tests.benchmarks.dream_peer import PeerResult


class Played(Contest):
    """Without networks: a run's logit rises by one in each step, eight steps between previews, to 100 at most."""

    def __init__(self):
        self.size, self.preset, self.steps = 160, "ours", 8
        self.begun = []

    def _run(self, name, steps):
        self.begun.append(steps)
        run = Ours()
        for step in range(8, steps + 1, 8):
            run.steps.append(step)
            run.seconds.append(0.5 * step)
            run.processor.append(1.0 * step)
            run.logits.append(min(100.0, step))
            run.known.append(step > 4)
        return run


@pytest.mark.parametrize(
    ("logit", "begun", "reached"),
    [
        (-5.0, [8], Reached(8, 4.0, 8.0)),
        (8.0, [8], Reached(8, 4.0, 8.0)),
        (9.0, [8, 16], Reached(8 + 16, 12.0, 24.0)),
        (20.0, [8, 16, 32], Reached(8 + 16 + 24, 24.0, 48.0)),
        (101.0, [8 * 2**times for times in range(DOUBLED + 1)], None),
    ],
)
def test_a_score_that_was_missed_is_tried_for_with_twice_the_steps_and_all_seconds_count(logit, begun, reached):
    contest = Played()
    assert contest.ours(CLASSES[0], logit).until(logit) == reached
    assert contest.begun == begun


def test_means_are_told_only_where_every_score_was_reached():
    contest = Played()
    pairs = {
        name: ((PeerResult(None, 60.0, 120.0), logit), contest.ours(name, logit))
        for name, logit in zip(CLASSES, (8.0, 9.0), strict=False)
    }
    found = compared(pairs, contest.ours(CLASSES[0]), contest)
    assert found["reached"] == 2
    assert found["mean_ours"] == {"s": 8.0, "processor_s": 16.0}
    assert found["times_faster"] == found["times_faster_by_processor"] == 7.5
    assert found["classes"][CLASSES[1]]["ours_in_the_end"]["logit"] == 8.0  # of the run as the page makes it
    pairs[CLASSES[2]] = (PeerResult(None, 60.0, 120.0), 101.0), contest.ours(CLASSES[2], 101.0)
    found = compared(pairs, contest.ours(CLASSES[0]), contest)
    assert found["reached"] == 2 and "times_faster" not in found
    assert found["classes"][CLASSES[2]]["ours_to_that_logit"] is None
