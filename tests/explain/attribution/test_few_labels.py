"""Occlusion with the labels asked for alone says what it says with all of them."""

from __future__ import annotations

import numpy as np
import pytest

from explain.attribution.few_labels import few
from explain.attribution.occlusion import Occlusion, boxes
from explain.attribution.targets import LOGITS, Character, TargetError


@pytest.fixture(scope="module")
def covered() -> Occlusion:
    random = np.random.default_rng(3)
    places = boxes((8, 24), (8, 4), (8, 4))
    whole = random.normal(0, 3, (1, 5, 1000)).astype(np.float32)
    under = whole + random.normal(0, 1, (len(places), 5, 1000)).astype(np.float32)
    whole[0, 2, 7] = 60.0  # as good as certain: nothing is left for the others
    return Occlusion(places, {LOGITS: whole}, {LOGITS: under}, (8, 24))


@pytest.mark.parametrize("rival", [None, 998])
def test_every_answer_is_that_of_all_labels(covered, rival):
    asked = (7, 998, 0, 41)
    narrow = few(covered, asked)
    assert narrow.occlusion.covered[LOGITS].shape == (len(covered.boxes), 5, len(asked) + 1)
    for label in (7, 0, 41):
        target = Character(label, (0.1, 0.2, 0.3, 0.2, 0.2), rival)
        np.testing.assert_allclose(narrow.drops(target), covered.drops(target), atol=1e-4)
        np.testing.assert_allclose(narrow.map(target), covered.map(target), atol=1e-4)
    np.testing.assert_array_equal(narrow.boxes, covered.boxes)


def test_a_label_that_was_not_kept_is_refused(covered):
    narrow = few(covered, [7, 8])
    for target in (Character(9, (0.2,) * 5), Character(7, (0.2,) * 5, 9)):
        with pytest.raises(TargetError, match="Of label 9 nothing was kept"):
            narrow.map(target)
