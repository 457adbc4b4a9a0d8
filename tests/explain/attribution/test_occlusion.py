"""Occlusion against a loop that covers one patch at a time, on the real network; where the patches lie."""

from __future__ import annotations

import numpy as np
import pytest

from explain.attribution import incremental_inference, occlusion, targets
from explain.attribution.occlusion import boxes, occlude
from explain.ctc import decoding
from explain.network.description import describe
from explain.network.session import Network
from models import crnn
from models.card import WEIGHTS
from tests.explain.attribution import small_networks


@pytest.fixture(scope="module")
def network():
    return Network(crnn.CARD)


@pytest.fixture(scope="module")
def word():
    from PIL import Image

    return crnn.prepare(Image.open(WEIGHTS.parent / "samples" / "words" / "a1b2.png"))[0]


def test_it_is_what_a_plain_loop_finds(network, word):
    frames = network.run(word[None], ["outputs"])["outputs"][0]
    text = decoding.best_path(frames).labels
    found = occlude(network, word, patch=(16, 12), stride=(16, 24), fill=0.25)
    for target in (targets.character(frames, text, 1), targets.WholeText(text, crnn.BLANK)):
        before = targets.score(target, network.run(word[None], ["logits"]))[0]
        total, count = np.zeros((32, 128)), np.zeros((32, 128))
        for top in (0, 16):
            for left in (0, 24, 48, 72, 96, 116):
                covered = word.copy()
                covered[top : top + 16, left : left + 12] = 0.25
                drop = before - targets.score(target, network.run(covered[None], ["logits"]))[0]
                total[top : top + 16, left : left + 12] += drop
                count[top : top + 16, left : left + 12] += 1
        expected = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
        np.testing.assert_allclose(found.map(target), expected, atol=1e-4)


def test_the_character_is_lost_where_it_stands(network, word):
    frames = network.run(word[None], ["outputs"])["outputs"][0]
    best = decoding.best_path(frames)
    found = occlude(network, word, patch=(32, 12), stride=(32, 6))
    peaks = [found.map(targets.character(frames, best.labels, at)).max(axis=0).argmax() for at in range(4)]
    assert peaks == sorted(peaks) and len(set(peaks)) == 4


def test_covering_with_what_is_there_changes_nothing_and_costs_no_pass(network):
    plain = np.full((32, 128, 1), 0.5, np.float32)
    passes = []
    found = occlude(network, plain, patch=(32, 64), stride=64, on_step=lambda *done: passes.append(done))
    assert not found.map(targets.Channel("logits", 3)).any() and not passes


def test_patches_reach_every_edge():
    found = boxes((10, 9), patch=(4, 20), stride=(4, 1))
    assert found.tolist() == [[0, 0, 4, 9], [4, 0, 8, 9], [6, 0, 10, 9]]
    assert len(boxes((32, 128, 1), 8, 2)) == 13 * 61


@pytest.mark.parametrize(("in_part", "first"), [(False, 16), (True, 25)])
def test_progress_is_told_and_false_stops(network, word, in_part, first, monkeypatch):
    monkeypatch.setattr(incremental_inference, "WORTH", 1.0 if in_part else 0.0)
    told = []
    stopped = occlude(network, word, 32, 4, 0.5, on_step=lambda done, of: told.append((done, of)) or len(told) < 1)
    assert stopped is None and told == [(first, 25)]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"stride": 0}, "at least 1 pixel"),
        ({"patch": (8, -1)}, "at least 1 pixel"),
        ({"fill": "blue"}, "no fill called 'blue'"),
        ({"fill": np.zeros(3)}, "1 channels"),
        ({"fill": np.nan}, "1 channels"),
    ],
)
def test_what_cannot_be_done_is_said(network, word, wrong, error):
    with pytest.raises(ValueError, match=error):
        occlude(network, word, **wrong)


def test_far_too_many_patches_are_refused():
    with pytest.raises(ValueError, match="greater stride"):
        boxes((224, 224, 3), 8, 1)


def test_patches_follow_the_pictures_size():
    assert occlusion.patches_of_a_word(32) == {"squares": ((8, 8), (4, 4)), "columns": ((32, 8), (32, 2))}
    assert occlusion.patches_of_a_word(48) == {"squares": ((12, 12), (6, 6)), "columns": ((48, 12), (48, 3))}
    assert occlusion.patches_of_a_word(3) == {"squares": ((1, 1), (1, 1)), "columns": ((3, 1), (3, 1))}
    assert list(occlusion.patches_of_a_photograph(224, 224).values()) == [(64, 32), (32, 32), (32, 16)]
    assert list(occlusion.patches_of_a_photograph(16, 28).values()) == [(4, 2), (2, 2), (2, 1)]


def test_a_third_network_is_covered_as_pass_by_pass(tmp_path):
    third = Network(describe(small_networks.recogniser(tmp_path / "third.onnx")))
    picture = np.random.default_rng(2).random((24, 80, 1), dtype=np.float32)
    found = occlude(third, picture, (24, 20), (24, 20), 0.5)
    target = targets.Unit("logits", (7, 2))
    for number, left in enumerate((0, 20, 40, 60)):
        covered = picture.copy()
        covered[:, left : left + 20] = 0.5
        drop = third.run(picture[None])["answer"][0, 7, 2] - third.run(covered[None])["answer"][0, 7, 2]
        assert found.map(target)[3, left] == pytest.approx(drop, abs=1e-6)
        assert found.drops(target)[number] == pytest.approx(drop, abs=1e-6)
