"""Memory and time of exporting the full VGG16, and of opening what was written.

python -m tests.benchmarks export_vgg16 [--weights FILE]; without a file, random numbers in Keras's layout are made.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.export.full_vgg16 import open_it, run_export, write_random_weights


def main(argv: list[str]) -> dict:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks export_vgg16")
    parser.add_argument("--weights", type=Path, metavar="FILE")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        weights = arguments.weights
        if weights is None:
            weights = Path(folder) / "random.h5"
            write_random_weights(weights)
        exported = run_export(weights, Path(folder))
        print(exported.pop("told"), file=sys.stderr)
        if exported.pop("returncode"):
            raise ValueError("The export failed; what it said is above.")
        opened = open_it(Path(folder) / "vgg16.onnx")
    return {
        **{key: round(value, 2) for key, value in exported.items()},
        "open_seconds": round(opened["open_s"], 3),
        "open_processor_seconds": round(opened["open_processor_s"], 3),
        "anonymous_mb_after_a_run": round(opened["anonymous_mb"]),
    }
