"""How often the page looks at a job of the gradient worker."""

from __future__ import annotations

from explain.gradients.client import Job

AT_WORK = 0.4  # seconds between looks at a job that has something new to show at any moment, or soon will have
IN_QUEUE = 1.2  # the same with others before it: each look is a run of the page, and those who wait may be many


def pace(job: Job) -> float | None:
    """Seconds from one look at the job to the next; None once it has ended."""
    if job.ended:
        return None
    return IN_QUEUE if job.position > 1 else AT_WORK
