"""Operators that compare numbers or choose between them. https://onnx.ai/onnx/operators/"""

from __future__ import annotations

import functools

from explain.gradients.lazy import tf
from explain.gradients.network.operators.tensors.elementwise import entry


@entry("Max")
def larger(*data_0):
    return functools.reduce(tf.maximum, data_0)


@entry("Min")
def smaller(*data_0):
    return functools.reduce(tf.minimum, data_0)


@entry("Where")
def where(condition, X, Y):
    return tf.where(condition, X, Y)


@entry("Equal")
def equal(A, B):
    return tf.equal(A, B)


@entry("Greater")
def greater(A, B):
    return tf.greater(A, B)


@entry("GreaterOrEqual")
def greater_or_equal(A, B):
    return tf.greater_equal(A, B)


@entry("Less")
def less(A, B):
    return tf.less(A, B)


@entry("LessOrEqual")
def less_or_equal(A, B):
    return tf.less_equal(A, B)


@entry("Not")
def negated(X):
    return tf.logical_not(X)


@entry("And")
def both(A, B):
    return tf.logical_and(A, B)


@entry("Or")
def either(A, B):
    return tf.logical_or(A, B)
