"""One ONNX file of anybody's, looked at in this process: python -m tests.benchmarks.own_file FILE [ROUNDS]

Prints one JSON object. `tests/benchmarks/own.py` runs it once a file.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import onnxruntime

from explain.layers.by_hand.task import RecomputeError
from explain.layers.recompute import recompute
from explain.network.description import Description
from explain.network.errors import NetworkError
from explain.network.running.cpus import available_cpus
from explain.network.session import Network, session_options
from explain.network.weights import network_weights
from tests.benchmarks.layers import ratios, turns

UNITS = 3  # worked out in each layer
NEAR = 1e-3  # of the layer's largest value
FREE = (224, 320)  # height and width where nothing says them
STEPS = (1e-2, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5)  # of the finite differences, in units of the picture's spread


def measure(path: Path, rounds: int = 15) -> dict:
    """opened: whether it could be, else "why". layers, other: how many are shown, and of which operators those are that
    have no kind of their own. all_to_plain: medians over turns in one process, of the clock's time and of processor
    time, which does not count what else the machine is doing. peak_mb: of this process before
    TensorFlow is loaded. units: by hand, of all layers. gradient: how far off finite differences, or why there is none.
    """
    start = time.monotonic()
    try:
        network = Network(path)
    except NetworkError as problem:
        return {"opened": False, "why": str(problem), "open_seconds": round(time.monotonic() - start, 2)}
    opened = time.monotonic() - start
    description, picture = network.description, picture_for(network.description)
    outputs = network.run(picture)
    others = (layer.settings.get("operator", "several") for layer in description.of_kind("other"))
    return {
        "opened": True,
        "layers": len(description.layers) - 1,
        "other": dict(Counter(others)),
        **_against_plain(network, picture, rounds),
        "open_seconds": round(opened, 2),
        "peak_mb": peak_mb(),
        "units": units(description, picture, outputs),
        "gradient": gradient(network, picture),
        "views": views(description),
        "peak_mb_with_gradient": peak_mb(),
    }


def picture_for(description: Description) -> np.ndarray:
    """Noise `(1, height, width, channel)` on the scale of the network's preprocessing."""
    stated = description.input_shape
    lengths = [length or free for length, free in zip(stated, (*FREE, 3), strict=True)]
    pixels = np.random.default_rng(0).random((1, *lengths), dtype=np.float32)
    scale = description.preprocessing
    if scale is None:
        return pixels
    made = (255 * pixels - np.asarray(scale.mean)) / np.asarray(scale.deviation)
    return made.astype(np.float32)


def _against_plain(network: Network, picture: np.ndarray, rounds: int) -> dict:
    """The pass with everything that is shown against the file as it came, its own outputs alone."""
    options = session_options(available_cpus())
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(network.path.parent))
    session = onnxruntime.InferenceSession(str(network.path), options, providers=["CPUExecutionProvider"])
    (taken,) = session.get_inputs()
    given = picture.transpose(0, 3, 1, 2) if network.description.channel_first else picture
    count = network.description.batch or 1
    given = np.ascontiguousarray(np.repeat(given, count, axis=0))
    every, plain = turns([lambda: network.run(picture), lambda: session.run(None, {taken.name: given})], rounds)
    return {
        **ratios("all_to_plain", every, plain),
        "all_ms": round(float(np.median(every[:, 0])), 2),
        "plain_ms": round(float(np.median(plain[:, 0])), 2),
    }


def units(description: Description, picture: np.ndarray, outputs: dict) -> dict:
    """A few units of each layer worked out by hand. unsaid: layers that say in a sentence that they are not."""
    taken = {name: values[0] for name, values in outputs.items()} | {description.input.name: picture[0]}
    random, right, tried, wrong, unsaid = np.random.default_rng(1), 0, 0, {}, Counter()
    for layer in description.layers[1:]:
        values = np.asarray(taken[layer.name])
        weights = network_weights(description, layer.name)
        largest = float(np.abs(values).max()) if values.size else 0.0
        for _ in range(UNITS):
            shaped = values.reshape((1,) * max(0, 3 - values.ndim) + values.shape)
            at = [int(random.integers(length)) for length in shaped.shape[-3:]]
            try:
                unit = recompute(description, layer.name, at[2], (at[0], at[1]), taken, weights)
            except RecomputeError as problem:
                unsaid[str(problem).replace(layer.name, "it")] += 1
                continue
            tried += 1
            if abs(unit.by_hand - unit.by_runtime) <= NEAR * largest:
                right += 1
            else:
                wrong[f"{layer.name} ({layer.kind})"] = [unit.by_hand, unit.by_runtime]
    return {"tried": tried, "right": right, "wrong": wrong, "unsaid": dict(unsaid)}


