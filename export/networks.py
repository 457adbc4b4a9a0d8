"""The networks that can be exported: their cards, their Keras models without weights, where their weights come from."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from export.errors import SourceError
from models import crnn, vgg16
from models.card import Card

VGG16_FILE = "vgg16_weights_tf_dim_ordering_tf_kernels.h5"
VGG16_URL = f"https://storage.googleapis.com/tensorflow/keras-applications/vgg16/{VGG16_FILE}"
VGG16_MD5 = "64373286793e3c8b2b4e3219cbf3544b"


@dataclass(frozen=True)
class Exportable:
    """A network of this project: its card, the builder of its Keras model, and whether its weights lie beside the
    file."""

    card: Card
    build: Callable
    beside: bool = False

    def skeleton(self):
        """The Keras model without values in its variables, so that 138 million parameters take no room."""
        keras = import_keras()
        with keras.StatelessScope(initialize_variables=False):
            return self.build()

    def default_weights(self) -> Path:
        """The committed file, or, for the full VGG16, what Keras's downloader has or fetches. Raises SourceError."""
        if self.beside:
            return fetch_vgg16()
        return self.card.weights


NETWORKS = {
    "crnn": Exportable(crnn.CARD, crnn.build),
    "vgg16-cam": Exportable(vgg16.CAM, functools.partial(vgg16.build_cam, initializer="zeros")),
    "vgg16": Exportable(vgg16.FULL, functools.partial(vgg16.build_full, initializer="zeros"), beside=True),
}


def import_keras():
    """Keras with TensorFlow behind it, without TensorFlow's greetings."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    import keras

    return keras


def fetch_vgg16() -> Path:
    """Keras's weights file of the full VGG16: the one in Keras's cache if its MD5 is right, else downloaded.

    Progress goes to stderr. Raises SourceError, which says what to put where, if it cannot be had.
    """
    keras = import_keras()
    folder = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "models"
    try:
        with contextlib.redirect_stdout(sys.stderr):
            path = keras.utils.get_file(VGG16_FILE, VGG16_URL, cache_subdir="models", file_hash=VGG16_MD5)
    except Exception as error:  # urllib's, a bare Exception for HTTP errors, ValueError for a wrong hash
        raise SourceError(
            f"The weights of vgg16 could not be fetched: download {VGG16_URL} (528 MB, MD5 {VGG16_MD5}) and put it into"
            f" {folder}, or give it with --weights."
        ) from error
    return Path(path)
