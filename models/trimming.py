"""The empty margin around what a picture shows."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels; right and bottom are left out

SIDE = 640  # pixels: a larger picture is looked at smaller
WINDOW = 5  # pixels a side, in which light and dark are compared
FAINT = 6  # levels: what differs by less within a window is empty ground
WEAKEST = 0.04  # of the strongest difference: what is weaker is no ink but a trace of it, such as JPEG leaves
NOISE = 2.6  # times the lower quartile of the differences: noise reaches no higher
UNRELIABLE = 0.25  # of the strongest difference: where noise reaches higher, ink cannot be told from it
MARGIN = 0.2  # of the ink's height that is left around it
LEAST = 0.5  # of the ink's height that has to go, on both sides together: a usual margin stays, as was learnt from
FRAMED = 0.95  # of a frame's line that has to be there
FRAME = 0.08  # of a side that a frame's line is thick at most


def kept(picture: Image.Image) -> Box:
    """The box of a picture, mode "L" or "RGB", without its empty margin; all of it where there is none to speak of.

    Around the ink 0.2 of its height stays; across and down, what is there stays unless half that height would go. What
    is kept has no such margin.
    """
    found = ink_box(picture)
    if found is None:
        return 0, 0, *picture.size
    ink, inside = found
    height = ink[3] - ink[1]
    left, right = _side(ink[0], ink[2], height, (inside[0], inside[2]), picture.width)
    top, bottom = _side(ink[1], ink[3], height, (inside[1], inside[3]), picture.height)
    return left, top, right, bottom


def _side(first: int, last: int, height: int, inside: tuple[int, int], length: int) -> tuple[int, int]:
    """From where to where one side is kept, its ink being from first to last. height: of the ink, down."""
    margin = max(2, round(MARGIN * height))
    start, end = max(inside[0], first - margin), min(inside[1], last + margin)
    return (start, end) if length - (end - start) >= LEAST * height else (0, length)


def ink_box(picture: Image.Image) -> tuple[Box, Box] | None:
    """The box of what is no empty ground, and the box inside a frame around it, or all of the picture.

    None where ground and ink cannot be told apart.
    """
    shrunk = max(1, -(-max(picture.size) // SIDE))
    small = picture.reduce(shrunk) if shrunk > 1 else picture
    if min(small.size) < WINDOW:
        return None
    apart = differences(small)
    strongest = np.percentile(apart, 99.5)
    noise = NOISE * np.percentile(apart, 25)
    least = max(FAINT, WEAKEST * strongest, noise)
    if noise > UNRELIABLE * strongest or strongest <= least:
        return None
    ink = apart > least
    x0, y0, x1, y1 = inside = _inside_frame(ink)
    ink = ink[y0:y1, x0:x1]
    (top, bottom), (left, right) = (_extent(ink.any(axis=axis)) for axis in (1, 0))
    boxes = (x0 + left, y0 + top, x0 + right, y0 + bottom), inside
    most = (*picture.size, *picture.size)
    return tuple(tuple(min(at * shrunk, end) for at, end in zip(box, most, strict=True)) for box in boxes)


def differences(picture: Image.Image) -> np.ndarray:
    """Lightest less darkest value around each pixel, `(height, width)` uint8; of the channel in which that is most.

    Slow changes, such as shadows and uneven light, are small in it. Light ink counts as dark ink does, and so does ink
    that only colour tells from its ground.
    """
    smooth = np.asarray(picture.filter(ImageFilter.BoxBlur(1)))
    apart = _in_windows(np.maximum, smooth) - _in_windows(np.minimum, smooth)
    return apart if apart.ndim == 2 else np.maximum.reduce([apart[..., channel] for channel in range(apart.shape[2])])


def _in_windows(most: np.ufunc, values: np.ndarray) -> np.ndarray:
    """The maximum or minimum of `(height, width, ...)` in a window around each pixel, first down and then across."""
    reach = WINDOW // 2
    for axis in (0, 1):
        length = values.shape[axis]
        around = np.pad(values, [(reach, reach) if a == axis else (0, 0) for a in range(values.ndim)], mode="edge")
        shifted = [around[(slice(None),) * axis + (slice(i, i + length),)] for i in range(WINDOW)]
        values = shifted[0].copy()
        for other in shifted[1:]:
            most(values, other, out=values)
    return values


def _extent(inked: np.ndarray) -> tuple[int, int]:
    """Where a row of truths begins and ends, less what the windows reach beyond the ink."""
    first, last = int(inked.argmax()), len(inked) - int(inked[::-1].argmax())
    reach = WINDOW // 2
    return first + reach if first else 0, last - reach if last < len(inked) else last


def _inside_frame(ink: np.ndarray) -> Box:
    """The box inside a closed thin frame around everything, with empty ground next to it and ink within; else all."""
    height, width = ink.shape
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    framed = ink[top:bottom, left:right]
    thick = [_thickness(side) for side in (framed, framed[::-1], framed.T, framed.T[::-1])]
    if not all(thick):
        return 0, 0, width, height
    top, bottom, left, right = top + thick[0], bottom - thick[1], left + thick[2], right - thick[3]
    within = ink[top:bottom, left:right]
    moat = within.size and not (within[[0, -1]].any() or within[:, [0, -1]].any())
    return (int(left), int(top), int(right), int(bottom)) if moat and within.any() else (0, 0, width, height)


def _thickness(ink: np.ndarray) -> int:
    """Rows that a line along the first side takes up, with what windows reach beyond it; 0 where there is none."""
    crossed = ink.mean(axis=1)
    line = int((crossed < FRAMED).argmax())
    return line if 0 < line <= FRAME * len(ink) + WINDOW + 1 else 0
