"""Where words stand on a picture of anything: a page, a screenshot, a sign in the street."""

from __future__ import annotations

import numpy as np
from PIL import Image

from explain.detection.gaps import ROWS, spans, strip_of
from explain.detection.lines import Line, lines
from explain.detection.text_map import STEP, text_map, working_size
from models.prepared import Box

LONGEST = 1152  # pixels of the longer side at which text is looked for
QUICK = 448  # the same, where it has to be quick
ENLARGED = 2.0  # at most, of a small picture
SMALLEST = 96  # pixels of the shorter side: below it ground is added all around
MARGIN = 0.06  # of a word's height, left around it


def find(picture: Image.Image, *, quick: bool = False) -> list[Box]:
    """A box around each word of an upright picture, mode "L" or "RGB", in its pixels and in reading order.

    Lines come from the top, words of a line from the left. A word on a slanted or curved line gets the upright box that
    holds it, and with it corners of its neighbours. Text that stands on end is not looked for.

    quick: for telling whether a picture is of more than one word, in some 50 ms; words that are small on a large
    picture are then not found.
    """
    if not all(picture.size):
        return []
    padded, border = _with_ground(picture.convert("RGB"))
    size = working_size(padded.size, QUICK if quick else LONGEST, ENLARGED)
    small = padded.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    across, down = padded.width / size[0], padded.height / size[1]
    boxes = []
    for line in _in_order(lines(text_map(small))):
        boxes += _words(padded, line, across, down)
    moved = [tuple(side - border for side in box) for box in boxes]
    return [box for box in (_within(box, picture.size) for box in moved) if box is not None]


def _with_ground(picture: Image.Image) -> tuple[Image.Image, int]:
    """The picture with its edges carried on all around, where a word may fill it to the edge; and by how much."""
    if min(picture.size) >= 3 * SMALLEST:
        return picture, 0
    border = max(STEP // 2, min(picture.size) // 3)
    pixels = np.pad(np.asarray(picture), ((border, border), (border, border), (0, 0)), mode="edge")
    return Image.fromarray(pixels), border


def _in_order(found: list[Line]) -> list[Line]:
    """Lines in reading order: those side by side, whose middles are nearly level, from the left."""
    rows: list[list[Line]] = []
    for line in sorted(found, key=lambda line: line.top + line.bottom):
        last = rows[-1][0] if rows else None
        level = last is not None and abs(line.top + line.bottom - last.top - last.bottom) < min(
            line.height, last.height
        )
        if level:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.left)]


def _words(picture: Image.Image, line: Line, across: float, down: float) -> list[Box]:
    """The boxes of a line's words. across, down: pixels of the picture for one of the map's."""
    end = 0.15 * line.height
    box = (line.left - end) * across, line.top * down, (line.right + end) * across, line.bottom * down
    box = _within(tuple(round(side) for side in box), picture.size)
    if box is None:
        return []
    left, top, right, bottom = box
    high = line.height * down
    scale = min(ENLARGED, ROWS / high)
    part = picture.crop(box)
    width, height = max(1, round(part.width * scale)), max(1, round(part.height * scale))
    part = part.resize((width, height), Image.Resampling.BILINEAR)
    columns = left + (np.arange(width) + 0.5) * (right - left) / width
    middles = np.polyval(line.middle, columns / across) * down
    strip = strip_of(part, (middles - top) * height / (bottom - top) - 0.5, max(4, high * height / (bottom - top)))
    found = []
    for first, last in spans(strip):
        reach = middles[first:last]
        begin, end = (left + edge * (right - left) / width for edge in (first, last))
        found.append(_with_margin((begin, reach.min() - high / 2, end, reach.max() + high / 2), high))
    return found


def _with_margin(box: tuple[float, float, float, float], high: float) -> Box:
    margin = MARGIN * high
    left, top, right, bottom = box
    return round(left - margin), round(top), round(right + margin), round(bottom)


def _within(box: Box, size: tuple[int, int]) -> Box | None:
    """The part of a box on the picture, None where nothing is."""
    left, top, right, bottom = max(box[0], 0), max(box[1], 0), min(box[2], size[0]), min(box[3], size[1])
    return (left, top, right, bottom) if left < right and top < bottom else None
