"""Drawings in SVG, written out as text: marks on one sheet, no other package.

Colours that depend on the page are classes (`PAINT`), so that a page with a dark theme may set its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

MARGIN = 4  # pixels under the lowest mark
PAINT = {
    "ground": "fill:#ffffff",
    "ink": "fill:#1d2433",
    "soft": "fill:#667085",
    "accent": "fill:#2563eb",
    "edge": "fill:none;stroke:#98a1b0",
    "link": "fill:none;stroke:#667085",
    "span": "fill:none;stroke:#2563eb;stroke-width:2",
    "kept": "fill:none;stroke:#e64980;stroke-width:2",
}


class Drawing:
    """Marks on one sheet, each a piece of SVG; all text is escaped.

    paint: what the classes look like in a file. role: "img", or "group" where parts of the drawing are buttons.
    """

    paint, font, role = PAINT, "ui-monospace, monospace", "img"

    def __init__(self, width: float, label: str):
        self.width, self.label, self.height = width, label, 0.0
        self.marks: list[str] = []

    def rect(self, x: float, y: float, width: float, height: float, *, fill: str = "", kind: str = "", tip: str = ""):
        paint = f'fill="{fill}"' if fill else f'class="{kind}"'
        place = f'x="{x:.5g}" y="{y:.5g}" width="{width:.5g}" height="{height:.5g}"'
        inside = f"<title>{escape(tip)}</title>" if tip else ""
        self.marks.append(f"<rect {place} {paint}>{inside}</rect>")
        self.height = max(self.height, y + height)

    def text(self, x: float, y: float, text: str, *, kind: str = "ink", size: float = 12, anchor: str = "middle"):
        style = f'font-size="{size:.4g}" text-anchor="{anchor}" dominant-baseline="central"'
        self.marks.append(f'<text x="{x:.5g}" y="{y:.5g}" class="{kind}" {style}>{escape(text)}</text>')
        self.height = max(self.height, y + size)

    def line(self, points: Sequence[tuple[float, float]], *, kind: str = "", style: str = ""):
        course = " ".join(f"{x:.5g},{y:.5g}" for x, y in points)
        paint = f'class="{kind}"' if kind else f'style="fill:none;{style}"'
        self.marks.append(f'<polyline points="{course}" {paint}/>')
        self.height = max(self.height, *(y for _, y in points))

    def image(self, x: float, y: float, width: float, height: float, url: str):
        place = f'x="{x:.5g}" y="{y:.5g}" width="{width:.5g}" height="{height:.5g}"'
        shown_as = 'preserveAspectRatio="none" style="image-rendering:pixelated"'
        self.marks.append(f'<image {place} href="{escape(url)}" {shown_as}/>')
        self.height = max(self.height, y + height)

    def inline(self) -> str:
        """The drawing as an element of an HTML page, which gives the classes of PAINT their colours."""
        return self._svg("", "")

    def file(self) -> str:
        """The drawing as a file of its own: light, on a white ground."""
        style = "".join(f".{name}{{{paint}}}" for name, paint in self.paint.items())
        ground = f'<rect class="ground" width="{self.width:.5g}" height="{self._bottom:.5g}"/>'
        return self._svg(' xmlns="http://www.w3.org/2000/svg"', f"<style>{style}</style>{ground}")

    @property
    def _bottom(self) -> float:
        return self.height + MARGIN

    def _svg(self, namespace: str, first: str) -> str:
        box = f'viewBox="0 0 {self.width:.5g} {self._bottom:.5g}" width="{self.width:.5g}" height="{self._bottom:.5g}"'
        return (
            f'<svg{namespace} {box} role="{self.role}" aria-label="{escape(self.label)}" font-family="{self.font}">'
            f"{first}{''.join(self.marks)}</svg>"
        )
