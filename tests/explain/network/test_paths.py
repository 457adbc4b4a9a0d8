"""Ways through a network: every answer against all paths of small graphs, one after another."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from explain.network import paths
from explain.network.description import describe
from models import crnn
from tests import test_third_network
from tests.explain.gradients.network.written import written


@pytest.fixture(scope="module")
def branched(tmp_path_factory):
    """A convolution, three branches of one, two and three convolutions over it, all put together; then a residual
    block."""
    kernels = {name: np.ones((2, 2, 1, 1), np.float32) for name in ("w", "last")}
    kernels["last"] = np.ones((2, 6, 1, 1), np.float32)
    names = {"a": "input", "b1": "a", "c1": "a", "c2": "c1", "d1": "a", "d2": "d1", "d3": "d2"}
    rows = [("Conv", [taken, "w"], name, {}) for name, taken in names.items()]
    rows += [
        ("Concat", ["b1", "c2", "d3"], "together", {"axis": 1}),
        ("Conv", ["together", "last"], "e", {}),
        ("Conv", ["e", "w"], "block", {}),
        ("Add", ["e", "block"], "sum", {}),
        ("GlobalAveragePool", ["sum"], "means", {}),
        ("Flatten", ["means"], "answer", {}),
    ]
    path = tmp_path_factory.mktemp("branched") / "branched.onnx"
    layers = (*names, "together", "e", "block", "sum", "means", "answer")
    return describe(written(path, rows, kernels, ("n", 2, 4, 4), ["answer"], layers=layers))


def all_paths(description, end: str) -> list[tuple[str, ...]]:
    inputs = description.layer(end).inputs
    return [(*way, end) for taken in inputs for way in all_paths(description, taken)] or [(end,)]


def test_cuts_are_crossed_once_by_every_path(branched):
    ways = all_paths(branched, "answer")
    assert len(ways) == 6
    names = [layer.name for layer in branched.layers]
    crossed_once = {
        chosen
        for count in (1, 2, 3)
        for chosen in combinations(names, count)
        if all(len(set(way) & set(chosen)) == 1 for way in ways)
    }
    found = paths.cuts(branched, "answer")
    assert set(found) <= crossed_once
    # what is in no set has none: the block, round which the short cut goes
    assert {name for cut in found for name in cut} == {name for cut in crossed_once for name in cut}
    assert ("b1", "c2", "d3") in found and ("b1", "c1", "d3") in found
    assert set(names) - {name for cut in found for name in cut} == {"block"}


def test_layers_in_a_row_are_cuts_by_themselves():
    description = describe(crnn.CARD)
    names = [layer.name for layer in description.layers]
    assert paths.cuts(description, names[-1]) == tuple((name,) for name in names)
    assert paths.cuts(description, "conv_3") == tuple((name,) for name in names[: names.index("conv_3") + 1])
    assert paths.before(description, "pool_1") == ("input", "conv_1", "pool_1")


def test_the_third_network_has_short_cuts(tmp_path):
    description = describe(test_third_network.make(tmp_path / "third.onnx"))
    single = {name for cut in paths.cuts(description, "frames") for name in cut}
    assert {layer.name for layer in description.layers} - single == {"t4", "t12", "t14", "t16", "t19"}
    assert paths.before(description, "t7") == ("pixels", "t2", "t4", "t6", "t7")


def test_neighbours_are_the_nearest_of_those_chosen(branched):
    assert paths.neighbours(branched, ["a", "b1", "d2", "e", "sum"]) == {
        "a": (),
        "b1": ("a",),
        "d2": ("a",),
        "e": ("a", "b1", "d2"),  # by way of c1 and c2, which are not shown
        "sum": ("e",),
    }
