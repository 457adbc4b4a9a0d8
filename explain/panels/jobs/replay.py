"""A dream that is over, watched growing: the few previews that were kept of it, one by one, then its result."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from explain.gradients.worker.job import RUNNING, Job
from explain.panels.jobs.held import Held

EVERY = 0.4  # seconds that a preview is seen
LEAST = 2  # previews: fewer show nothing growing


class Replay:
    """Has everything that the job has, but is "running" until each of its previews has been seen.

    clock: tells seconds. Cancelling skips to the end.
    """

    def __init__(self, job: Job, clock: Callable[[], float] = time.monotonic) -> None:
        self.job, self._clock, self._began, self._skipped = job, clock, clock(), False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.job, name)

    @property
    def replayed(self) -> bool:
        """Whether it is still being shown."""
        return not self._skipped and self._at < len(self.job.grown)

    @property
    def ended(self) -> bool:
        return not self.replayed

    @property
    def status(self) -> str:
        return RUNNING if self.replayed else self.job.status

    @property
    def step(self) -> int:
        return self._shown.step if self.replayed else self.job.step

    @property
    def steps(self) -> int:
        return self._shown.steps if self.replayed else self.job.steps

    @property
    def score(self) -> float | None:
        return None if self.replayed else self.job.score

    @property
    def preview(self) -> np.ndarray | None:
        return self._shown.picture if self.replayed else self.job.preview

    def cancel(self) -> None:
        self._skipped = True

    @property
    def _at(self) -> int:
        return int((self._clock() - self._began) / EVERY)

    @property
    def _shown(self):
        return self.job.grown[min(self._at, len(self.job.grown) - 1)]


def first(job: Job) -> Job | Replay:
    """The job; where its result was kept from an earlier time, and previews with it, a replay of these before."""
    return Replay(job) if job.cached and len(job.grown) >= LEAST else job


def stop_label(job: Job | Replay) -> str:
    """What the button says that ends it."""
    return "Skip" if job.replayed else "Cancel"


def offer(place: Held, job: Job | Replay) -> None:
    """A button that shows once more how the finished job in this place grew, where that was kept."""
    if job.status == "done" and len(job.grown) >= LEAST:
        st.button(
            "Watch it grow",
            icon=":material/replay:",
            key=f"{place.slot}-replay",
            type="tertiary",
            on_click=lambda: place.exchange(Replay(getattr(job, "job", job))),
            help=f"The {len(job.grown)} pictures on the way that were kept, in {len(job.grown) * EVERY:.0f} seconds.",
        )
