"""The word and its frames as the ground of a Vega-Lite chart.

As in `explain.charts.ctc`, x is in input pixels, so that every frame stands under the columns of the word it came from,
and y in screen pixels from the top.
"""

from __future__ import annotations

from dataclasses import dataclass

from explain.charts import vega
from explain.charts.theme import LABEL_ROOM, Inks, room
from explain.layers.frames import Frames

WORD_HEIGHT = 84


@dataclass(frozen=True)
class Ground:
    """What all charts of a word stand on.

    word_url: data URL of the picture as the network sees it. inks: of the page. frame: one to mark, or None. backward:
    whether frames are read from right to left.
    """

    word_url: str
    frames: Frames
    inks: Inks
    frame: int | None = None
    backward: bool = False


@dataclass(frozen=True)
class Band:
    """A strip of the chart with its own scale of values, from `low` at its bottom to `high` at its top."""

    top: float
    height: float
    low: float
    high: float

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def y(self, value: float) -> float:
        return self.top + self.height * (self.high - float(value)) / ((self.high - self.low) or 1.0)


class Chart:
    """Layers on one pair of axes.

    left, right: room beside the word, in columns of a picture of the usual width. height: in screen pixels.
    """

    def __init__(self, ground: Ground, height: float, left: float = LABEL_ROOM, right: float = 0):
        self.ground = ground
        width = ground.frames.width
        self.plane = vega.Plane(-room(width, left), width + room(width, right), height)
        # As a share of the whole, because the page may draw the chart a little smaller than it says.
        tall = {"expr": f"height * {WORD_HEIGHT / height}"}
        self.layers = [self.plane.picture(ground.word_url, width, tall)]

    def add(self, layer: vega.Layer) -> None:
        self.layers.append(layer)

    def texts(self, rows: list[dict], **mark) -> None:
        """Rows of x, y and text; a row's own ink holds where it has one."""
        rows = [{"ink": self.ground.inks.text, **row} for row in rows]
        self.add(self.plane.texts(rows, {"align": "left", "fontSize": 11, **mark}, color=vega.INK))

    def rules(self, heights: list[float]) -> None:
        """Thin level lines under the whole word."""
        rows = [{"x": 0, "x2": self.ground.frames.width, "y": y} for y in heights]
        self.add(self.plane.rules(rows, {"color": self.ground.inks.soft, "opacity": 0.45}))

    def mark_frame(self, *bands: Band) -> None:
        """A frame around the marked frame, on the word and in these bands."""
        frames, frame = self.ground.frames, self.ground.frame
        if frame is None or not 0 <= frame < len(frames):
            return
        places = ((1, WORD_HEIGHT - 1), *((band.top, band.bottom) for band in bands))
        rows = [{**frames.across(frame), "y": y, "y2": y2} for y, y2 in places]
        self.add(self.plane.rectangles(rows, vega.outline(self.ground.inks.frame, 1.5)))

    def tooltips(self, rows: list[dict], top: float, bottom: float, lines: list[dict]) -> None:
        """An unseen column over every frame that shows its numbers under the pointer.

        rows: one a frame. lines: of the tooltip, as `vega.tip` makes them, below the frame's number.
        """
        rows = [
            {**row, "frame": t, **self.ground.frames.across(t), "y": top, "y2": bottom} for t, row in enumerate(rows)
        ]
        tooltip = [vega.tip("frame", "frame", "d"), *lines]
        self.add(self.plane.rectangles(rows, {"opacity": 0}, tooltip=tooltip))

    def specification(self, description: str) -> dict:
        return vega.specification(self.layers, self.plane.height, description)
