"""3 x 3 convolution with a quarter of the multiplications, for training on processors.

A. Lavin and S. Gray, Fast Algorithms for Convolutional Neural Networks, 2016 (arXiv:1509.09308), their F(4 x 4, 3 x 3):
6 x 6 pieces of the input, 4 apart, and the filters go to a basis where convolving is multiplying, 36 numbers in place
of 16 x 9 products; there the channels are summed by 36 matrix products, and what comes of it goes back to 4 x 4 pixels.
The gradients, of the input and of the filters, are those of these steps, so they cost a quarter as well.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

# Lavin and Gray's matrices: of the input piece (6 x 6), of the filter (6 x 3), of the answer (4 x 6)
INPUT = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ],
    np.float32,
)
FILTER = np.array(
    [[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]],
    np.float32,
) / np.float32(24)
ANSWER = np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]], np.float32)


def _both_ways(matrix: np.ndarray) -> np.ndarray:
    """The matrix that does to a flattened square what `matrix` does to its rows and to its columns."""
    return np.kron(matrix, matrix)


def _overlapping(blocks, number: int, axis: int):
    """Blocks of 4 (number + 1 of them on the axis) to pieces of 6: each with the first two of the next.

    By `split`, whose gradient is a concatenation: that of slices of six axes takes longer than all the products.
    """
    head = ops.split(blocks, [number], axis=axis)[0]
    following = ops.split(blocks, [1], axis=axis)[1]
    return ops.concatenate([head, ops.split(following, [2], axis=axis + 1)[0]], axis=axis + 1)


def conv3x3(pictures, filters):
    """Convolve (n, height, width, channels) with (3, 3, channels, made), zeros around: (n, height, width, made).

    height and width must be known and multiples of 4.
    """
    height, width, channels = pictures.shape[1:]
    made = filters.shape[3]
    down, along = height // 4, width // 4
    padded = ops.pad(pictures, ((0, 0), (1, 3), (1, 3), (0, 0)))
    rows = _overlapping(ops.reshape(padded, (-1, down + 1, 4, width + 4, channels)), down, axis=1)
    pieces = _overlapping(ops.reshape(rows, (-1, down, 6, along + 1, 4, channels)), along, axis=3)
    pieces = ops.reshape(ops.transpose(pieces, (2, 4, 0, 1, 3, 5)), (36, -1))
    pieces = ops.reshape(ops.matmul(_both_ways(INPUT), pieces), (36, -1, channels))
    kernel = ops.reshape(ops.matmul(_both_ways(FILTER), ops.reshape(filters, (9, -1))), (36, channels, made))
    answers = ops.reshape(ops.matmul(pieces, kernel), (36, -1))
    answers = ops.reshape(ops.matmul(_both_ways(ANSWER), answers), (4, 4, -1, down, along, made))
    return ops.reshape(ops.transpose(answers, (2, 3, 0, 4, 1, 5)), (-1, height, width, made))


class Conv3x3(keras.layers.Conv2D):
    """As `keras.layers.Conv2D` with kernel 3, padding "same"; the same weights, names and answers."""

    def call(self, inputs):
        return self.activation(conv3x3(inputs, self.kernel) + self.bias)


def with_winograd(model: keras.Model) -> keras.Model:
    """A model of the same layers and fresh weights, its 3 x 3 convolutions of more than one channel as `Conv3x3`.

    Batch normalisation, LSTMs and the rest stay. Heights and widths there must be multiples of 4.
    """

    def clone(layer):
        fits = type(layer) is keras.layers.Conv2D and (layer.kernel_size, layer.strides) == ((3, 3), (1, 1))
        kind = Conv3x3 if fits and layer.padding == "same" and layer.kernel.shape[2] > 1 else type(layer)
        return kind.from_config(layer.get_config())

    return keras.models.clone_model(model, clone_function=clone)
