"""The weights of single layers, read when a view asks for them and remembered for a while."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.network.description import Description
from explain.network.weights import network_weights


def weights(description: Description, layer: str) -> dict[str, np.ndarray]:
    """A layer's weights by role, see `explain.network.weights`; empty for a layer without any."""
    return _read(version(description), layer, description)


@st.cache_resource(max_entries=16, show_spinner=False)  # at most 9 MB each in the networks that come along
def _read(version: str, layer: str, _description: Description) -> dict[str, np.ndarray]:
    return network_weights(_description, layer)


def version(description: Description) -> str:
    """The file that the network is read from, and when it was written: what is remembered of it holds until then."""
    try:
        return f"{description.path} {description.path.stat().st_mtime_ns}"
    except OSError:  # taken away meanwhile
        return str(description.path)
