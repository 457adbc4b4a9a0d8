"""The job "sanity": what becomes of attribution maps while what the network has learned is destroyed layer by layer.

**Ref.** J. Adebayo, J. Gilmer, M. Muelly, I. Goodfellow, M. Hardt, B. Kim, Sanity Checks for Saliency Maps, NeurIPS
2018, https://arxiv.org/abs/1810.03292, section 3 (cascading randomisation)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explain.gradients.attribution import job
from explain.gradients.kinds import Kind, Report, SettingsError
from explain.gradients.network import models
from explain.gradients.worker.dependencies import sources

if TYPE_CHECKING:
    from explain.gradients.network.function import NetworkFunction

PATH_STEPS = 8  # of integrated gradients: the maps' places are compared, not their sums
SAMPLES = 4  # of SmoothGrad, unless told
STAGES = 16  # of the cascade at most: all maps are drawn anew after each


def check(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings in full: those of the job "attribute"; seed is also that of the shuffling.

    Raises ValueError, in one sentence, for what cannot be done.
    """
    described = models.network(settings.get("network", job.DEFAULT))
    if described.beside.exists():
        raise SettingsError(f"{described.title} is too large for a second one, shuffled, beside it in memory.")
    return job.KIND.check({"samples": SAMPLES, **settings})


def files(settings: dict[str, Any]) -> Sequence[Path]:
    """What a result depends on besides its settings."""
    return [*job.KIND.files(settings), *sources(__name__)]


def run(settings: dict[str, Any], report: Report) -> dict[str, Any]:
    """How alike each map stays to the trained network's, after each stage of `faithfulness.cascade`; of a deep network
    several of these at a time.

    Float32 `(stage,)` by the names under which the job "attribute" gives the maps:
    `explain.attribution.faithfulness.likeness`.
    "stages": the name of the layer shuffled last at each. Empty where the report said to stop.
    """
    from explain.attribution.faithfulness import cascade

    settings = check(settings)
    if not models.prepare(report):
        return {}
    stages = together(cascade(models.network(settings["network"])))
    function = models.function(settings["network"])
    first = maps_of(function, settings, _Part(report, 0, len(stages) + 1))
    random, found = np.random.default_rng(settings["seed"]), []
    for number, stage in enumerate(stages, start=1):
        for name in (
            name for names in stage for name in names
        ):  # the function that is kept for other jobs stays as it is
            function = function.with_weights(shuffled(function.arrays_of(name), random))
        maps = first and maps_of(function, settings, _Part(report, number, len(stages) + 1))
        if not maps:
            return {}
        found.append(maps)
    return {"stages": [stage[-1][0] for stage in stages], **compare(first, found)}


def together(stages: Sequence[tuple[str, ...]], most: int = STAGES) -> list[Sequence[tuple[str, ...]]]:
    """At most so many groups of stages, as equal in number as can be, in order."""
    ends = np.rint(np.linspace(0, len(stages), min(most, len(stages)) + 1)).astype(int)
    return [stages[first:last] for first, last in zip(ends[:-1], ends[1:], strict=True)]


def maps_of(function: NetworkFunction, settings: dict[str, Any], report: Report) -> dict[str, Any]:
    """What the job "attribute" gives for a network, integrated gradients over a short path; empty where stopped."""
    from explain.attribution import targets
    from explain.gradients.attribution import methods as attribution_methods

    methods = [method for method in settings["methods"] if method != "integrated_gradients"]
    found = job.run(function, {**settings, "methods": methods}, report) if methods else {"score": 0.0}
    if not found or methods == settings["methods"]:
        return found
    picture = settings["picture"]
    whole = attribution_methods.integrated_gradients(
        attribution_methods.Differentiable(function, job.at_once(function.description, picture)),
        picture,
        targets.parse(settings["target"]),
        job.baseline(function.description, picture),
        steps=PATH_STEPS,
        most_steps=PATH_STEPS,
        on_step=lambda *_: report(100, 100),
    )
    return {**found, "integrated_gradients": attribution_methods.flat(whole.map)} if whole else {}


def shuffled(arrays: dict[str, np.ndarray], random: np.random.Generator) -> dict[str, np.ndarray]:
    """The numbers of each of a layer's arrays of weights in random order.

    Mean, spread and sign stay, so that the network goes on to answer on the same scale; a fresh start, which the paper
    takes, would leave deep layers without a signal.
    """
    return {name: random.permuted(array.ravel()).reshape(array.shape) for name, array in arrays.items()}


def compare(first: dict[str, Any], later: Sequence[dict[str, Any]]) -> dict[str, np.ndarray]:
    """`(stage,)` for each map of the first result: its likeness to the map of that name in each later one."""
    from explain.attribution.faithfulness import likeness

    return {
        name: np.array([likeness(values, maps[name]) for maps in later], np.float32)
        for name, values in first.items()
        if isinstance(values, np.ndarray)
    }


class _Part:
    """The report of one of several runs, told as its share of all of them."""

    def __init__(self, report: Report, number: int, of: int) -> None:
        self._report, self._number, self._of = report, number, of

    def __call__(self, step: int, steps: int, picture: Any = None, score: float | None = None) -> bool:
        return self._report(int(100 * (self._number + step / steps) / self._of), 100)

    def doing(self, text: str) -> bool:
        return self._report.doing(text)


KIND = Kind(run, check, files)
