"""A few of a job's previews: evenly over its steps, small, kept with the result and had back."""

from __future__ import annotations

import io

import numpy as np
import pytest

from explain.gradients.worker.growth import MOST, Growth, packed, parted
from explain.processes import protocol


def grown(number: int, size: int = 40) -> Growth:
    """Previews of so many steps, each of one grey that tells its step."""
    growth = Growth()
    for step in range(1, number + 1):
        growth.add(step, number, np.full((size, size, 3), step % 256, np.uint8))
    return growth


@pytest.mark.parametrize("number", [1, 5, MOST, MOST + 1, 60, 250])
def test_few_previews_stay_and_they_are_even_over_the_steps(number):
    steps = [preview.step for preview in grown(number).previews]
    assert steps[0] == 1 and len(steps) == len(set(steps)) <= MOST
    apart = np.diff(steps)
    assert len(set(apart)) <= 1, "one distance between all"
    assert number <= MOST and len(steps) == number or len(steps) > MOST / 2
    assert steps[-1] + (apart[0] if len(apart) else 1) > number, "the last ones are not left out"


def test_a_preview_is_the_picture_nearly_to_the_letter():
    for preview in grown(60).previews:
        assert preview.steps == 60 and preview.picture.shape == (40, 40, 3)
        assert abs(preview.picture.astype(int) - preview.step).max() <= 3


def test_noise_of_a_usual_size_stays_small():
    rng, growth = np.random.default_rng(0), Growth()
    for step in range(40):
        growth.add(step, 40, rng.integers(0, 256, (160, 160, 3), dtype=np.uint8))
    assert sum(len(preview.webp) for preview in growth.previews) < MOST * 160 * 160 * 3 / 2


def test_what_is_kept_is_had_back_and_the_result_is_left_as_it_was():
    previews, result = grown(30).previews, {"picture": np.arange(6), "score": 2.5}
    frame = protocol.pack(*protocol.split({**result, **packed(previews)}))
    message, arrays = protocol.read(io.BytesIO(frame))
    back, again = parted({**message, **arrays})
    assert again == previews
    assert back.keys() == result.keys() and np.array_equal(back["picture"], result["picture"])
    assert parted(result) == (result, ()) and packed(()) == {}


@pytest.mark.parametrize(
    "array",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 1), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_what_is_no_picture_is_refused(array):
    with pytest.raises(ValueError, match="height, width, 3"):
        Growth().add(1, 2, array)


def test_a_huge_preview_is_passed_over():
    growth = Growth()
    growth.add(1, 1, np.zeros((1, 2049, 3), np.uint8))
    assert growth.previews == ()
