"""What all visitors share: the opened networks, their last activations, the gallery, the gradient worker."""

from __future__ import annotations

import gc
import hashlib
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from explain.gradients.worker.client import GradientWorker, Job
from explain.network.session import Network
from models import crnn, onnx_weights, vgg16
from models.card import WEIGHTS, ModelCard
from models.onnx_mapped import mapped

GALLERY = WEIGHTS.parent / "gallery" / "vgg16-cam"
CARDS = {card.name: card for card in (crnn.CARD, vgg16.CAM, vgg16.FULL)}
COLLECT_SECONDS = 30.0
NAMES = {"CRNN": "crnn", "VGG16": "vgg16-cam"}  # as the page calls them


@dataclass(frozen=True)
class Pass:
    """One run of a network.

    digest: of the picture it saw. values: every layer's output for this one picture, the batch axis dropped.
    """

    digest: str
    values: dict[str, np.ndarray]
    milliseconds: float


def tidy() -> None:
    """To be called at the end of every run of the page: collects garbage, but seldom, and passes over what stays.

    What is loaded once the page has been shown for the first time (modules, mostly; of that first visit, too, what
    refers to itself) is left out of all collections to come: going through it takes a tenth of a second, all visitors
    waiting.
    """
    last = _collected()
    if not last or time.monotonic() - last[0] > COLLECT_SECONDS:
        gc.collect()
        if not last:
            gc.freeze()
            gc.collect()  # Python decides when to collect by what the last collection went through: next to nothing
        last[:] = [time.monotonic()]


@st.cache_resource(show_spinner=False)
def _collected() -> list[float]:
    """When garbage was last collected here, by the monotonic clock; empty before the first time."""
    return []


@st.cache_resource(show_spinner=False)
def network(name: str) -> Network:
    """The opened network; all visitors share it."""
    return Network(CARDS[name])


def run(name: str, batch: np.ndarray) -> Pass:
    """Every layer of network `name` for a batch of one, from one call; remembered for the last few pictures."""
    digest = hashlib.blake2b(batch.tobytes(), digest_size=16).hexdigest()
    return (_run_crnn if name == "crnn" else _run_vgg16)(name, digest, batch)


def _pass(name: str, digest: str, batch: np.ndarray) -> Pass:
    opened = network(name)
    start = time.perf_counter()
    outputs = opened.run(batch)
    return Pass(digest, {layer: value[0] for layer, value in outputs.items()}, 1000 * (time.perf_counter() - start))


# Kept apart because their sizes are: about 5 MB a word, 60 MB a photograph.
@st.cache_resource(max_entries=16, show_spinner=False)
def _run_crnn(name: str, digest: str, _batch: np.ndarray) -> Pass:
    return _pass(name, digest, _batch)


@st.cache_resource(max_entries=2, show_spinner=False)
def _run_vgg16(name: str, digest: str, _batch: np.ndarray) -> Pass:
    return _pass(name, digest, _batch)


@st.cache_resource(show_spinner=False)
def class_weights() -> np.ndarray:
    """`(channel, class)`: how much each channel's mean over the picture speaks for each class of vgg16-cam."""
    return onnx_weights.read(vgg16.CAM.weights)["predictions"][0]


@st.cache_resource(show_spinner=False)
def dense_kernels() -> list[np.ndarray]:
    """Kernels of the full VGG16's dense layers in order, `(inputs, units)` each, mapped from its file."""
    names = [f"{layer}/kernel" for layer in ("fc1", "fc2", "predictions")]
    arrays = mapped(vgg16.FULL.weights, names)
    return [arrays[name] for name in names]


def card(name: str) -> ModelCard:
    return CARDS[name]


@st.cache_resource(show_spinner=False)
def worker() -> GradientWorker:
    """The one child process that holds TensorFlow; it starts with the first job, not with the page."""
    if vgg16.full_is_here():  # its 553 MB count as the child's, though the file's pages are shared
        return GradientWorker(memory=2_000_000_000)
    return GradientWorker()


def submit(kind: str, settings: dict[str, Any]) -> Job:
    """Hands the worker a job of this visitor's; visitors take turns."""
    owner = st.session_state.setdefault("visitor", uuid.uuid4().hex)
    return worker().submit(kind, settings, owner=owner)


@st.cache_resource(show_spinner=False)
def gallery() -> dict:
    """What gallery.json says of the committed class visualisations: how they were made, and a record for each class."""
    return json.loads((GALLERY / "gallery.json").read_text())


@st.cache_resource(max_entries=32, show_spinner=False)
def gallery_picture(index: int) -> Image.Image:
    """The committed visualisation of a class of vgg16-cam."""
    with Image.open(GALLERY / f"{index:03d}.webp") as picture:
        return picture.convert("RGB")
