"""The numbers of `explain.attribution.targets`, differentiable: the same targets on TensorFlow's tensors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explain.attribution.targets import SUREST, Channel, Character, ClassLogit, Target, TargetError, WholeText, check
from explain.ctc import lattice

IMPOSSIBLE = -1e30  # stands for log 0: minus infinity has no usable gradient


def score(target: Target, outputs: Mapping):
    """The target's number for every picture, float32 tensor `(batch,)`.

    outputs: layer outputs by name as tensors, with the batch axis. Raises TargetError as
    `explain.attribution.targets.score`.
    """
    import tensorflow as tf

    if target.layer not in outputs:
        raise TargetError(f"The target reads the layer {target.layer!r}, which is not among the outputs given.")
    values = outputs[target.layer]
    check(target, values.shape[1:])
    match target:
        case ClassLogit():
            return values[:, target.unit]
        case Character():
            weights = tf.constant(target.weights, values.dtype)
            if target.rival is not None:
                return tf.linalg.matvec(values[..., target.label] - values[..., target.rival], weights)
            if target.odds:
                others = tf.concat([values[..., : target.label], values[..., target.label + 1 :]], axis=-1)
                return tf.linalg.matvec(values[..., target.label] - tf.reduce_logsumexp(others, axis=-1), weights)
            return tf.linalg.matvec(tf.nn.log_softmax(values)[..., target.label], weights)
        case WholeText() if target.odds:  # in double precision, as one less a probability near 1 is wanted
            log_p = text_log_probability(tf.cast(values, tf.float64), target.labels, target.blank)
            return tf.cast(log_p - tf.math.log(-tf.math.expm1(tf.minimum(log_p, SUREST))), values.dtype)
        case WholeText():
            return text_log_probability(values, target.labels, target.blank)
        case Channel():
            return tf.reduce_mean(values[..., target.channel], list(range(1, len(values.shape) - 1)))
    return values[(slice(None), *target.place)]


def text_log_probability(logits, labels: tuple[int, ...], blank: int):
    """CTC log-probability of one text for every picture: `(batch, frame, label)` logits to `(batch,)`.

    The forward recursion of A. Graves et al., Connectionist Temporal Classification, ICML 2006, section 4.1, over the
    lattice of `explain.ctc.lattice`, in log space; TensorFlow's own loss needs the blank at a place of its choosing and
    refuses the empty text.
    """
    import tensorflow as tf

    states = lattice.states_of([labels], blank)[0]
    skip = lattice.skips_of(states, blank)
    emission = tf.gather(tf.nn.log_softmax(logits), states, axis=-1)
    closed = tf.constant(np.where(skip, 0.0, IMPOSSIBLE), emission.dtype)
    first = tf.constant(np.where(np.arange(len(states)) < 2, 0.0, IMPOSSIBLE), emission.dtype)
    alpha = first + emission[:, 0]
    for frame in range(1, emission.shape[1]):
        on = tf.pad(alpha[:, :-1], [[0, 0], [1, 0]], constant_values=IMPOSSIBLE)
        over = tf.pad(alpha[:, :-2], [[0, 0], [2, 0]], constant_values=IMPOSSIBLE)[:, : len(states)] + closed
        alpha = tf.reduce_logsumexp(tf.stack([alpha, on, over]), 0) + emission[:, frame]
    return tf.reduce_logsumexp(alpha[:, -2:], 1)
