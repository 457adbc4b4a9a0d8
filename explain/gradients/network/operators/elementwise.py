"""Operators that work on each number by itself, or on pairs of numbers. https://onnx.ai/onnx/operators/"""

from __future__ import annotations

from functools import partial

import numpy as np

from explain.gradients.lazy import tf
from explain.gradients.network.operators.layouts import elementwise, operator

entry = partial(operator, layout=elementwise)


@entry("Relu")
def relu(x):
    return tf.nn.relu(x)


def guided_relu(x):
    """Relu whose gradient stops what is negative on its way back, as well as what the Relu itself shuts.

    **Ref.** J. T. Springenberg, A. Dosovitskiy, T. Brox, M. Riedmiller, Striving for Simplicity: The All Convolutional
    Net, 2014, https://arxiv.org/abs/1412.6806
    """

    @tf.custom_gradient
    def guided(values):
        is_open = tf.cast(values > 0, values.dtype)
        return values * is_open, lambda gradient: tf.nn.relu(gradient) * is_open

    return guided(x)


@entry("LeakyRelu")
def leaky_relu(x, alpha=0.01):
    return tf.nn.leaky_relu(x, alpha)


@entry("PRelu")
def prelu(x, slope):
    return tf.maximum(x, 0) + slope * tf.minimum(x, 0)


@entry("Elu")
def elu(x, alpha=1.0):
    return tf.where(x > 0, x, alpha * tf.math.expm1(tf.minimum(x, 0)))


@entry("Sigmoid")
def sigmoid(x):
    return tf.sigmoid(x)


@entry("HardSigmoid")
def hard_sigmoid(x, alpha=0.2, beta=0.5):
    return tf.clip_by_value(alpha * x + beta, 0, 1)


@entry("HardSwish")
def hard_swish(x):
    return x * hard_sigmoid(x, 1 / 6, 0.5)


@entry("Tanh")
def tanh(x):
    return tf.tanh(x)


@entry("Softplus")
def softplus(x):
    return tf.math.softplus(x)


@entry("Erf")
def erf(x):
    return tf.math.erf(x)


@entry("Exp")
def exp(x):
    return tf.exp(x)


@entry("Sqrt")
def sqrt(x):
    return tf.sqrt(x)


@entry("Abs")
def absolute(x):
    return tf.abs(x)


@entry("Neg")
def negative(x):
    return -x


@entry("Floor")
def floor(x):
    return tf.floor(x)


@entry("Clip")
def clip(x, min=None, max=None):
    if min is not None:
        x = tf.maximum(x, tf.cast(min, x.dtype))
    return x if max is None else tf.minimum(x, tf.cast(max, x.dtype))


@entry("Add")
def add(a, b):
    return a + b


@entry("Sub")
def subtract(a, b):
    return a - b


@entry("Mul")
def multiply(a, b):
    return a * b


@entry("Div")
def divide(a, b):
    return tf.truncatediv(a, b) if np.issubdtype(tf.as_dtype(a.dtype).as_numpy_dtype, np.integer) else a / b


@entry("Pow")
def power(x, y):
    return tf.pow(x, tf.cast(y, x.dtype))


@entry("Identity", "Dropout")
def identity(x, *_, ratio=0.5, seed=None):
    """Dropout, too: nothing is dropped once a network is trained."""
    return x


DTYPES = {1: "float32", 6: "int32", 7: "int64", 9: "bool", 10: "float16", 11: "float64", 16: "bfloat16"}


@entry("Cast")
def cast(input, to, saturate=1):
    if to not in DTYPES:
        raise ValueError(f"A Cast to ONNX's type number {to} has no gradient.")
    return tf.cast(input, DTYPES[to])