def gradient(network: Network, picture: np.ndarray) -> dict:
    """How far the gradient of a number made of a layer's output is off central differences of ONNX Runtime's passes.

    Along three ways: the gradient's own, where the number changes most, and two of smooth noise, on which a branch that
    the gradient missed would show. Of each the best of STEPS counts: long ones bend, short ones drown in rounding.
    off: the largest difference, against the gradient's own slope. of: the layer, the last one whose output the picture
    changes by more than rounding does: a network of random weights may end in next to constants.
    """
    from explain.gradients.network.function import NetworkFunction

    spread = float(picture.std()) * picture.size**0.5
    try:
        function = NetworkFunction(network.description)
        for layer in _aimed_at(network.description):
            slopes, weights, facts = _slopes(function, network, picture, layer)
            size = float(np.linalg.norm(slopes))
            if size * STEPS[0] * spread > 1e-3 * facts.pop("scale"):
                break
    except ValueError as sentence:
        return {"why": str(sentence)}
    if not size:
        return {"why": "The gradient is zero everywhere."}
    random = np.random.default_rng(2)

    def number(pictures: np.ndarray) -> float:
        return float((network.run(pictures, [layer])[layer][0].astype(np.float64) * weights).sum())

    off = []
    for way in (slopes / size, *(_smooth(random, picture.shape) for _ in range(2))):
        told = float((slopes * way).sum(dtype=np.float64))
        found = [
            (number(picture + length * way) - number(picture - length * way)) / (2 * length)
            for length in (step * spread for step in STEPS)
        ]
        off.append(min(abs(one - told) for one in found) / size)
    title = layer if layer == "logits" else network.description.layer(layer).title
    return {"off": float(f"{max(off):.2e}"), "of": title, **facts}


def _aimed_at(description: Description) -> list[str]:
    """Layers of whose numbers a gradient may be had: "logits" first, or what a last activation, which may be flat,
    takes; then those half as far from the picture, and so on."""
    layer = description.output
    while layer.kind in ("activation", "softmax") and len(layer.inputs) == 1:
        layer = description.layer(layer.inputs[0])
    last = "logits" if layer is description.output or description.output.kind == "softmax" else layer.name
    names, at = [last], len(description.layers) - 1
    while (at := at // 2) > 0:
        names.append(description.layers[at].name)
    return names


def _slopes(function, network: Network, picture: np.ndarray, layer: str) -> tuple[np.ndarray, np.ndarray, dict]:
    """The gradient, the numbers that weigh the output, how far this is from ONNX Runtime's, and the number's scale."""
    import tensorflow as tf

    given = tf.constant(picture)
    expected = network.run(picture, [layer])[layer]
    weights = np.random.default_rng(3).normal(size=expected.shape[1:])
    with tf.GradientTape() as tape:
        tape.watch(given)
        values = function.outputs(given, [layer])[layer]
        total = tf.reduce_sum(tf.cast(values, tf.float32) * weights.astype(np.float32))
    found = tape.gradient(total, given, unconnected_gradients="zero").numpy()
    off = np.abs(np.asarray(values) - expected).max() / max(np.abs(expected).max(), 1e-9)
    scale = float(np.linalg.norm(expected[0] * weights))
    return found, weights, {"value_off": float(f"{off:.2e}"), "scale": scale}


def _smooth(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Noise in blocks of an eighth of the picture, of length 1."""
    _, height, width, channels = shape
    rows, columns = -(-height // 8), -(-width // 8)
    blocks = random.normal(size=(1, 8, 8, channels)).repeat(rows, 1).repeat(columns, 2)[:, :height, :width]
    return (blocks / np.linalg.norm(blocks)).astype(np.float32)


def views(description: Description) -> list[str]:
    """The parts of the page that the network has all that is needed for."""
    from explain.panels.page.views import VIEWS

    return [view.title or view.panel.rpartition(".")[2] for view in VIEWS if view.needs.fits(description)]


def peak_mb() -> int:
    """The most memory that this process ever had at once."""
    status = Path("/proc/self/status").read_text("utf-8")
    return round(int(status.split("VmHWM:")[1].split()[0]) / 1024)


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), *map(int, sys.argv[2:3]))))
