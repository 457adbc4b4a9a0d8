"""Jobs on networks that are one owner's alone: a process that looks into that owner's folder, results kept in it."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from explain.gradients.kinds import SettingsError
from explain.gradients.network import models
from explain.gradients.worker.bounds import CPU_SECONDS
from explain.gradients.worker.client import GradientWorker
from explain.gradients.worker.process import Child
from explain.gradients.worker.request import RESULTS
from explain.network.description import describe
from tests.explain.gradients.worker.watching import alive, finished, until
from tests.explain.panels.page import made

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
FAKES = "tests.explain.gradients.worker.fake_jobs"
FOLDER = {"names": ["NETWORKS_FOLDER"]}


@pytest.fixture
def worker(tmp_path):
    made = GradientWorker(FAKES, results=tmp_path / "results", threads=1, bounded=True, memory=300_000_000)
    yield made
    made.close()


@pytest.fixture
def folders(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
    return tmp_path / "a", tmp_path / "b"


def test_each_owners_process_looks_into_that_owners_folder(worker, folders, monkeypatch):
    monkeypatch.setenv("NETWORKS_FOLDER", "everybody's")
    jobs = [
        worker.submit("surroundings", FOLDER, owner, folder) for owner, folder in (("A", folders[0]), ("B", folders[1]))
    ]
    jobs.append(worker.submit("surroundings", FOLDER, "B", folders[1]))
    told = [finished(job).result for job in jobs]
    told.append(finished(worker.submit("surroundings", FOLDER, "C")).result)
    seen = [result["environment"]["NETWORKS_FOLDER"] for result in told]
    assert seen == [str(folders[0]), str(folders[1]), str(folders[1]), "everybody's"]
    pids = [result["pid"] for result in told]
    assert pids[1] == pids[2] and len(set(pids)) == 3
    assert not any(map(alive, pids[:3]))


def test_it_sees_nothing_of_the_pages_surroundings_but_what_it_needs(worker, folders, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_PAGE", "1234")
    asked = {"names": ["SECRET_OF_THE_PAGE", "PATH", "TF_NUM_INTRAOP_THREADS"]}
    own, common = (finished(worker.submit("surroundings", asked, "A", folder)).result for folder in (folders[0], None))
    assert own["environment"] == {**common["environment"], "SECRET_OF_THE_PAGE": ""}
    assert common["environment"]["SECRET_OF_THE_PAGE"] == "1234"


@pytest.mark.parametrize(
    ("bound", "kind", "settings"),
    [
        ({"clock": 1.5}, "deaf", {}),
        pytest.param({"processor": 0.6}, "busy", {}, marks=linux_only),
    ],
)
def test_who_takes_too_long_is_ended_with_a_sentence_and_others_go_on(tmp_path, bound, kind, settings):
    worker = GradientWorker(FAKES, results=tmp_path / "results", threads=1, **bound)
    try:
        job = worker.submit(kind, settings, "A")
        following = worker.submit("count", {"steps": 2}, "B")
        until(lambda: job.ended and not following.ended or following.ended, 20)
        assert job.status == "failed" and job.error.startswith("This took more than the ")
        assert ("of processor time" in job.error) == ("processor" in bound) and job.error.endswith("smaller network.")
        assert finished(following).status == "done"
    finally:
        worker.close()


@linux_only
def test_no_job_begins_with_a_process_whose_life_is_nearly_spent(worker, monkeypatch):
    first = finished(worker.submit("surroundings", {"names": []})).result["pid"]
    assert finished(worker.submit("surroundings", {"names": []})).result["pid"] == first
    monkeypatch.setattr(Child, "processor_seconds", lambda child: CPU_SECONDS - 1.0)
    assert finished(worker.submit("surroundings", {"names": []})).result["pid"] != first


def test_results_are_kept_in_the_folder_alone_and_go_with_it(worker, folders, tmp_path, monkeypatch):
    monkeypatch.setenv("KEPT_DEPENDS_ON", str(tmp_path / "weights"))
    (tmp_path / "weights").write_bytes(b"one")
    first = finished(worker.submit("kept", {"steps": 2}, "A", folders[0]))
    assert not first.cached and len(list((folders[0] / RESULTS).iterdir())) == 1
    assert not (tmp_path / "results").exists()
    again = worker.submit("kept", {"steps": 2}, "A", folders[0])
    assert again.cached and np.array_equal(again.result["ramp"], first.result["ramp"])
    assert not finished(worker.submit("kept", {"steps": 2}, "B", folders[1])).cached
    (folders[1] / RESULTS).rename(tmp_path / "elsewhere")
    folders[1].rmdir()
    assert finished(worker.submit("kept", {"steps": 3}, "B", folders[1])).status == "done"
    assert not folders[1].exists()


def test_at_rest_its_memory_is_given_back_and_a_job_at_work_is_left_alone(worker, tmp_path):
    job = worker.submit("gate", {"path": str(tmp_path / "gate")})
    until(lambda: job.status == "running")
    pid = worker.pid
    worker.rest()
    assert not job.ended and alive(pid)
    (tmp_path / "gate").touch()
    assert finished(job).status == "done"
    until(lambda: not worker.busy)
    worker.rest()
    until(lambda: worker.pid is None)
    assert not alive(pid)
    assert finished(worker.submit("count", {})).status == "done"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other limits")
def test_its_process_bounds_itself(worker):
    finished(worker.submit("count", {}))
    with open(f"/proc/{worker.pid}/limits") as file:
        limits = file.read()
    assert "Max file size             0 " in limits and "Max address space         unlimited" not in limits


def test_settings_are_checked_by_what_a_network_says_that_is_nowhere_here(tmp_path):
    described = describe(made.classifier(tmp_path / "mine.onnx"))
    with pytest.raises(SettingsError, match="no network called 'mine'"):
        models.network("mine")
    with models.own({"mine": described}):
        assert models.network("mine") is described and models.files("mine") == [tmp_path / "mine.onnx"]
    with pytest.raises(SettingsError):
        models.network("mine")
