"""What results depend on: planted imports are seen, and no module that a job loads is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explain.attribution import targets
from explain.gradients.jobs import JOBS
from explain.gradients.worker import dependencies
from explain.gradients.worker.client import GradientWorker, describe
from explain.processes.surroundings import ROOT

WORD = np.random.default_rng(0).uniform(size=(32, 128, 1)).astype(np.float32)
TARGET = targets.describe(targets.Character(4, tuple(np.eye(31)[9].tolist())))
ASKED = {
    "attribute": {
        "picture": WORD,
        "target": TARGET,
        "methods": ["guided_backpropagation", "layer_cam"],
        "layers": ["conv_6"],
    },
    "dream": {"class_index": 50, "steps": 3, "size": 48},
}
OTHERS = {
    "sanity": {"picture": WORD, "target": TARGET},
    "flow": {"picture": WORD, "target": TARGET},
    "dream-word": {"text": "on"},
}


def files(kind):
    """What a result of that kind depends on."""
    job = JOBS[kind]
    return job.files(job.check({**ASKED, **OTHERS}[kind]))


@pytest.fixture(scope="module")
def told():
    """What a worker has loaded after an attribution, and then after a class visualisation."""
    worker = GradientWorker(jobs="tests.explain.gradients.worker.loading_jobs")
    try:
        jobs = {name: worker.submit(name, settings) for name, settings in ASKED.items()}
        assert all(job.wait(300) for job in jobs.values()), [describe(job) for job in jobs.values()]
        return {name: job.result for name, job in jobs.items()}
    finally:
        worker.close()


def test_an_attribution_and_a_dream_need_no_keras(told):
    assert told["attribute"]["result"] == ["guided_backpropagation", "layer_cam at conv_6", "score"]
    assert "probability" in told["dream"]["result"]
    for after in told.values():
        assert after["loaded"] == ["tensorflow"]


def test_every_module_that_the_jobs_loaded_is_among_what_they_depend_on(told):
    known = {path for kind in JOBS for path in files(kind)}  # the table of jobs loads them all
    worker = {ROOT / "explain/gradients/jobs.py", *(ROOT / "explain/processes").glob("*.py")}
    loaded = set(map(Path, told["dream"]["files"]))
    assert loaded - known <= worker
    assert len(loaded) > 30


def test_a_planted_import_is_found_however_deep_it_lies(tmp_path, monkeypatch):
    files = {
        "__init__.py": "",
        "job.py": "def run():\n    from planted.inner import first\n",
        "inner/__init__.py": "import planted.beside\n",
        "inner/first.py": "if TYPE_CHECKING:\n    from planted.inner.second import Kind\n",
        "inner/second.py": "class Kind:\n    def late(self):\n        import planted.inner.third as third\n",
        "inner/third.py": "import json\n",
        "inner/unused.py": "import planted.job\n",
        "beside.py": "",
    }
    for name, text in files.items():
        (tmp_path / "planted" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "planted" / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(dependencies, "PACKAGES", ("planted",))
    found = {path.relative_to(tmp_path / "planted").as_posix() for path in dependencies.sources("planted.job")}
    assert found == set(files) - {"inner/unused.py"}


@pytest.mark.parametrize("kind", JOBS)
def test_a_job_depends_on_the_operators_and_the_network_on_its_file(kind):
    names = {path.relative_to(ROOT).as_posix() for path in files(kind)}
    assert {"explain/gradients/network/function.py", "explain/gradients/network/operators/maps/convolution.py"} <= names
    assert {"explain/attribution/targets.py", "explain/ctc/lattice.py", "models/card.py"} <= names
