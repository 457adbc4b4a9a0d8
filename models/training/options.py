"""What a training run of the CRNN is told on the command line."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from models.training.recipe import Recipe


def parser(description: str) -> argparse.ArgumentParser:
    """The options of `models.training.train_crnn`, those of the recipe among them, none of which has a value unless
    it is given."""
    answer = argparse.ArgumentParser(description=description)
    add = answer.add_argument
    add("--out", type=Path, required=True)
    add("--resume", action="store_true", help="go on from state.npz with its recipe (and what is given anew)")
    add("--begin", type=Path, help="exported network (.onnx) whose weights the run begins with")
    add("--seen", type=int, default=0, help="words that the network of --begin was trained on")
    add("--fonts", type=Path, help="JSON file that keeps the list of fonts")
    add("--every", type=float, default=5, help="minutes between checkpoints")
    add("--real", type=Path, nargs="+", metavar="ZIP", help="photographed words (words.jsonl) to mix in")
    add("--corrections", type=Path, help="JSON lines of labels of theirs to mend: image, old, new")
    add("--processes", type=int, default=1, help="that draw words")
    add("--jit", action="store_true", help="compile with XLA")
    add("--winograd", action="store_true", help="3 x 3 convolutions by Winograd's way: faster on processors")
    add("--bfloat16", action="store_true", help="convolutions in bfloat16: faster on accelerators")
    add("--again", action="store_true", help="show words again, each time looking different")
    add("--by", type=float, default=0, help="minutes after its start by which the program ends, compiling included")
    add("--unmeasured", action="store_true", help="read nothing at a checkpoint: saves compiling for it")
    add("--steps", type=int, default=0, help="stop after so many, for measuring speed")
    for name, value in asdict(Recipe()).items():
        add(f"--{name}", type=type(value), help=f"of the recipe ({value})")
    return answer
