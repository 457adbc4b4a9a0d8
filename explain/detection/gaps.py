"""A line of text taken apart into words at its gaps."""

from __future__ import annotations

import numpy as np
from PIL import Image

ROWS = 32  # of the strip in which gaps are looked for
INK = 0.2  # of the way from the quietest to the busiest columns: from there on a column has ink
SPACE = 0.15  # of a line's height: the least gap between two words whose letters touch
USUAL = 0.2  # the same, where letters stand by themselves
CERTAIN = 0.24  # the same, where only a gap that leaves no doubt counts
APART = 0.45  # of a line's height: a gap that parts words even where letters stand apart
CLOSE = 0.12  # of a line's height: letters with less between them are set as usual
GREY = np.float32([0.299, 0.587, 0.114])
DULL = 0.4  # of the contrast of the best channel: with less, brightness is left alone
BESIDE = 2.5  # how many times wider than a gap between letters one that leaves no doubt is
JUMP = 1.5  # how many times wider gaps between words are than those between letters, at least


def spans(strip: np.ndarray, certain: bool = False) -> list[tuple[int, int]]:
    """The columns of each word: first, and one after the last.

    strip: `(row, column)` of one channel, one line of text with a little of its ground at both ends.
    certain: part words only where a gap leaves no doubt.
    """
    inked = _inked(strip)
    edges = np.diff(np.concatenate([[False], inked, [False]]).astype(np.int8))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if not len(begins):
        return []
    top, bottom = _filled(strip[:, inked])
    height = bottom - top
    between = begins[1:] - ends[:-1]
    space = least_space(between, ends - begins, height)
    if certain and len(between):
        space = max(space, CERTAIN * height, BESIDE * float(np.percentile(between, 30)))
    cuts = np.flatnonzero(between >= space)
    starts = begins[np.concatenate([[0], cuts + 1])]
    stops = ends[np.concatenate([cuts, [len(ends) - 1]])]
    found = list(zip(starts.tolist(), stops.tolist(), strict=True))
    return [span for span in found if span[1] - span[0] >= 0.08 * height]


def least_space(between: np.ndarray, widths: np.ndarray, height: float) -> float:
    """The gap in pixels from which on it parts words.

    between: all gaps of a line. widths: of what stands between them, letters or several that touch. height: the line's.
    """
    if not len(between):
        return APART * height
    wide = np.sort(between.astype(float))
    typical, joined = float(np.median(wide)), float(np.median(widths)) > 1.1 * height
    low = np.maximum(wide[:-1], 0.06 * height)
    least = (SPACE if joined else USUAL) * height
    steps = np.where((wide[1:] >= least) & (wide[1:] >= JUMP * low), wide[1:] - low, 0)
    if not joined and typical > CLOSE * height:
        steps[wide[1:] < APART * height] = 0  # letters set wide: only a gap that is wide even beside them
    if len(steps) and steps.max() > 0:
        best = int(steps.argmax())
        return float(np.sqrt(low[best] * wide[best + 1]))
    # Gaps of one kind: those of words where letters touch, else those of letters.
    two = len(wide) == 1 and typical < APART * height and widths.min() > 0.8 * height
    return SPACE * height if joined or two else max(APART * height, 2.2 * typical)


def _inked(strip: np.ndarray) -> np.ndarray:
    """Which columns of one channel hold ink: those whose rows differ more than the ground's do by themselves."""
    busy = strip.std(axis=0)
    quiet, loud = np.percentile(busy, [3, 85])
    return busy > quiet + INK * (loud - quiet)


def clearest(strip: np.ndarray) -> np.ndarray:
    """One channel `(row, column)` of red, green and blue.

    It is brightness, for JPEG blurs colours; where that has little contrast, the channel that has most.
    """
    grey = strip @ GREY
    contrast = strip.std(axis=(0, 1))
    return grey if grey.std() > DULL * contrast.max() else strip[..., contrast.argmax()]


def rows(strip: np.ndarray, first: int, last: int) -> tuple[int, int]:
    """The rows of a word between these columns of a strip: first, and one after the last; at least a third of all."""
    return _filled(strip[:, first:last])


def _filled(word: np.ndarray) -> tuple[int, int]:
    """Rows of one channel `(row, column)` that hold letters, first and one after the last."""
    varied = word.std(axis=1)
    quiet, loud = np.percentile(varied, [3, 90])
    filled = np.flatnonzero(varied > quiet + INK * (loud - quiet))
    if not len(filled) or 3 * (filled[-1] + 1 - filled[0]) < len(word):
        return 0, len(word)
    return int(filled[0]), int(filled[-1]) + 1


def strip_of(picture: Image.Image, middles: np.ndarray, height: float) -> np.ndarray:
    """A line laid straight, `(row, column, channel)` float32: of each column the rows around its middle.

    picture: mode "RGB". middles: the middle row of each column. height: rows to take.
    """
    pixels = np.asarray(picture, np.float32)
    offsets = np.arange(round(height)) - (round(height) - 1) / 2
    rows = np.clip(np.rint(middles[None] + offsets[:, None]).astype(int), 0, len(pixels) - 1)
    return pixels[rows, np.arange(pixels.shape[1])[None]]
