"""How often the page looks at a job: often while it works or is next, seldom with others before it, never after."""

from explain.gradients.job import Job
from explain.panels.pace import AT_WORK, IN_QUEUE, pace


def test_the_pace_follows_the_job():
    job, place = Job("count", {}, ""), [4]
    job.attach(lambda job: None, lambda job: place[0])
    assert pace(job) == IN_QUEUE > AT_WORK
    place[0] = 1
    assert pace(job) == AT_WORK
    job.begin()
    place[0] = 0
    assert pace(job) == AT_WORK
    job.end("done", {})
    assert pace(job) is None
