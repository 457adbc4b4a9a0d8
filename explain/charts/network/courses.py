"""The lines from block to block, along their lanes, as paths of SVG."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stand:
    """Where the links of one block begin and end, in screen pixels.

    left, right: of its front. begin, end: of its column. middle: of its height. row: its number.
    """

    left: float
    right: float
    begin: float
    end: float
    middle: float
    row: int


def courses(source: Stand, target: Stand, lane: float, main: float, gap: float) -> list[str]:
    """Paths out of one block, along a lane, into another; from row to row in two pieces.

    lane: the middle of the link's lane, main: that of the main one, both in the target's row. gap: between columns.
    """
    if source.row == target.row:
        begin = f"M{source.right:.5g} {source.middle:.5g}H{source.end:.5g}"
        return [begin + _along(source.end, source.middle, target, lane, gap)]
    # The end of one row goes on at the beginning of the next.
    away = f"M{source.right:.5g} {source.middle:.5g}H{source.end + gap:.5g}"
    return [away, f"M0 {main:.5g}" + _along(0.0, main, target, lane, gap)]


def _along(x: float, y: float, target: Stand, lane: float, gap: float) -> str:
    """From a place to a block: straight or bent to the next column, else down into the lane and up out of it."""
    end = f"H{target.left:.5g}"
    if abs(target.begin - x) < 2 * gap:
        return _bend(x, y, target.begin, target.middle) + end
    out = target.begin - gap
    return f"{_bend(x, y, x + gap, lane)}H{out:.5g}{_bend(out, lane, target.begin, target.middle)}{end}"


def _bend(x: float, y: float, to_x: float, to_y: float) -> str:
    if abs(y - to_y) < 0.05:
        return f"H{to_x:.5g}"
    half = (x + to_x) / 2
    return f"C{half:.5g} {y:.5g} {half:.5g} {to_y:.5g} {to_x:.5g} {to_y:.5g}"
