"""The soak's figures, worked out by hand, and its visitors' links: the same ones for the same seed."""

from __future__ import annotations

import random

from tests.benchmarks import wander
from tests.benchmarks.soak import Memory, Opening, summary


def test_memory_is_level_when_its_last_third_is_as_its_first():
    samples = [Memory(megabytes, megabytes / 2) for megabytes in (90, 400, 100, 500, 300, 200, 110, 120, 105)]
    openings = [Opening("?view=VGG16", 1.5, None), Opening("frame 3", 4.25, "Timeout"), Opening("?frame=1", 2.0, None)]
    told = summary(openings, [0.01, 0.3], 1, samples)
    assert (told["resident_mb_first_third"], told["resident_mb_last_third"], told["resident_mb_highest"]) == (
        100,
        110,
        500,
    )
    assert told["resident_mb_middle_third"] == 300
    assert told["anonymous_mb_last_third"] == 55 and told["level"] == 1.1
    assert (told["openings"], told["links"], told["errors"]) == (3, 2, ["frame 3: Timeout"])
    assert (told["slowest_opening_seconds"], told["slowest_opening"], told["median_opening_seconds"]) == (
        4.25,
        "frame 3",
        2,
    )
    assert (told["slowest_health_seconds"], told["health_failed"]) == (0.3, 1)


def test_links_are_the_same_each_time_and_lead_to_every_view():
    first, second = ([wander.address(random.Random(f"0-{number}")) for number in range(60)] for _ in range(2))
    assert first == second
    assert {view for view, _ in first} == set(wander.VIEWS) == set(wander.OF_VIEW)
    assert {parameters["view"] for _, parameters in first} == set(wander.VIEWS)
