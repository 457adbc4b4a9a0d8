"""Which rectangles a change reaches, against the units that do change in passes through the whole network."""

from __future__ import annotations

import numpy as np
import pytest

from explain.attribution.incremental import reach
from explain.attribution.incremental.reach import Stage, plan
from explain.network.description import describe
from explain.network.layers import Layer, Window
from models import crnn, vgg16
from tests.explain.attribution.incremental import networks


@pytest.mark.parametrize(("make", "channels"), [(networks.strided, 7), (networks.branching, 6)])
def test_what_is_reached_is_what_changes(tmp_path, make, channels, monkeypatch):
    monkeypatch.setattr(reach, "NEARLY", 2.0)  # never all of it
    network = networks.network(tmp_path, make, channels)
    random = np.random.default_rng(0)
    picture = random.random((networks.HEIGHT, networks.WIDTH, 3), dtype=np.float32)
    before = network.run(picture[None])
    sizes = {name: values.shape[1:-1] for name, values in before.items()} | {"picture": picture.shape[:2]}
    parts = plan(network.description)
    for box in ((0, 0, 1, 1), (11, 17, 15, 20), (36, 40, 37, 46), (0, 20, 37, 21)):
        top, left, bottom, right = box
        changed = picture.copy()
        changed[top:bottom, left:right] += random.uniform(1, 2, (bottom - top, right - left, 3))
        after = network.run(changed[None])
        for name, rectangle in parts.reached("picture", ((top, bottom), (left, right)), sizes).items():
            if name == "picture":
                continue
            differs = np.argwhere((after[name][0] != before[name][0]).any(axis=-1))
            if not len(differs):
                continue
            (above, below), (first, last) = rectangle
            assert above <= differs[:, 0].min() and differs[:, 0].max() < below
            assert first <= differs[:, 1].min() and differs[:, 1].max() < last
            if name == "c1":  # a single convolution: exactly that, but for what its ReLU holds back
                assert (below - above) * (last - first) <= 1.5 * len(differs) + 8


def test_a_window_by_hand():
    layer = Layer("c", "c", "conv", ("x",), (9, 9, 1), Window((3, 5), (2, 3), ((1, 0), (2, 2)), (2, 1)))
    stage = Stage((layer,), (0, 1))
    # rows: unit u reads rows 2u-1, 2u+1, 2u+3; columns: unit v reads 3v-2 to 3v+2
    assert stage.reach(((4, 5), (6, 7)), (99, 99)) == ((1, 3), (2, 3))
    assert stage.needs(((1, 3), (2, 3)), (9, 9)) == ((1, 8), (4, 9))
    assert stage.reach(((0, 1), (0, 1)), (99, 99)) == ((0, 1), (0, 1))
    assert stage.needs(((0, 1), (0, 1)), (9, 9)) == ((-1, 4), (-2, 3))
    assert stage.reach(((4, 5), (6, 7)), (3, 3)) == ((1, 3), (2, 3))
    assert Stage((layer,), (1,)).reach(((4, 5), (6, 7)), (5, 99)) == ((0, 5), (2, 3))
    skipping = Layer("s", "s", "conv", ("x",), (9, 9, 1), Window((1, 1), (3, 3)))
    assert Stage((skipping,), (0, 1)).reach(((1, 3), (0, 4)), (9, 9)) is None
    assert Stage((skipping,), (0, 1)).reach(((1, 4), (0, 4)), (9, 9)) == ((1, 2), (0, 2))


def test_networks_fall_into_stages_by_what_they_have(tmp_path):
    words = plan(describe(crnn.CARD))
    assert words.axes == (1,) and words.rest[0].name == "squeezed" and len(words.ends) == 1
    photographs = plan(describe(vgg16.CAM))
    assert photographs.ends == ("block5_conv3",) and photographs.axes == (0, 1)
    gated = plan(networks.network(tmp_path, networks.squeezing, 30).description)
    assert [stage.name for stage in gated.stages] == ["c1"]
    assert [layer.name for layer in gated.rest][-1] == "answer" and gated.ends == ("c1",)


def test_a_share_counted_by_hand():
    layers = [
        Layer("a", "a", "conv", ("x",), (10, 10, 2), Window((3, 3), padding=((1, 1), (1, 1))), parameters=38),
        Layer("b", "b", "dense", ("a",), (4,), parameters=404),
    ]
    parts = reach.Plan((Stage((layers[0],), (0, 1)),), ("a",), (layers[1],), (0, 1))
    sizes = {"x": (10, 10), "a": (10, 10), "b": ()}
    reached = [parts.reached("x", parts.changed(box, (10, 10)), sizes) for box in ((0, 0, 2, 2), (4, 4, 6, 6))]
    # a place of "a": 38 + 2 * 9 = 56; reached are 3 x 3 and 4 x 4 places of 100; "b": 404 + 4
    assert parts.share(reached, sizes) == pytest.approx((408 + 56 * (9 + 16) / 2) / (408 + 5600))
