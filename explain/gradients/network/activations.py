"""What a network answers to pictures, differentiable: layer outputs by name, as objectives read them.

Importing this module does not import TensorFlow; calling it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from explain.attribution.targets import LOGITS, TargetError

PICTURE = "picture"  # the picture itself, before any transform
LEAK = 0.1


class Responses:
    """A functional Keras model that ends in a dense layer, with or without its softmax.

    prepare: from pictures `(batch, height, width, channel)` in [0, 1] to what the network takes, e.g. `vgg_input`.
    Where the network takes one size only, pictures of another are resized to it (bilinear).
    """

    def __init__(self, model, prepare: Callable = lambda pictures: pictures):
        self.model, self.prepare = model, prepare
        self._named = {layer.name: layer for layer in model.layers}

    def of(self, layers: Iterable[str], leaky: Iterable[str] = ()) -> Callable:
        """A function from pictures to a dict of tensors by layer name; nothing beyond these layers is computed.

        "logits" are the last layer's values before its softmax; "picture" is passed over.
        leaky: of these layers, those that end in a ReLU of their own are there once more, as `leaky_name` tells, with a
            tenth of what the ReLU cut off: a unit that is silent everywhere still says which way it would speak up.
        Raises TargetError for a layer that the network does not have.
        """
        import keras
        import tensorflow as tf

        layers = frozenset(layers) - {PICTURE}
        if unknown := sorted(layers - set(self._named) - {LOGITS}):
            raise TargetError(f"The network has no layer called {unknown[0]!r}; it has {', '.join(self._named)}.")
        leaky = [name for name in leaky if name in layers and _ends_in_relu(self._named.get(name))]
        head = self.model.layers[-1]
        wanted = {name: self._named[name].output for name in layers - {LOGITS}}
        wanted |= {leaky_name(name): self._named[name].input for name in leaky}
        if LOGITS in layers:
            wanted[LOGITS] = head.input
        inner = keras.Model(self.model.input, wanted) if wanted else None
        fixed = tuple(self.model.input_shape[1:3])

        def respond(pictures):
            if inner is None:
                return {}
            if None not in fixed and tuple(pictures.shape[1:3]) != fixed:
                pictures = tf.image.resize(pictures, fixed)
            values = inner(self.prepare(pictures), training=False)
            if LOGITS in layers:
                values[LOGITS] = tf.matmul(values[LOGITS], head.kernel) + head.bias
            for name in leaky:
                sums = _before_activation(self._named[name], values[leaky_name(name)])
                values[leaky_name(name)] = tf.nn.leaky_relu(sums, LEAK)
            return values

        return respond


def leaky_name(layer: str) -> str:
    """Under which name a layer's output with a leak is found."""
    return f"{layer} with a leak"


def _ends_in_relu(layer) -> bool:
    has_sums = hasattr(layer, "kernel") and (hasattr(layer, "convolution_op") or hasattr(layer, "units"))
    return has_sums and getattr(getattr(layer, "activation", None), "__name__", "") == "relu"


def _before_activation(layer, values):
    """A convolution's or dense layer's sums, before its activation."""
    import tensorflow as tf

    convolves = hasattr(layer, "convolution_op")
    sums = layer.convolution_op(values, layer.kernel) if convolves else tf.matmul(values, layer.kernel)
    return sums + layer.bias if layer.use_bias else sums


def vgg_input(pictures):
    """RGB in [0, 1] as VGG16 takes it: BGR in 0 to 255 less the mean of ImageNet's training pictures."""
    import tensorflow as tf

    from models.vgg16 import MEAN_BGR

    return pictures[..., ::-1] * 255.0 - tf.constant(MEAN_BGR)
