"""Answers from what a change reaches alone, against passes through the whole network."""

from __future__ import annotations

import numpy as np
import pytest

from explain.attribution import incremental_inference
from explain.attribution.incremental.passes import Incremental
from explain.attribution.incremental.reach import plan
from explain.network.session import Network
from models import vgg16
from tests.explain.attribution.incremental import networks

MADE = [(networks.strided, 7), (networks.branching, 6), (networks.averaging, 5)]
HEIGHT, WIDTH = networks.HEIGHT, networks.WIDTH


@pytest.fixture(scope="module", params=MADE, ids=[make.__name__ for make, _ in MADE])
def network(request, tmp_path_factory) -> Network:
    return networks.network(tmp_path_factory.mktemp("made"), *request.param)


def places(height: int, width: int, shape=(HEIGHT, WIDTH)) -> np.ndarray:
    """Corners, sides and the middle, some twice."""
    down, across = shape[0] - height, shape[1] - width
    corners = [(0, 0), (0, across), (down, 0), (down, across), (down // 2, across // 2), (min(1, down), min(2, across))]
    starts = sorted([*corners, corners[1], corners[4]])
    return np.array([(top, left, top + height, left + width) for top, left in starts])


def pictures(picture: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """The whole pictures, and what each shows in its box."""
    random = np.random.default_rng(1)
    whole = np.repeat(picture[None], len(boxes), axis=0)
    parts = []
    for one, (top, left, bottom, right) in zip(whole, boxes, strict=True):
        one[top:bottom, left:right] = random.random((bottom - top, right - left, picture.shape[2]))
        parts.append(one[top:bottom, left:right])
    return whole, parts


@pytest.mark.parametrize("size", [(1, 1), (5, 4), (9, 20), (HEIGHT, 3), (HEIGHT, WIDTH)])
def test_every_kind_of_layer_answers_as_in_whole_passes(network, size):
    parts = Incremental(network, plan(network.description))
    assert [layer.kind for layer in parts.plan.rest] == ["global_average_pool", "dense"]
    picture = np.random.default_rng(0).random((HEIGHT, WIDTH, 3), dtype=np.float32)
    boxes = places(*size)
    whole, shown = pictures(picture, boxes)
    unchanged = parts.unchanged(network, picture, ("logits",))
    assert all(stage.fits(unchanged.sizes) for stage in parts.plan.stages)
    found = parts.run(network, shown, boxes, unchanged, ("row", "logits"))
    expected = network.run(whole, ("row", "logits"))
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], atol=3e-6)
    np.testing.assert_array_equal(unchanged.outputs["logits"], network.run(picture[None], ["logits"])["logits"])
    # the test can fail: what is covered matters
    assert np.abs(expected["logits"] - unchanged.outputs["logits"]).max() > 1e-4


def test_a_file_of_one_picture_at_a_time_is_answered_in_part_too(tmp_path):
    network = networks.network(tmp_path, networks.strided, 7, fixed=True)
    parts = incremental_inference.of(network)
    picture = np.random.default_rng(0).random((HEIGHT, WIDTH, 3), dtype=np.float32)
    boxes = places(5, 4)
    whole, shown = pictures(picture, boxes)
    found = parts.run(network, shown, boxes, parts.unchanged(network, picture), ("logits",))["logits"]
    np.testing.assert_allclose(found, network.run(whole, ["logits"])["logits"], atol=1e-5)


def test_chunks_hold_every_box_once_and_no_more_than_fits(network, monkeypatch):
    from explain.attribution.incremental import passes

    parts = Incremental(network, plan(network.description))
    unchanged = parts.unchanged(network, np.zeros((HEIGHT, WIDTH, 3), np.float32))
    boxes = np.concatenate([places(5, 4), places(9, 20)])
    assert [sorted(chunk) for chunk in parts.chunks(boxes, unchanged)] == [list(range(len(boxes)))]
    monkeypatch.setattr(passes, "NUMBERS_OF_CHANGES", 1500)
    chunks = list(parts.chunks(boxes, unchanged))
    assert sorted(i for chunk in chunks for i in chunk) == list(range(len(boxes))) and len(chunks) > 2


def test_the_photograph_network_answers_as_in_whole_passes():
    network = Network(vgg16.CAM)
    parts = incremental_inference.of(network)
    assert len(parts.plan.stages) == 17 and parts.plan.axes == (0, 1)  # 13 convolutions and 4 poolings
    picture = np.random.default_rng(0).normal(0, 60, (224, 224, 3)).astype(np.float32)
    boxes = np.array([(0, 0, 64, 64), (96, 128, 160, 192), (160, 160, 224, 224), (17, 203, 18, 204)])
    whole, shown = pictures(picture, boxes)
    unchanged = parts.unchanged(network, picture)
    found = parts.run(network, shown, boxes, unchanged, ("logits",))["logits"]
    np.testing.assert_allclose(found, network.run(whole, ["logits"])["logits"], atol=1e-4)
