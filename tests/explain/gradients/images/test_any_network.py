"""Dreams of channels and units of networks that see no colours, take no squares or name no classes."""

from __future__ import annotations

import numpy as np
import pytest

from explain.attribution import targets
from explain.attribution.targets import Channel, Unit
from explain.gradients.images import job
from explain.gradients.images.activation_maximisation import size_of
from explain.gradients.network.function import NetworkFunction
from explain.network.layers import Layer
from explain.network.session import Network
from tests.explain.gradients.network.written import conv, written
from tests.explain.network.made import chain


class Quiet:
    def __call__(self, *_, **__):
        return True

    def doing(self, text):
        return True


@pytest.fixture(scope="module")
def strokes(tmp_path_factory):
    """A network of grey pictures, 32 high and 48 wide: channel 0 answers to light, 1 to dark, 2 to light above dark."""
    kernel = np.zeros((3, 1, 3, 3), np.float32)
    kernel[0], kernel[1], kernel[2, 0, 0], kernel[2, 0, 2] = 1 / 9, -1 / 9, 1 / 3, -1 / 3
    rows = [*conv("edges", "input", pads=[1, 1, 1, 1])]
    weights = {"edges/kernel": kernel, "edges/bias": np.array([0, 1, 0], np.float32)}
    path = tmp_path_factory.mktemp("strokes") / "strokes.onnx"
    written(path, rows, weights, ("n", 1, 32, 48), ["edges"], layers=["edges"], input={"colour": "grey"})
    return NetworkFunction(path)


@pytest.mark.parametrize("preset", ["ours", "Lucid"])
def test_channels_and_units_of_a_grey_network_that_takes_no_squares(strokes, preset):
    assert size_of(strokes.description, 96) == (32, 48)
    light = {}
    for target in (Channel("edges", 0), Channel("edges", 1), Unit("edges", (16, 24, 2))):
        asked = {"target": targets.describe(target), "steps": 24, "preset": preset}
        found = job.run(strokes, job.check(asked, strokes.description), Quiet())
        picture = found["picture"]
        assert picture.shape == (32, 48, 3) and (picture == picture[..., :1]).all()
        maps = Network(strokes.description).run(picture[None, ..., :1].astype(np.float32) / 255, ["edges"])["edges"]
        assert found["score"] == pytest.approx(float(targets.score(target, {"edges": maps})[0]), abs=1e-4)
        if isinstance(target, Channel):
            light[target.channel] = picture.mean()
        else:
            assert picture[12:16, 24].mean() > picture[17:21, 24].mean() + 40
    assert light[0] > light[1] + 20


def test_a_network_that_names_no_classes_is_dreamt_of_by_channel(strokes):
    with pytest.raises(ValueError, match="strokes names no classes: dream a channel or a unit of it."):
        job.check({"class_index": 0}, strokes.description)


def test_a_unit_needs_a_layer_of_a_size():
    any_size = chain((20, 20, 3), Layer("maps", "maps", "conv", ("input",), (None, None, 4)))
    with pytest.raises(ValueError, match="maps has no size of its own"):
        job.check({"target": {"kind": "unit", "layer": "maps", "place": [1, 1, 0]}}, any_size)
