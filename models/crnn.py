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

from models import preprocessing
from models.card import POINT_TRULY, WEIGHTS, Card
from models.preprocessing import Preprocessing

if TYPE_CHECKING:
    import keras

LABELS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
BLANK = len(LABELS)
HEIGHT, WIDTH = 32, 128
FRAMES = 31

_WORDS = {
    "input": "The picture as the network sees it: grey, 32 x 128, from 0 to 1.",
    "conv_1": "64 small filters, each answering to an edge or a stroke of its own direction.",
    "pool_1": (
        "Keeps the strongest answer of every 2 x 2 pixels, so a stroke may move a little without changing the rest."
    ),
    "conv_2": "128 filters over those answers: corners, crossings and the ends of strokes.",
    "pool_2": "Halves height and width again: 32 columns are left, of which conv_7 will make 31 frames.",
    "conv_3": "256 filters that join strokes into pieces of letters, such as bows, stems and bars.",
    "conv_4": "256 filters over those pieces, each seeing a letter or two.",
    "pool_4": "Halves the height alone, so that narrow letters such as i and l keep columns of their own.",
    "conv_5": "512 filters for larger parts of letters, each over four rows that are left of the picture.",
    "batch_norm_5": "Shifts and scales each channel to a common range, which makes training steadier.",
    "conv_6": "512 filters that see a whole letter with parts of its neighbours.",
    "batch_norm_6": "Brings those channels to a common range once more.",
    "pool_6": "Halves the height a last time: two rows are left, still 32 columns.",
    "conv_7": "Merges the two rows and each pair of columns into one row of 31 frames.",
    "squeezed": "Drops the height of one: the picture is now a sequence of 31 steps.",
    "blstm_1": "Reads the sequence from both ends, so that every step knows what stands to its left and to its right.",
    "blstm_2": "Reads the first one's sequence from both ends again and settles where each character is told.",
    "outputs": (
        "Gives each frame a probability for each of 62 characters and for the blank, which says nothing new here."
    ),
}
_ABOUT = {
    "What it is": (
        "A convolutional recurrent neural network: convolutions look at the picture, two recurrent layers read along "
        "it from both ends, and CTC turns the guesses of 31 frames into a text."
    ),
    "What it learnt from": (
        "912,256 pictures of words: most drawn by this project in many fonts, the others made of 2,000 "
        "photographed words (IIIT5K). It knows a to z, A to Z and 0 to 9, and no other characters."
    ),
    "How often it is right": (
        "98.6 % of printed words in fonts that it never saw. 81.0 % of 1,000 photographed words that it never saw "
        "(IIIT5K), capital or small; 57.8 % of 1,138 harder ones."
    ),
    POINT_TRULY: (
        "Looked up for 203 characters of photographed words: the highest pixel of occlusion lies in the right "
        "character 98.5 times in a hundred, of integrated gradients 96.1, of LayerCAM 92.6, "
        "but of Grad-CAM only 38.9 times."
    ),
}

CARD = Card(
    name="crnn",
    title="CRNN",
    spelt_out="Convolutional Recurrent Neural Network",
    weights=WEIGHTS / "crnn.onnx",
    licence="MIT, as the rest of this project; trained here on words drawn by models/training/render.py",
    source="Shi, Bai and Yao 2015, https://arxiv.org/abs/1507.05717",
    preprocessing=Preprocessing(HEIGHT, WIDTH, "grey", fit="pad"),
    labels=(*LABELS, ""),
    blank=BLANK,
    words=_WORDS,
    about=_ABOUT,
    samples=WEIGHTS.parent / "samples" / "words",
    gallery=WEIGHTS.parent / "gallery" / "crnn-words",
    bank=WEIGHTS.parent / "bank",
    trust=WEIGHTS / "crnn-trust.npz",
    moments=WEIGHTS / "crnn-moments.npz",
)


def prepare(picture: Image.Image) -> np.ndarray:
    """The picture as the CRNN's input, (1, 32, 128, 1) float32 in [0, 1].

    Any mode, size or EXIF orientation; transparency is laid on white (on black under white ink). The proportions are
    kept: the picture gets height 32, antialiased, and what is left of 128 columns is filled on the right with the
    middle grey of its border; only what would be longer is squeezed. Training draws words through this same function.
    """
    return CARD.preprocessing.prepare(picture)


def fitted_width(width: int, height: int, columns: int = WIDTH) -> int:
    """How many of the columns a picture of that size takes up; the rest is filled."""
    return preprocessing.fitted_width(width, height, HEIGHT, columns)


def fit(picture: Image.Image, columns: int = WIDTH) -> Image.Image:
    """The picture as the network sees it: mode "L", 128 x 32 pixels (or fewer columns, for training on short words)."""
    return CARD.preprocessing.as_seen(picture, width=columns)


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
