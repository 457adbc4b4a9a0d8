"""The methods that take a gradient, in this process: TensorFlow is imported when one is run, and not before."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np

from explain.attribution import targets
from explain.attribution.targets import Target
from explain.gradients.attribution import job
from explain.gradients.network import operators
from explain.gradients.network.file import FileError, OnnxFile
from explain.network.description import Description

OnStep = Callable[[int, int], bool | None]


@lru_cache(maxsize=16)
def missing(description: Description) -> str:
    """One sentence on why no gradient can be had of a network here; empty where it can."""
    if find_spec("tensorflow") is None:
        return "This method needs TensorFlow, which is not installed: `pip install -r requirements.txt`."
    try:
        file = OnnxFile(description.path)
        for name in sorted({node.operator for node in file.nodes}):
            operators.find(name, file.opset)
    except (FileError, operators.OperatorError) as problem:
        return str(problem)
    return ""


def run(
    description: Description,
    picture: np.ndarray,
    target: Target,
    method: str,
    layer: str | None,
    on_step: OnStep | None,
) -> np.ndarray | None:
    """The map of one method, `(height, width)` of the picture, or of the layer whose maps are weighed; None if stopped.

    picture: `(height, width, channel)` as the network takes it. layer: None for a method on the pixels.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # its greeting is nobody's business here
    settings: dict[str, Any] = {"network": description.name, "picture": picture, "methods": [method]}
    settings |= {"target": targets.describe(target)} | ({"layers": [layer]} if layer else {})
    checked = job.check(settings, description)
    found = job.run(_function(description), checked, _Report(on_step))
    return found.get(job.name_at(method, layer) if layer else method)


@lru_cache(maxsize=2)
def _function(description: Description):
    from explain.gradients.network.function import NetworkFunction

    return NetworkFunction(description)


class _Report:
    """A job's reports handed on as steps."""

    def __init__(self, on_step: OnStep | None) -> None:
        self.on_step = on_step

    def __call__(self, step: int, steps: int, picture: Any = None, score: float | None = None) -> bool:
        return self.on_step is None or self.on_step(step, steps) is not False

    def doing(self, text: str) -> bool:
        return True
