"""One piece of a visitor's work, a job of the worker or a task beside the page: kept from run to run, and followed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import streamlit as st

from explain.panels.jobs.polling import Work, looking, pace, rerun_if_turned


class _Kept(NamedTuple):
    wish: Hashable
    work: Work
    note: Any


class Held:
    """A place in the visitor's session for one piece of work at a time.

    slot: its name there. Work for something that is no longer wished for is cancelled.
    """

    def __init__(self, slot: str) -> None:
        self.slot = slot

    def hold(self, wish: Hashable, work: Work, note: Any = None) -> None:
        """Keeps the work in place of what was there. wish: what it is for. note: whatever its view wants to know."""
        self.drop()
        st.session_state[self.slot] = _Kept(wish, work, note)

    def exchange(self, work: Work) -> None:
        """Puts other work, for the same wish, in the place of what is there."""
        kept = st.session_state.get(self.slot)
        if kept is not None:
            st.session_state[self.slot] = kept._replace(work=work)

    def work_for(self, wish: Hashable) -> Any:
        """The work for this wish, or None; work for another one is cancelled and forgotten."""
        kept = st.session_state.get(self.slot)
        if kept is not None and kept.wish != wish:
            self.drop()
            return None
        return kept and kept.work

    @property
    def work(self) -> Any:
        """The work, whatever it is for, or None."""
        kept = st.session_state.get(self.slot)
        return kept and kept.work

    @property
    def note(self) -> Any:
        kept = st.session_state.get(self.slot)
        return kept and kept.note

    def drop(self) -> None:
        """Cancels the work, which does nothing to what has ended, and forgets it."""
        kept = st.session_state.pop(self.slot, None)
        if kept is not None:
            kept.work.cancel()

    def follow(self, draw: Callable[[bool], None]) -> None:
        """Calls `draw`, told whether the work goes on, now and, as long as it does, again and again.

        A fragment of its own, so that the rest of the page rests.
        """
        work = self.work
        every = pace(work)

        def look() -> None:
            rerun_if_turned(every, work if self.work is work else None)
            draw(every is not None)

        look.__qualname__ = f"look at {self.slot}"
        looking(every, look)
