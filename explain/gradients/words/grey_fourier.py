"""What gradient ascent moves for a picture of a word: Fourier coefficients of a grey picture on light paper.

As `explain.gradients.visualisation.parametrisation.Fourier`, which is for colours: low frequencies are cheap, noise is
expensive (Olah, Mordvintsev, Schubert, *Feature Visualization*, 2017, https://distill.pub/2017/feature-visualization).
Before the sigmoid the picture varies so widely that most of it is paper or ink, as print is, and little is in between.

This module imports TensorFlow inside its functions and knows nothing of networks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class GreyFourier:
    """Grey pictures made from coefficients `(batch, 2, height, width // 2 + 1)` float32; 0 is ink, 1 is paper.

    The second axis holds real and imaginary parts.

    size: (height, width) in pixels. decay: amplitudes fall with frequency to this power.
    low_pass: frequency in cycles a pixel (at most 0.5) at which a soft low-pass has fallen to 1/e.
    contrast: standard deviation before the sigmoid of a picture whose coefficients are standard normal.
    paper: the grey of a picture whose coefficients are all zero.
    margin: pixels (above and below, left and right) that stay white, as around print.
    """

    size: tuple[int, int] = (32, 128)
    decay: float = 0.6
    low_pass: float = 0.35
    contrast: float = 3.0
    paper: float = 0.82
    margin: tuple[int, int] = (3, 5)

    def start(self, seed: int, spread: float, batch: int = 1) -> np.ndarray:
        """Random coefficients of standard deviation `spread`, the same for every picture of the batch."""
        height, width = self.size
        noise = np.random.default_rng(seed).standard_normal((1, 2, height, width // 2 + 1), dtype=np.float32)
        return np.repeat(noise * np.float32(spread), batch, axis=0)

    def pictures(self, coefficients):
        """Pictures `(batch, height, width, 1)` in (0, 1] as a tensor that gradients flow through."""
        import tensorflow as tf

        spectrum = coefficients * self._amplitudes()
        planes = tf.signal.irfft2d(tf.complex(spectrum[:, 0], spectrum[:, 1]), list(self.size))
        ink = tf.sigmoid(-planes - np.float32(np.log(self.paper / (1 - self.paper))))
        return 1 - (ink * self._inside())[..., None]

    def grown(self, coefficients: np.ndarray, larger: GreyFourier) -> np.ndarray:
        """Coefficients with which `larger`, of the same size but with finer detail, shows these pictures.

        Raises ValueError for another size: a word is read at one size only.
        """
        if larger.size != self.size:
            raise ValueError(f"A word's picture stays at {self.size[0]} x {self.size[1]} pixels; only detail may grow.")
        return (coefficients * (self._amplitudes() / larger._amplitudes())).astype(np.float32)

    def _inside(self) -> np.ndarray:
        """1 where there may be ink, `(height, width)`."""
        (height, width), (rows, columns) = self.size, self.margin
        inside = np.zeros(self.size, np.float32)
        inside[rows : height - rows, columns : width - columns] = 1
        return inside

    def _amplitudes(self) -> np.ndarray:
        """Size of each coefficient `(height, width // 2 + 1)`, normalised to the contrast."""
        height, width = self.size
        rows, columns = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
        frequency = np.hypot(rows, columns)
        decayed = 1 / np.maximum(frequency, 1 / height) ** self.decay
        amplitude = np.exp(-((frequency / self.low_pass) ** 2)) * decayed
        # variance of a pixel: irfft2 divides by the number of pixels; all columns but the first stand for two
        twice = np.where(columns > 0, 2, 1) * (frequency > 0)
        deviation = np.sqrt(np.sum(twice * 2 * amplitude**2)) / (height * width)
        return (amplitude * self.contrast / deviation).astype(np.float32)
