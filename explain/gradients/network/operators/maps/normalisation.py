"""Normalisations. https://onnx.ai/onnx/operators/"""

from __future__ import annotations

from explain.gradients.lazy import tf
from explain.gradients.network.operators.layouts import extents, on_maps, operator


@operator("BatchNormalization", layout=on_maps)
def batch_normalization(
    x,
    scale,
    b,
    input_mean,
    input_var,
    epsilon=1e-5,
    momentum=0.9,
    spatial=1,
    training_mode=0,
    is_test=1,
    consumed_inputs=None,
):
    if training_mode or not spatial:
        raise ValueError("A BatchNormalization in training, or one that is not spatial, is not known here.")
    factor = scale * tf.math.rsqrt(input_var + tf.cast(epsilon, input_var.dtype))
    return x * factor + (b - input_mean * factor)


@operator("InstanceNormalization", layout=on_maps)
def instance_normalization(input, scale, B, epsilon=1e-5, consumed_inputs=None):
    """Each channel of each picture by itself. D. Ulyanov et al., 2016, https://arxiv.org/abs/1607.08022"""
    return scale * _normal(input, list(range(1, len(input.shape) - 1)), epsilon) + B


@operator("LayerNormalization")
def layer_normalization(X, Scale, B=None, axis=-1, epsilon=1e-5, stash_type=1):
    """All axes from one on. J. L. Ba, J. R. Kiros, G. E. Hinton, 2016, https://arxiv.org/abs/1607.06450"""
    normal = Scale * _normal(X, list(range(axis % len(X.shape), len(X.shape))), epsilon)
    return normal if B is None else normal + B


@operator("RMSNormalization")
def rms_normalization(X, scale, axis=-1, epsilon=1e-5, stash_type=1):
    """B. Zhang, R. Sennrich, 2019, https://arxiv.org/abs/1910.07467"""
    squares = tf.reduce_mean(X * X, list(range(axis % len(X.shape), len(X.shape))), keepdims=True)
    return scale * X * tf.math.rsqrt(squares + tf.cast(epsilon, X.dtype))


@operator("GroupNormalization", layout=on_maps)
def group_normalization(X, scale, bias, num_groups, epsilon=1e-5, stash_type=1):
    """Groups of channels of each picture. Y. Wu, K. He, 2018, https://arxiv.org/abs/1803.08494"""
    lengths = extents(X)
    in_group = lengths[-1] // num_groups
    groups = tf.reshape(X, [*lengths[:-1], num_groups, in_group])
    normal = tf.reshape(_normal(groups, [*range(1, len(lengths) - 1), len(lengths)], epsilon), lengths)
    if scale.shape[0] == num_groups != lengths[-1]:  # up to opset 20 one number a group
        scale, bias = (tf.repeat(value, in_group) for value in (scale, bias))
    return scale * normal + bias


@operator("LRN", layout=on_maps)
def local_response_normalization(x, size, alpha=1e-4, beta=0.75, bias=1.0):
    """Each number by those of the channels beside it. A. Krizhevsky et al., 2012, section 3.3"""
    before, after = (size - 1) // 2, size // 2
    squares = tf.pad(x * x, [*[(0, 0)] * (len(x.shape) - 1), (before, after)])
    channels = x.shape[-1]
    sums = tf.add_n([squares[..., step : step + channels] for step in range(size)])
    return x / tf.pow(bias + alpha / size * sums, beta)


@operator("LpNormalization")
def lp_normalization(input, axis=-1, p=2):
    size = tf.abs(input) if p == 1 else input * input
    length = tf.reduce_sum(size, axis, keepdims=True)
    return input / (length if p == 1 else tf.sqrt(length))


def _normal(x, axes: list[int], epsilon: float):
    mean = tf.reduce_mean(x, axes, keepdims=True)
    variance = tf.reduce_mean(tf.math.squared_difference(x, mean), axes, keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + tf.cast(epsilon, x.dtype))
