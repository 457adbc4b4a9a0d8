"""A job in words."""

from __future__ import annotations

from explain.gradients.worker.job import Job, describe


def test_describe():
    job = Job("count", {}, "")
    job.score_name = "logit"
    places = iter([1, 3, 12])
    job.attach(lambda job: None, lambda job: next(places))
    assert [describe(job) for _ in range(3)] == [
        "Next in the queue", "Third in the queue", "Number 12 in the queue"
    ]  # fmt: skip
    job.begin()
    job.doing = "Starting TensorFlow (about 6 s the first time)"
    assert describe(job) == "Starting TensorFlow (about 6 s the first time)…"
    job.advance(12, 64, 41.26, None)
    assert describe(job) == "Step 12 of 64, logit 41.3"
    job.cancel()
    assert describe(job) == "Cancelled at step 12 of 64"
    other = Job("count", {}, "")
    other.cancel()
    assert describe(other) == "Cancelled before the first step"
    failed = Job("count", {}, "")
    failed.end("failed", error="It broke.")
    assert describe(failed) == "It broke."
