"""How a channel of a layer, or one unit of it, is dreamt: how large, in how many steps, and how long that takes.

The first layers see a few pixels and need small pictures and few steps; the deepest see nearly all of a picture. What
is raised is the mean of the channel over its map, or the one unit in the middle of it; both are shown by C. Olah, A.
Mordvintsev, L. Schubert, *Feature Visualization*, 2017, https://distill.pub/2017/feature-visualization.
"""

from __future__ import annotations

import math
from typing import Any

from explain.attribution import targets
from explain.layers.receptive_field import receptive_field
from explain.network.description import Description
from explain.network.needs import Needs

NEEDS = Needs(kinds=("conv",))
SMALLEST, LARGEST = 64, 128  # pixels of a picture's side
FIELDS = 2  # so many receptive fields across, where that lies between
STEPS = {64: 24, 96: 36, 128: 48}  # by the side, up to which a dream has so many
PRESET = "ours"
START, EACH_STEP = 3.0, 0.02  # seconds before the first step, TensorFlow once started, and of a step whatever its size
MULTIPLICATIONS = 25e9  # in a second, of two free cores; forward and backward three times those of a pass


def size_for(description: Description, layer: str) -> int:
    """Pixels of a picture's side: what the layer's units see, so often that a pattern can repeat."""
    field = receptive_field(description, layer)
    if field is None:
        return LARGEST
    return min(LARGEST, max(SMALLEST, 8 * math.ceil(FIELDS * max(field.size) / 8)))


def steps_for(size: int) -> int:
    return next(steps for most, steps in STEPS.items() if size <= most)


def middle(description: Description, layer: str, channel: int) -> targets.Unit | None:
    """The unit in the middle of a channel's map, or in the middle of its steps; None in a layer of no fixed size."""
    places = description.layer(layer).shape[:-1]
    return None if None in places else targets.Unit(layer, (*(extent // 2 for extent in places), channel))


def settings(network: str, description: Description, target: targets.Target, seed: int = 0) -> dict[str, Any]:
    """What the job "dream" is asked for. network: its name, as the job knows it. target: a channel or a unit."""
    size = size_for(description, target.layer)
    told = {"network": network, "target": targets.describe(target), "seed": seed, "preset": PRESET}
    return {**told, "size": size, "steps": steps_for(size)}


def seconds(description: Description, layer: str) -> float:
    """How long a dream takes on two free cores, estimated from the multiplications up to the layer.

    Layers whose size is not known are not counted.
    """
    size = size_for(description, layer)
    height, width = description.input_shape[:2]
    open_size = None in (height, width) or height == width
    scale = size * size / (height * width) if open_size and height and width else 1.0
    before = description.layers[1 : description.layers.index(description.layer(layer)) + 1]
    counted = [one for one in before if one.kind == "conv" and None not in one.shape]
    pass_ = scale * sum(one.parameters * math.prod(one.shape[:2]) for one in counted)
    return START + steps_for(size) * (EACH_STEP + 3 * pass_ / MULTIPLICATIONS)
