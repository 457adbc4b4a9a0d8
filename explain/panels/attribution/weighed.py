"""The layer whose feature maps the methods weigh, such as Grad-CAM: its choice, and its name."""

from __future__ import annotations

from explain.attribution import cam
from explain.network.description import Description
from explain.network.needs import Needs
from explain.panels.inputs import layer as layer_choice
from explain.panels.layers import names
from explain.panels.words.explained import caption

NEEDS = Needs(kinds=("conv",))


def choose(description: Description, key: str) -> str | None:
    """Draws the choice, kept in the address under key; None, with a sentence, where there is no such layer."""
    usual = cam.usual_layer(description)
    if usual is None:
        caption(missing(description))
        return None
    return layer_choice.choose(
        "Layer whose feature maps are weighted", description, cam.mapped_layers(description), usual, key
    )


def name(description: Description, layer: str) -> str:
    return names.layer_name(description, description.layer(layer))


def missing(description: Description) -> str:
    """Why there is nothing to weigh, in one sentence."""
    return NEEDS.missing(description) or "No convolution's places can be laid over the picture here."
