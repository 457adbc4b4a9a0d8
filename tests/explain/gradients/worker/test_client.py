"""The gradient worker: a queue before one process, which may be cancelled, crash, grow or fall idle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from explain.gradients.worker.client import GradientWorker
from tests.explain.gradients.worker.watching import alive, finished, until

ROOT = Path(__file__).parents[4]
FAKES = "tests.explain.gradients.worker.fake_jobs"
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def make(tmp_path):
    workers = []

    def worker(**options) -> GradientWorker:
        workers.append(GradientWorker(FAKES, **{"results": tmp_path / "results", "threads": 1, **options}))
        return workers[-1]

    yield worker
    for each in workers:
        each.close()


# -- a job's life


def test_a_job_steps_previews_and_ends_with_its_result(make):
    job = make().submit("count", {"steps": 4})
    assert job.status in ("queued", "starting")
    assert finished(job).status == "done" and job.error is None
    assert (job.step, job.steps, job.score) == (4, 4, 16.0)
    assert np.array_equal(job.preview, np.full((2, 3, 3), 4))  # the last picture is always sent
    assert np.array_equal(job.result["ramp"], [0, 1, 2, 3]) and job.result["ramp"].dtype == np.float32
    assert job.result["sum"] == 10
    assert not job.preview.flags.writeable and not job.result["ramp"].flags.writeable


def test_settings_may_hold_arrays(make):
    picture = np.arange(300_000, dtype=np.uint16).reshape(100, 1000, 3)  # more than a pipe holds
    result = finished(make().submit("echo", {"picture": picture})).result
    assert np.array_equal(result["picture"], picture * 2)


@pytest.mark.alone
def test_submitting_does_not_wait(make):
    worker = make()
    start = time.monotonic()
    jobs = [worker.submit("deaf", {}) for _ in range(10)]
    assert time.monotonic() - start < 0.5
    assert not any(job.ended for job in jobs)


def test_the_process_is_kept_between_jobs_and_is_set_up_for_the_page(make):
    worker = make(threads=3)
    names = ["CUDA_VISIBLE_DEVICES", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"]
    first, second = (finished(worker.submit("surroundings", {"names": names})).result for _ in range(2))
    assert first == second
    assert first["pid"] == worker.pid != os.getpid()
    assert first["nice"] == min(19, os.nice(0) + 5)
    assert first["loaded"] == []
    assert first["environment"] == dict(zip(names, ["-1", "3", "3", "3"], strict=True))


def test_what_a_job_prints_does_not_disturb_the_channel(make):
    worker = make()
    assert finished(worker.submit("chatter", {})).result == {"read": ""}
    assert finished(worker.submit("count", {})).status == "done"


def test_any_thread_may_submit(make):
    worker = make(waiting=100)
    with ThreadPoolExecutor(8) as pool:
        jobs = list(
            pool.map(lambda steps: finished(worker.submit("count", {"steps": steps}, f"{steps % 3}")), range(40))
        )
    assert [job.result["sum"] for job in jobs] == [steps * (steps + 1) // 2 for steps in range(40)]


# -- what cannot be


def test_wrong_requests_fail_with_one_sentence_and_start_no_process(make):
    worker = make()
    assert worker.submit("sing", {}).error.startswith("There is no job called 'sing'; there is gate, ")
    assert worker.submit("count", {"speed": 1}).error == "There is only the setting 'steps'."
    assert "JSON" in worker.submit("gate", {"path": object()}).error
    assert worker.pid is None


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("refuse", "The picture is upside down."),
        ("fail", "The computation failed (RuntimeError: wires crossed)."),
        ("unsendable", "The array 'names' holds object, only numbers can be sent."),
    ],
)
def test_errors_of_a_job_come_as_one_sentence_and_the_process_lives_on(make, kind, error):
    worker = make()
    assert finished(worker.submit(kind, {})).error == error
    pid = worker.pid
    assert finished(worker.submit("count", {})).status == "done"
    assert worker.pid == pid is not None


@pytest.mark.parametrize(
    ("kind", "settings", "words"),
    [
        ("die", {"signal": "SIGKILL"}, "want of memory"),
        ("die", {"signal": "SIGSEGV"}, "crashed (SIGSEGV)"),
        ("no_memory", {}, "want of memory"),
        ("leave", {}, "exit code 3"),
    ],
)
def test_a_crash_fails_its_job_and_the_next_gets_a_fresh_process(make, kind, settings, words):
    worker = make()
    pid = finished(worker.submit("surroundings", {"names": []})).result["pid"]
    crashing, following = worker.submit(kind, settings), worker.submit("surroundings", {"names": []})
    assert finished(crashing).status == "failed"
    assert words in crashing.error and crashing.error.count(".") == 1
    assert finished(following).result["pid"] != pid


def test_killed_from_outside(make, tmp_path):
    worker = make()
    job = worker.submit("gate", {"path": str(tmp_path / "gate")})
    until(lambda: job.status == "running")
    os.kill(worker.pid, signal.SIGKILL)
    assert job.wait(5) and "memory" in job.error


@linux_only
def test_more_memory_than_allowed(make):
    worker = make(memory=200_000_000)
    hog, following = worker.submit("hog", {}), worker.submit("count", {})
    assert finished(hog).error.startswith("This took more than the 0.2 GB of memory that it may use")
    assert hog.step < 20
    assert finished(following).status == "done"


def test_a_process_that_cannot_begin(make, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    job = finished(make().submit("count", {}))
    assert job.error == "The gradient process could not be started (No such file or directory)."


# -- cancel


def test_cancel_is_immediate_and_frees_the_process_within_a_second(make, tmp_path):
    worker = make()
    job = worker.submit("gate", {"path": str(tmp_path / "gate")})
    until(lambda: job.step > 3)
    pid = worker.pid
    job.cancel()
    assert job.status == "cancelled" and job.ended and job.result is None
    until(lambda: not worker.busy, 1.0)
    steps = job.step
    assert finished(worker.submit("count", {})).status == "done"
    assert (worker.pid, job.step, job.status) == (pid, steps, "cancelled")


def test_cancel_in_the_queue(make, tmp_path):
    worker = make()
    running, waiting, last = (worker.submit("gate", {"path": str(tmp_path / "gate")}) for _ in range(3))
    until(lambda: running.status == "running")
    assert (waiting.position, last.position) == (1, 2)
    waiting.cancel()
    assert (waiting.status, waiting.position, last.position) == ("cancelled", 0, 1)
    (tmp_path / "gate").touch()
    assert finished(last).status == "done" and waiting.step == 0


def test_who_does_not_hear_a_cancel_is_ended(make):
    worker = make(patience=0.3)
    job = worker.submit("deaf", {})
    until(lambda: job.status == "running")
    pid = worker.pid
    following = worker.submit("surroundings", {"names": []})
    job.cancel()
    assert job.status == "cancelled"
    assert finished(following).result["pid"] != pid
    assert job.error is None


def test_cancel_before_the_process_has_started(make):
    worker = make()
    job = worker.submit("count", {"steps": 5})
    job.cancel()
    assert job.status == "cancelled"
    assert finished(worker.submit("count", {"steps": 2})).step == 2


# -- the queue


def test_owners_take_turns(make, tmp_path):
    worker, log, path = make(), tmp_path / "log", tmp_path / "gate"
    first = worker.submit("gate", {"path": str(path)}, "A")
    until(lambda: first.status == "running")
    asked = ["A1", "A2", "A3", "B1", "C1", "B2"]
    jobs = {n: worker.submit("gate", {"path": str(path), "log": str(log), "name": n}, n[0]) for n in asked}
    expected = ["B1", "C1", "A1", "B2", "A2", "A3"]
    assert sorted(jobs, key=lambda name: jobs[name].position) == expected
    path.touch()
    assert all(finished(job).status == "done" for job in jobs.values())
    assert log.read_text().split() == expected


def test_a_full_queue_says_so(make):
    worker = make(waiting=2)
    jobs = [worker.submit("deaf", {}) for _ in range(6)]
    assert {job.error for job in jobs} == {None, "2 requests are waiting already; try again in a minute."}


# -- kept results


def test_the_same_request_is_answered_at_once(make, tmp_path, monkeypatch):
    weights = tmp_path / "weights"
    weights.write_bytes(b"one")
    monkeypatch.setenv("KEPT_DEPENDS_ON", str(weights))
    worker = make()
    first = finished(worker.submit("kept", {"steps": 3}))
    again = worker.submit("kept", {})  # 3 is the default
    assert again.status == "done" and again.cached and not first.cached
    assert np.array_equal(again.result["ramp"], first.result["ramp"]) and again.result["sum"] == 6
    assert again.result.keys() == first.result.keys()
    assert [preview.step for preview in again.grown] == [preview.step for preview in first.grown] and again.grown
    fresh = make()
    assert fresh.submit("kept", {"steps": 3}).cached and fresh.pid is None
    assert not fresh.submit("kept", {"steps": 4}).ended
    weights.write_bytes(b"other")
    assert not fresh.submit("kept", {"steps": 3}).ended


# -- the process's end


def test_idle_for_a_while_the_process_ends_and_comes_back(make):
    worker = make(idle=0.1)
    pid = finished(worker.submit("surroundings", {"names": []})).result["pid"]
    until(lambda: worker.pid is None)
    assert not alive(pid)
    assert finished(worker.submit("count", {})).status == "done"


def test_close_ends_everything(make, tmp_path):
    worker = make()
    running, waiting = (worker.submit("gate", {"path": str(tmp_path / "gate")}) for _ in range(2))
    until(lambda: running.status == "running")
    pid = worker.pid
    worker.close()
    worker.close()
    assert (running.status, waiting.status) == ("cancelled", "cancelled")
    assert not alive(pid)
    assert worker.submit("count", {}).error == "The page is shutting down; load it again."


@pytest.mark.parametrize("ending", ["", "os.kill(os.getpid(), signal.SIGKILL)", "raise SystemExit(1)"])
def test_the_process_does_not_outlive_the_page(tmp_path, ending):
    page = f"""
import os, signal, time
from explain.gradients.worker.client import GradientWorker
worker = GradientWorker({FAKES!r}, threads=1)
job = worker.submit("gate", {{"path": "/nowhere/at/all"}})
while job.status != "running":
    time.sleep(0.005)
print(worker.pid, flush=True)
{ending}
"""
    run = subprocess.run([sys.executable, "-c", page], cwd=ROOT, capture_output=True, text=True, timeout=20)
    pid = int(run.stdout)
    until(lambda: not alive(pid), 10)
