"""One of a visitor's jobs in the gradient worker, followed on the page: asked for, watched, cancelled, done."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import streamlit as st

from explain.gradients.worker.client import Job, describe
from explain.panels.jobs.held import Held
from explain.panels.page import resources
from explain.panels.page.wording import plain
from explain.panels.words.explained import caption


def refusal(kind: str, settings: dict[str, Any]) -> str:
    """Why the worker takes no job with these settings, in one sentence; empty where it does."""
    return resources.refusal(kind, settings)


def progress(place, job: Job, text: str) -> None:
    """The bar of a job that goes on."""
    place.progress(job.step / job.steps if job.steps else 0.0, text=text)


class Followed:
    """A job of one kind; the page shows a button that asks for it, then how far it is, then what came of it.

    name: tells this visitor's jobs apart, and their widgets. once: for another word or target the button is to be
    pressed again. at_once: it needs no button until the job is cancelled.
    """

    def __init__(self, name: str, kind: str, once: bool = False, at_once: bool = False):
        self._name, self._kind, self._once, self.at_once = name, kind, once, at_once
        self._wanted, self._held = f"{name}-wanted", Held(f"{name}-job")

    def ask(self, label: str, words: str, settings: dict[str, Any]) -> None:
        """The button, with a sentence beside it on what is to come and how long it takes; where the worker does not
        take such a job, why."""
        if problem := refusal(self._kind, settings):
            caption(plain(problem))
            return
        button, beside = st.columns([1, 2.6], vertical_alignment="center")
        button.button(label, on_click=self._want, type="primary", width="stretch", key=f"{self._name}-start")
        caption(words, beside)

    def job(self, digest: str, settings: dict[str, Any]) -> Job | None:
        """The job for these settings, handed in if the visitor wants it; None if not. One for other settings is no
        longer wanted and is cancelled. digest: of the picture in the settings."""
        if not st.session_state.get(self._wanted, self.at_once):
            return None
        wish = digest + json.dumps({name: value for name, value in settings.items() if name != "picture"})
        before = self._held.work
        job = self._held.work_for(wish)
        if job is None and before is not None and self._once:
            self._cancel()
            return None
        if job is None:
            job = resources.submit(self._kind, settings)
            self._held.hold(wish, job)
        return job

    def follow(self, job: Job, draw: Callable[[dict[str, Any]], None]) -> None:
        """How far the job is, with a button to cancel it; what failed, in a sentence; or what `draw` makes of it."""

        def look(running: bool) -> None:
            if running:
                bar, stop = st.columns([4, 1], vertical_alignment="center")
                progress(bar, job, _doing(job))
                stop.button("Cancel", on_click=self._cancel, width="stretch", key=f"{self._name}-cancel")
            elif job.status == "failed":
                st.error(plain(job.error), icon=":material/error:")
                st.button("Try again", on_click=self._held.drop, key=f"{self._name}-again")
            elif job.status == "done":
                draw(job.result)

        self._held.follow(look)

    def _want(self) -> None:
        st.session_state[self._wanted] = True

    def _cancel(self) -> None:
        """Ends the job; the next one waits for the button again."""
        self._held.drop()
        st.session_state[self._wanted] = False


def _doing(job: Job) -> str:
    return f"{job.step} % of the passes done" if job.status == "running" else describe(job)
