"""Adam that moves only what matters; see `explain.gradients.optimisers`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FlooredAdam:
    """Adam (D. Kingma, J. Ba, 2015, https://arxiv.org/abs/1412.6980) with a floor in the order of the gradient itself.

    Adam gives every coefficient a step of the same length, however little it matters; on paper that leaves grey clouds
    behind. Each picture's gradient is brought to a length of 1 a coefficient, and to each coefficient's own length the
    floor is added before it is divided by: coefficients with less than that move less.
    """

    first: float = 0.9
    second: float = 0.99
    floor: float = 1.0

    def start(self, coefficients):
        import tensorflow as tf

        return tf.zeros_like(coefficients), tf.zeros_like(coefficients)

    def step(self, gradient, state, number, rate):
        import tensorflow as tf

        axes = list(range(1, len(gradient.shape)))
        gradient = gradient / (tf.sqrt(tf.reduce_mean(tf.square(gradient), axes, keepdims=True)) + 1e-12)
        mean = self.first * state[0] + (1 - self.first) * gradient
        square = self.second * state[1] + (1 - self.second) * tf.square(gradient)
        length = tf.sqrt(square / (1 - self.second**number))
        ascent = mean / (1 - self.first**number) / (length + self.floor) * (1 + self.floor)
        return rate * ascent, (mean, square)
