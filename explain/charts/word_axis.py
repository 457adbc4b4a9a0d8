"""The word and its frames as the ground of a Vega-Lite chart; plain dictionaries, a few milliseconds a chart.

As in `explain.charts.ctc`, x is in input pixels, so that every frame stands under the columns of the word it came from,
and y in screen pixels from the top.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from explain.charts.theme import LABEL_ROOM, Inks

WORD_HEIGHT = 84
KINDS = {"Q": "quantitative", "N": "nominal"}


@dataclass(frozen=True)
class Ground:
    """What all charts of a word stand on.

    word_url: data URL of the picture as the network sees it; width: of it, in input pixels. centres: of each frame's
    columns, in input pixels. inks: of the page. frame: one to mark, or None. backward: whether frames are read from
    right to left.
    """

    word_url: str
    width: int
    centres: Sequence[float]
    inks: Inks
    frame: int | None = None
    backward: bool = False

    @property
    def step(self) -> float:
        return self.centres[1] - self.centres[0]

    def left(self, frame: int) -> float:
        return self.centres[frame] - self.step / 2


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
    """Layers on one pair of axes. left, right: room beside the word, in input pixels. height: in screen pixels."""

    def __init__(self, ground: Ground, height: float, left: float = LABEL_ROOM, right: float = 0):
        self.ground, self.height, self.layers = ground, height, []
        self.across = {"domain": [-left, ground.width + right], "nice": False, "zero": False}
        self.down = {"domain": [height, 0], "nice": False, "zero": False}
        share = ground.width / (ground.width + left + right)
        # As shares of the whole, because the page may draw the chart a little smaller than it says.
        size = {"width": {"expr": f"width * {share}"}, "height": {"expr": f"height * {WORD_HEIGHT / height}"}}
        mark = {"type": "image", "align": "left", "baseline": "top", "aspect": False, **size}
        self.add([{"x": 0, "y": 0, "url": ground.word_url}], mark, url="url:N")

    def add(self, rows: list[dict], mark: dict, **encoding) -> None:
        """A layer; an encoding is "field:Q", "field:N" or written out; x and y are the fields of that name."""
        channels = {"x": "x:Q", "y": "y:Q", **encoding}
        layer = {"data": {"values": rows}, "mark": mark}
        layer["encoding"] = {channel: self._channel(channel, said) for channel, said in channels.items()}
        self.layers.append(layer)

    def _channel(self, channel: str, said) -> dict | list:
        if not isinstance(said, str):
            return said
        field, kind = said.split(":")
        encoded = {"field": field}
        if channel not in ("x2", "y2"):
            encoded["type"] = KINDS[kind]
        if channel in ("x", "y"):
            encoded |= {"scale": self.across if channel == "x" else self.down, "axis": None}
        elif channel == "color":
            encoded |= {"scale": None}
        return encoded

    def texts(self, rows: list[dict], **mark) -> None:
        """Rows of x, y and text; a row's own ink and size hold where it has them."""
        inks = self.ground.inks
        rows = [{"ink": inks.text, **row} for row in rows]
        mark = {"type": "text", "baseline": "middle", "align": "left", "fontSize": 11, **mark}
        self.add(rows, mark, text="text:N", color="ink:N")

    def rules(self, heights: list[float]) -> None:
        """Thin level lines under the whole word."""
        rows = [{"x": 0, "x2": self.ground.width, "y": y} for y in heights]
        self.add(rows, {"type": "rule", "color": self.ground.inks.soft, "opacity": 0.45}, x2="x2:Q")

    def marked(self, *bands: Band) -> None:
        """The marked frame, framed on the word and in these bands."""
        ground = self.ground
        if ground.frame is None or not 0 <= ground.frame < len(ground.centres):
            return
        left = ground.left(ground.frame)
        places = ((1, WORD_HEIGHT - 1), *((band.top, band.bottom) for band in bands))
        rows = [{"x": left, "x2": left + ground.step, "y": y, "y2": y2} for y, y2 in places]
        mark = {"type": "rect", "fillOpacity": 0, "stroke": ground.inks.frame, "strokeWidth": 1.5}
        self.add(rows, mark, x2="x2:Q", y2="y2:Q")

    def read_off(self, rows: list[dict], top: float, bottom: float, fields: dict[str, str]) -> None:
        """An unseen column over every frame that tells its numbers under the pointer. fields: titles by field."""
        ground = self.ground
        rows = [
            {**row, "frame": t, "x": ground.left(t), "x2": ground.left(t) + ground.step, "y": top, "y2": bottom}
            for t, row in enumerate(rows)
        ]
        tooltip = [told("frame", "frame", "d"), *(told(field, title) for field, title in fields.items())]
        self.add(rows, {"type": "rect", "opacity": 0}, x2="x2:Q", y2="y2:Q", tooltip=tooltip)

    def specification(self, description: str) -> dict:
        frameless = {"view": {"stroke": None}}
        return {"layer": self.layers, "height": self.height, "description": description, "config": frameless}


def told(field: str, title: str, form: str = ".3f") -> dict:
    """A line of a tooltip."""
    return {"field": field, "type": "quantitative", "title": title, "format": form}
