"""What all charts share: inks for light and dark pages, the rooms of a chart in pixels."""

from __future__ import annotations

from dataclasses import dataclass

LABEL_ROOM = 7  # input pixels beside a picture of USUAL_WIDTH kept free on the left for the names of the rows
USUAL_WIDTH = 128
WORD_HEIGHT, ROW_HEIGHT, GAP = 92, 13, 5


@dataclass(frozen=True)
class Inks:
    """The colours that must differ between a light and a dark page."""

    text: str
    soft: str
    accent: str
    frame: str = "#d9480f"

    @staticmethod
    def of(dark: bool) -> Inks:
        return Inks("#e7eaf0", "#a9b2c0", "#7aa7ff") if dark else Inks("#1d2433", "#566072", "#2563eb")


def room(width: int, columns: float = LABEL_ROOM) -> float:
    """Input pixels that take up as much of a chart as so many columns do beside a picture of the usual width."""
    return columns * width / USUAL_WIDTH
