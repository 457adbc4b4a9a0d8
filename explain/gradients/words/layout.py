"""The network whose words are dreamt, and where the characters of a dreamt word are to stand.

The recipe was found for the CRNN: which of its layers tell print from anything else, how far apart its frames lie. What
of it the dreams need is named here, once.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from explain.ctc import decoding
from models import typeface
from models.crnn import BLANK, CARD, FRAMES, HEIGHT, LABELS, WIDTH, fitted_width, prepare

__all__ = ["BLANK", "CARD", "FRAMES", "HEIGHT", "LABELS", "WIDTH", "prepare"]  # for the rest of this room

LONGEST = 23  # characters: the longest text that is dreamt of
STATES = 2 * LONGEST + 1
FRAME_PIXELS = WIDTH / (FRAMES + 1)
# of the layout: how much wider than print; pixels at either end, and at least where a text needs all the room
WIDE, MARGIN, EDGE = 1.5, 10, 3
SOFT = 2.0  # pixels over which a view fades into paper
OUTER = 0.7  # how far the first and last character reach, in spaces between characters


def labels_of(text: Any) -> tuple[int, ...]:
    """The labels of a text that the CRNN can be made to read; raises ValueError, in one sentence, for any other."""
    if not isinstance(text, str) or not text:
        raise ValueError("Type a word to dream of: 1 to 23 letters and digits.")
    if len(text) > LONGEST:
        raise ValueError(f"The word has {len(text)} characters and {LONGEST} is the most; type a shorter one.")
    typeface.check_labels(text, LABELS)
    labels = tuple(LABELS.index(character) for character in text)
    if why := decoding.why_impossible(labels, FRAMES):
        raise ValueError(why)
    return labels


@lru_cache(maxsize=64)
def places(text: tuple[int, ...]) -> tuple[np.ndarray, float]:
    """(the frame, with fractions, in whose middle each character would stand if the text were set, a little wide, in a
    plain typeface; the mean number of frames from one to the next)."""
    written = "".join(LABELS[label] for label in text)
    widths = np.array([typeface.draw_word(character, "Sans").width for character in written], float)
    printed = fitted_width(*typeface.draw_word(written, "Sans").size)
    whole = max(min(printed, WIDTH - 2 * MARGIN), min(WIDE * printed, WIDTH) - 2 * MARGIN)
    frames = len(text) + sum(one == other for one, other in pairwise(text))  # a repeated character needs a blank
    whole = max(whole, min(frames * FRAME_PIXELS, WIDTH - 2 * EDGE))
    shares = widths / widths.sum()
    middles = (WIDTH - whole) / 2 if whole > WIDTH - 2 * MARGIN else MARGIN
    middles = middles + (np.cumsum(shares) - shares / 2) * whole
    found = middles / FRAME_PIXELS - 1
    found.flags.writeable = False  # it is kept
    return found, whole / len(written) / FRAME_PIXELS


@lru_cache(maxsize=1024)
def window(text: tuple[int, ...], first: int, end: int, spared: float = 0.0) -> np.ndarray:
    """1 over the columns of the characters first .. end - 1, float32 `(128,)`.

    spared: the share of the columns, half on either side, that is left out.
    """
    bounds, columns = borders(text), np.arange(WIDTH) + 0.5
    inwards = spared / 2 * (bounds[end] - bounds[first])
    rise, fall = columns - bounds[first] - inwards, bounds[end] - inwards - columns
    return np.clip(np.minimum(rise, fall) / SOFT + 0.5, 0, 1).astype(np.float32)


def borders(text: tuple[int, ...]) -> np.ndarray:
    """The column halfway between one character's place and the next's, and the two outer ones, `(characters + 1,)`."""
    frames, gap = places(text)
    middles, reach = (frames + 1) * FRAME_PIXELS, OUTER * gap * FRAME_PIXELS
    left, right = max(EDGE, middles[0] - reach), min(WIDTH - EDGE, middles[-1] + reach)
    return np.concatenate([[left], (middles[1:] + middles[:-1]) / 2, [right]])
