"""What all visitors share: the opened networks, their last activations, the gallery, the gradient worker."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from explain.gradients.worker.client import GradientWorker, Job
from explain.network.description import Description, describe
from explain.network.errors import NetworkError
from explain.network.session import Network
from models import onnx_weights, vgg16
from models.card import WEIGHTS
from models.networks import here
from models.onnx_mapped import mapped

GALLERY = WEIGHTS.parent / "gallery" / "vgg16-cam"
COLLECT_SECONDS = 30.0
PASSES_BYTES = 200_000_000


@dataclass(frozen=True)
class Pass:
    """One run of a network.

    digest: of the picture it saw. values: every layer's output for this one picture, the batch axis dropped.
    """

    digest: str
    values: dict[str, np.ndarray]
    milliseconds: float

    @property
    def bytes(self) -> int:
        return sum(values.nbytes for values in self.values.values())


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


def networks() -> dict[str, Description]:
    """The networks that are here and can be opened, by name; those that come along first."""
    described = {}
    for name, network in here().items():
        with contextlib.suppress(NetworkError):  # not a network: nothing to offer
            described[name] = describe(network)
    return described


def description(name: str) -> Description:
    """What a network says of itself. Raises NetworkError where there is none of that name."""
    known = here()
    if name not in known:
        raise NetworkError(f"There is no network called {name!r} here; there are {', '.join(known)}.")
    return describe(known[name])


@st.cache_resource(max_entries=6, show_spinner=False)
def _network(_description: Description, path: Path, modified: int) -> Network:
    return Network(_description)


def network(name: str) -> Network:
    """The opened network; all visitors share it, until its file changes."""
    told = description(name)
    return _network(told, told.path, told.path.stat().st_mtime_ns)


def run(name: str, batch: np.ndarray) -> Pass:
    """Every layer of network `name` for a batch of one, from one call; remembered for the last few pictures."""
    digest = hashlib.blake2b(batch.tobytes(), digest_size=16).hexdigest()
    opened = network(name)
    return _passes().of((str(opened.path), digest), lambda: _pass(opened, digest, batch))


def _pass(opened: Network, digest: str, batch: np.ndarray) -> Pass:
    start = time.perf_counter()
    # What stays lies between what is free: left to itself the arena would find ever less room and take ever more.
    outputs = opened.run(batch, give_back=True)
    return Pass(digest, {layer: value[0] for layer, value in outputs.items()}, 1000 * (time.perf_counter() - start))


class Passes:
    """The passes of the last few pictures, as many as fit: about 5 MB a word, 60 MB a photograph."""

    def __init__(self, most: int):
        """most: bytes of all activations together; the newest pass stays, however large."""
        self._most, self._passes, self._lock = most, OrderedDict(), threading.Lock()

    def of(self, key: Hashable, compute: Callable[[], Pass]) -> Pass:
        with self._lock:
            if key in self._passes:
                self._passes.move_to_end(key)
                return self._passes[key]
        made = compute()
        with self._lock:
            self._passes[key] = made
            while len(self._passes) > 1 and sum(one.bytes for one in self._passes.values()) > self._most:
                self._passes.popitem(last=False)
        return made


@st.cache_resource(show_spinner=False)
def _passes() -> Passes:
    return Passes(PASSES_BYTES)


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
