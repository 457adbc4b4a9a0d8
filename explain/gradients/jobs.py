"""What the gradient worker can be asked for. Importing this costs nothing; TensorFlow is imported when a job runs.

The page imports this module too, to refuse a wrong request before a process is started for it and to know which files
an answer depends on. A module with a dict `JOBS` of its own can take its place: `GradientWorker(jobs="its.name")`.
"""

from __future__ import annotations

from explain.gradients.attribution import flow_job, sanity_job
from explain.gradients.attribution import job as attribution
from explain.gradients.images import job as images
from explain.gradients.words import job as words

JOBS = {
    "dream": images.KIND,
    "attribute": attribution.KIND,
    "flow": flow_job.KIND,
    "sanity": sanity_job.KIND,
    "dream-word": words.KIND,
}
