"""The CRNN: convolutions over a grey picture of a word, two bidirectional LSTMs over its columns, CTC.

Shi, Bai and Yao 2015, "An End-to-End Trainable Neural Network for Image-based Sequence Recognition and Its Application
to Scene Text Recognition", https://arxiv.org/abs/1507.05717, in the layout of TheAILearner's Keras notebook.

The paper's map-to-sequence step is a `Reshape` here, not a `Lambda` around `squeeze`: a Lambda layer is saved as Python
bytecode, and loading one means running code from the file, which Keras rightly refuses by default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from models.card import WEIGHTS, LayerCard, ModelCard
from models.pictures import flatten

if TYPE_CHECKING:
    import keras

LABELS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
BLANK = len(LABELS)
HEIGHT, WIDTH = 32, 128
FRAMES = 31

_LAYERS = (
    LayerCard("input", "input", (32, 128, 1), 0, "The picture as the network sees it: grey, 32 x 128, from 0 to 1."),
    LayerCard(
        "conv_1",
        "conv",
        (32, 128, 64),
        640,
        "64 small filters, each answering to an edge or a stroke of its own direction.",
        kernel=(3, 3),
        padding="same",
    ),
    LayerCard(
        "pool_1",
        "pool",
        (16, 64, 64),
        0,
        "Keeps the strongest answer of every 2 x 2 pixels, so a stroke may move a little without changing the rest.",
        kernel=(2, 2),
        stride=(2, 2),
    ),
    LayerCard(
        "conv_2",
        "conv",
        (16, 64, 128),
        73_856,
        "128 filters over those answers: corners, crossings and the ends of strokes.",
        kernel=(3, 3),
        padding="same",
    ),
    LayerCard(
        "pool_2",
        "pool",
        (8, 32, 128),
        0,
        "Halves height and width again: 32 columns are left, of which conv_7 will make 31 frames.",
        kernel=(2, 2),
        stride=(2, 2),
    ),
    LayerCard(
        "conv_3",
        "conv",
        (8, 32, 256),
        295_168,
        "256 filters that join strokes into pieces of letters, such as bows, stems and bars.",
        kernel=(3, 3),
        padding="same",
    ),
    LayerCard(
        "conv_4",
        "conv",
        (8, 32, 256),
        590_080,
        "256 filters over those pieces, each seeing a letter or two.",
        kernel=(3, 3),
        padding="same",
    ),
    LayerCard(
        "pool_4",
        "pool",
        (4, 32, 256),
        0,
        "Halves the height alone, so that narrow letters such as i and l keep columns of their own.",
        kernel=(2, 1),
        stride=(2, 1),
    ),
    LayerCard(
        "conv_5",
        "conv",
        (4, 32, 512),
        1_180_160,
        "512 filters for larger parts of letters, each over four rows that are left of the picture.",
        kernel=(3, 3),
        padding="same",
    ),
    LayerCard(
        "batch_norm_5",
        "batch_norm",
        (4, 32, 512),
        2_048,
        "Shifts and scales each channel to a common range, which makes training steadier.",
    ),
    LayerCard(
        "conv_6",
        "conv",
        (4, 32, 512),
        2_359_808,
        "512 filters that see a whole letter with parts of its neighbours.",
        kernel=(3, 3),
        padding="same",
    ),
    LayerCard(
        "batch_norm_6",
        "batch_norm",
        (4, 32, 512),
        2_048,
        "Brings those channels to a common range once more.",
    ),
    LayerCard(
        "pool_6",
        "pool",
        (2, 32, 512),
        0,
        "Halves the height a last time: two rows are left, still 32 columns.",
        kernel=(2, 1),
        stride=(2, 1),
    ),
    LayerCard(
        "conv_7",
        "conv",
        (1, 31, 512),
        1_049_088,
        "Merges the two rows and each pair of columns into one row of 31 frames.",
        kernel=(2, 2),
    ),
    LayerCard(
        "squeezed", "squeeze", (31, 512), 0, "Drops the height of one: the picture is now a sequence of 31 steps."
    ),
    LayerCard(
        "blstm_1",
        "blstm",
        (31, 256),
        656_384,
        "Reads the sequence from both ends, so that every step knows what stands to its left and to its right.",
        kernel=None,
    ),
    LayerCard(
        "blstm_2",
        "blstm",
        (31, 256),
        394_240,
        "Reads the first one's sequence from both ends again and settles where each character is told.",
        kernel=None,
    ),
    LayerCard(
        "outputs",
        "dense",
        (31, 63),
        16_191,
        "Gives each frame a probability for each of 62 characters and for the blank, which says nothing new here.",
    ),
)

CARD = ModelCard(
    name="crnn",
    title="CRNN",
    input_shape=(HEIGHT, WIDTH, 1),
    layers=_LAYERS,
    labels=(*LABELS, ""),
    weights=WEIGHTS / "crnn.onnx",
    logits="logits",
    licence="MIT, as the rest of this project; trained here on words drawn by models/training/render.py",
    source="Shi, Bai and Yao 2015, https://arxiv.org/abs/1507.05717",
)


def prepare(picture: Image.Image) -> np.ndarray:
    """The picture as the CRNN's input, (1, 32, 128, 1) float32 in [0, 1].

    Any mode, size or EXIF orientation; transparency is laid on white (on black under white ink). The proportions are
    kept: the picture gets height 32, antialiased, and what is left of 128 columns is filled on the right with the
    middle grey of its border; only what would be longer is squeezed. Training draws words through this same function.
    """
    return np.asarray(fit(picture), dtype=np.float32)[None, :, :, None] / np.float32(255)


def fitted_width(width: int, height: int, columns: int = WIDTH) -> int:
    """How many of the columns a picture of that size takes up; the rest is filled."""
    return min(columns, max(4, round(width * HEIGHT / height)))


def fit(picture: Image.Image, columns: int = WIDTH) -> Image.Image:
    """The picture as the network sees it: mode "L", 128 x 32 pixels (or fewer columns, for training on short words)."""
    grey = flatten(picture).convert("L")
    small = grey.resize((fitted_width(*grey.size, columns), HEIGHT), Image.Resampling.BICUBIC)
    if small.width == columns:
        return small
    levels = np.asarray(small)
    border = np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]])
    filled = Image.new("L", (columns, HEIGHT), int(np.median(border)))
    filled.paste(small, (0, 0))
    return filled


def build(logits: bool = False, width: int | None = WIDTH) -> keras.Model:
    """The Keras model with fresh weights: (batch, 32, width, 1) in [0, 1] -> (batch, width / 4 - 1, 63).

    logits: leave out the softmax of the layer "outputs"; the weights are the same.
    width: input columns, a multiple of 4, or None for any. The weights do not depend on it.
    """
    import keras
    from keras import layers

    def conv(name: str, filters: int, **more):
        # He's initialisation suits relu: with Glorot's the answers shrink layer by layer to 1e-4 at conv_5
        more = {"kernel_size": 3, "padding": "same", **more}
        return layers.Conv2D(filters, activation="relu", kernel_initializer="he_normal", name=name, **more)

    def blstm(name: str):
        return layers.Bidirectional(layers.LSTM(128, return_sequences=True, dropout=0.2), name=name)

    columns = -1 if width is None else width // 4 - 1
    picture = keras.Input((HEIGHT, width, 1), name="input")
    steps = [
        conv("conv_1", 64),
        layers.MaxPooling2D(2, name="pool_1"),
        conv("conv_2", 128),
        layers.MaxPooling2D(2, name="pool_2"),
        conv("conv_3", 256),
        conv("conv_4", 256),
        layers.MaxPooling2D((2, 1), name="pool_4"),
        conv("conv_5", 512),
        layers.BatchNormalization(name="batch_norm_5"),
        conv("conv_6", 512),
        layers.BatchNormalization(name="batch_norm_6"),
        layers.MaxPooling2D((2, 1), name="pool_6"),
        conv("conv_7", 512, kernel_size=2, padding="valid"),
        layers.Reshape((columns, 512), name="squeezed"),
        blstm("blstm_1"),
        blstm("blstm_2"),
        layers.Dense(len(LABELS) + 1, activation=None if logits else "softmax", name="outputs"),
    ]
    answer = picture
    for step in steps:
        answer = step(answer)
    return keras.Model(picture, answer, name="crnn")
