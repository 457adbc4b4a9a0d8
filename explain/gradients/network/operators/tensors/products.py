"""Products of matrices. https://onnx.ai/onnx/operators/"""

from __future__ import annotations

from explain.gradients.lazy import tf
from explain.gradients.network.operators.layouts import extents, operator


@operator("MatMul")
def matrix_product(a, b):
    """As numpy.matmul: the last two axes are multiplied, those before them are broadcast."""
    if len(a.shape) == 1:
        return tf.squeeze(matrix_product(a[None], b), -1 if len(b.shape) == 1 else -2)
    if len(b.shape) == 1:
        return tf.squeeze(matrix_product(a, b[:, None]), -1)
    if len(a.shape) > 2 and len(b.shape) == 2:  # one product of two matrices is faster than many
        *places, depth = extents(a)
        return tf.reshape(tf.matmul(tf.reshape(a, [-1, depth]), b), [*places, b.shape[-1]])
    return tf.matmul(a, b)


@operator("Gemm")
def gemm(a, b, c=None, alpha=1.0, beta=1.0, transA=0, transB=0):
    product = tf.matmul(a, b, transpose_a=bool(transA), transpose_b=bool(transB))
    product = product if alpha == 1 else alpha * product
    if c is None:
        return product
    return product + (c if beta == 1 else beta * c)
