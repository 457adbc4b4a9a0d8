"""The real jobs: what they refuse without starting anything, and one class visualisation through the worker."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from explain.gradients.jobs import JOBS
from explain.gradients.worker.client import GradientWorker, describe

ROOT = Path(__file__).parents[3]


def test_the_page_side_imports_neither_tensorflow_nor_streamlit():
    code = "import sys, explain.gradients.worker.client, explain.gradients.jobs; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"tensorflow", "keras", "streamlit", "onnxruntime"} & set(run.stdout.split())


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({}, "Say which class to visualise: class_index is missing."),
        ({"class_index": 200}, "There is no class 200: vgg16-cam knows 0 to 199."),
        ({"class_index": -1}, "There is no class -1: vgg16-cam knows 0 to 199."),
        ({"class_index": "cat"}, "The class must be a whole number, not 'cat'."),
        ({"class_index": 1.5}, "The class must be a whole number, not 1.5."),
        (
            {"class_index": 1, "network": "alexnet"},
            "There is no network called 'alexnet' here; choose one of crnn, vgg16-cam.",
        ),
        ({"class_index": 1, "speed": 9}, "A class visualisation has no setting 'speed'; it has network, "),
    ],
)
def test_a_wrong_class_visualisation_is_refused_at_once(tmp_path, settings, error):
    before = "tensorflow" in sys.modules  # another test may have imported it
    worker = GradientWorker(results=tmp_path)
    job = worker.submit("dream", settings)
    assert job.status == "failed" and job.error.startswith(error)
    assert worker.pid is None and ("tensorflow" in sys.modules) == before


def test_a_class_visualisation_raises_its_logit(tmp_path):
    before = "tensorflow" in sys.modules
    worker = GradientWorker(results=tmp_path)
    try:
        settings = {"class_index": 50, "steps": 6, "size": 64}
        job = worker.submit("dream", {**settings, "class_index": np.int64(50)})
        scores, limit = set(), time.monotonic() + 300
        while not job.wait(0.02):
            assert time.monotonic() < limit, describe(job)
            scores.add((job.step, job.score))
        assert job.status == "done", describe(job)
        by_step = dict(sorted(scores | {(job.step, job.score)}))
        assert job.steps == 6 and job.preview.shape[2] == 3 and job.preview.dtype == np.uint8
        picture = job.result["picture"]
        assert picture.dtype == np.uint8 and picture.shape == (64, 64, 3) and picture.std() > 5
        assert job.score > min(score for score in by_step.values() if score is not None)
        assert worker.submit("dream", settings).cached
        assert ("tensorflow" in sys.modules) == before
    finally:
        worker.close()


def test_the_number_of_each_step_is_called_what_it_is():
    dream = JOBS["dream"]
    channel = {"kind": "channel", "layer": "block3_conv1", "channel": 5}
    assert dream.word(dream.check({"class_index": 1})) == "logit"
    assert dream.word(dream.check({"target": channel})) == "activation"
