"""What a network answers to pictures, differentiable: layer outputs by name, as objectives read them.

Importing this module does not import TensorFlow; calling it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from models.preprocessing import Preprocessing

if TYPE_CHECKING:
    from explain.gradients.network.function import NetworkFunction

PICTURE = "picture"  # the picture itself, before any transform
LEAK = 0.1


class Responses:
    """A network as a function of pictures `(batch, height, width, channel)` in [0, 1], grey or red, green and blue.

    prepare: from such pictures to what the network takes, as its preprocessing does unless told; see `prepared`.
    Where the network takes one height or width only, pictures of another are resized to it (bilinear).
    """

    def __init__(self, function: NetworkFunction, prepare: Callable | None = None):
        self.function = function
        self.prepare = prepare or prepared(function.description.preprocessing)

    def of(self, layers: Iterable[str], leaky: Iterable[str] = ()) -> Callable:
        """A function from pictures to a dict of tensors by layer name; nothing beyond these layers is computed.

        "logits" are the last layer's values before its softmax; "picture" is passed over.
        leaky: of these layers, those that end in a ReLU of their own are there once more, as `leaky_name` tells, with a
            tenth of what the ReLU cut off: a unit that is silent everywhere still says which way it would speak up.
        Raises TargetError for a layer that the network does not have.
        """
        import tensorflow as tf

        layers = frozenset(layers) - {PICTURE}
        for name in layers:
            self.function.tensor_name(name)
        sums = {name: self.function.before_relu(name) for name in leaky if name in layers}
        sums = {name: before for name, before in sums.items() if before is not None}
        fixed = self.function.description.picture[:2]

        def respond(pictures):
            if not layers:
                return {}
            size = tuple(pictures.shape[1:3])
            wanted = tuple(side or own for side, own in zip(fixed, size, strict=True))
            if wanted != size:
                pictures = tf.image.resize(pictures, wanted)
            values = self.function.outputs(self.prepare(pictures), {*layers, *sums.values()})
            found = {name: values[name] for name in layers}
            return found | {leaky_name(name): tf.nn.leaky_relu(values[sums[name]], LEAK) for name in sums}

        return respond


def leaky_name(layer: str) -> str:
    """Under which name a layer's output with a leak is found."""
    return f"{layer} with a leak"


def prepared(preprocessing: Preprocessing | None) -> Callable:
    """From pictures in [0, 1], grey or red, green and blue, to what a network takes: `Preprocessing.scaled`, on
    tensors."""
    if preprocessing is None:
        return lambda pictures: pictures
    factor = 255.0 / np.array(preprocessing.deviation, np.float32)
    shift = -np.array(preprocessing.mean, np.float32) / np.array(preprocessing.deviation, np.float32)

    def prepare(pictures):
        if preprocessing.colour == "bgr":
            pictures = pictures[..., ::-1]
        pictures = pictures if (factor == 1).all() else pictures * factor
        return pictures if (shift == 0).all() else pictures + shift

    return prepare
