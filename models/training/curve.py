"""The curve of one or more training runs as a picture.

    python -m models.training.curve models/training/logs --out curve.webp       every log that is kept
    python -m models.training.curve FOLDER/log.jsonl --out curve.webp           one, while it goes on

Loss (left axis, logarithmic) and the share of validation words read exactly (right axis) over the words seen. Where a
run goes on from another, so does its curve; a run that was tried beside another stands beside it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from models.typeface import FOLDER, FONTS

SIZE = (1000, 420)
BOX = (70, 40, 920, 360)  # of the axes: left, top, right, bottom
SCALE = 2  # drawn larger and shrunk, for smooth lines
LOSS, SETS = (110, 116, 130), {"plain": (37, 99, 235), "hard": (217, 72, 20)}


def read_logs(paths: Sequence[Path]) -> list[list[dict]]:
    """The measurements of each run, in order, runs by the words they began at. A folder stands for its *.jsonl.

    Raises ValueError where there are fewer than two measurements in all.
    """
    files = [file for path in paths for file in (sorted(path.glob("*.jsonl")) if path.is_dir() else [path])]
    runs = [[json.loads(line) for line in file.read_text().splitlines() if line.strip()] for file in files]
    number = sum(map(len, runs))
    if number < 2:
        raise ValueError(f"{', '.join(map(str, paths))}: {number} measurements; a curve needs two.")
    return sorted(filter(None, runs), key=lambda run: run[0]["words"])


def draw(runs: list[list[dict]]) -> Image.Image:
    """The curves of these runs, each a list of measurements: "words", "loss", shares by name of the validation set."""
    picture = Image.new("RGB", (SIZE[0] * SCALE, SIZE[1] * SCALE), "white")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.truetype(str(FOLDER / FONTS["Sans"]), 15 * SCALE, layout_engine=ImageFont.Layout.BASIC)
    words = [line["words"] for run in runs for line in run]
    first, last = (0 if min(words) < max(words) / 2 else min(words)), max(words)  # a late beginning needs no room
    losses = np.log10([max(line["loss"], 1e-3) for run in runs for line in run])
    low, high = np.floor(losses.min()), max(np.ceil(losses.max()), np.floor(losses.min()) + 1)

    def point(word: float, share: float) -> tuple[float, float]:
        left, top, right, bottom = BOX
        along = (word - first) / max(last - first, 1)
        return SCALE * (left + (right - left) * along), SCALE * (bottom - (bottom - top) * share)

    def text(at: tuple[float, float], content: str, anchor: str, ink=(60, 64, 75)) -> None:
        pen.text(at, content, font=font, fill=ink, anchor=anchor)

    def line(points: list[tuple[float, float]], ink: tuple[int, int, int]) -> None:
        pen.line([point(*one) for one in points], fill=ink, width=2 * SCALE, joint="curve")

    for tenth in range(0, 11, 2):
        at = point(last, tenth / 10)
        pen.line([point(first, tenth / 10), at], fill=(228, 230, 236), width=SCALE)
        text((at[0] + 8 * SCALE, at[1]), f"{tenth / 10:.1f}", "lm")
    for exponent in np.arange(low, high + 1):
        at = point(first, (exponent - low) / (high - low))
        text((at[0] - 8 * SCALE, at[1]), f"{10**exponent:g}", "rm", LOSS)
    for share in np.linspace(0, 1, 6):
        word = first + share * (last - first)
        at = point(word, 0)
        text((at[0], at[1] + 8 * SCALE), f"{word / 1000:.0f}k", "mt")
    for run in runs:
        line([(one["words"], (np.log10(max(one["loss"], 1e-3)) - low) / (high - low)) for one in run], LOSS)
    legend = [("loss, nats a word", LOSS)]
    for name, ink in SETS.items():
        measured = [[(one["words"], one[name]) for one in run if name in one] for run in runs]
        for points in filter(None, measured):
            line(points, ink)
        if any(measured):
            legend.append((f"{name} words read exactly", ink))
    at = BOX[0] * SCALE
    for label, ink in legend:
        text((at, 14 * SCALE), label, "lm", ink)
        at += pen.textlength(label, font=font) + 28 * SCALE
    text(((BOX[0] + BOX[2]) / 2 * SCALE, (SIZE[1] - 14) * SCALE), "words seen in training", "mm")
    return picture.resize(SIZE, Image.Resampling.LANCZOS)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("logs", type=Path, nargs="+", metavar="LOG", help="a log.jsonl, or a folder of logs")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    draw(read_logs(options.logs)).save(options.out, quality=90)


if __name__ == "__main__":
    main()
