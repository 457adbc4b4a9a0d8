"""Class activation maps: a layer's feature maps, weighted and added up. Arrays in, arrays out; no TensorFlow here.

`class_activation_map` takes its weights from the network itself. The others take them from the gradient of a target
(`explain.attribution.targets`) with respect to the feature maps, which `explain.gradients.attribution.methods`
computes, or, Score-CAM, from what the network answers when it sees only what a channel responds to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explain.attribution.targets import Target, score
from explain.layers.receptive_field import ReceptiveField, receptive_field
from models.preprocessing import border

if TYPE_CHECKING:  # the process that computes gradients has no use for ONNX Runtime
    from explain.network.description import Description
    from explain.network.session import Network


def usual_layer(description: Description) -> str | None:
    """The convolution whose maps are weighted unless another is asked for; None where there is none to weigh.

    Of a classifier the last one, as in the papers. Of a recogniser the one in the middle: the last ones stand for whole
    letters in one or two rows, and show nothing of where in the letter.
    """
    names = mapped_layers(description)
    if not names:
        return None
    return names[len(names) // 2] if description.head.kind == "ctc" else names[-1]


def mapped_layers(description: Description) -> list[str]:
    """The convolutions whose places can be laid over the picture."""
    convolutions = (layer.name for layer in description.of_kind("conv"))
    return [name for name in convolutions if receptive_field(description, name) is not None]


def class_activation_map(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The share of each place in a class's logit, for a network that ends in global average pooling and a dense layer.

    features: `(height, width, channel)`, the layer that is averaged.
    weights: `(channel,)`, the dense layer's for the class.
    Returns `(height, width)`; its mean is the class's logit without the bias. Signed: negative places speak against it.
    **Ref.** B. Zhou, A. Khosla, A. Lapedriza, A. Oliva, A. Torralba, Learning Deep Features for Discriminative
    Localization, CVPR 2016, https://arxiv.org/abs/1512.04150
    """
    if features.ndim != 3 or weights.shape != features.shape[2:]:
        raise ValueError(
            f"A class activation map needs (height, width, channel) features and one weight a channel, "
            f"not {features.shape} and {weights.shape}."
        )
    return features @ weights


def grad_cam(features: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Feature maps weighted by the mean of their gradient over all places; `(height, width)`, signed.

    features, gradient: `(height, width, channel)`, a layer's output and the target's gradient with respect to it.
    The paper sets negative places to zero; here they stay, so that what speaks against the target can be seen.
    **Ref.** R. R. Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization,
    ICCV 2017, https://arxiv.org/abs/1610.02391
    """
    _check(features, gradient)
    return features @ gradient.mean(axis=(0, 1))


def grad_cam_plus_plus(features: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Grad-CAM whose mean counts the places where a channel speaks for the target, each by its share; not negative.

    Arguments as in `grad_cam`. The paper's closed form for the exponential of the target, whose higher derivatives are
    powers of the gradient; the common factor, the exponential itself, is left out.
    **Ref.** A. Chattopadhay, A. Sarkar, P. Howlader, V. N. Balasubramanian, Grad-CAM++: Generalized Gradient-based
    Visual Explanations for Deep Convolutional Networks, WACV 2018, https://arxiv.org/abs/1710.11063, equation 19
    """
    _check(features, gradient)
    below = 2 * gradient**2 + features.sum(axis=(0, 1)) * gradient**3
    # where there is no gradient there is nothing to share out
    shares = np.divide(gradient**2, below, out=np.zeros_like(below), where=below != 0)
    weights = (shares * np.maximum(gradient, 0)).sum(axis=(0, 1))
    return np.maximum(features @ weights, 0)


def layer_cam(features: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Every place of every channel weighted by its own gradient where that speaks for the target; not negative.

    Arguments as in `grad_cam`.
    **Ref.** P.-T. Jiang, C.-B. Zhang, Q. Hou, M.-M. Cheng, Y. Wei, LayerCAM: Exploring Hierarchical Class Activation
    Maps for Localization, IEEE TIP 2021, https://doi.org/10.1109/TIP.2021.3089943
    """
    _check(features, gradient)
    return np.maximum((np.maximum(gradient, 0) * features).sum(axis=-1), 0)


def score_cam(
    network: Network, picture: np.ndarray, target: Target, layer: str, field: ReceptiveField, channels: int = 64
) -> np.ndarray:
    """Feature maps weighted by how much of the target is left when only what a channel responds to is seen.

    picture: `(height, width, channel)` as the network takes it; what a channel does not respond to fades to the mean of
    the picture's border. layer: a convolution layer of the network; field: its receptive field, which says where its
    places lie. channels: how many, the strongest ones, are tried: one pass each. Returns `(map height, map width)`, not
    negative. Weights are the softmax of the targets, as in the paper's section 3.2.
    **Ref.** H. Wang et al., Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks, CVPR
    Workshops 2020, https://arxiv.org/abs/1910.01279
    """
    features = network.run(picture[None], [layer])[layer][0]
    strongest = np.argsort(-features.max(axis=(0, 1)), kind="stable")[:channels]
    ground = background(picture)
    masked = []
    for channel in strongest:
        mask = spread(features[..., channel], field, picture.shape[:2])
        low, high = mask.min(), mask.max()
        share = (mask - low) / (high - low) if high > low else np.zeros_like(mask)
        masked.append(ground + (picture - ground) * share[..., None])
    scores = score(target, network.run(np.stack(masked), [target.layer]))
    weights = np.exp(scores - scores.max())
    return np.maximum(features[..., strongest] @ (weights / weights.sum()), 0)


def spread(values: np.ndarray, field: ReceptiveField, shape: tuple[int, ...]) -> np.ndarray:
    """A layer's map laid over its input: a pixel gets the value of the unit whose field is centred nearest.

    values: `(map height, map width)`. shape: of the input, `(height, width, ...)`. Nothing is smoothed: the units'
    cells stay visible.
    """
    nearest = []
    for axis in (0, 1):
        first = field.start[axis] + (field.size[axis] - 1) / 2
        unit = np.floor((np.arange(shape[axis]) - first) / field.stride[axis] + 0.5).astype(int)
        nearest.append(np.clip(unit, 0, values.shape[axis] - 1))
    return values[np.ix_(*nearest)]


def over_picture(description: Description, layer: str, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A layer's map laid over the picture as `spread` does; in equal cells where its places' fields are not known.

    values: `(map height, map width)`. shape: of the picture, `(height, width, ...)`.
    """
    field = receptive_field(description, layer)
    if field is not None:
        return spread(values, field, shape)
    nearest = [np.arange(shape[axis]) * values.shape[axis] // shape[axis] for axis in (0, 1)]
    return values[np.ix_(*nearest)]


def background(picture: np.ndarray) -> np.ndarray:
    """The colour around the content of a picture `(height, width, channel)`: the median of its border, `(channel,)`."""
    return np.median(border(picture), axis=0)


def _check(features: np.ndarray, gradient: np.ndarray) -> None:
    if features.ndim != 3 or features.shape != gradient.shape:
        raise ValueError(
            "A gradient-weighted map needs (height, width, channel) features and a gradient of the same shape, not "
            f"{features.shape} and {gradient.shape}."
        )
