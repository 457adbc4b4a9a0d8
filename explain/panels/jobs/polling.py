"""How often the page looks at a job of the gradient worker, and the clock that does it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from explain.gradients.worker.client import Job

AT_WORK = 0.4  # seconds between looks at a job that has something new to show at any moment, or soon will have
IN_QUEUE = 1.2  # the same with several before it: those who wait may be many, and all they see is their place
SOON = 2  # place in the queue from which a job is looked at as if it were at work: the one before may be cancelled


def pace(job: Job) -> float | None:
    """Seconds from one look at the job to the next; None once it has ended."""
    if job.ended:
        return None
    return IN_QUEUE if job.position > SOON else AT_WORK


def rerun_if_turned(every: float | None, job: Job | None) -> None:
    """In a fragment that looks every so many seconds: runs the page again where there is no job to look at any more, or
    the clock is to start, to stop or to go at another pace."""
    if job is None or pace(job) != every:
        st.rerun()


def looking(every: float | None, look: Callable[[], None]) -> None:
    """Calls `look` as a fragment, now and every so many seconds from now on; None: not again.

    The browser stops the clock of a fragment that is no longer there, and only of such a one. So what goes at another
    pace, or not any more, has to be another fragment, by its name, from which Streamlit tells them apart.
    """
    look.__qualname__ += f" every {every}"
    st.fragment(look, run_every=every)()
