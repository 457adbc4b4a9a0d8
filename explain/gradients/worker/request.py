"""What is asked of the gradient worker, looked at before it stands in the line: whether it can be met, and where its
result is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explain.gradients.kinds import Kind
from explain.gradients.worker import growth, result_cache
from explain.gradients.worker.job import Job
from explain.processes import protocol

RESULTS, OWN_RESULTS = "results", 32_000_000  # in a folder of networks: where results are kept, and bytes of them


def check(job: Job, kinds: Mapping[str, Kind]) -> None:
    """Fills in the job's settings, and the key of its result; ValueError, one sentence, for what cannot be met."""
    if job.kind not in kinds:
        raise ValueError(f"There is no job called {job.kind!r}; there is {', '.join(kinds)}.")
    kind = kinds[job.kind]
    job.settings = kind.check(job.settings)
    job.score_name = kind.word(job.settings)
    protocol.pack(*protocol.split(job.settings))  # refuses here what could not be sent later
    if kind.files is not None:
        job.key = result_cache.key(job.kind, job.settings, kind.files(job.settings))


def recalled(job: Job, common: result_cache.Store) -> bool:
    """Whether the result of such a job is kept; then the job is done."""
    kept = results(job, common).read(job.key) if job.key else None
    if kept is None:
        return False
    job.recall(*growth.parted(kept))
    return True


def keep(job: Job, result: Mapping[str, Any], common: result_cache.Store) -> None:
    """Keeps the result of a job, with a few of its previews."""
    if job.key and (job.folder is None or job.folder.is_dir()):
        results(job, common).write(job.key, {**result, **growth.packed(job.grown)})


def results(job: Job, common: result_cache.Store) -> result_cache.Store:
    """Where the result of a job is kept: with the owner's own networks where it is of one of these."""
    return common if job.folder is None else result_cache.Store(job.folder / RESULTS, OWN_RESULTS)
