"""Stands for the gradient worker: jobs are asked for and refused as real ones are, and end without TensorFlow."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import numpy as np

from explain.gradients import jobs
from explain.gradients.attribution.job import INPUT_METHODS, LAYER_METHODS, name_at
from explain.gradients.worker.job import DONE, FAILED, RUNNING, Job
from explain.panels.page import resources
from models import crnn

OUTCOMES = (RUNNING, FAILED, DONE)
RANDOM = np.random.default_rng(0)


class QuickWorker:
    """Of each kind the first job goes on until it is cancelled, the second fails, the others are done at once.

    asked: how many jobs of each kind. at_once: all are done at once.
    """

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.at_once = False

    def submit(self, kind: str, settings: dict[str, Any], owner: str = "") -> Job:
        job = Job(kind, settings, owner)
        try:
            job.settings = jobs.JOBS[kind].check(dict(settings))
        except ValueError as error:
            job.end(FAILED, error=str(error))
            return job
        outcome = DONE if self.at_once else OUTCOMES[min(self.asked[kind], len(OUTCOMES) - 1)]
        self.asked[kind] += 1
        job.begin()
        job.advance(1, 4, 0.5, np.full((32, 128, 3), 128, np.uint8))
        if outcome == DONE:
            job.end(DONE, RESULTS[kind](job.settings))
        elif outcome == FAILED:
            job.end(FAILED, error="The process ended in the middle of the work; ask again.")
        return job


@cache
def shared() -> QuickWorker:
    """One for all visitors, as the real one is."""
    return QuickWorker()


def _dream(settings: dict[str, Any]) -> dict[str, Any]:
    pictures = RANDOM.integers(0, 256, (settings["count"], 48, 48, 3), np.uint8)
    found = {"picture": pictures[0], "pictures": pictures, "score": 7.0}
    return {**found, "logit": 7.0, "probability": 1.0} if settings["target"]["kind"] == "class" else found


def _dream_word(settings: dict[str, Any]) -> dict[str, Any]:
    count = settings["count"]
    return {
        "pictures": list(RANDOM.integers(0, 256, (count, crnn.HEIGHT, crnn.WIDTH), np.uint8)),
        "readings": ["elephant", ""][:count] + ["x"] * max(0, count - 2),
        "scores": np.full(count, -0.5),
        "steps": 24,
        "seconds": 1.0,
    }


def _attribute(settings: dict[str, Any]) -> dict[str, Any]:
    height, width, _ = settings["picture"].shape
    maps = {method: RANDOM.normal(size=(height, width)) for method in settings["methods"] if method in INPUT_METHODS}
    for method in set(settings["methods"]) & set(LAYER_METHODS):
        for layer in settings["layers"]:
            shape = resources.description(settings["network"]).layer(layer).shape
            maps[name_at(method, layer)] = RANDOM.normal(size=shape[:2])
    plain = {"score": -0.1, "difference": 2.5, "error": 0.012, "steps": 64}
    return {**{name: values.astype(np.float32) for name, values in maps.items()}, **plain}


def _sanity(settings: dict[str, Any]) -> dict[str, Any]:
    maps = _attribute(settings)
    names = [name for name, values in maps.items() if isinstance(values, np.ndarray)]
    return {"stages": ["outputs", "conv_1"], **{name: np.array([0.8, 0.1], np.float32) for name in names}}


def _flow(settings: dict[str, Any]) -> dict[str, Any]:
    """Amounts at random that sum to the difference in every layer; every layer as if all passed through it."""
    network, result = resources.network(settings["network"]), {"difference": 4.0, "score": -0.1, "steps": 24}
    picture, names = settings["picture"][None], settings["layers"]
    values = {network.description.input.name: picture, **network.run(picture)}
    for name in names:
        channels = RANDOM.normal(size=values[name].shape[-1])
        channels += (4.0 - channels.sum()) / len(channels)
        places = np.full(values[name].shape[1:-1], 4.0 / max(1, int(np.prod(values[name].shape[1:-1]))))
        result |= {f"channels of {name}": channels, f"places of {name}": places, f"costs of {name}": channels[::-1]}
    most = {name: np.argsort(-np.abs(result[f"costs of {name}"]))[: settings["links"]].tolist() for name in names}
    between = [
        (a, start, b, end) for a, b in zip(names, names[1:], strict=False) for start in most[a] for end in most[b]
    ]
    amounts = RANDOM.normal(size=len(between))
    cuts = [[name] for name in names]
    return {**result, "layers": names, "cuts": cuts, "links": [list(link) for link in between], "amounts": amounts}


RESULTS = {"dream": _dream, "dream-word": _dream_word, "attribute": _attribute, "flow": _flow, "sanity": _sanity}
