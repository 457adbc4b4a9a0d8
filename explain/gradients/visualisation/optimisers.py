"""How a gradient becomes a step uphill. An optimiser is a frozen dataclass with

    start(coefficients)                     its state before the first step, a tuple of tensors
    step(gradient, state, number, rate)     (the change, the new state); number counts from 1

and knows nothing of networks or pictures. Tensors are `(batch, ...)`; pictures do not influence each other.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Adam:
    """D. Kingma, J. Ba, *Adam: A Method for Stochastic Optimization*, 2015, https://arxiv.org/abs/1412.6980.

    first, second: how much of the moments is kept from step to step.
    even: each picture's gradient is first brought to a length of 1 a coefficient. Objectives differ much in how steep
        they are, and Adam's floor and its memory of the first steps would feel it.
    """

    first: float = 0.9
    second: float = 0.99
    even: bool = True

    def start(self, coefficients):
        import tensorflow as tf

        return tf.zeros_like(coefficients), tf.zeros_like(coefficients)

    def step(self, gradient, state, number, rate):
        import tensorflow as tf

        gradient = _even(gradient) if self.even else gradient
        mean = self.first * state[0] + (1 - self.first) * gradient
        square = self.second * state[1] + (1 - self.second) * tf.square(gradient)
        ascent = mean / (1 - self.first**number) / (tf.sqrt(square / (1 - self.second**number)) + 1e-6)
        return rate * ascent, (mean, square)


@dataclass(frozen=True)
class RMSprop:
    """Steps divided by the root of a running mean of squares that begins at zero, as keras-vis 0.4 has it.

    The first steps are large for it: the picture leaves its noise at once. https://github.com/raghakot/keras-vis, MIT.
    """

    kept: float = 0.95

    def start(self, coefficients):
        import tensorflow as tf

        return (tf.zeros_like(coefficients),)

    def step(self, gradient, state, number, rate):
        import tensorflow as tf

        gradient = _even(gradient)
        square = self.kept * state[0] + (1 - self.kept) * tf.square(gradient)
        return rate * gradient / tf.sqrt(square + 1e-7), (square,)


@dataclass(frozen=True)
class Plain:
    """Along the gradient itself, brought to a length of 1 a coefficient."""

    def start(self, coefficients):
        return ()

    def step(self, gradient, state, number, rate):
        return rate * _even(gradient), ()


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


def _even(gradient):
    import tensorflow as tf

    axes = list(range(1, len(gradient.shape)))
    return gradient / (tf.sqrt(tf.reduce_mean(tf.square(gradient), axes, keepdims=True)) + 1e-12)
