"""A network's graph in pieces and lanes."""

from __future__ import annotations

import pytest

from explain.charts.network.sizes import sizes
from explain.charts.network.units import BEFORE, Link, units
from tests.explain.charts.network.graphs import layers, random_graph


def of(inputs, shapes=None):
    made = layers(inputs, shapes)
    return units(made, sizes({layer.name: layer.shape for layer in made}))


def test_a_chain_is_a_unit_a_layer():
    row = of({"picture": (), "a": ("picture",), "b": ("a",)})
    assert [unit.layers for unit in row] == [("picture",), ("a",), ("b",)]
    assert row[2].links == (Link("a", "b", 0),)


def test_a_residual_block_is_one_unit_with_its_short_cut_beside_it():
    _, _, block = of({"x": (), "a": ("x",), "b": ("a",), "c": ("b",), "sum": ("c", "a")})
    assert block.layers == ("b", "c", "sum") and block.ranks == {"b": 0, "c": 1, "sum": 2}
    assert set(block.lanes.values()) == {0}
    assert block.links == (Link("a", "b", 0), Link("b", "c", 0), Link("c", "sum", 0), Link("a", "sum", 1))


def test_a_convolution_on_the_short_cut_has_a_lane_of_its_own():
    _, block = of({"x": (), "b": ("x",), "c": ("b",), "short": ("x",), "sum": ("c", "short")})
    assert block.ranks == {"b": 0, "c": 1, "short": 0, "sum": 2}
    assert block.lanes == {"b": 0, "c": 0, "short": 1, "sum": 0}
    assert Link("x", "short", 1) in block.links and Link("short", "sum", 1) in block.links


def test_squeeze_and_excitation_stands_beside_the_maps_that_it_weighs():
    small = dict.fromkeys(("mean", "down", "up"), (1, 1, 4))
    graph = {"x": (), "mean": ("x",), "down": ("mean",), "up": ("down",), "product": ("x", "up")}
    _, unit = of(graph, small)
    assert unit.lanes == {"mean": 1, "down": 1, "up": 1, "product": 0}
    assert Link("x", "product", 0) in unit.links and Link("x", "mean", 1) in unit.links


def cut(inputs, without) -> bool:
    """By trying: whether no way from the first layer to the last is left without one of them."""
    known = {next(iter(inputs))} - {without}
    for name, taken in inputs.items():
        if name != without and known & set(taken):
            known.add(name)
    return list(inputs)[-1] not in known


@pytest.mark.parametrize("seed", range(40))
def test_any_graph(seed):
    inputs = random_graph(seed)
    pieces = of(inputs)
    assert [name for unit in pieces for name in unit.layers] == list(inputs)
    assert [unit.layers[-1] for unit in pieces] == [name for name in inputs if cut(inputs, name)]
    for unit in pieces:
        assert {(link.source, link.target) for link in unit.links} == {
            (taken, name) for name in unit.layers for taken in inputs[name]
        }
        assert len({(unit.ranks[name], unit.lanes[name]) for name in unit.layers}) == len(unit.layers)
        assert unit.lanes[unit.layers[-1]] == 0
        for link in unit.links:
            begin, end = unit.ranks.get(link.source, BEFORE), unit.ranks[link.target]
            assert begin < end
            passed = [name for name in unit.layers if begin < unit.ranks[name] < end]
            assert all(unit.lanes[name] != link.lane for name in passed), "a link through a block"
