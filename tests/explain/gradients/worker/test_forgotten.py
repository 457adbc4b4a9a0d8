"""Jobs that nobody looks at any more, as when a visitor has closed the page: they do not keep the others waiting."""

from __future__ import annotations

import time

import pytest

from explain.gradients.worker.client import FORGOTTEN, GradientWorker
from tests.explain.gradients.worker.watching import finished, until

FAKES = "tests.explain.gradients.worker.fake_jobs"


@pytest.fixture
def worker(tmp_path):
    made = GradientWorker(FAKES, results=tmp_path / "results", threads=1, forgotten=1.0)
    yield made
    made.close()


def test_a_running_job_is_ended_and_the_process_goes_on(worker, tmp_path):
    job = worker.submit("gate", {"path": str(tmp_path / "never")})
    until(lambda: not job.ended and job.status == "running")
    pid = worker.pid
    until(lambda: job.status == "failed", 20)  # the status alone is no look
    assert job.error == FORGOTTEN and job.result is None
    following = finished(worker.submit("surroundings", {"names": []}))
    assert following.status == "done" and following.result["pid"] == pid


def test_a_forgotten_job_in_the_queue_does_not_get_its_turn(worker, tmp_path):
    path = tmp_path / "gate"
    running, left, waiting = (worker.submit("gate", {"path": str(path)}, owner) for owner in "ABC")
    until(lambda: not any([running.ended, waiting.ended]) and left.unseen > 1.2)
    path.touch()
    until(lambda: all([running.ended, waiting.ended]))
    assert running.status == waiting.status == "done"
    assert left.error == FORGOTTEN and left.step == 0


def test_a_job_that_is_looked_at_or_waited_for_lives_on(worker, tmp_path):
    path = tmp_path / "gate"
    job = worker.submit("gate", {"path": str(path)})
    start = time.monotonic()
    until(lambda: not job.ended and time.monotonic() - start > 1.5 and job.status == "running")
    assert not job.wait(1.5) and job.unseen < 0.5 and job.status == "running"
    path.touch()
    assert finished(job).status == "done"
