"""How fast words are drawn for training.

    python -m tests.benchmarks render [--words 2000] [--difficulty 1] [--fonts FILE]

One process on one core, as training uses one or two. Glyphs are kept once drawn, so the first words cost more.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from models.training.fonts import families, installed
from models.training.render import Renderer


def main(argv: list[str]) -> dict:
    """Words a second of processor time, cold (nothing drawn before) and warm."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks render", description=__doc__.split("\n\n")[0])
    parser.add_argument("--words", type=int, default=2000)
    parser.add_argument("--difficulty", type=float, default=1.0)
    parser.add_argument("--fonts", type=Path, help="JSON file that keeps the list of fonts")
    chosen = parser.parse_args(argv)
    fonts = [font for font in installed(cache=chosen.fonts) if not font.held_out]
    renderer = Renderer(fonts)
    speeds = []
    for start in (0, chosen.words, 2 * chosen.words):
        begun = time.process_time()
        renderer.batch(1, start, chosen.words, chosen.difficulty)
        speeds.append(round(chosen.words / (time.process_time() - begun), 1))
        print(f"words {start} to {start + chosen.words}: {speeds[-1]} a second")
    return {
        "words_per_second_cold": speeds[0],
        "words_per_second_warm": speeds[-1],
        "difficulty": chosen.difficulty,
        "files": len(fonts),
        "families": len(families(fonts)),
    }
