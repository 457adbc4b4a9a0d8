"""Operators that work on each number by itself, or on pairs of numbers. https://onnx.ai/onnx/operators/"""

from __future__ import annotations

import functools
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


@entry("Selu")
def selu(x, alpha=1.67326319217681884765625, gamma=1.05070102214813232421875):
    return gamma * elu(x, alpha)


@entry("Celu")
def celu(x, alpha=1.0):
    return tf.where(x > 0, x, alpha * tf.math.expm1(tf.minimum(x, 0) / alpha))


@entry("ThresholdedRelu")
def thresholded_relu(x, alpha=1.0):
    return tf.where(x > alpha, x, tf.zeros_like(x))


@entry("Swish")
def swish(x, alpha=1.0):
    return x * tf.sigmoid(alpha * x)


@entry("Mish")
def mish(x):
    return x * tf.tanh(tf.math.softplus(x))


@entry("Gelu")
def gelu(x, approximate="none"):
    return tf.nn.gelu(x, approximate=approximate == "tanh")


@entry("Softsign")
def softsign(x):
    return tf.nn.softsign(x)


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


@entry("Log")
def logarithm(x):
    return tf.math.log(x)


@entry("Sin")
def sine(x):
    return tf.sin(x)


@entry("Cos")
def cosine(x):
    return tf.cos(x)


@entry("Reciprocal")
def reciprocal(x):
    return 1 / x


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


@entry("Ceil")
def ceiling(x):
    return tf.math.ceil(x)


@entry("Round")
def nearest_whole(x):
    return tf.round(x)


@entry("Sign")
def sign(x):
    return tf.sign(x)


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


@entry("Sum")
def total(*data_0):
    return functools.reduce(tf.add, data_0)


@entry("Mean")
def mean(*data_0):
    return functools.reduce(tf.add, data_0) / len(data_0)


@entry("Identity", "Dropout")
def identity(x, *_, ratio=0.5, seed=None, is_test=1):
    """Dropout, too: nothing is dropped once a network is trained."""
    return x


FLOATS = (1, 10, 11, 16)
DTYPES = {1: "float32", 2: "uint8", 3: "int8", 6: "int32", 7: "int64", 9: "bool", 10: "float32", 11: "float32"}
DTYPES |= {16: "float32"}


@entry("Cast")
def cast(input, to, saturate=1):
    """Whatever precision a file asks for, it is computed in that of the values: halves would drown a gradient."""
    if to not in DTYPES:
        raise ValueError(f"A Cast to ONNX's type number {to} has no gradient.")
    kind = tf.as_dtype(input.dtype)
    if to in FLOATS and kind in (tf.float32, tf.float64):
        return input
    return tf.cast(input, DTYPES[to])
