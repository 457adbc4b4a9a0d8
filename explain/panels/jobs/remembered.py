"""Work beside the page whose answer all visitors share: begun, watched, cancelled, remembered for who asks again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st

from explain.panels.jobs.background_task import OnStep, Task
from explain.panels.jobs.held import Held
from explain.panels.page.recent import Recent
from explain.panels.page.wording import plain


def shown(
    place: Held,
    key: Hashable,
    label: str,
    work: Callable[[OnStep], Any],
    draw: Callable[[Any], None],
    remembered: Recent,
    at_once: bool = False,
) -> None:
    """A button; then the work as it goes, with Cancel; then, and for whoever asks the same later, what came of it.

    place: where the visitor's session holds it, one piece of work at a time. key: what is asked; work for another key
    is no longer wanted. work: told how to tell its progress; returns None where it was stopped.
    remembered: the answers. at_once: the work begins without the button, unless it was cancelled.
    """
    answer = remembered.get(key)
    if answer is not None:
        draw(answer)
        return
    cancelled = f"{place.slot}-cancelled"

    def begin() -> None:
        st.session_state.pop(cancelled, None)
        place.hold(key, _begun(key, work, remembered))

    def cancel() -> None:
        st.session_state[cancelled] = key
        place.drop()

    task = place.work_for(key)
    if task is None and at_once and st.session_state.get(cancelled) != key:
        begin()
        task = place.work
    if task is None:
        st.button(label, key=f"{place.slot}-start", on_click=begin)
        return

    def look(running: bool) -> None:
        if running:
            bar, stop = st.columns([3, 1], vertical_alignment="center")
            bar.progress(task.share, text=f"{task.done} of {task.of or '…'} passes")
            stop.button("Cancel", key=f"{place.slot}-cancel", width="stretch", on_click=cancel)
        elif (found := remembered.get(key)) is not None:
            draw(found)
        else:
            st.error(plain(task.error or "This was stopped before its end."), icon=":material/error:")
            st.button("Try again", key=f"{place.slot}-again", on_click=place.drop)

    place.follow(look)


def _begun(key: Hashable, work: Callable[[OnStep], Any], remembered: Recent) -> Task:
    def remember(on_step: OnStep) -> None:
        answer = work(on_step)
        if answer is not None:
            remembered.add(key, answer)

    return Task(remember)
