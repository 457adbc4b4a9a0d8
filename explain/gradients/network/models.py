"""The networks that gradients can be had of: their cards, and Keras models with the weights of their ONNX files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from explain.gradients.kinds import Report, SettingsError

DREAMT = ("vgg16-cam", "vgg16")  # the networks whose classes can be visualised
EXPLAINED = ("crnn", *DREAMT)  # those whose answers can be attributed to their input


def network(name: Any, names: Sequence[str] = DREAMT):
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
def model(name: str):
    """The Keras model with the weights of its ONNX file; built once and kept."""
    from models import onnx_weights

    card, build = network(name, EXPLAINED)
    if build is None:
        from explain.gradients.network import full_vgg16

        return full_vgg16.build()
    weights = onnx_weights.read(card.weights)
    model = build()
    onnx_weights.fill(model, weights)
    return model


def prepare(report: Report) -> bool:
    """Imports TensorFlow, telling what takes so long; False once the job should stop."""
    if "tensorflow" not in sys.modules:
        report.doing("Starting TensorFlow (about 6 s the first time)")
        import tensorflow  # noqa: F401
    return report.doing("Preparing the network")
