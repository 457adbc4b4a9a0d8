"""VGG16: one class of one photograph by covering parts of it: occlusion and Score-CAM, no gradient needed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import numpy as np
import streamlit as st

from explain.attribution import cam, occlusion
from explain.layers.receptive_field import receptive_field
from explain.network.session import Network
from explain.panels.attribution import photograph_gradients
from explain.panels.attribution.method_texts import Words
from explain.panels.attribution.photograph_gradients import Asked
from explain.panels.jobs.background_task import OnStep, Task
from explain.panels.jobs.polling import looking
from explain.panels.page import address, resources

PATCHES = {  # patch and step, in pixels
    "large patches": (64, 32),
    "small patches": (32, 32),
    "small patches, half steps": (32, 16),
}
SCORE_LAYER, CHANNELS = "block5_conv3", 64
SCORE_CAM = Words(
    "Score-CAM",
    "Measures how much of the class is left when the network sees only what one channel responds to, and adds up the "
    "channels by that.",
    "It does not show what speaks against the class, nor anything finer than the layer's 14 × 14 places.",
)
POLL = 0.3
KEPT = 12  # answers to covered photographs, some 100 kB each; every class is answered from them


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
        self._kept: dict[tuple[tuple[str, ...], int], dict[str, np.ndarray]] = {}

    def run(self, batch: np.ndarray, layers) -> dict[str, np.ndarray]:
        key = (tuple(layers), len(batch))
        if key not in self._kept:
            parts = []
            for at in range(len(batch)):
                parts.append(self.network.run(batch[at : at + 1], layers))
                if len(batch) > 1 and self.on_step is not None and not self.on_step(at + 1, len(batch)):
                    raise Stopped("Cancelled.")
            self._kept[key] = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return self._kept[key]


@st.cache_resource(show_spinner=False)
def _kept() -> OrderedDict:
    """Answers to covered photographs by (network, picture, how)."""
    return OrderedDict()


def show(asked: Asked, milliseconds: float) -> None:
    """Draws occlusion and Score-CAM. milliseconds: of one pass of this network, to say how long they take."""
    st.markdown(f"**{asked.title} by covering, without a gradient**")
    patch = address.switch("Patches", PATCHES, key="vgg_patch")
    left, right = st.columns(2, gap="medium")
    with left:
        size, step = PATCHES[patch]
        count = len(occlusion.boxes(asked.card.input_shape, size, step))
        _one(
            asked,
            ("occlusion", patch),
            f"Occlusion: {count} patches, {_seconds(count, milliseconds)}",
            lambda on_step: occlusion.occlude(
                resources.network(asked.card.name), asked.batch[0], size, step, "mean", on_step=on_step
            ),
            lambda found: _occluded(asked, found, size, step),
        )
    with right:
        passes = Passes(resources.network(asked.card.name))
        _one(
            asked,
            ("score-cam",),
            f"Score-CAM: {CHANNELS} passes, {_seconds(CHANNELS, milliseconds)}",
            lambda on_step: _scored(asked, passes, on_step),
            lambda found: _score_map(asked, found),
        )


def _seconds(passes: int, milliseconds: float) -> str:
    return f"about {max(1, round(passes * milliseconds / 1000))} s"


def _one(asked: Asked, how: tuple, label: str, work: Callable[[OnStep], object], draw: Callable) -> None:
    """A button; then the work as it goes; then, and for whoever asks the same later, what came of it."""
    key, slot = (asked.card.name, asked.digest, *how), f"cover-{how[0]}"
    found = _kept().get(key)
    if found is not None:
        draw(found)
        return
    held = st.session_state.get(slot)
    if held is not None and held[0] != key:  # another photograph or patch: no longer wanted
        held[1].cancel()
        held = st.session_state.pop(slot, None) and None
    if held is None:
        st.button(label, key=f"{slot}-start", on_click=lambda: _begin(slot, key, work))
        return
    task: Task = held[1]
    running = not task.ended

    def follow() -> None:
        if task.ended == running:
            st.rerun()
        if running:
            bar, stop = st.columns([3, 1], vertical_alignment="center")
            bar.progress(task.share, text=f"{task.done} of {task.of or '…'} passes")
            stop.button("Cancel", key=f"{slot}-cancel", width="stretch", on_click=lambda: _drop(slot))
        else:
            st.error(task.error or "This was stopped before its end.", icon=":material/error:")
            st.button("Try again", key=f"{slot}-again", on_click=lambda: _drop(slot))

    looking(POLL if running else None, follow)


def _begin(slot: str, key: tuple, work: Callable[[OnStep], object]) -> None:
    kept = _kept()  # asked for here: the thread knows nothing of Streamlit

    def keep(on_step: OnStep) -> None:
        found = work(on_step)
        if found is not None:
            kept[key] = found
            while len(kept) > KEPT:
                kept.popitem(last=False)

    st.session_state[slot] = (key, Task(keep))


def _drop(slot: str) -> None:
    held = st.session_state.pop(slot, None)
    if held is not None:
        held[1].cancel()


def _occluded(asked: Asked, found: occlusion.Occlusion, size: int, step: int) -> None:
    drops = found.drops(asked.target)
    top, left, bottom, right = found.boxes[int(drops.argmax())]
    note = (
        f"The patch, {size} × {size} pixels of the photograph's mean colour in steps of {step}, costs most at columns "
        f"{left} to {right - 1}, rows {top} to {bottom - 1}: {drops.max():.2f} of the logit."
    )
    photograph_gradients.picture(asked, photograph_gradients.words("occlusion"), found.map(asked.target), note)


def _scored(asked: Asked, passes: Passes, on_step: OnStep) -> Passes | None:
    passes.on_step = on_step
    try:
        _score(asked, passes)
    except Stopped:
        return None
    passes.on_step = None
    return passes


def _score(asked: Asked, passes: Passes) -> np.ndarray:
    if asked.unit not in passes.maps:
        field = receptive_field(asked.card, SCORE_LAYER)
        found = cam.score_cam(passes, asked.batch[0], asked.target, SCORE_LAYER, field, CHANNELS)
        passes.maps[asked.unit] = cam.spread(found, field, asked.card.input_shape)
    return passes.maps[asked.unit]


def _score_map(asked: Asked, passes: Passes) -> None:
    values = _score(asked, passes)
    photograph_gradients.picture(asked, SCORE_CAM, values, f"At {SCORE_LAYER}, its {CHANNELS} strongest channels.")
