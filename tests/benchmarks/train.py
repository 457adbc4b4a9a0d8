"""How fast the CRNN is trained.

    python -m tests.benchmarks train [--steps 8] [--batch 32] [--width 128] [--winograd | --bfloat16]

Steps on one batch drawn in the bundled fonts, compilation left out.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from models.training.fonts import Font
from models.training.render import Renderer
from models.training.train_crnn import Recipe, Run
from models.typeface import FOLDER, FONTS


def main(argv: list[str]) -> dict:
    """Words a second, by the clock and by processor time, and the loss before and after."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks train", description=__doc__.split("\n\n")[0])
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--width", type=int, default=128)
    faster = parser.add_mutually_exclusive_group()
    faster.add_argument("--winograd", action="store_true", help="as `train_crnn --winograd`")
    faster.add_argument("--bfloat16", action="store_true", help="as `train_crnn --bfloat16`")
    chosen = parser.parse_args(argv)
    fonts = [Font(str(FOLDER / file), name, True, 1.0) for name, file in FONTS.items()]
    batch = Renderer(fonts).batch(1, 0, chosen.batch, 0.0, width=chosen.width)
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Recipe(batch=chosen.batch), Path(folder), winograd=chosen.winograd, bfloat16=chosen.bfloat16)
        first = run.train(batch)
        clock, processor = time.monotonic(), time.process_time()
        losses = [run.train(batch) for _ in range(chosen.steps)]
        clock, processor = time.monotonic() - clock, time.process_time() - processor
    words = chosen.steps * chosen.batch
    return {
        "words_per_second": round(words / clock, 2),
        "words_per_processor_second": round(words / processor, 2),
        "width": chosen.width,
        "batch": chosen.batch,
        "loss_first": round(first, 3),
        "loss_last": round(losses[-1], 3),
    }
