"""The gradient of a class through dense layers, by hand: what a network that ends in them needs for a map at once.

Where a network's last maps go through dense layers with a ReLU between them, each ReLU is either open or shut for one
picture, so a logit's gradient with respect to those maps is three matrix products, without TensorFlow.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def logit_gradient(kernels: Sequence[np.ndarray], hidden: Sequence[np.ndarray], unit: int) -> np.ndarray:
    """The gradient of a class's logit with respect to the first dense layer's input, `(inputs,)`.

    kernels: of the dense layers in order, `(inputs, units)` each, the last one's units being the classes.
    hidden: outputs of all of them but the last, `(units,)` each, after their ReLU. unit: the class.
    Raises ValueError where these do not fit one another or there is no such class.
    """
    units = [len(values) for values in hidden]
    if [kernel.shape[1] for kernel in kernels[:-1]] != units or [len(kernel) for kernel in kernels[1:]] != units:
        shapes = [kernel.shape for kernel in kernels]
        raise ValueError(f"Dense layers of shapes {shapes} do not have {units} hidden units between them.")
    if not 0 <= unit < kernels[-1].shape[1]:
        raise ValueError(f"There is no class {unit}: the last layer has 0 to {kernels[-1].shape[1] - 1}.")
    gradient = np.ascontiguousarray(kernels[-1][:, unit])
    for kernel, values in zip(reversed(kernels[:-1]), reversed(hidden), strict=True):
        gradient = kernel @ np.where(values > 0, gradient, 0)
    return gradient
