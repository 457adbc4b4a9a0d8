"""One of a visitor's jobs in the gradient worker, followed on the page: asked for, watched, cancelled, done."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import streamlit as st

from explain.gradients.worker.client import Job, describe
from explain.panels.jobs.polling import looking, pace, rerun_if_turned
from explain.panels.page import resources


class Followed:
    """A job of one kind; the page shows a button that asks for it, then how far it is, then what it found.

    name: tells this visitor's jobs apart, and their widgets. once: for another word or target the button is to be
    pressed again.
    """

    def __init__(self, name: str, kind: str, once: bool = False):
        self._name, self._kind, self._once = name, kind, once
        self._wanted, self._held = f"{name}-wanted", f"{name}-job"

    def ask(self, label: str, said: str) -> None:
        """The button, with a sentence beside it on what is to come and how long it takes."""
        button, words = st.columns([1, 2.6], vertical_alignment="center")
        button.button(label, on_click=self._want, type="primary", width="stretch", key=f"{self._name}-start")
        words.caption(said)

    def job(self, digest: str, settings: dict[str, Any]) -> Job | None:
        """The job for these settings, handed in if the visitor wants it; None if not. One for other settings is no
        longer wanted and is cancelled. digest: of the picture in the settings."""
        if not st.session_state.get(self._wanted):
            return None
        wanted = digest + json.dumps({name: value for name, value in settings.items() if name != "picture"})
        held = st.session_state.get(self._held)
        if held is None or held["wanted"] != wanted:
            if held is not None:
                held["job"].cancel()
                if self._once:
                    self._cancel()
                    return None
            held = {"wanted": wanted, "job": resources.submit(self._kind, settings)}
            st.session_state[self._held] = held
        return held["job"]

    def follow(self, job: Job, draw: Callable[[dict[str, Any]], None]) -> None:
        """How far the job is, with a button to cancel it; what failed, in a sentence; or what `draw` makes of it."""
        every = pace(job)
        running = every is not None

        def look() -> None:
            held = st.session_state.get(self._held)
            rerun_if_turned(every, held and held["job"])
            if running:
                bar, stop = st.columns([4, 1], vertical_alignment="center")
                bar.progress(job.step / job.steps if job.steps else 0.0, text=_doing(job))
                stop.button("Cancel", on_click=self._cancel, width="stretch", key=f"{self._name}-cancel")
            elif job.status == "failed":
                st.error(job.error, icon=":material/error:")
                st.button("Try again", on_click=self._forget, key=f"{self._name}-again")
            elif job.status == "done":
                draw(job.result)

        looking(every, look)

    def _want(self) -> None:
        st.session_state[self._wanted] = True

    def _forget(self) -> None:
        st.session_state.pop(self._held, None)

    def _cancel(self) -> None:
        """Ends the job; the next one waits for the button again."""
        held = st.session_state.pop(self._held, None)
        if held is not None:
            held["job"].cancel()
        st.session_state[self._wanted] = False


def _doing(job: Job) -> str:
    return f"{job.step} % of the passes done" if job.status == "running" else describe(job)
