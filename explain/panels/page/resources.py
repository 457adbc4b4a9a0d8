"""What all visitors share: the opened networks, their last activations, the gradient worker.

A visitor's own networks (`explain.panels.own.visitor`) are found here as well, by that visitor.
"""

from __future__ import annotations

import gc
import hashlib
import logging
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from explain.gradients.worker.client import GradientWorker, Job
from explain.network.description import Description, describe
from explain.network.errors import NetworkError
from explain.network.session import Network, empty_arena, trim
from explain.panels.own import visitor, workers
from explain.panels.page.recent import Recent
from models.card import Card
from models.networks import CARDS, here

COLLECT_SECONDS = 30.0
GIVE_BACK_SECONDS = 5.0
PASSES_BYTES = 120_000_000
GIVING = "giving back"  # the thread's name
_ONE_GIVES = threading.Lock()


@dataclass(frozen=True)
class Pass:
    """One run of a network.

    digest: of the network's file and the picture it saw. values: every layer's output for this one picture, the batch
    axis dropped.
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
    _giving_back()


def _giving_back() -> None:
    """Begins to hand freed memory back to the system, every GIVE_BACK_SECONDS from now on.

    What one visitor's passes needed may be 160 MB, and only a pass hands it back, but none follows while all of them
    read. What stays meanwhile is laid into it, and then holds a whole region of it. It takes some milliseconds.
    """
    with _ONE_GIVES:
        if not any(thread.name == GIVING for thread in threading.enumerate()):
            threading.Thread(target=_give_back, name=GIVING, daemon=True).start()


def _give_back() -> None:
    while True:
        time.sleep(GIVE_BACK_SECONDS)
        try:
            empty_arena()
            trim()
        except Exception:
            logging.getLogger(__name__).exception("Memory could not be handed back.")


@st.cache_resource(show_spinner=False)
def _collected() -> list[float]:
    """When garbage was last collected here, by the monotonic clock; empty before the first time."""
    return []


def networks() -> dict[str, Description]:
    """The networks that are here and can be opened, by name; those that come along first, this visitor's own last."""
    opened_here = {name: looked for name, looked in _looked_at().items() if isinstance(looked, Description)}
    return {**opened_here, **visitor.descriptions()}


def refused() -> dict[str, str]:
    """One sentence on each file here that can't be shown as a network, by its name."""
    return {name: looked for name, looked in _looked_at().items() if isinstance(looked, str)}


def _looked_at() -> dict[str, Description | str]:
    return {name: _looked(name, network) for name, network in here().items()}


def _looked(name: str, network: Card | Path) -> Description | str:
    """What a network says of itself, or the sentence that refuses it; a refused file is read again when it changes."""
    path = network if isinstance(network, Path) else network.weights
    try:
        facts = path.stat()
    except OSError:
        return f"The file of the network {name!r} is gone."
    state, sentences = (facts.st_size, facts.st_mtime_ns), _sentences()
    if path in sentences and sentences[path][0] == state:
        return sentences[path][1]
    try:
        return describe(network)
    except NetworkError as problem:
        sentence = str(problem)
    except Exception as problem:  # somebody's file: what reading it may raise has no end
        sentence = f"{path.name} can't be read as a network: {problem}"
    sentences[path] = state, sentence
    return sentence


@st.cache_resource(show_spinner=False)
def _sentences() -> dict[Path, tuple[tuple[int, int], str]]:
    """Of refused files: their size and time when they were read, and why they were refused."""
    return {}


def description(name: str) -> Description:
    """What a network says of itself. Raises NetworkError where there is none of that name."""
    own, known = visitor.descriptions(), here()
    if name in own:
        return own[name]
    if name not in known:
        names = ", ".join([*known, *own])
        raise NetworkError(f"There is no network called {name!r} here; there are {names or 'none'}.")
    looked = _looked(name, known[name])
    if isinstance(looked, str):
        raise NetworkError(looked)
    return looked


@dataclass(frozen=True, eq=False)
class Opened:
    """A network as its file stood when it was opened. stamp: of that file, for what is remembered of its passes."""

    network: Network
    stamp: str


@st.cache_resource(max_entries=6, show_spinner=False)
def _opened(_description: Description, path: Path, modified: int) -> Opened:
    return Opened(Network(_description), f"{path} {modified}")


def opened(name: str) -> Opened:
    """The opened network; all visitors share it, until its file changes. Raises NetworkError where it can't be.

    A visitor's own is computed in a process of its own, see `explain.network.apart`.
    """
    if (own := visitor.held(name)) is not None:
        return Opened(own.network, own.stamp)
    described = description(name)
    try:
        return _opened(described, described.path, described.path.stat().st_mtime_ns)
    except OSError:
        raise NetworkError(f"The file of the network {name!r} is gone.") from None


def network(name: str) -> Network:
    """The opened network; all visitors share it, until its file changes. Raises NetworkError where it can't be."""
    return opened(name).network


def run(name: str, batch: np.ndarray) -> Pass:
    """Every layer of network `name` for a batch of one, from one call; remembered for the last few pictures."""
    return run_opened(opened(name), batch)


def run_opened(opened: Opened, batch: np.ndarray) -> Pass:
    """The same for a network as it was opened, whatever has become of its file."""
    digest = hashlib.blake2b(opened.stamp.encode() + batch.tobytes(), digest_size=16).hexdigest()
    ran = _passes().get(digest)
    if ran is None:
        ran = _pass(opened.network, digest, batch)
        _passes().add(digest, ran)
    return ran


def _pass(network: Network, digest: str, batch: np.ndarray) -> Pass:
    start = time.perf_counter()
    outputs = network.run(batch, give_back=True)
    return Pass(digest, {layer: value[0] for layer, value in outputs.items()}, 1000 * (time.perf_counter() - start))


@st.cache_resource(show_spinner=False)
def _passes() -> Recent:
    """The passes of the last few pictures, as many as fit: about 5 MB a word, 60 MB a photograph."""
    return Recent(PASSES_BYTES, lambda ran: ran.bytes)


@st.cache_resource(show_spinner=False)
def worker() -> GradientWorker:
    """The one child process that holds TensorFlow; it starts with the first job, not with the page."""
    if any(card.bytes_beside and card.here for card in CARDS.values()):  # up to 553 MB, which count as the child's
        return GradientWorker(memory=2_000_000_000)
    return GradientWorker()


def submit(kind: str, settings: dict[str, Any]) -> Job:
    """Hands a job of this visitor's to the worker, or to the one that visitors' own networks have; visitors take
    turns."""
    owner = st.session_state.setdefault("visitor", uuid.uuid4().hex)
    return workers.submit(worker(), kind, settings, owner)


def refusal(kind: str, settings: dict[str, Any]) -> str:
    """Why no worker takes a job with these settings, in one sentence; empty where one does."""
    return workers.refusal(kind, settings)
