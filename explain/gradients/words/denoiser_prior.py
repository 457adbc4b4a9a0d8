"""What a denoiser of print would still change in a picture: a penalty of gradient ascent (see `objectives`).

A picture prior that was learnt instead of made by hand. A denoiser that was trained on damaged print moves a picture
towards what print looks like there, and how far it moves it says how unlike print it is (G. Alain, Y. Bengio, *What
Regularized Auto-Encoders Learn from the Data-Generating Distribution*, 2014, https://arxiv.org/abs/1211.4246); used for
activation maximisation by A. Nguyen et al., *Plug & Play Generative Networks*, 2017, https://arxiv.org/abs/1612.00005,
and as the rule of the gradient here, x - D(x), by Y. Romano, M. Elad, P. Milanfar, *The Little Engine that Could:
Regularization by Denoising*, 2017, https://arxiv.org/abs/1611.02862. This one (`models.training.denoiser`) sees
squares of 15 pixels: a piece of a letter in a short word, as much as a small letter in a long one. It knows what print
looks like that closely; which word or character is wanted it is never told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from explain.gradients.network.activations import PICTURE
from explain.gradients.words.layout import HEIGHT, WIDTH
from models import card

WEIGHTS = card.WEIGHTS / "print-denoiser.npz"
DRAWS = 10_000  # of a run's noise, from beginning to end, are told apart


@dataclass(frozen=True)
class Residue:
    """Mean square of what the denoiser, given the picture with noise, changes in it, in hundredths: `(batch,)`.

    The denoiser's answer D is held, so that the gradient is 200 (x - D(x + noise)) / pixels.

    noise: standard deviation at the beginning of the run and towards its end, in units of the whole scale of greys;
        with more noise the denoiser is freer to draw what is not there yet. It was trained with up to 0.5.
    seeds: of each picture's noise, or one for all.
    """

    noise: tuple[float, float] = field(compare=False)
    seeds: tuple[int, ...] = field(default=(0,), compare=False)
    layers: tuple[str, ...] = (PICTURE,)

    def fed(self, share: float) -> list[np.ndarray]:
        spread = self.noise[0] + (self.noise[1] - self.noise[0]) * share
        shape, step = (HEIGHT, WIDTH, 1), round(share * DRAWS)
        drawn = [np.random.default_rng((seed, step)).standard_normal(shape, np.float32) for seed in self.seeds]
        return [np.stack(drawn) * np.float32(spread), *weights()[0]]

    def __call__(self, responses, fed):
        import tensorflow as tf

        noise, *arrays = fed
        picture = responses[PICTURE]
        wanted = tf.stop_gradient(denoised(tf.clip_by_value(picture + noise, 0, 1), arrays, weights()[1]))
        return 100 * tf.reduce_mean(tf.square(picture - wanted), (1, 2, 3))


def denoised(pictures, arrays, dilations):
    """Pictures `(batch, height, width, 1)` in [0, 1] as the denoiser would have them, a tensor of the same shape."""
    import tensorflow as tf

    values = pictures
    for number, dilation in enumerate(dilations):
        kernel, bias = arrays[2 * number : 2 * number + 2]
        values = tf.nn.conv2d(values, kernel, 1, "SAME", dilations=int(dilation)) + bias
        values = tf.nn.relu(values) if number < len(dilations) - 1 else tf.sigmoid(values)
    return values


@lru_cache(maxsize=2)
def weights(file: Path = WEIGHTS) -> tuple[tuple[np.ndarray, ...], tuple[int, ...]]:
    """(kernel `(3, 3, in, out)` and bias `(out,)` of each layer in turn; the layers' dilations)."""
    with np.load(file) as stored:
        dilations = tuple(int(one) for one in stored["dilations"])
        layers = range(1, len(dilations) + 1)
        return tuple(stored[f"{way}_{number}"] for number in layers for way in ("kernel", "bias")), dilations
