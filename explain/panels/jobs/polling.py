"""How often the page looks at a job of the gradient worker, or at a task beside it, and the clock that does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import streamlit as st

AT_WORK = 0.4  # seconds between looks at a job that has something new to show at any moment, or soon will have
IN_QUEUE = 1.2  # the same with several before it: those who wait may be many, and all they see is their place
SOON = 2  # place in the queue from which a job is looked at as if it were at work: the one before may be cancelled


class Work(Protocol):
    """What `explain.gradients.worker.job.Job` and `explain.panels.jobs.background_task.Task` have in common."""

    @property
    def ended(self) -> bool: ...

    @property
    def position(self) -> int: ...

    def cancel(self) -> None: ...


def pace(work: Work) -> float | None:
    """Seconds from one look at the work to the next; None once it has ended."""
    if work.ended:
        return None
    return IN_QUEUE if work.position > SOON else AT_WORK


def rerun_if_turned(every: float | None, work: Work | None) -> None:
    """In a fragment that looks every so many seconds: runs the page again where there is nothing to look at any more,
    or the clock is to start, to stop or to go at another pace."""
    if work is None or pace(work) != every:
        st.rerun()


def looking(every: float | None, look: Callable[[], None]) -> None:
    """Calls `look` as a fragment, now and every so many seconds from now on; None: not again.

    The browser stops the clock of a fragment that is no longer there, and only of such a one. So what goes at another
    pace, or not any more, has to be another fragment, by its name, from which Streamlit tells them apart.
    """
    look.__qualname__ += f" every {every}"
    st.fragment(look, run_every=every)()
