"""The saliency that comes along: of these weights, and against finite differences of ONNX Runtime's own passes."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from explain.attribution import stored_maps
from explain.network.session import LOGITS, Network
from models import vgg16
from models.pictures import open_picture

CARD = vgg16.CAM
STEP = 0.5  # of a value of the picture, whose spread is some 60


@pytest.fixture(scope="module")
def network() -> Network:
    return Network(CARD)


def samples() -> list[str]:
    return [sample["file"] for sample in json.loads((CARD.samples / "samples.json").read_text("utf-8"))]


def test_every_photograph_has_its_map_of_these_weights(network):
    told = stored_maps.contents(stored_maps.folder(CARD.gallery))
    assert told["weights"] == hashlib.sha256(CARD.weights.read_bytes()).hexdigest()
    assert len(told["pictures"]) == len(samples())
    for file in samples():
        picture = network.description.prepared(open_picture(CARD.samples / file))[0]
        unit = told["pictures"][stored_maps.digest(picture)]["unit"]
        assert stored_maps.map_of(CARD.gallery, picture, unit).max() == 255
        assert stored_maps.map_of(CARD.gallery, picture, unit + 1) is None
        assert stored_maps.map_of(CARD.gallery, picture + 1, unit) is None
    assert stored_maps.map_of(None, picture, unit) is None


def test_it_is_the_largest_slope_over_the_channels(network):
    """Of the brightest pixel and of another, up to the one scale of the map."""
    picture = network.description.prepared(open_picture(CARD.samples / samples()[0]))[0]
    unit = int(network.run(picture[None], [LOGITS])[LOGITS][0].argmax())
    values = stored_maps.map_of(CARD.gallery, picture, unit)
    places = [np.unravel_index(values.argmax(), values.shape), *np.argwhere((values > 90) & (values < 130))[:1]]
    slopes = []
    for y, x in places:
        pair = np.repeat(picture[None], 6, axis=0)
        for channel in range(3):
            pair[2 * channel, y, x, channel] += STEP
            pair[2 * channel + 1, y, x, channel] -= STEP
        logits = network.run(pair, [LOGITS])[LOGITS][:, unit].astype(np.float64)
        slopes.append(np.abs(logits[0::2] - logits[1::2]).max() / (2 * STEP))
    shares = [values[tuple(place)] / 255 for place in places]
    assert np.array(slopes) / slopes[0] == pytest.approx(shares, abs=0.08)
