"""Which process computes a gradient: the one of everybody's networks, or the one of those that visitors have opened.

A visitor's network is differentiated in a process that knows this visitor's folder alone, is bounded in memory, and
keeps its results in that folder. There is one such process for all visitors, one visitor's folder at a time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from explain.gradients.network import models
from explain.gradients.worker.client import GradientWorker, Job
from explain.panels.own import visitor

IDLE = 60.0  # seconds
CLOCK, PROCESSOR = 360.0, 240.0  # seconds that one request may take: others wait for the same process
MEMORY = 1_500_000_000  # bytes: the page, it and visitors' processes stay under what a free host gives


def submit(common: GradientWorker, kind: str, settings: dict[str, Any], owner: str) -> Job:
    """Hands a job to the worker that it is for; the other one, where it has nothing to do, gives its memory back."""
    folder = _folder(settings)
    if folder is None:
        strangers().rest()
        return common.submit(kind, settings, owner)
    common.rest()
    with models.own(visitor.descriptions()):
        return strangers().submit(kind, settings, owner, folder)


def refusal(kind: str, settings: dict[str, Any]) -> str:
    """Why no worker takes a job with these settings, in one sentence; empty where one does."""
    from explain.gradients.jobs import JOBS  # what can be asked for is of no interest before the first button

    try:
        with models.own(visitor.descriptions()):
            JOBS[kind].check(settings)
    except ValueError as problem:
        return str(problem)
    return ""


@st.cache_resource(show_spinner=False)
def strangers() -> GradientWorker:
    """The worker of the networks that visitors have opened; its process starts with the first job for one."""
    return GradientWorker(idle=IDLE, memory=MEMORY, bounded=True, clock=CLOCK, processor=PROCESSOR)


def _folder(settings: dict[str, Any]) -> Path | None:
    name = settings.get("network")
    return visitor.folder(name) if isinstance(name, str) else None
