"""What a view of one layer is about: the layer, its values for the present picture, its weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st

from explain.layers import feature_maps
from explain.network.description import Description
from explain.network.layers import Layer
from explain.network.weights import network_weights
from explain.panels.layers import names
from explain.panels.page.recent import Recent
from explain.panels.page.subject import Subject

MOST_KEPT = 4_000_000  # numbers of a layer whose weights are remembered
REMEMBERED = 32_000_000  # bytes of weights, all layers together


@dataclass(frozen=True, eq=False)
class Focus:
    """in_address: under which names the layer, the unit and the scale stand in the address."""

    subject: Subject
    layer: Layer
    in_address: tuple[str, str, str]

    @property
    def description(self) -> Description:
        return self.subject.description

    @property
    def values(self) -> dict[str, np.ndarray]:
        """Every layer for this picture, the picture itself among them.

        Asked for anew each time: a button's callback has its focus, and Streamlit has the callback for as long as it
        has the visitor, and a minute longer. 60 MB of a photograph would stay with each.
        """
        return {**self.subject.values, self.description.input.name: self.subject.batch[0]}

    @property
    def activation(self) -> np.ndarray:
        return self.values[self.layer.name]

    @property
    def picture_size(self) -> tuple[int, int]:
        return self.subject.height, self.subject.width

    def name(self, layer: str) -> str:
        """What a layer is called."""
        return names.layer_name(self.description, self.description.layer(layer))

    def is_signed(self, layer: str) -> bool:
        """Whether a layer has the colours for both signs, as everywhere on the page."""
        return feature_maps.is_signed(self.values[layer])

    def channel(self, layer: str) -> Callable[[int], str]:
        """What the channels of a layer are called."""
        return lambda channel: names.channel_name(self.description, self.description.layer(layer), channel)


def weights(description: Description, layer: str) -> dict[str, np.ndarray]:
    """A layer's weights by role, see `explain.network.weights`, remembered for a while; empty for one without any."""
    if description.apart and description.layer(layer).parameters > MOST_KEPT:
        return network_weights(description, layer)  # a visitor's, of any size: nobody else has a use for them
    key = version(description), layer
    found = _remembered().get(key)
    if found is None:
        found = network_weights(description, layer)
        _remembered().add(key, found)
    return found


@st.cache_resource(show_spinner=False)
def _remembered() -> Recent:
    """Weights by role, of the last few layers: at most 9 MB each in the networks that come along."""
    return Recent(REMEMBERED, lambda weights: sum(array.nbytes for array in weights.values()))


def version(description: Description) -> str:
    """The file that the network is read from, and when it was written: what is remembered of it holds until then."""
    try:
        return f"{description.path} {description.path.stat().st_mtime_ns}"
    except OSError:  # taken away meanwhile
        return str(description.path)
