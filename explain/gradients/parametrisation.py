"""What gradient ascent moves instead of pixels: Fourier coefficients of a picture in decorrelated colours.

Neighbouring pixels of photographs are alike, and so are their three colours. Ascent on pixels ignores that and finds
checkerboards and neon. Ascent on Fourier coefficients, scaled by how strong each frequency is in photographs, and on
colours along the axes in which photographs vary, takes the same steps in a space where noise is expensive. Olah,
Mordvintsev, Schubert, *Feature Visualization*, 2017, https://distill.pub/2017/feature-visualization.

This module imports TensorFlow inside its functions and knows nothing of networks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Means and standard deviations along the main axes (light, blue against yellow, green against magenta) of RGB in [0, 1]
# after the inverse of the sigmoid; axes of ImageNet's colours, from https://github.com/tensorflow/lucid, Apache 2.0.
COLOUR_AXES = np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]], np.float32)
COLOUR_AXES /= np.linalg.norm(COLOUR_AXES, axis=0).max()
MEAN_RGB = np.array([0.485, 0.456, 0.406], np.float32)  # of ImageNet's training pictures
CONTRAST = 1.6  # standard deviation before the sigmoid of a picture whose coefficients are standard normal


@dataclass(frozen=True)
class Fourier:
    """Square pictures of `size` pixels, each made from coefficients `(batch, 2, 3, size, size // 2 + 1)` float32.

    The second axis holds real and imaginary parts, the third the colour axes. Standard normal coefficients give a cloud
    with the contrast of a photograph.

    decay: amplitudes fall with frequency to this power; photographs have about 1.
    low_pass: frequency in cycles a pixel (at most 0.5) at which a soft low-pass has fallen to 1/e.
    """

    size: int
    decay: float = 1.2
    low_pass: float = 0.3

    def start(self, seed: int, spread: float, batch: int = 1) -> np.ndarray:
        """Random coefficients of standard deviation `spread`, the same for every picture of the batch."""
        shape = (1, 2, 3, self.size, self.size // 2 + 1)
        noise = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
        return np.repeat(noise * np.float32(spread), batch, axis=0)

    def pictures(self, coefficients):
        """RGB pictures `(batch, size, size, 3)` in (0, 1) as a tensor that gradients flow through."""
        import tensorflow as tf

        spectrum = coefficients * self._amplitudes()
        planes = tf.signal.irfft2d(tf.complex(spectrum[:, 0], spectrum[:, 1]), [self.size, self.size])
        colours = tf.einsum("bchw,rc->bhwr", planes, tf.constant(COLOUR_AXES))
        return tf.sigmoid(colours + np.log(MEAN_RGB / (1 - MEAN_RGB)))

    def grown(self, coefficients: np.ndarray, larger: Fourier) -> np.ndarray:
        """Coefficients with which `larger` shows these pictures, enlarged and without new detail."""
        values = coefficients * self._amplitudes() * (larger.size / self.size) ** 2
        rows, columns = self.size // 2, self.size // 2
        out = np.zeros((len(coefficients), 2, 3, larger.size, larger.size // 2 + 1), np.float32)
        out[..., :rows, :columns] = values[..., :rows, :columns]
        out[..., -rows + 1 :, :columns] = values[..., -rows + 1 :, :columns]
        return out / larger._amplitudes()

    def _amplitudes(self) -> np.ndarray:
        """Size of each coefficient `(size, size // 2 + 1)`, normalised to the contrast of a photograph."""
        rows, columns = np.fft.fftfreq(self.size)[:, None], np.fft.rfftfreq(self.size)[None]
        frequency = np.hypot(rows, columns)
        amplitude = np.exp(-((frequency / self.low_pass) ** 2)) / np.maximum(frequency, 1 / self.size) ** self.decay
        # variance of a pixel: irfft2 divides by size squared; all columns but the first stand for two; no mean counted
        twice = np.where(columns > 0, 2, 1) * (frequency > 0)
        deviation = np.sqrt(np.sum(twice * 2 * amplitude**2)) / self.size**2
        return (amplitude * CONTRAST / deviation).astype(np.float32)
