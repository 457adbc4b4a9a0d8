"""What all charts share: inks for light and dark pages, the blank's names, the rooms of a chart in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BLANK_MARK = "·"
BLANK_NAME = "blank"
SPACE_MARK = "␣"
LABEL_ROOM = 7  # input pixels kept free on the left for the names of the rows, of a picture of USUAL_WIDTH
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
        return Inks("#e7eaf0", "#8a94a6", "#7aa7ff") if dark else Inks("#1d2433", "#98a1b0", "#2563eb")


@dataclass(frozen=True)
class Labels:
    """How a network's labels are written on charts.

    written: of each label; that of the blank, at the index `blank`, may be missing where it is the last.
    """

    written: Sequence[str]
    blank: int

    def name(self, label: int) -> str:
        """For a row or a tooltip: the blank in a word."""
        return BLANK_NAME if label == self.blank else self.mark(label)

    def mark(self, label: int) -> str:
        """For one cell: the blank as a dot, a space as a bracket that can be seen."""
        if label == self.blank:
            return BLANK_MARK
        return SPACE_MARK if self.written[label].isspace() else self.written[label]


def room(width: int, share: float = LABEL_ROOM) -> float:
    """Input pixels that take up as much of a chart as `share` of them do beside a picture of the usual width."""
    return share * width / USUAL_WIDTH
