"""Class activation map: where in the picture the evidence for a class lies, without any gradient.

**Ref.** B. Zhou, A. Khosla, A. Lapedriza, A. Oliva, A. Torralba, Learning Deep Features for Discriminative
Localization, CVPR 2016, https://arxiv.org/abs/1512.04150
"""

from __future__ import annotations

import numpy as np


def class_activation_map(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The share of each place in a class's logit, for a network that ends in global average pooling and a dense layer.

    features: `(height, width, channel)`, the layer that is averaged.
    weights: `(channel,)`, the dense layer's for the class.
    Returns `(height, width)`; its mean is the class's logit without the bias. Signed: negative places speak against it.
    """
    if features.ndim != 3 or weights.shape != features.shape[2:]:
        raise ValueError(
            f"A class activation map needs (height, width, channel) features and one weight a channel, "
            f"not {features.shape} and {weights.shape}."
        )
    return features @ weights
