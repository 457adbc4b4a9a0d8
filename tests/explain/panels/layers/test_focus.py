"""The weights of a layer that is looked at are read once, and all that are remembered take a bounded room."""

from __future__ import annotations

import numpy as np
import pytest

from explain.network.description import describe
from explain.network.weights import network_weights
from explain.panels.layers import focus
from models import vgg16

NETWORK = describe(vgg16.CAM)
CONVOLUTIONS = [layer.name for layer in NETWORK.of_kind("conv")]


@pytest.fixture
def read(monkeypatch):
    """The layers whose weights were read from the file, in order."""
    layers: list[str] = []

    def reading(description, layer):
        layers.append(layer)
        return network_weights(description, layer)

    monkeypatch.setattr(focus, "network_weights", reading)
    focus._remembered.clear()
    yield layers
    focus._remembered.clear()


def test_weights_are_read_once(read):
    first = focus.weights(NETWORK, CONVOLUTIONS[0])
    again = focus.weights(NETWORK, CONVOLUTIONS[0])
    assert again is first and read == CONVOLUTIONS[:1]
    assert np.array_equal(first["kernel"], network_weights(NETWORK, CONVOLUTIONS[0])["kernel"])


def test_a_layer_without_weights_is_remembered_as_well(read):
    bare = next(layer.name for layer in NETWORK.layers[1:] if not layer.weights)
    assert focus.weights(NETWORK, bare) == focus.weights(NETWORK, bare) == {}
    assert read == [bare]


def test_the_last_layers_stay_as_far_as_there_is_room(read):
    taken = [sum(array.nbytes for array in focus.weights(NETWORK, layer).values()) for layer in CONVOLUTIONS]
    room = [layer for at, layer in enumerate(CONVOLUTIONS) if sum(taken[at:]) <= focus.REMEMBERED]
    assert 1 < len(room) < len(CONVOLUTIONS)  # else this test says nothing
    read.clear()
    for layer in reversed(room):
        focus.weights(NETWORK, layer)
    assert read == []
    given_up = CONVOLUTIONS[len(CONVOLUTIONS) - len(room) - 1]
    focus.weights(NETWORK, given_up)
    assert read == [given_up]
