"""Blocks to scale, in their places."""

from __future__ import annotations

import math
from itertools import combinations

import pytest

from explain.charts.network.layout import LARGE, PRINTED, STRIP, lay_out
from explain.charts.network.sizes import sizes
from explain.charts.network.stages import stages
from explain.charts.network.units import units
from explain.network.description import describe
from models import crnn, vgg16
from tests.explain.charts.network.graphs import layers, random_graph, residual

LOOKS = {"strip": STRIP, "large": LARGE, "printed": PRINTED}


def of(given, look, opened=()):
    size = sizes({layer.name: layer.shape for layer in given})
    return lay_out(stages(units(given, size), size, opened), size, look), size


def overlapping(a, b) -> bool:
    """Whether two blocks, front and back, cover a place together."""
    apart = a.x + a.width + a.across <= b.x or b.x + b.width + b.across <= a.x
    return not (apart or a.y + a.height <= b.y - b.up or b.y + b.height <= a.y - a.up)


def hold_to_scale(layout) -> None:
    """Both sides by one factor, the depth by another: the square roots of rows, columns and channels."""
    side, deep = layout.blocks[0].width / math.sqrt(layout.blocks[0].size[1]), layout.look.deep
    for block in layout.blocks:
        rows, columns, channels = block.size
        assert block.width == pytest.approx(side * math.sqrt(columns))
        assert block.height == pytest.approx(side * math.sqrt(rows))
        assert math.hypot(block.across, block.up) == pytest.approx(math.hypot(0.8, 0.45) * deep * math.sqrt(channels))


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("card", [crnn.CARD, vgg16.CAM], ids=lambda card: card.name)
def test_the_networks_that_come_along(card, look):
    layout, size = of(describe(card).layers, LOOKS[look])
    assert [block.name for block in layout.blocks] == [layer.name for layer in describe(card).layers]
    assert all(block.size == size[block.name] for block in layout.blocks)
    assert layout.width <= layout.look.width + 1
    assert max(bottom - top for top, bottom in layout.rows) <= layout.look.height + 1
    hold_to_scale(layout)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("look", LOOKS)
def test_no_two_blocks_cover_each_other(seed, look):
    layout, _ = of(layers(random_graph(seed, 20)), LOOKS[look])
    hold_to_scale(layout)
    assert len(layout.blocks) == 20
    assert not [(a.name, b.name) for a, b in combinations(layout.blocks, 2) if overlapping(a, b)]
    for block in layout.blocks:
        left, top, right, bottom = block.area
        assert left <= block.x and block.x + block.width + block.across <= right + 0.01
        assert top <= block.y - block.up + 0.01 and block.y + block.height <= bottom + 0.01


def test_a_long_network_is_folded_into_stages_that_open(tmp_path):
    given = describe(residual(tmp_path)).layers
    folded, size = of(given, STRIP)
    kept = [block for block in folded.blocks if block.stage]
    # Three stages: 3, 4 and 6 blocks of two convolutions and a sum, two of them with a convolution on the short cut;
    # the first convolution has as many rows as the first stage, and the picture as well.
    assert [len(block.layers) for block in kept] == [1 + 1 + 3 * 3, 4 * 3 + 1, 6 * 3 + 1]
    assert [size[block.name][:2] for block in kept] == [(32, 32), (16, 16), (8, 8)]
    assert [name for block in folded.blocks for name in block.layers] == [layer.name for layer in given]
    assert folded.width <= STRIP.width + 1
    opened, _ = of(given, STRIP, {2})
    assert [frame.stage for frame in opened.frames] == [2]
    assert [block.name for block in opened.blocks if not block.stage][:13] == list(kept[1].layers)
    assert opened.width > folded.width
    left, top, right, bottom = opened.frames[0].area
    for block in opened.blocks:
        if block.name in kept[1].layers:
            assert left <= block.x <= right and top <= block.middle <= bottom
