"""One class of one photograph by covering parts of it: occlusion and Score-CAM, no gradient needed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from explain.attribution import cam, incremental_inference, occlusion
from explain.layers.receptive_field import receptive_field
from explain.network.session import Network
from explain.panels.attribution import photograph_gradients, weighed
from explain.panels.attribution.method_texts import OF_A_PHOTOGRAPH
from explain.panels.attribution.photograph_checks import Checks
from explain.panels.attribution.photograph_gradients import Asked
from explain.panels.jobs.background_task import OnStep
from explain.panels.jobs.held import Held
from explain.panels.jobs.remembered import shown
from explain.panels.page import address, resources
from explain.panels.page.recent import Recent
from explain.panels.words.explained import caption

CHANNELS = 64  # of Score-CAM, at most
SLOWER = 1.4  # a product of a part takes so much longer than one of a whole pass
REMEMBERED = 12  # answers to covered photographs, some 100 kB each; every class is answered from them


class Stopped(ValueError):
    """Nobody wants the answer any more."""


class Passes:
    """A network as a method sees it: passes one picture at a time, told as they go, each asked for only once.

    What it answers does not depend on the class, so that another class costs no pass.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.on_step: OnStep | None = None
        self.maps: dict[int, np.ndarray] = {}  # by class: what was worked out from the answers
        self._answers: dict[tuple[tuple[str, ...], int], dict[str, np.ndarray]] = {}

    def run(self, batch: np.ndarray, layers) -> dict[str, np.ndarray]:
        key = (tuple(layers), len(batch))
        if key not in self._answers:
            parts = []
            for at in range(len(batch)):
                parts.append(self.network.run(batch[at : at + 1], layers))
                if len(batch) > 1 and self.on_step is not None and not self.on_step(at + 1, len(batch)):
                    raise Stopped("Cancelled.")
            self._answers[key] = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return self._answers[key]


@st.cache_resource(show_spinner=False)
def _remembered() -> Recent:
    """Answers to covered photographs by (network, picture, how)."""
    return Recent(REMEMBERED)


def show(asked: Asked, checks: Checks) -> None:
    """Draws occlusion and Score-CAM."""
    st.markdown(f"**{asked.title} by covering, without a gradient**")
    patches = occlusion.patches_of_a_photograph(*asked.picture.shape[:2])
    patch = address.switch("Patches", patches, key="vgg_patch")
    network = resources.network(asked.photograph.network)
    left, right = st.columns(2, gap="medium")
    with left:
        size, step = patches[patch]
        places = occlusion.boxes(asked.picture.shape, size, step)
        _shown(
            asked,
            ("occlusion", patch),
            f"Occlusion: {len(places)} patches, {_seconds(asked, len(places) * _share(asked, places))}",
            lambda on_step: occlusion.occlude(network, asked.picture, size, step, "mean", on_step=on_step),
            lambda covered: _occluded(asked, covered, size, step, checks),
        )
    with right:
        layer = cam.usual_layer(asked.description)
        if layer is None:
            caption(weighed.missing(asked.description))
            return
        passes, count = Passes(network), min(CHANNELS, asked.description.layer(layer).shape[-1])
        _shown(
            asked,
            ("score-cam",),
            f"Score-CAM: {count} passes, {_seconds(asked, count)}",
            lambda on_step: _scored(asked, passes, layer, on_step),
            lambda scored: _score_map(asked, scored, layer, count, checks),
        )


def _share(asked: Asked, places: np.ndarray) -> float:
    """What is left of the time of whole passes where only what a patch reaches is computed; 1 where they are taken."""
    photograph = asked.photograph
    if getattr(resources.network(photograph.network), "apart", False):
        return 1.0
    sizes = {name: values.shape[:-1] for name, values in photograph.values.items()}
    sizes[asked.description.input.name] = asked.picture.shape[:2]
    return min(1.0, SLOWER * incremental_inference.share(asked.description, places, sizes))


def _seconds(asked: Asked, passes: float) -> str:
    return f"about {max(1, round(passes * asked.photograph.ran.milliseconds / 1000))} s"


def _shown(asked: Asked, how: tuple, label: str, work: Callable[[OnStep], object], draw: Callable) -> None:
    key = (asked.description, asked.photograph.ran.digest, *how)
    shown(Held(f"cover-{how[0]}"), key, label, work, draw, _remembered())


def _occluded(asked: Asked, covered: occlusion.Occlusion, size: int, step: int, checks: Checks) -> None:
    drops = covered.drops(asked.target)
    top, left, bottom, right = covered.boxes[int(drops.argmax())]
    note = (
        f"The patch, {size} × {size} pixels of the photograph's mean colour in steps of {step}, costs most at columns "
        f"{left} to {right - 1}, rows {top} to {bottom - 1}: {drops.max():.2f} of the logit."
    )
    values = covered.map(asked.target)
    photograph_gradients.picture(asked, OF_A_PHOTOGRAPH["occlusion"], values, f"{note} {covered.why_whole}".strip())
    checks.show(f"occlusion, {size} by {step}", f"Occlusion, {size} × {size} pixels", values)


def _scored(asked: Asked, passes: Passes, layer: str, on_step: OnStep) -> Passes | None:
    passes.on_step = on_step
    try:
        _score(asked, passes, layer)
    except Stopped:
        return None
    passes.on_step = None
    return passes


def _score(asked: Asked, passes: Passes, layer: str) -> np.ndarray:
    if asked.unit not in passes.maps:
        field = receptive_field(asked.description, layer)
        values = cam.score_cam(passes, asked.picture, asked.target, layer, field, CHANNELS)
        passes.maps[asked.unit] = cam.spread(values, field, asked.picture.shape)
    return passes.maps[asked.unit]


def _score_map(asked: Asked, passes: Passes, layer: str, count: int, checks: Checks) -> None:
    height, width = asked.photograph.values[layer].shape[:2]
    words, values = OF_A_PHOTOGRAPH["score_cam"], _score(asked, passes, layer)
    words = words._replace(does_not=words.does_not.format(places=f"{height} × {width}"))
    note = f"At {weighed.name(asked.description, layer)}, its {count} strongest channels."
    photograph_gradients.picture(asked, words, values, note)
    checks.show("score-cam", words.title, values)
