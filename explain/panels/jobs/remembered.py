"""Work whose answer all visitors share: a button, how far it is with Cancel, and then what came of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st

from explain.panels.jobs.background_task import OnStep, Task
from explain.panels.jobs.held import Held
from explain.panels.page.recent import Recent


def shown(
    place: Held,
    key: Hashable,
    label: str,
    work: Callable[[OnStep], object],
    draw: Callable[[Any], None],
    remembered: Recent,
    at_once: bool = False,
) -> None:
    """Draws the answer to `key` where it is remembered, else the button that has it worked out, or how far that is.

    place: where the work is held. label: of the button. work: returns the answer, None where it was stopped.
    at_once: the work begins by itself; once cancelled, a button begins it again.
    """
    answer = remembered.get(key)
    if answer is not None:
        draw(answer)
        return
    task = place.work_for(key)  # for anything else it is no longer wanted

    def begin() -> None:
        place.hold(key, _begun(key, work, remembered))

    if task is None:
        if not at_once:
            st.button(label, key=f"{place.slot}-start", on_click=begin)
            return
        begin()
        task = place.work

    def look(running: bool) -> None:
        if running:
            bar, stop = st.columns([3, 1], vertical_alignment="center")
            bar.progress(task.share, text=f"{task.done} of {task.of or '…'} passes")
            stopped = task.cancel if at_once else place.drop
            stop.button("Cancel", key=f"{place.slot}-cancel", width="stretch", on_click=stopped)
        else:
            st.error(task.error or "This was stopped before its end.", icon=":material/error:")
            st.button("Try again", key=f"{place.slot}-again", on_click=begin if at_once else place.drop)

    place.follow(look)


def _begun(key: Hashable, work: Callable[[OnStep], object], remembered: Recent) -> Task:
    def remember(on_step: OnStep) -> None:
        answer = work(on_step)
        if answer is not None:
            remembered.add(key, answer)

    return Task(remember)
