"""`python -m tests.benchmarks dream`: seconds of a class visualisation, a step and a whole picture, in this process.

The first picture pays for TensorFlow's tracing; the second is what every further one costs.
"""

from __future__ import annotations

import argparse
import time

from explain.gradients.dream import DreamSettings, dream
from explain.gradients.gallery import load_model
from models.vgg16 import CAM


def main(argv: list[str]) -> dict:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks dream")
    parser.add_argument("--class-name", default="African elephant")
    parser.add_argument("--steps", type=int, default=DreamSettings.steps)
    parser.add_argument("--size", type=int, default=DreamSettings.size)
    options = parser.parse_args(argv)
    model = load_model()
    found = {"size": options.size, "steps": options.steps}
    for run in ("first", "second"):
        times = [time.perf_counter()]

        def on_step(step, steps, picture, score, times=times):
            times.append(time.perf_counter())
            return True

        unit = CAM.labels.index(options.class_name)
        result = dream(model, DreamSettings(class_index=unit, steps=options.steps, size=options.size), on_step)
        tail = times[-1] - times[-6]
        found[f"{run}_picture_s"] = round(result.seconds, 2)
        found[f"{run}_preview_s"] = round(times[4] - times[0], 2)  # previews come every fourth step
        found[f"{run}_full_size_step_s"] = round(tail / 5, 3)
    return {**found, "logit": round(result.logit, 1), "probability": round(result.probability, 4)}
