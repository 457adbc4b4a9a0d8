"""Dreams for the page that keep the processor as busy as real ones, but briefly: of classes and of words.

Asked for, refused, queued, kept and shown as the real ones are; only what the process computes is something else, so
that a test of ten visitors need not wait for TensorFlow to start and for ten pictures to be dreamt.
"""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import numpy as np

from explain.gradients import jobs
from explain.gradients.kinds import Report
from models import crnn, typeface, vgg16

STEPS, SECONDS, SIZE = 6, 0.15, 48
WORD_STEPS = 24  # long enough for a page that is late to show a picture on the way
ENDLESS = "cancelled"  # the word whose dream takes a minute
START = 3.0  # seconds until the process is ready, as long as it takes to open TensorFlow on a good day
LASTING = vgg16.CAM_IMAGENET_INDEX[-1]  # the class whose visualisation takes a minute: time enough to be disturbed
MINUTE = 400  # steps
DREAM = jobs.JOBS["dream"]


def busy(seconds: float) -> None:
    """Multiplies matrices on all processors, as TensorFlow would."""
    matrix, end = np.ones((400, 400), np.float32), time.monotonic() + seconds
    while time.monotonic() < end:
        matrix @ matrix


def run(settings: dict[str, Any], report: Report) -> dict[str, Any]:
    """Grey pictures, lighter from step to step; the class's number among ImageNet's stands for its logit."""
    number = vgg16.CAM_IMAGENET_INDEX[settings["target"]["unit"]]
    if not _ready and not report.doing("Starting"):
        return {}
    if not _ready:
        busy(START)
        _ready.append(True)
    steps = MINUTE if number == LASTING else STEPS
    for step in range(1, steps + 1):
        busy(SECONDS)
        picture = np.full((SIZE, SIZE, 3), 255 * step // steps, np.uint8)
        if not report(step, steps, picture, float(number)):
            return {}
    return {"picture": picture, "pictures": picture[None], "logit": float(number), "probability": 1.0}


def run_word(settings: dict[str, Any], report: Report) -> dict[str, Any]:
    """For a word: pictures on which it is printed, darker from step to step; read as it stands."""
    pictures, count = [], settings["count"]
    steps = MINUTE if settings["text"] == ENDLESS else WORD_STEPS
    for step in range(1, steps + 1):
        busy(SECONDS)
        grey = 255 * crnn.prepare(typeface.draw_word(settings["text"], "Sans"))[0, ..., 0]
        pictures = np.repeat((255 - (255 - grey) * step / steps).astype(np.uint8)[None], count, axis=0)
        if not report(step, steps, np.repeat(np.concatenate(pictures)[..., None], 3, axis=2), -1.0 / step):
            return {}
    return {
        "pictures": pictures,
        "readings": [settings["text"]] * count,
        "scores": np.full(count, -0.5),
        "steps": steps,
        "seconds": steps * SECONDS,
    }


_ready: list[bool] = []
JOBS = {
    **jobs.JOBS,
    "dream": dataclasses.replace(DREAM, run=run),
    "dream-word": dataclasses.replace(jobs.JOBS["dream-word"], run=run_word),
}
