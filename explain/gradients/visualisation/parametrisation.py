"""What gradient ascent moves instead of pixels: Fourier coefficients of a picture in decorrelated colours.

Neighbouring pixels of photographs are alike, and so are their three colours. Ascent on pixels ignores that and finds
checkerboards and neon. Ascent on Fourier coefficients, scaled by how strong each frequency is in photographs, and on
colours along the axes in which photographs vary, takes the same steps in a space where noise is expensive. Olah,
Mordvintsev, Schubert, *Feature Visualization*, 2017, https://distill.pub/2017/feature-visualization.

A parametrisation is a frozen dataclass with

    start(seed, spread, batch)      random coefficients, float32 `(batch, ...)`, the same for every picture
    pictures(coefficients)          tensor `(batch, height, width, channel)` that gradients flow through, values meant
                                    as 0 to 1
    grown(coefficients, larger)     coefficients with which another of its kind shows the same pictures, larger
    shown(coefficients)             only where what is to be shown differs from `pictures`

This module imports TensorFlow inside its functions and knows nothing of networks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Means and standard deviations along the main axes (light, blue against yellow, green against magenta) of RGB in [0, 1]
# after the inverse of the sigmoid; axes of ImageNet's colours, from https://github.com/tensorflow/lucid, Apache 2.0.
COLOUR_AXES = np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]], np.float32)
COLOUR_AXES /= np.linalg.norm(COLOUR_AXES, axis=0).max()
MEAN_RGB = (0.485, 0.456, 0.406)  # of ImageNet's training pictures
CONTRAST = 1.6  # standard deviation before the sigmoid of a picture whose coefficients are standard normal


@dataclass(frozen=True)
class Fourier:
    """Pictures made from coefficients `(batch, 2, 3, height, width // 2 + 1)` float32.

    The second axis holds real and imaginary parts, the third the colour axes.

    size: pixels of the side of a square, or (height, width).
    decay: amplitudes fall with frequency to this power; photographs have about 1.
    low_pass: frequency in cycles a pixel (at most 0.5) at which a soft low-pass has fallen to 1/e.
    contrast: standard deviation before the sigmoid of a picture whose coefficients are standard normal; 1.6 makes a
        cloud with the contrast of a photograph. None: the scale of Lucid, where it comes out of size and decay.
    mean: the colour of a picture whose coefficients are zero.
    """

    size: int | tuple[int, int]
    decay: float = 1.2
    low_pass: float = 0.3
    contrast: float | None = CONTRAST
    mean: tuple[float, float, float] = MEAN_RGB

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the pictures."""
        return self.size if isinstance(self.size, tuple) else (self.size, self.size)

    def start(self, seed: int, spread: float, batch: int = 1) -> np.ndarray:
        """Random coefficients of standard deviation `spread`, the same for every picture of the batch."""
        height, width = self.shape
        noise = np.random.default_rng(seed).standard_normal((1, 2, 3, height, width // 2 + 1), dtype=np.float32)
        return np.repeat(noise * np.float32(spread), batch, axis=0)

    def pictures(self, coefficients):
        """RGB pictures `(batch, height, width, 3)` in (0, 1) as a tensor that gradients flow through."""
        import tensorflow as tf

        spectrum = coefficients * self._amplitudes()
        planes = tf.signal.irfft2d(tf.complex(spectrum[:, 0], spectrum[:, 1]), list(self.shape))
        colours = tf.einsum("bchw,rc->bhwr", planes, tf.constant(COLOUR_AXES))
        mean = np.array(self.mean, np.float32)
        return tf.sigmoid(colours + np.log(mean / (1 - mean)))

    def grown(self, coefficients: np.ndarray, larger: Fourier) -> np.ndarray:
        """Coefficients with which `larger` shows these pictures, enlarged and without new detail."""
        (height, width), (to_height, to_width) = self.shape, larger.shape
        values = coefficients * self._amplitudes() * (to_height * to_width / (height * width))
        rows, columns = height // 2, width // 2
        out = np.zeros((len(coefficients), 2, 3, to_height, to_width // 2 + 1), np.float32)
        out[..., :rows, :columns] = values[..., :rows, :columns]
        out[..., -rows + 1 :, :columns] = values[..., -rows + 1 :, :columns]
        return out / larger._amplitudes()

    def _amplitudes(self) -> np.ndarray:
        """Size of each coefficient `(height, width // 2 + 1)`."""
        height, width = self.shape
        rows, columns = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
        frequency = np.hypot(rows, columns)
        decayed = 1 / np.maximum(frequency, 1 / max(height, width)) ** self.decay
        amplitude = np.exp(-((frequency / self.low_pass) ** 2)) * decayed
        if self.contrast is None:
            return (amplitude * np.sqrt(height * width) / 4).astype(np.float32)
        # variance of a pixel: irfft2 divides by size squared; all columns but the first stand for two; no mean counted
        twice = np.where(columns > 0, 2, 1) * (frequency > 0)
        deviation = np.sqrt(np.sum(twice * 2 * amplitude**2)) / (height * width)
        return (amplitude * self.contrast / deviation).astype(np.float32)


@dataclass(frozen=True)
class Grey:
    """The pictures of another parametrisation without their colours: `(batch, height, width, 1)`, for networks that see
    none. colours: the other one."""

    colours: Fourier | Pixels

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the pictures."""
        return self.colours.shape

    def start(self, seed: int, spread: float, batch: int = 1) -> np.ndarray:
        return self.colours.start(seed, spread, batch)

    def pictures(self, coefficients):
        """The mean of red, green and blue."""
        import tensorflow as tf

        return tf.reduce_mean(self.colours.pictures(coefficients), -1, keepdims=True)

    def shown(self, coefficients):
        """The same of what is to be shown."""
        import tensorflow as tf

        shown = getattr(self.colours, "shown", self.colours.pictures)
        return tf.reduce_mean(shown(coefficients), -1, keepdims=True)

    def grown(self, coefficients: np.ndarray, larger: Grey) -> np.ndarray:
        return self.colours.grown(coefficients, larger.colours)


@dataclass(frozen=True)
class Pixels:
    """Pictures whose coefficients are their own values, `(batch, height, width, channel)` in 0 to 255.

    Nothing keeps them in that range on the way; they are clipped where they are shown.

    contrast: standard deviation to which a picture is brought, about middle grey, where it is shown; None leaves it.
    """

    size: int | tuple[int, int]
    channels: int = 3
    contrast: float | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the pictures."""
        return self.size if isinstance(self.size, tuple) else (self.size, self.size)

    def start(self, seed: int, spread: float, batch: int = 1) -> np.ndarray:
        """Middle grey with normal noise; spread: its standard deviation as a share of the range."""
        noise = np.random.default_rng(seed).standard_normal((1, *self.shape, self.channels), dtype=np.float32)
        return np.repeat(np.float32(127.5) + np.float32(255 * spread) * noise, batch, axis=0)

    def pictures(self, coefficients):
        """The values as a share of the range."""
        import tensorflow as tf

        return tf.convert_to_tensor(coefficients) / 255.0

    def shown(self, coefficients):
        """The same with the contrast for show."""
        import tensorflow as tf

        if self.contrast is None:
            return self.pictures(coefficients)
        mean, variance = tf.nn.moments(coefficients, [1, 2, 3], keepdims=True)
        return 0.5 + self.contrast * (coefficients - mean) / tf.sqrt(variance + 1e-6)

    def grown(self, coefficients: np.ndarray, larger: Pixels) -> np.ndarray:
        """The same pictures enlarged (bicubic)."""
        import tensorflow as tf

        return tf.image.resize(coefficients, larger.shape, "bicubic").numpy()
