"""One class of one photograph under every gradient method, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st

from explain.attribution import cam, targets
from explain.attribution.faithfulness import evidence
from explain.gradients.attribution.job import ABSOLUTE, INPUT_METHODS, LAYER_METHODS, METHODS, name_at
from explain.layers.receptive_field import receptive_field
from explain.network.description import Description
from explain.panels.attribution import faithfulness as of_a_word
from explain.panels.attribution import photograph_checks, weighed
from explain.panels.attribution.method_texts import OF_A_PHOTOGRAPH, Words
from explain.panels.attribution.photograph_checks import Checks
from explain.panels.jobs.job_view import Followed
from explain.panels.page import address
from explain.panels.page.subject import Subject
from explain.panels.page.theme import show_picture
from explain.panels.words.explained import caption
from explain.pictures import photograph_overlay

ACROSS, CHECKED_ACROSS = 4, 3  # maps in a row, and with two curves under each
GRADIENTS = Followed("vgg-methods", "attribute")
SLOW = ("smooth_grad", "integrated_gradients")
CHOICES = {
    "the quick ones": tuple(method for method in METHODS if method not in SLOW),
    "all, with SmoothGrad and integrated gradients": METHODS,
}
SECONDS = dict(zip(CHOICES, ("about 10 seconds", "one to two minutes"), strict=True))
SHUFFLING = dict(zip(CHOICES, ("about a minute", "two to four minutes"), strict=True))


class Asked(NamedTuple):
    """What is explained. photograph: with its network; unit: of the network's last layer; title: the class."""

    photograph: Subject
    unit: int
    title: str

    @property
    def target(self) -> targets.ClassLogit:
        return targets.ClassLogit(self.unit)

    @property
    def picture(self) -> np.ndarray:
        """As the network takes it, `(height, width, channel)`."""
        return self.photograph.batch[0]

    @property
    def description(self) -> Description:
        return self.photograph.description


def show(asked: Asked, checks: Checks) -> None:
    """Draws the choice of methods, then the job as it goes, then the maps."""
    st.markdown(f"**{asked.title} under the gradient methods**")
    which = address.switch("Methods", CHOICES, key="vgg_methods")
    settings = {
        "network": asked.photograph.network,
        "picture": asked.picture,
        "target": targets.describe(asked.target),
        "methods": list(CHOICES[which]),
    }
    job = GRADIENTS.job(asked.photograph.ran.digest, settings)
    if job is None:
        GRADIENTS.ask(
            "Show the methods",
            f"What in this photograph speaks for {asked.title}, as each method sees it: {SECONDS[which]} on two free "
            "cores, and some 10 more the first time, when TensorFlow starts in a process of its own.",
            settings,
        )
        return

    if job.status != "done":
        GRADIENTS.follow(job, lambda result: st.rerun())
        return
    # not in a fragment of their own, which would run again without what the checks know of the other maps
    photograph_checks.ask_sanity(checks, settings, SHUFFLING[which])
    _maps(asked, job.result, CHOICES[which], checks)


def _maps(asked: Asked, result: dict, methods: tuple[str, ...], checks: Checks) -> None:
    caption(
        "Red speaks for the class and blue against it; maps without a sign go from dark blue to yellow. Compare where "
        "the maps are strong, not how strong they are: each method measures something else.",
        more="Each map has its own colour scale, up to the strength that only a hundredth of its pixels exceeds.",
    )

    def row(methods: Sequence[str], named: Callable[[str], str], values: Callable[[str], np.ndarray], note) -> None:
        """Maps side by side, and in rows of their own, so that they begin on one height, the checks of each."""
        across = CHECKED_ACROSS if checks.wanted else max(ACROSS, len(methods))
        for few in (methods[start : start + across] for start in range(0, len(methods), across)):
            for column, method in zip(st.columns(across, gap="medium"), few, strict=False):
                with column:
                    picture(asked, OF_A_PHOTOGRAPH[method], values(method), note(method))
            if not checks.wanted:
                continue
            for column, method in zip(st.columns(across, gap="medium"), few, strict=False):
                with column:
                    shown = evidence(method, values(method))
                    checks.show(named(method), OF_A_PHOTOGRAPH[method].title, shown)
                    of_a_word.sanity(named(method), checks.shuffled, "vgg")

    shown = [method for method in INPUT_METHODS if method in methods]
    row(shown, str, result.__getitem__, lambda method: _note(method, result))
    layer = weighed.choose(asked.description, "vgg_layer")
    if layer is None:
        return
    field = receptive_field(asked.description, layer)
    row(
        tuple(LAYER_METHODS),
        lambda method: name_at(method, layer),
        lambda method: cam.spread(result[name_at(method, layer)], field, asked.picture.shape),
        lambda _: f"At {weighed.name(asked.description, layer)}.",
    )


def picture(asked: Asked, words: Words, values: np.ndarray, note: str) -> None:
    """One method's map over the photograph, with what it measures and what it does not. values: `(height, width)`."""
    drawn = photograph_overlay.picture(asked.photograph.seen, values)
    show_picture(drawn, width="stretch", alt=f"{words.title} over the photograph")
    y, x = np.unravel_index(int(np.abs(values).argmax()), values.shape)
    caption(f"**{words.title}.** {words.measures} {words.does_not} {note} Strongest at column {x}, row {y}.")


def _note(method: str, result: dict) -> str:
    if method == "integrated_gradients":
        return (
            f"Here the logit rises by {result['difference']:.2f}, missed by {100 * result['error']:.1f} % after "
            f"{result['steps']} steps."
        )
    if method == "guided_backpropagation":  # a gradient: its sign says which way to change the pixel
        return "Here red asks for a lighter pixel, blue for a darker one."
    return "Magnitude only." if method in ABSOLUTE else ""
