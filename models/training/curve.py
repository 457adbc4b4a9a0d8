"""The curve of a training run as a picture: `python -m models.training.curve FOLDER/log.jsonl --out curve.webp`.

Loss (left axis, logarithmic) and the share of validation words read exactly (right axis) over the words seen.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from models.typeface import FOLDER, FONTS

SIZE = (1000, 420)
BOX = (70, 40, 920, 360)  # of the axes: left, top, right, bottom
SCALE = 2  # drawn larger and shrunk, for smooth lines
LOSS, SETS = (110, 116, 130), {"plain": (37, 99, 235), "hard": (217, 72, 20)}


def read_log(path: Path) -> list[dict]:
    """The lines of a log that tell of a measurement, in order. Raises ValueError where there are fewer than two."""
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    if len(lines) < 2:
        raise ValueError(f"{path} holds {len(lines)} measurements; a curve needs two.")
    return lines


def draw(lines: list[dict]) -> Image.Image:
    """The curve of these measurements, each with "words", "loss", and shares by the name of the validation set."""
    picture = Image.new("RGB", (SIZE[0] * SCALE, SIZE[1] * SCALE), "white")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.truetype(str(FOLDER / FONTS["Sans"]), 15 * SCALE, layout_engine=ImageFont.Layout.BASIC)
    words = np.array([line["words"] for line in lines], float)
    losses = np.log10(np.maximum([line["loss"] for line in lines], 1e-3))
    low, high = np.floor(losses.min()), np.ceil(losses.max())

    def point(word: float, share: float) -> tuple[float, float]:
        left, top, right, bottom = BOX
        return SCALE * (left + (right - left) * word / words.max()), SCALE * (bottom - (bottom - top) * share)

    def text(at: tuple[float, float], content: str, anchor: str, ink=(60, 64, 75)) -> None:
        pen.text(at, content, font=font, fill=ink, anchor=anchor)

    def line(shares: np.ndarray, ink: tuple[int, int, int]) -> None:
        pen.line([point(*one) for one in zip(words, shares, strict=True)], fill=ink, width=2 * SCALE, joint="curve")

    for tenth in range(0, 11, 2):
        at = point(words.max(), tenth / 10)
        pen.line([point(0, tenth / 10), at], fill=(228, 230, 236), width=SCALE)
        text((at[0] + 8 * SCALE, at[1]), f"{tenth / 10:.1f}", "lm")
    for exponent in np.arange(low, high + 1):
        at = point(0, (exponent - low) / (high - low))
        text((at[0] - 8 * SCALE, at[1]), f"{10**exponent:g}", "rm", LOSS)
    for share in np.linspace(0, 1, 6):
        at = point(share * words.max(), 0)
        text((at[0], at[1] + 8 * SCALE), f"{share * words.max() / 1000:.0f}k", "mt")
    line((losses - low) / (high - low), LOSS)
    legend = [("loss, nats a word", LOSS)]
    for name, ink in SETS.items():
        if all(name in one for one in lines):
            line(np.array([one[name] for one in lines]), ink)
            legend.append((f"{name} words read exactly", ink))
    at = BOX[0] * SCALE
    for label, ink in legend:
        text((at, 14 * SCALE), label, "lm", ink)
        at += pen.textlength(label, font=font) + 28 * SCALE
    text(((BOX[0] + BOX[2]) / 2 * SCALE, (SIZE[1] - 14) * SCALE), "words seen in training", "mm")
    return picture.resize(SIZE, Image.Resampling.LANCZOS)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("log", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    draw(read_log(chosen.log)).save(chosen.out, quality=90)


if __name__ == "__main__":
    main()
