"""What the gradient worker can be asked for. Importing this costs nothing; TensorFlow is imported when a job runs.

The page imports this module too, to refuse a wrong request before a process is started for it and to know which files
an answer depends on. A module with a dict `JOBS` of its own can take its place: `GradientWorker(jobs="its.name")`.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from explain.gradients import sanity, word_dreams
from explain.network.description import describe

SOURCES = Path(__file__).parent
DREAMT = ("vgg16-cam", "vgg16")  # the networks whose classes can be visualised
EXPLAINED = ("crnn", *DREAMT)  # those whose answers can be attributed to their input


class Report(Protocol):
    """How a job says how far it is. Both return False once the job should stop."""

    def __call__(self, step: int, steps: int, picture: Any = None, score: float | None = None) -> bool:
        """`step` of `steps` is done; picture: (height, width, 3) uint8; score: what the job raises, so far."""

    def doing(self, text: str) -> bool:
        """What happens before the first step, without a full stop, e.g. "Starting TensorFlow"."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of job.

    run: `run(settings, report)` in the worker; returns a dict of arrays and plain values.
    check: `check(settings)` in the page; returns the settings in full, defaults filled in, or raises ValueError with
        one sentence. Equal requests must come out equal: the result is kept under what it returns.
    files: what the result depends on besides the settings; None where results are not to be kept.
    score: the word for the number reported with each step.
    """

    run: Callable[[dict[str, Any], Report], dict[str, Any]]
    check: Callable[[dict[str, Any]], dict[str, Any]] = dict
    files: Callable[[dict[str, Any]], Sequence[Path]] | None = None
    score: str = "score"


class SettingsError(ValueError):
    """A job was asked for with settings that it cannot take."""


def _network(name: Any, names: Sequence[str] = DREAMT):
    """The card of a network that gradients can be had of, and the function that builds it; names: those to choose."""
    from models import crnn, vgg16

    networks = {
        vgg16.CAM.name: (vgg16.CAM, lambda: vgg16.build_cam(initializer="zeros")),
        vgg16.FULL.name: (vgg16.FULL, None),  # built with its weights
        crnn.CARD.name: (crnn.CARD, crnn.build),
    }
    missing = () if vgg16.full_is_here() else (vgg16.FULL.name,)
    networks = {known: networks[known] for known in names if known not in missing}
    if name in missing and name in names:
        raise SettingsError(f"The weights of the full VGG16 are not here. {vgg16.GET_FULL}")
    if not isinstance(name, str) or name not in networks:
        raise SettingsError(f"There is no network called {name!r} here; choose one of {', '.join(networks)}.")
    return networks[name]


@lru_cache(maxsize=2)
def _model(name: str):
    """The Keras model with the weights of its ONNX file; built once and kept."""
    from models import onnx_weights

    card, build = _network(name, EXPLAINED)
    if build is None:
        from explain.gradients import full_vgg16

        return full_vgg16.build()
    weights = onnx_weights.read(card.weights)
    model = build()
    onnx_weights.fill(model, weights)
    return model


def _check_dream(settings: dict[str, Any]) -> dict[str, Any]:
    from explain.gradients.dream_job import check

    try:
        return check(settings, describe(_network(settings.get("network", "vgg16-cam"))[0]))
    except SettingsError:
        raise
    except ValueError as error:
        raise SettingsError(str(error)) from error


def _dream(settings: dict[str, Any], report: Report) -> dict[str, Any]:
    settings = _check_dream(settings)
    if not _prepare(report):
        return {}
    from explain.gradients.dream_job import run

    return run(_model(settings["network"]), settings, describe(_network(settings["network"])[0]), report)


def _dream_files(settings: dict[str, Any]) -> Sequence[Path]:
    from explain.gradients.dream_job import files

    return files(_network(settings["network"])[0])


def _prepare(report: Report) -> bool:
    """Imports TensorFlow, telling what takes so long; False once the job should stop."""
    if "tensorflow" not in sys.modules:
        report.doing("Starting TensorFlow (about 6 s the first time)")
        import tensorflow  # noqa: F401
    return report.doing("Preparing the network")


def _check_attribute(settings: dict[str, Any]) -> dict[str, Any]:
    from explain.gradients.attribute import check

    try:
        card, _ = _network(settings.get("network", "crnn"), EXPLAINED)
        return check({"network": card.name, **settings}, describe(card))
    except SettingsError:
        raise
    except ValueError as error:
        raise SettingsError(str(error)) from error


def _attribute(settings: dict[str, Any], report: Report) -> dict[str, Any]:
    settings = _check_attribute(settings)
    if not _prepare(report):
        return {}
    from explain.gradients.attribute import run

    return run(_model(settings["network"]), settings, report)


def _attribute_files(settings: dict[str, Any]) -> list[Path]:
    method = (SOURCES.parent / name for name in ("cam.py", "targets.py", "ctc_lattice.py"))
    return [*_network(settings["network"], EXPLAINED)[0].files, *method, *sorted(SOURCES.glob("*.py"))]


JOBS = {
    "dream": Kind(_dream, _check_dream, _dream_files, score="logit"),
    "attribute": Kind(_attribute, _check_attribute, _attribute_files),
    "sanity": Kind(sanity.run, sanity.check, sanity.files),
    "dream-word": Kind(word_dreams.run, word_dreams.check, word_dreams.files),
}
