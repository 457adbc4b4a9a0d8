"""Where words stand on a picture of anything: a page, a screenshot, a sign in the street."""

from __future__ import annotations

import numpy as np
from PIL import Image

from explain.detection.gaps import ROWS, clearest, rows, spans, strip_of
from explain.detection.lines import Line, lines
from explain.detection.text_map import STEP, text_map, working_size
from models.prepared import Box

LONGEST = 1152  # pixels of the longer side at which text is looked for
QUICK = 448  # the same, where it has to be quick
ENLARGED = 2.0  # at most, of a small picture
SMALLEST = 96  # pixels of the shorter side: below it ground is added all around
HIGH, LARGE = 0.6, 0.1  # of the highest line's height, the largest one's area: less does not count where it is quick
JOINED = 0.2  # of their height: nearer boxes count as one word where it is only asked how many there are
LETTER = 1.3  # of a box's height: a narrower one may be a letter or two, and is joined from twice as far
INSIDE = 0.6  # of a box's area: with more of it in a larger one it is no word of its own
MARGIN = 0.08  # of a word's height, left around it


def find(picture: Image.Image, *, quick: bool = False) -> list[Box]:
    """A box around each word of an upright picture, mode "L" or "RGB", in its pixels and in reading order.

    Lines come from the top, words of a line from the left. A word on a slanted or curved line gets the upright box that
    holds it, and with it corners of its neighbours. Text that stands on end is not looked for.

    quick: for telling whether a picture is of more than one word, in 40 to 100 ms. Words small on a large
    picture are then not found, only gaps that leave no doubt part words, and what is small beside the rest is left out.
    """
    if not all(picture.size):
        return []
    padded, border = _with_ground(picture.convert("RGB"))
    size = working_size(padded.size, QUICK if quick else LONGEST, ENLARGED)
    small = padded.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    across, down = padded.width / size[0], padded.height / size[1]
    found = lines(text_map(small))
    if quick:
        found = _outstanding(found)
    boxes = [box for line in _in_order(found) for box in _words(padded, line, across, down, quick)]
    boxes = _without_ends(boxes)
    if quick:
        boxes = _joined(boxes)
    moved = [tuple(side - border for side in box) for box in boxes]
    return [box for box in (_within(box, picture.size) for box in moved) if box is not None]


def _with_ground(picture: Image.Image) -> tuple[Image.Image, int]:
    """The picture with its edges carried on all around, where a word may fill it to the edge; and by how much."""
    if min(picture.size) >= 3 * SMALLEST:
        return picture, 0
    border = max(STEP // 2, min(picture.size) // 3)
    pixels = np.pad(np.asarray(picture), ((border, border), (border, border), (0, 0)), mode="edge")
    return Image.fromarray(pixels), border


def _without_ends(boxes: list[Box]) -> list[Box]:
    """Boxes that do not lie in larger ones, as the end of a word does that the line beside it has caught."""
    if not boxes:
        return []
    left, top, right, bottom = np.array(boxes).T
    wide = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
    high = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    areas = (right - left) * (bottom - top)
    shared = np.maximum(wide, 0) * np.maximum(high, 0)
    caught = ((shared > INSIDE * areas[:, None]) & (areas[:, None] < areas)).any(axis=1)
    return [box for box, gone in zip(boxes, caught, strict=True) if not gone]


def _outstanding(found: list[Line]) -> list[Line]:
    """Lines that are not small beside the largest one."""
    areas = [line.height * (line.right - line.left) for line in found]
    highest, largest = max((line.height for line in found), default=0), max(areas, default=0)
    least_height, least_area = (share * most for share, most in ((HIGH, highest), (LARGE, largest)))
    pairs = zip(found, areas, strict=True)
    return [line for line, area in pairs if line.height >= least_height and area >= least_area]


def _joined(boxes: list[Box]) -> list[Box]:
    """Boxes whose neighbours on the line are nearly as close as letters put together."""
    joined: list[Box] = []
    for box in boxes:
        last = joined[-1] if joined else None
        if last and _gap(last, box) < _least_gap(last, box):
            joined[-1] = min(last[0], box[0]), min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3])
        else:
            joined.append(box)
    return joined


def _least_gap(a: Box, b: Box) -> float:
    """Pixels between two boxes side by side from which on they count as two words."""
    height = max(a[3] - a[1], b[3] - b[1])
    narrow = min(a[2] - a[0], b[2] - b[0]) < LETTER * height
    return (2 if narrow else 1) * JOINED * height


def _gap(a: Box, b: Box) -> float:
    """Pixels between two boxes side by side; endless where one stands above the other."""
    shared = min(a[3], b[3]) - max(a[1], b[1])
    return max(b[0] - a[2], a[0] - b[2], 0) if shared > 0.5 * min(a[3] - a[1], b[3] - b[1]) else float("inf")


def _in_order(found: list[Line]) -> list[Line]:
    """Lines in reading order: those side by side, whose middles are nearly level, from the left."""
    level: list[list[Line]] = []
    for line in sorted(found, key=lambda line: line.top + line.bottom):
        last = level[-1][0] if level else None
        if last and abs(line.top + line.bottom - last.top - last.bottom) < min(line.height, last.height):
            level[-1].append(line)
        else:
            level.append([line])
    return [line for row in level for line in sorted(row, key=lambda line: line.left)]


def _words(picture: Image.Image, line: Line, across: float, down: float, certain: bool) -> list[Box]:
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
    strip = clearest(
        strip_of(part, (middles - top) * height / (bottom - top) - 0.5, max(4, high * height / (bottom - top)))
    )
    found = []
    for first, last in spans(strip, certain):
        above, below = (high * (row / len(strip) - 0.5) for row in rows(strip, first, last))
        reach = middles[first:last]
        begin, end = (left + edge * (right - left) / width for edge in (first, last))
        found.append(_with_margin((begin, reach.min() + above, end, reach.max() + below)))
    return found


def _with_margin(box: tuple[float, float, float, float]) -> Box:
    left, top, right, bottom = box
    margin = max(1, MARGIN * (bottom - top))
    return round(left - margin), round(top - margin), round(right + margin), round(bottom + margin)


def _within(box: Box, size: tuple[int, int]) -> Box | None:
    """The part of a box on the picture, None where nothing is."""
    left, top, right, bottom = max(box[0], 0), max(box[1], 0), min(box[2], size[0]), min(box[3], size[1])
    return (left, top, right, bottom) if left < right and top < bottom else None
