"""Vega-Lite specifications as plain dictionaries: the axes, layers and channels that the charts here are made of.

Dictionaries, because Altair takes 0.2 s to put such a chart together and these take a few milliseconds. The tests hold
every chart against Vega-Lite's schema, as Altair would each time. https://vega.github.io/vega-lite/docs/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.4.1.json"
Layer = dict[str, Any]


def quantitative(field: str, **settings) -> dict:
    """A channel that shows a number."""
    return {"field": field, "type": "quantitative", **settings}


def nominal(field: str, **settings) -> dict:
    """A channel that shows a word, or a colour that stands in the row itself where `scale` is None."""
    return {"field": field, "type": "nominal", **settings}


def tip(field: str, title: str, form: str = ".3f") -> dict:
    """A number in a tooltip."""
    return quantitative(field, title=title, format=form)


def tips(**titles: str) -> list[dict]:
    """Words in a tooltip, as fields with their titles."""
    return [nominal(field, title=title) for field, title in titles.items()]


INK = nominal("ink", scale=None)  # a row's own colour
TEXT = nominal("text")
X2, Y2 = {"x2": {"field": "x2"}}, {"y2": {"field": "y2"}}


def colour_scale(field: str, low: float, high: float, **settings) -> dict:
    """A channel that colours numbers with viridis, without a legend."""
    return quantitative(field, scale={"scheme": "viridis", "domain": [low, high], **settings}, legend=None)


def outline(colour: str, width: float = 2, **settings) -> dict:
    """The mark of a rectangle of which only the edge is drawn."""
    return {"type": "rect", "fillOpacity": 0, "stroke": colour, "strokeWidth": width, **settings}


def layer(rows: Sequence[dict], mark: dict, channels: dict) -> Layer:
    """A mark for each of the rows.

    One that tells nothing under the pointer is nothing of its own for screen readers: they have the chart's
    description.
    """
    mark = mark if channels.get("tooltip") else {**mark, "aria": False}
    return {"data": {"values": rows}, "mark": mark, "encoding": channels}


@dataclass(frozen=True)
class Plane:
    """A chart's one pair of axes, neither of them drawn: x from `left` to `right`, y in screen pixels from the top.

    Every channel says that it has no axis: Vega-Lite fails to merge "none" with "not said".
    """

    left: float
    right: float
    height: float

    def x(self, field: str = "x") -> dict:
        return _place(field, [self.left, self.right])

    def y(self, field: str = "y") -> dict:
        return _place(field, [self.height, 0])

    def layer(self, rows: Sequence[dict], mark: dict, *, x: str = "x", y: str = "y", **channels) -> Layer:
        """A mark for each of the rows, where its fields x and y say."""
        return layer(rows, mark, {"x": self.x(x), "y": self.y(y), **channels})

    def rectangles(self, rows: Sequence[dict], mark: dict | None = None, **channels) -> Layer:
        """A rectangle for each of the rows, from x to x2 and from y to y2."""
        return self.layer(rows, {"type": "rect", **(mark or {})}, **X2, **Y2, **channels)

    def rules(self, rows: Sequence[dict], mark: dict) -> Layer:
        """A level line for each of the rows, from x to x2."""
        return self.layer(rows, {"type": "rule", **mark}, **X2)

    def texts(self, rows: Sequence[dict], mark: dict, **channels) -> Layer:
        """The text of each row, half of its height above y."""
        return self.layer(rows, {"type": "text", "baseline": "middle", **mark}, **{"text": TEXT, **channels})

    def picture(self, url: str, width: float, height: float | dict) -> Layer:
        """A picture in the upper left corner, from x = 0. width: in units of x; height: in screen pixels."""
        share = {"expr": f"width * {width / (self.right - self.left)}"}
        mark = {"type": "image", "align": "left", "baseline": "top", "aspect": False, "width": share, "height": height}
        return self.layer([{"x": 0, "y": 0, "url": url}], mark, url=nominal("url"))


def _place(field: str, domain: list[float]) -> dict:
    return quantitative(field, scale={"domain": domain, "nice": False, "zero": False}, axis=None)


def specification(layers: Sequence[Layer], height: float, description: str, **more) -> dict:
    """The whole chart, without a frame. height: in screen pixels; the page or the reader says how wide it is."""
    return {
        "$schema": SCHEMA,
        "description": description,
        "height": height,
        "layer": list(layers),
        "config": {"view": {"stroke": None}},
        **more,
    }
