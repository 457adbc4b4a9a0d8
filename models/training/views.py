"""What an accelerator adds to training: convolutions in bfloat16, and drawn words that look different at every showing.

An accelerator learns from words several times faster than processors draw them, so each is shown more than once
(models/training/stock.py). Shown as it is it would be learnt by heart; `Views` moves, slants, fades and blurs it anew.
"""

from __future__ import annotations

import math

import keras
from keras import ops

RECURRENT = ("blstm_1", "blstm_2", "outputs")  # these add up over many steps, and logits of 10 need more than 8 bits


def in_bfloat16(model: keras.Model) -> keras.Model:
    """The same layers with fresh float32 weights, convolutions and what stands between them computing in bfloat16."""

    def clone(layer):
        config = layer.get_config()
        if layer.name not in RECURRENT:
            config["dtype"] = "mixed_bfloat16"
        return type(layer).from_config(config)

    return keras.models.clone_model(model, clone_function=clone)


class Views(keras.layers.Layer):
    """Each picture, (n, 32, width, 1) in [0, 1], as another photograph of the same word; none is moved out of sight.

    shift: pixels to the side at most; up and down half of it. slant: columns a row moves beside the next.
    tilt: rows a column does. tall: made taller or lower by at most this factor.
    inverted: share with light and dark exchanged. contrast: at most this much is taken away or added.
    gamma: its logarithm at most. blur: weight at most of a pixel's neighbours on either side. noise: most, of 1.
    """

    def __init__(self, seed: int = 1, **changed):
        super().__init__(name="views", dtype="float32")
        self.seeds = keras.random.SeedGenerator(seed)
        self.most = {
            "shift": 2.0,
            "slant": 0.12,
            "tilt": 0.012,
            "tall": 1.1,
            "inverted": 0.3,
            "contrast": 0.4,
            "gamma": 0.4,
            "blur": 0.22,
            "noise": 0.06,
        } | changed

    def _even(self, number, low: float, high: float):
        """(number, 1, 1, 1) values between low and high, one a picture."""
        return keras.random.uniform((number, 1, 1, 1), low, high, seed=self.seeds)

    def call(self, pictures):
        number, most = ops.shape(pictures)[0], self.most
        seen = self._moved(pictures)
        weight = most["blur"] * ops.maximum(self._even(number, -1, 1), 0)  # half of them stay sharp
        for axis in (1, 2):
            seen = _smeared(seen, weight, axis)
        seen = seen ** ops.exp(self._even(number, -most["gamma"], most["gamma"]))
        middle = ops.mean(seen, axis=(1, 2, 3), keepdims=True)
        kept = 1 - self._even(number, -0.5 * most["contrast"], most["contrast"])
        seen = middle + (seen - middle) * kept + ops.abs(1 - kept) * self._even(number, -0.25, 0.25)
        grain = most["noise"] * ops.maximum(self._even(number, -1, 1), 0)
        seen = seen + grain * keras.random.normal(ops.shape(seen), seed=self.seeds)
        seen = ops.where(self._even(number, 0, 1) < most["inverted"], 1 - seen, seen)
        return ops.clip(seen, 0, 1)

    def _moved(self, pictures):
        number, height, width = ops.shape(pictures)[:3]
        most = self.most
        slant, tilt, aside, above, tall = (
            ops.reshape(self._even(number, -limit, limit), (-1,))
            for limit in (most["slant"], most["tilt"], most["shift"], most["shift"] / 2, math.log(most["tall"]))
        )
        tall, row, column = ops.exp(tall), (height - 1) / 2, (width - 1) / 2
        # pixel (x, y) is taken from (x + slant (y - row) + aside, tall (y - row) + row + tilt (x - column) + above)
        one, none = ops.ones_like(tall), ops.zeros_like(tall)
        values = (one, slant, aside - slant * row, tilt, tall, row - tall * row - tilt * column + above, none, none)
        return ops.image.affine_transform(
            pictures, ops.stack(values, axis=1), interpolation="bilinear", fill_mode="nearest"
        )


def _smeared(pictures, weight, axis: int):
    """Every pixel mixed with its two neighbours along an axis, each by that weight; the edge counts twice."""
    size = pictures.shape[axis]
    first, last = (ops.take(pictures, [place], axis=axis) for place in (0, size - 1))
    wide = ops.concatenate([first, pictures, last], axis=axis)
    before, after = (ops.take(wide, list(range(at, at + size)), axis=axis) for at in (0, 2))
    return pictures + weight * (before + after - 2 * pictures)


class Viewed(keras.Model):
    """A network that is trained on views of its pictures and otherwise reads them as they are."""

    def __init__(self, network: keras.Model, views: Views):
        super().__init__(name="viewed")
        self.views, self.network = views, network
        self.built = True

    def call(self, pictures, training=False):
        return self.network(self.views(pictures) if training else pictures, training=training)
