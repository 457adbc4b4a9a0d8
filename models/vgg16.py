"""VGG16 in two cards: `vgg16-cam`, which this project ships, and `vgg16`, which is Keras's own network.

Both have the 13 convolution layers of Simonyan & Zisserman, *Very Deep Convolutional Networks for Large-Scale Image
Recognition*, 2015, https://arxiv.org/abs/1409.1556, under the names of Keras Applications. `vgg16` ends in the three
dense layers of the paper and knows the 1000 classes of ImageNet. `vgg16-cam` replaces them by the mean of each channel
of block5_conv3 and one dense layer over the 200 classes of Tiny ImageNet, the head of Zhou et al., *Learning Deep
Features for Discriminative Localization*, 2016, https://arxiv.org/abs/1512.04150: 60 MB instead of 528 MB, any picture
size, and a class activation map that is exact.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
from PIL import Image

from models.card import POINT_TRULY, WEIGHTS, WHY_THESE, Card
from models.preprocessing import Preprocessing

HERE = Path(__file__).resolve().parent
STATISTICS = WEIGHTS / "vgg16-statistics.npz"
CHANNELS = HERE / "gallery" / "vgg16-channels"  # of the convolutions that both cards have
BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # channels and convolution layers of each block
CONVOLUTIONS = tuple(
    f"block{block}_conv{position}"
    for block, (_, count) in enumerate(BLOCKS, start=1)
    for position in range(1, count + 1)
)
SIDE = 224
FULL_FOLDER = Path(os.environ.get("VGG16_FOLDER") or WEIGHTS)  # where vgg16.onnx and vgg16.onnx.data lie, if anywhere
FULL_BYTES = 4 * 138_357_544  # of its weights: Simonyan & Zisserman's table 2, configuration D
GET_FULL = (
    "To have all 1000 classes, run `python -m export vgg16` where the page runs: once, it downloads Keras's weights of "
    "VGG16 (528 MB) and writes them as `vgg16.onnx` into `models/weights` (or into the folder that the environment "
    "variable `VGG16_FOLDER` names)."
)
MEAN_BGR = (103.939, 116.779, 123.68)  # of ImageNet's training pictures, 0 to 255; what Keras's "caffe" mode subtracts

_BODY = {
    "input": "The picture as the network gets it: blue, green and red, each less its mean over ImageNet.",
    "block1_conv1": "64 small filters look at 3 x 3 pixels each: edges in some direction, and patches of one colour.",
    "block1_conv2": "Combines those edges and colours over 5 x 5 pixels: lines, thin bars, edges between two colours.",
    "block1_pool": "Keeps the strongest of each 2 x 2: half the width and height, and small shifts matter less.",
    "block2_conv1": "128 filters find corners, crossings and simple stripes in what is left after the first pooling.",
    "block2_conv2": "Small repeated patterns such as grids, waves and dots begin to have channels of their own.",
    "block2_pool": "Halves the map again; from here one unit stands for a step of 4 pixels in the picture.",
    "block3_conv1": "256 filters join corners and stripes into fine textures: fur, mesh, scales, letters.",
    "block3_conv2": "Textures get a direction and a colour, and curves begin to close into arcs and circles.",
    "block3_conv3": "Textures and arcs become small parts: an eye's ring, a wheel's rim, a row of windows.",
    "block3_pool": "Halves the map again; one unit now stands for a step of 8 pixels.",
    "block4_conv1": "512 filters look for parts of things: an eye, a snout, a wheel, a leaf.",
    "block4_conv2": "Sets parts in relation: an eye beside a snout, legs under a body, spokes in a wheel.",
    "block4_conv3": "Larger parts, whole heads and repeated structures such as feathers or brickwork.",
    "block4_pool": "Halves the map again; one unit now stands for a step of 16 pixels.",
    "block5_conv1": "512 filters over parts: what belongs to a kind of animal, vehicle or building.",
    "block5_conv2": "Gathers evidence from nearly all of the picture; many channels answer to a few classes only.",
    "block5_conv3": "The last convolution: 512 detectors of what classes are made of, each with its place.",
}
_CAM_WORDS = {
    **_BODY,
    "global_average": "The mean of each channel over the picture: how strongly each detector answers, anywhere.",
    "predictions": "Each class weighs the 512 means; the softmax turns the sums into probabilities.",
}
_FULL_WORDS = {
    **_BODY,
    "block5_pool": "Halves the map a last time: 7 x 7 places with 512 detectors each.",
    "flatten": "Lays the 7 x 7 x 512 numbers out in one row; what was where is now a position in that row.",
    "fc1": "4096 units, each a weighted sum of all 25,088 numbers, negative results set to zero.",
    "fc2": "4096 units, each a weighted sum of the units before it: combinations of combinations.",
    "predictions": "One sum a class over fc2; the softmax turns the sums into probabilities.",
}

_CAM_ABOUT = {
    "What it is": (
        "VGG16, named after Oxford's Visual Geometry Group: 13 convolution layers look at a photograph, the mean of "
        "each of the 512 last maps says how much of it there is, and every class weighs these means."
    ),
    "What it learnt from": (
        "The convolutions from the photographs of ImageNet, as published in 2015. The last layer was trained by this "
        "project on the 50,000 small photographs of Tiny ImageNet, 250 a class."
    ),
    WHY_THESE: (
        "The network with all of them weighs 528 MB, this one 29.7 MB; Tiny ImageNet has photographs of 200. Whatever "
        "it is shown, it answers with one of these."
    ),
    "How often it is right": (
        "59.8 % of 10,000 small photographs that it never saw; for 82.7 % the right class is among the five likeliest."
    ),
    POINT_TRULY: (
        "The class activation map is exact for this network: the mean over its places is the logit of the class, but "
        "for the bias. All other maps are estimates; where two disagree, *Check the maps* puts them to the test on the "
        "photograph at hand."
    ),
}
_FULL_ABOUT = {
    "What it is": (
        "VGG16, named after Oxford's Visual Geometry Group: 13 convolution layers look at a photograph, and three "
        "dense layers weigh all that they found."
    ),
    "What it learnt from": "The photographs of ImageNet, of 1000 classes, as published in 2015.",
    POINT_TRULY: (
        "With dense layers behind the last map no map is exact; *Check the maps* puts them to the test on the "
        "photograph at hand."
    ),
}


def _imagenet() -> tuple[tuple[str, str], ...]:
    return tuple((wnid, name) for wnid, name in json.loads((HERE / "imagenet_classes.json").read_text("utf-8")))


IMAGENET_WNIDS, IMAGENET_NAMES = zip(*_imagenet(), strict=True)
CAM_WNIDS = tuple((HERE / "tiny_imagenet_200.txt").read_text("utf-8").split())
CAM_IMAGENET_INDEX = tuple(IMAGENET_WNIDS.index(wnid) for wnid in CAM_WNIDS)  # the class's number among the 1000

_PREPROCESSING = Preprocessing(SIDE, SIDE, "bgr", MEAN_BGR, (1.0,), "crop")

CAM = Card(
    name="vgg16-cam",
    title="VGG16 with global average pooling",
    weights=WEIGHTS / "vgg16-cam.onnx",
    licence="CC BY 4.0 (convolution layers: Karen Simonyan and Andrew Zisserman; dense layer: this project)",
    source="https://www.robots.ox.ac.uk/~vgg/research/very_deep/",
    preprocessing=_PREPROCESSING,
    labels=tuple(IMAGENET_NAMES[index] for index in CAM_IMAGENET_INDEX),
    numbers=CAM_IMAGENET_INDEX,
    words=_CAM_WORDS,
    about=_CAM_ABOUT,
    samples=HERE / "samples" / "photographs",
    gallery=HERE / "gallery" / "vgg16-cam",
    short="VGG16",
    statistics=STATISTICS,
    channels=CHANNELS,
)

FULL = Card(
    name="vgg16",
    title="VGG16",
    weights=FULL_FOLDER / "vgg16.onnx",
    licence="CC BY 4.0 (Karen Simonyan and Andrew Zisserman)",
    source="https://www.robots.ox.ac.uk/~vgg/research/very_deep/",
    preprocessing=_PREPROCESSING,
    labels=IMAGENET_NAMES,
    numbers=tuple(range(len(IMAGENET_NAMES))),
    words=_FULL_WORDS,
    about=_FULL_ABOUT,
    samples=HERE / "samples" / "photographs",
    short="VGG16, 1000 classes",
    statistics=STATISTICS,
    channels=CHANNELS,
    bytes_beside=FULL_BYTES,
    how_to_get=GET_FULL,
)


def full_is_here() -> bool:
    """Whether the full VGG16 was exported to where its card looks: both of its files, the second of full length."""
    return FULL.here


def imagenet_index(card: Card, unit: int) -> int:
    """The number among ImageNet's 1000 classes of a unit of either card's last layer."""
    return card.numbers[unit]


def statistics() -> dict[str, np.ndarray]:
    """How strongly the channels of five layers answer to photographs: for each layer `(2, 2, channel)` float32.

    First the average over 200 pictures of [mean, standard deviation over places] of each channel, then the standard
    deviation of both from picture to picture. Written by `models.training.train_cam`; the same for both cards.
    """
    with np.load(STATISTICS) as arrays:
        return dict(arrays)


def prepare(picture: Image.Image, size: int = SIDE) -> np.ndarray:
    """A picture of any mode and size as VGG16 wants it: `(1, size, size, 3)` float32, BGR less ImageNet's mean.

    The shorter side becomes `size` pixels (bicubic) and the middle is kept, as in the paper.
    """
    return _PREPROCESSING.prepare(picture, size, size)


def as_seen(picture: Image.Image, size: int = SIDE) -> Image.Image:
    """The square RGB picture of `size` pixels that `prepare` turns into numbers."""
    return _PREPROCESSING.as_seen(picture, size, size)


def build_cam(logits: bool = False, initializer: str = "glorot_uniform"):
    """Keras model of `CAM`: `(batch, height, width, 3)` BGR less mean to `(batch, 200)` probabilities.

    logits: leave the softmax out and return the values before it.
    initializer: of the kernels; "zeros" is quickest and takes no memory when the weights are loaded afterwards anyway.
    """
    import keras

    picture = keras.Input((None, None, 3), name="input")
    features = _blocks(picture, initializer, last_pool=False)
    means = keras.layers.GlobalAveragePooling2D(name="global_average")(features)
    activation = None if logits else "softmax"
    classes = keras.layers.Dense(len(CAM.labels), activation, name="predictions", kernel_initializer=initializer)(means)
    return keras.Model(picture, classes, name="vgg16_cam")


def build_full(logits: bool = False, initializer: str = "glorot_uniform"):
    """Keras model of `FULL`: `(batch, 224, 224, 3)` BGR less mean to `(batch, 1000)`; takes what `build_cam` takes."""
    import keras

    picture = keras.Input((SIDE, SIDE, 3), name="input")
    values = keras.layers.Flatten(name="flatten")(_blocks(picture, initializer, last_pool=True))
    dense = keras.layers.Dense
    for name in ("fc1", "fc2"):
        values = dense(4096, "relu", name=name, kernel_initializer=initializer)(values)
    activation = None if logits else "softmax"
    head = dense(len(FULL.labels), activation, name="predictions", kernel_initializer=initializer)
    return keras.Model(picture, head(values), name="vgg16")


def _blocks(values, initializer: str, last_pool: bool):
    from keras import layers

    for block, (filters, count) in enumerate(BLOCKS, start=1):
        for position in range(1, count + 1):
            values = layers.Conv2D(
                filters,
                3,
                padding="same",
                activation="relu",
                kernel_initializer=initializer,
                name=f"block{block}_conv{position}",
            )(values)
        if last_pool or block < len(BLOCKS):
            values = layers.MaxPooling2D(2, name=f"block{block}_pool")(values)
    return values
