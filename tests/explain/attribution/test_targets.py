"""Targets against sums over every alignment and figures worked out by hand; what they refuse."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from explain.attribution import targets
from explain.attribution.targets import Channel, Character, ClassLogit, TargetError, Unit, WholeText


def softmax(logits):
    p = np.exp(logits - logits.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True)


def alignments(frames, labels, blank, text):
    """Every path of that many frames that collapses to the text, with the text position told at each frame or None."""
    for path in itertools.product(range(labels), repeat=frames):
        told, position, before = [], -1, blank
        for label in path:
            if label != blank and label != before:
                position += 1
            told.append(None if label == blank else position)
            before = label
        read = tuple(label for i, label in enumerate(path) if label != blank and (i == 0 or path[i - 1] != label))
        if read == text:
            yield path, told


@pytest.mark.parametrize("text", [(0,), (0, 1), (0, 0), (1, 0, 1)])
def test_a_characters_frames_are_weighted_by_the_share_of_alignments_that_tell_it_there(text):
    logits = np.random.default_rng(len(text)).normal(size=(5, 3))
    p = softmax(logits)
    for position, label in enumerate(text):
        share = np.zeros(5)
        for path, told in alignments(5, 3, 2, text):
            chance = np.prod(p[np.arange(5), path])
            share += [chance * (at == position) for at in told]
        share /= share.sum()
        target = targets.character(p, text, position)
        np.testing.assert_allclose(target.weights, share, atol=1e-12)
        expected = (share * np.log(p[:, label])).sum()
        assert targets.score(target, {"logits": logits[None]})[0] == pytest.approx(expected)


def test_the_contrast_is_the_difference_of_the_two_log_probabilities():
    logits = np.random.default_rng(1).normal(size=(2, 6, 4))
    weights = tuple(np.full(6, 1 / 6))
    ours, theirs, both = (
        targets.score(one, {"logits": logits})
        for one in (Character(0, weights), Character(2, weights), Character(0, weights, rival=2))
    )
    np.testing.assert_allclose(both, ours - theirs)


@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_log_odds_hold_an_answer_against_all_others(scale):
    """scale: of the logits; by 30 most frames are sure to within what a float can tell from 1."""
    logits = scale * np.random.default_rng(4).normal(size=(2, 5, 4))
    logits[..., 3] += 2 * scale
    weights = (0.0, 0.25, 0.5, 0.25, 0.0)
    p = softmax(logits)
    others = np.log(p[..., [0, 1, 3]].sum(axis=-1))
    odds = targets.log_odds(Character(2, weights))
    assert odds == Character(2, weights, odds=True) and targets.parse(targets.describe(odds)) == odds
    expected = (np.log(p[..., 2]) - others) @ np.array(weights)
    np.testing.assert_allclose(targets.score(odds, {"logits": logits}), expected, rtol=1e-9)
    whole = targets.log_odds(WholeText((2,), 3))
    chance = [sum(np.prod(one[np.arange(5), path]) for path, _ in alignments(5, 4, 3, (2,))) for one in p]
    found = targets.score(whole, {"logits": logits})
    np.testing.assert_allclose(found, [np.log(one / (1 - one)) for one in chance], rtol=1e-9)
    assert targets.log_odds(ClassLogit(1)) == ClassLogit(1)


def test_the_log_odds_of_a_text_that_is_sure_to_the_last_digit_are_finite():
    logits = np.zeros((1, 3, 2))
    logits[0, :, 0] = 800, -800, -800
    assert np.isfinite(targets.score(WholeText((0,), 1, odds=True), {"logits": logits})).all()


def test_a_character_is_not_held_against_one_rival_and_all_others():
    with pytest.raises(TargetError, match="not both"):
        targets.score(Character(0, (1.0,), rival=1, odds=True), {"logits": np.zeros((1, 1, 3))})
    for wrong in ("yes", 1, None):
        with pytest.raises(TargetError, match="cannot be a target's odds"):
            targets.parse({"kind": "character", "label": 0, "weights": [1.0], "odds": wrong})


def test_the_rivals_are_the_likeliest_others_at_the_characters_place():
    p = np.array([[0.5, 0.3, 0.1, 0.1], [0.1, 0.0, 0.8, 0.1]])
    assert targets.rivals(p, Character(0, (1.0, 0.0))) == (1, 2)
    assert targets.rivals(p, Character(0, (0.0, 1.0)), count=1) == (2,)


def test_a_text_is_the_sum_over_all_its_alignments():
    logits = np.random.default_rng(2).normal(size=(2, 4, 3))
    for text in [(), (1,), (0, 1), (1, 1)]:
        expected = [
            np.log(sum(np.prod(p[np.arange(4), path]) for path, _ in alignments(4, 3, 2, text)))
            for p in softmax(logits)
        ]
        np.testing.assert_allclose(targets.score(WholeText(text, 2), {"logits": logits}), expected)


def test_class_channel_and_unit_read_their_numbers():
    logits = np.arange(6.0).reshape(2, 3)
    maps = np.arange(48.0).reshape(2, 2, 4, 3)
    steps = np.arange(20.0).reshape(2, 5, 2)
    outputs = {"logits": logits, "maps": maps, "steps": steps}
    assert targets.score(ClassLogit(2), outputs).tolist() == [2, 5]
    # the first picture's channel 1 holds 1, 4, .., 22
    assert targets.score(Channel("maps", 1), outputs).tolist() == [11.5, 35.5]
    assert targets.score(Channel("steps", 0), outputs).tolist() == [4, 14]
    assert targets.score(Unit("maps", (1, 2, 0)), outputs).tolist() == [18, 42]
    assert targets.score(Unit("steps", (4, 1)), outputs).tolist() == [9, 19]


ALL = [
    ClassLogit(3),
    Character(1, (0.5, 0.5)),
    Character(1, (0.25, 0.75), rival=0),
    WholeText((1, 2), 5),
    Channel("conv_1", 4),
    Unit("blstm_1", (3, 200)),
]


@pytest.mark.parametrize("target", ALL, ids=lambda target: target.kind)
def test_a_target_survives_being_told_as_plain_values(target):
    told = json.loads(json.dumps(targets.describe(target)))
    assert targets.parse(told) == target


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (None, "told by its kind"),
        ({"kind": "mood"}, "told by its kind"),
        ({"kind": "class"}, "needs unit"),
        ({"kind": "class", "unit": -1}, "-1 cannot be a target's unit"),
        ({"kind": "class", "unit": True}, "True cannot be a target's unit"),
        ({"kind": "class", "unit": 1, "layer": "x"}, "has no 'layer'; it has unit"),
        ({"kind": "character", "label": 1, "weights": [float("nan")]}, "target's weights"),
        ({"kind": "unit", "layer": "conv_1", "place": "12"}, "target's place"),
    ],
)
def test_what_is_no_target_is_refused_in_one_sentence(told, error):
    with pytest.raises(TargetError, match=error):
        targets.parse(told)


@pytest.mark.parametrize(
    ("target", "error"),
    [
        (ClassLogit(9), "no number 9"),
        (Character(0, (1.0,)), "weights are for 1 frames; the network gives 4"),
        (Character(0, (0.25,) * 4, rival=7), "no number 7"),
        (WholeText((1, 1, 1), 2), "needs at least 5 frames"),
        (WholeText((2,), 2), "blank is never part"),
        (Channel("maps", 3), "no number 3 in maps"),
        (Unit("maps", (0, 5, 0)), "no number 5"),
        (Unit("maps", (0, 0)), "found by 3 numbers, not by 2"),
        (Channel("gone", 0), "not among the outputs"),
    ],
)
def test_a_target_that_the_network_lacks_is_refused_in_one_sentence(target, error):
    logits = np.zeros((1, 3) if isinstance(target, ClassLogit) else (1, 4, 3))
    with pytest.raises(TargetError, match=error):
        targets.score(target, {"logits": logits, "maps": np.zeros((1, 2, 5, 3))})


def test_a_character_must_be_in_the_text_and_differ_from_its_rival():
    p = softmax(np.zeros((4, 3)))
    with pytest.raises(TargetError, match="no character 3"):
        targets.character(p, (0, 1), 2)
    with pytest.raises(TargetError, match="not with itself"):
        targets.character(p, (0, 1), 1, rival=1)


def test_the_mean_probability_over_a_characters_frames_is_geometric():
    p = np.array([[0.5, 0.3, 0.2], [0.25, 0.5, 0.25], [0.9, 0.05, 0.05]])
    target = Character(0, (0.25, 0.75, 0.0))
    # by hand: 0.5 ** 0.25 * 0.25 ** 0.75 = 2 ** -1.75, and of the other label 0.3 ** 0.25 * 0.5 ** 0.75
    assert targets.mean_probability(p, target) == pytest.approx(2**-1.75)
    assert targets.mean_probability(p, target, 1) == pytest.approx(0.4400558, abs=1e-6)
    p[1, 0] = 0.0
    assert targets.mean_probability(p, target) == pytest.approx(0.5**0.25 * 1e-30**0.75)  # small, and a number


def test_frames_that_carry_a_character():
    assert targets.telling_frames(Character(0, (0.04, 0.05, 0.51, 0.0, 0.4))) == [2, 4]
    thin = Character(0, tuple([0.04] * 10 + [0.045] + [0.0395] * 14 + [0.002]))
    assert targets.telling_frames(thin) == [10]  # none has more than a twentieth


def test_what_follows_the_pictures_width_is_not_checked_before_there_is_an_output():
    """Of a network that takes any width the number of frames is None."""
    character = Character(3, (0.5, 0.5, 0.0))
    for shape in ((3, 9), (None, 9)):
        targets.check(character, shape)
        targets.check(WholeText((1, 1), 0), shape)
    targets.check(Unit("row", (17, 2)), (None, 9))
    for target, shape in (
        (character, (4, 9)),
        (character, (None, 3)),
        (WholeText((1, 1), 0), (2, 9)),
        (Unit("row", (17, 9)), (None, 9)),
    ):
        with pytest.raises(TargetError):
            targets.check(target, shape)
