"""Under each map of a photograph: does it tell the truth? Deletion and insertion, map after map, and the sanity check.

A photograph's passes take a fifth of a second each, so the maps are checked one after the other beside the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from explain.attribution import faithfulness, targets
from explain.network.session import Network
from explain.panels.attribution import faithfulness as of_a_word
from explain.panels.attribution.faithfulness import Pair
from explain.panels.jobs.background_task import OnStep, Task
from explain.panels.jobs.held import Held
from explain.panels.jobs.job_view import Followed
from explain.panels.page import resources
from explain.panels.page.subject import Subject
from explain.panels.page.wording import plain
from explain.panels.words.explained import caption

SQUARES = 14  # along the shorter side
STEPS, ORDERS = 8, 2  # of a curve; random orders, whose mean is shown
GROUNDS = {"deletion": "mean", "insertion": "blur"}
CHECKING = Held("vgg-checking")
SANITY = Followed("vgg-sanity", "sanity", once=True)
CHANCE = of_a_word.RANDOM


class Checks:
    """What is known of the maps on the page, and the one that is being checked.

    wanted: whether the maps are to be checked at all.
    """

    def __init__(self, photograph: Subject, target: targets.Target, wanted: bool) -> None:
        self.photograph, self.target, self.wanted = photograph, target, wanted
        self.shuffled: dict[str, Any] | None = None
        self._curves: dict[str, Pair] = {}  # by the maps' titles
        self._at_work = False

    def show(self, name: str, title: str, values: np.ndarray) -> None:
        """The two curves of one map and their areas once they are known; until then how far they are.

        name: of the map, and of its settings. values: `(height, width)`, what speaks for the class highest.
        """
        if not self.wanted:
            return
        by_chance, own = (of_a_word.remembered().get(self._key(one)) for one in (CHANCE, name))
        if by_chance is None:
            self._work(CHANCE, None)
        elif own is None:
            self._work(name, values)
        else:
            self._curves |= {CHANCE: by_chance, title: own}
            of_a_word.show(st.empty(), f"vgg-curves-{name}", own, by_chance)

    def compared(self) -> None:
        """The areas of all maps that were checked, in a table, the best first."""
        if len(self._curves) < 3:  # the random order and one map are under that map
            return
        st.markdown("**The maps compared**")
        ranked = sorted(self._curves.items(), key=lambda one: one[1][0].area - one[1][1].area)
        rows = [f"| {title} | {fallen.area:.2f} | {risen.area:.2f} |" for title, (fallen, risen) in ranked]
        head = [
            "| Area under the curve | covered (less is better) | put back (more is better) |",
            "| --- | ---: | ---: |",
        ]
        st.markdown("\n".join([*head, *rows]))
        caption("Sorted by the difference of the two. For this photograph and this class alone.")

    def _key(self, name: str) -> tuple:
        return self.photograph.description, self.photograph.ran.digest, self.target, name

    def _work(self, name: str, values: np.ndarray | None) -> None:
        """Works the curves out beside the page, one map at a time. values: of the map; None for the random order."""
        if self._at_work:
            caption("This map is checked in its turn.")
            return
        self._at_work = True
        task = CHECKING.work_for(self._key(name))
        if task is None:
            task = self._begun(name, values)
        what = "in random order" if name == CHANCE else "in this map's order"

        def look(running: bool) -> None:
            if running:
                bar, stop = st.columns([3, 1], vertical_alignment="center")
                bar.progress(task.share, f"Squares {what}: {task.done} of {task.of or '…'} passes")
                stop.button("Cancel", key="vgg-checking-cancel", width="stretch", on_click=_cancel)
            else:
                st.error(plain(task.error or "This was stopped before its end."), icon=":material/error:")
                st.button("Try again", key="vgg-checking-again", on_click=CHECKING.drop)

        CHECKING.follow(look)

    def _begun(self, name: str, values: np.ndarray | None) -> Task:
        # all that the thread needs: it knows nothing of Streamlit
        network, picture, target = resources.network(self.photograph.network), self.photograph.batch[0], self.target
        key, remembered = self._key(name), of_a_word.remembered()

        def work(on_step: OnStep) -> None:
            curves = both(network, picture, target, _orders(picture, values), on_step)
            if curves is not None:
                remembered.add(key, curves)

        task = Task(work)
        CHECKING.hold(key, task)
        return task


def switch(photograph: Subject, target: targets.Target) -> Checks:
    """Whether the maps are to be checked; kept in the address."""
    passes = 2 * (STEPS + 1)
    seconds = max(1, round(passes * photograph.ran.milliseconds / 1000))
    wanted = st.toggle(
        "Check the maps: do they tell the truth?",
        key="vgg_check",
        bind="query-params",
        help=f"Asks the network {passes} times for each map, about {seconds} s, and {ORDERS * passes} times for the "
        "random order.",
    )
    if wanted:
        side = _side(photograph.batch[0])
        caption(
            "**Left:** parts of the photograph are covered in the map's order, the most important first. If the map is "
            "right, the class is lost at once. **Right:** they are put back on a blurred photograph, and the class "
            f"should be there at once. **Dashed grey:** in random order, which any map must beat. About {seconds} s a "
            "map.",
            more=f"The parts are squares of {side} × {side} pixels, covered with the photograph's mean colour. Height: "
            "the class's probability.",
        )
    else:
        caption(
            "Maps that disagree can't all be right. This covers what each of them points to: the truer the map, the "
            "sooner the class is lost.",
            more=of_a_word.measured(photograph.description),
        )
        CHECKING.drop()
    return Checks(photograph, target, bool(wanted))


def ask_sanity(checks: Checks, settings: dict[str, Any], time: str) -> None:
    """The sanity check's button, or how far it is; its result is kept with the checks once it is there."""
    if checks.wanted:
        digest = checks.photograph.ran.digest
        checks.shuffled = of_a_word.shuffled(SANITY, digest, settings, time, "the photograph's edges")


def both(
    network: Network, picture: np.ndarray, target: targets.Target, orders: Sequence[np.ndarray], on_step: OnStep
) -> Pair | None:
    """The mean curves of deletion and insertion over some orders of the pixels; None where the step said to stop."""
    found: dict[str, list[faithfulness.Curve]] = {name: [] for name in GROUNDS}
    before, passes = 0, len(orders) * len(GROUNDS) * (STEPS + 1)
    for pixels in orders:
        for name, ground in GROUNDS.items():
            curve = getattr(faithfulness, name)(
                network,
                picture,
                target,
                pixels,
                ground=ground,
                steps=STEPS,
                on_step=lambda done, _, before=before: on_step(before + done, passes),
            )
            if curve is None:
                return None
            found[name].append(curve)
            before += STEPS + 1
    return tuple(faithfulness.mean_curve(curves) for curves in found.values())


def _orders(picture: np.ndarray, values: np.ndarray | None) -> list[np.ndarray]:
    side = _side(picture)
    if values is None:
        return faithfulness.random_orders(picture.shape, ORDERS, side=side)
    return [faithfulness.order(values, side=side)]


def _side(picture: np.ndarray) -> int:
    return max(1, min(picture.shape[:2]) // SQUARES)


def _cancel() -> None:
    CHECKING.drop()
    st.session_state["vgg_check"] = False
