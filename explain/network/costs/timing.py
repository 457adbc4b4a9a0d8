"""How long each layer takes in a pass, by ONNX Runtime's own profiler.

The network is opened once more as the page opens it: the same optimisations, the same number of threads, every layer
put out. Its nodes bear the names of what they put out, so that a node that ONNX Runtime made of several, or in another
layout, is known by the layer whose values it makes; what it adds between layers (turning values from one layout to
another) has no such name and counts as nobody's, as does what the profiler itself takes.
https://onnxruntime.ai/docs/performance/tune-performance/profiling-tools.html
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from explain.network.costs.layers import grouped_for, owned
from explain.network.errors import NetworkError
from explain.network.reading.shapes import TYPES
from explain.network.running.cpus import available_cpus
from explain.network.running.opening import open_session
from explain.network.session import Network, empty_arena

SECONDS, LEAST, MOST = 1.0, 5, 25  # for how long passes are measured, and how many at least and at most
FIRST = 2  # passes that are not counted: memory is laid out in them
KERNEL = "_kernel_time"
# What ONNX Runtime appends to a name, and puts before it, when it makes a node of others.
MADE = re.compile(r"^fused |_token_\d+$|_(bn_)?nchwc$")
AFTER = re.compile(r"[/_ (:]")

OnStep = Callable[[int, int], bool]


@dataclass(frozen=True)
class Times:
    """Milliseconds of one pass. layers: of each by its name. other: what belongs to none. whole: all together.

    passes: of how many these are the means, the faster half. threads: on how many cores. between: operators that
    belong to no layer, with their milliseconds, the dearest first.
    """

    layers: Mapping[str, float]
    other: float
    whole: float
    passes: int
    threads: int
    between: tuple[tuple[str, float], ...] = ()


def times(network: Network, batch: np.ndarray, on_step: OnStep | None = None) -> Times | None:
    """Passes over a batch of one picture, about a second of them; None where `on_step` returned False.

    batch: `(1, height, width, channel)`. Raises NetworkError for a network in a process of its own, which may write no
    file, and the profiler writes one.
    """
    if network.apart:
        raise NetworkError("How long its layers take is not measured of a file that was opened here by a visitor.")
    _, grouped = grouped_for(network.description, batch.shape[1:3])
    owners = {name: layer for layer, nodes in owned(grouped) for node in nodes for name in node.outputs}
    threads = available_cpus()
    events = _profile(network, batch, threads, on_step)
    empty_arena()
    return None if events is None else summed(events, owners, threads)


def _profile(network: Network, batch: np.ndarray, threads: int, on_step: OnStep | None) -> list[dict] | None:
    """What the profiler wrote down; None where it was stopped."""
    description = network.description
    order = ["NHWC".index(axis) for axis in description.input_axes]
    picture = np.repeat(batch, description.batch or 1, axis=0).transpose(order)
    with tempfile.TemporaryDirectory() as folder:
        session = _session(network, threads, Path(folder))
        (taken,) = session.get_inputs()
        picture = np.ascontiguousarray(picture, TYPES.get(taken.type, np.float32))
        whole = _passes(lambda: session.run(None, {taken.name: picture}), on_step)
        events = json.loads(Path(session.end_profiling()).read_text())
    return events if whole else None


def _session(network: Network, threads: int, folder: Path) -> onnxruntime.InferenceSession:
    import onnx

    source, options = network.prepared(threads)
    if isinstance(source, bytes):
        model = onnx.load_from_string(source)
    else:
        model = onnx.load(source, load_external_data=False)
        beside = str(network.description.path.parent)  # opened from memory, it would not be known
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", beside)
    for node in model.graph.node:
        node.name = node.output[0]
    options.enable_profiling = True
    options.profile_file_prefix = str(folder / "passes")
    return open_session(model.SerializeToString(), options)


def _passes(run: Callable[[], object], on_step: OnStep | None) -> bool:
    """Runs as often as fits into SECONDS; False where it was stopped."""
    count, done, start = FIRST + LEAST, 0, 0.0
    while done < count:
        if done == FIRST:
            start = time.perf_counter()
        run()
        done += 1
        if done == FIRST + 1:
            one = max(time.perf_counter() - start, 1e-6)
            count = FIRST + int(min(MOST, max(LEAST, SECONDS / one)))
        if on_step is not None and not on_step(done, count):
            return False
    return True


def summed(events: Iterable[Mapping], owners: Mapping[str, str], threads: int) -> Times:
    """Means over the faster half of a profile's passes, the first ones left out: what others kept waiting counts not.

    owners: the layer of each tensor.
    """
    events = list(events)
    runs = sorted((event["ts"], event["dur"]) for event in events if event.get("name") == "model_run")[FIRST:]
    starts, whole = [start for start, _ in runs], np.array([length for _, length in runs], np.float64)
    fast = np.argsort(whole, kind="stable")[: -(-len(runs) // 2)]
    layers = {name: np.zeros(len(runs)) for name in owners.values()}
    between: dict[str, np.ndarray] = {}
    for event in events:
        at = bisect_right(starts, event["ts"]) - 1
        if event.get("cat") != "Node" or not event["name"].endswith(KERNEL) or at < 0:
            continue
        owner = owner_of(event["name"].removesuffix(KERNEL), owners)
        if owner is None:
            operator = event["args"].get("op_name", "?")
            between.setdefault(operator, np.zeros(len(runs)))[at] += event["dur"]
        else:
            layers[owner][at] += event["dur"]

    def milliseconds(microseconds: np.ndarray) -> float:
        return float(microseconds[fast].mean()) / 1000

    of_layers = {name: milliseconds(spent) for name, spent in layers.items()}
    nobodys = sorted(((name, milliseconds(spent)) for name, spent in between.items()), key=lambda one: -one[1])
    other = max(0.0, milliseconds(whole) - sum(of_layers.values()))
    return Times(of_layers, other, milliseconds(whole), len(fast), threads, tuple(nobodys))


def owner_of(name: str, owners: Mapping[str, str]) -> str | None:
    """The layer that a node belongs to, by what it is called: the tensor that it, or what it was made of, puts out."""
    shorter = name
    while shorter not in owners and (shorter := MADE.sub("", name)) != name:
        name = shorter
    if shorter in owners:
        return owners[shorter]
    ends = [match.start() for match in AFTER.finditer(name)]
    return next((owners[name[:end]] for end in reversed(ends) if name[:end] in owners), None)
