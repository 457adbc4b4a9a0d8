"""Channels silenced together: against a pass with the same changes made one after another."""

from __future__ import annotations

import numpy as np
import pytest

from explain.attribution import targets
from explain.interventions.intervention import Intervention, InterventionError, Where
from explain.interventions.run import run
from explain.interventions.silencing import ACTIVE, NAMED, RANDOM, answers_without, curves, most_active, silenced
from explain.interventions.which import Stopped
from explain.network.session import Network
from tests import test_third_network

LAYER = "t13"


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    network = Network(test_third_network.make(tmp_path_factory.mktemp("third") / "third.onnx"))
    picture = test_third_network.pictures(1, seed=2)
    untouched = {name: values[0] for name, values in network.run(picture).items()}
    frames = test_third_network.FRAMES
    return network, picture, untouched, targets.Character(3, (1 / frames,) * frames)


def cost(case, channels) -> float:
    """By the way of interventions, one channel after another."""
    network, picture, untouched, target = case
    changes = [Intervention(LAYER, Where(channels=(int(channel),))) for channel in channels]
    touched = run(network, picture, untouched, changes).values["logits"]
    before, after = (targets.score(target, {"logits": logits[None]})[0] for logits in (untouched["logits"], touched))
    return float(before - after)


def test_answers_are_those_of_the_network_with_the_channels_set_to_zero(case):
    network, picture, untouched, _ = case
    groups = [(2,), (2, 5), ()]
    found = answers_without(network, picture, untouched, LAYER, groups)
    for p, group in zip(found, groups, strict=True):
        changes = [Intervention(LAYER, Where(channels=(channel,))) for channel in group]
        logits = run(network, picture, untouched, changes).values["logits"]
        expected = np.exp(logits - logits.max(axis=-1, keepdims=True))
        np.testing.assert_allclose(p, expected / expected.sum(axis=-1, keepdims=True), atol=1e-5)


def test_groups_cost_what_their_channels_cost_together(case):
    groups = [(2,), (2, 5), (), (0, 1, 2, 3, 4, 5)]
    found = silenced(*case[:3], LAYER, case[3], groups)
    np.testing.assert_allclose(found, [cost(case, group) for group in groups], atol=1e-5)
    assert found[2] == 0 and np.abs(found).max() > 1e-3


def test_curves_of_channels_named_most_active_and_at_random(case):
    named = (7, 2, 9, 11)
    found = curves(*case[:3], LAYER, case[3], named, counts=(1, 3, 4, 5), seed=4)
    assert found.counts == (1, 3, 4)  # five are not named
    np.testing.assert_allclose(found.costs[NAMED], [cost(case, named[:count]) for count in found.counts], atol=1e-5)
    values = case[2][LAYER]
    active = sorted(range(values.shape[-1]), key=lambda channel: -np.abs(values[..., channel]).mean())
    assert most_active(values) == tuple(active)
    np.testing.assert_allclose(found.costs[ACTIVE], [cost(case, active[:count]) for count in found.counts], atol=1e-5)
    again = curves(*case[:3], LAYER, case[3], named, counts=(1, 3, 4), seed=4)
    other = curves(*case[:3], LAYER, case[3], named, counts=(1, 3, 4), seed=5)
    np.testing.assert_array_equal(found.costs[RANDOM], again.costs[RANDOM])
    assert np.abs(found.costs[RANDOM] - other.costs[RANDOM]).max() > 0


def test_all_channels_at_random_are_all_channels(case):
    channels = case[2][LAYER].shape[-1]
    found = curves(*case[:3], LAYER, case[3], range(channels), counts=(channels,))
    assert found.costs[RANDOM][0] == pytest.approx(found.costs[NAMED][0], abs=1e-6)


def test_it_can_be_stopped_and_refuses_what_no_answer_is_made_of(case):
    with pytest.raises(Stopped):
        silenced(*case[:3], LAYER, case[3], [(1,)], on_step=lambda done, of: False)
    with pytest.raises(InterventionError, match="No answer is made of"):
        silenced(*case[:3], "frames", case[3], [(1,)])
