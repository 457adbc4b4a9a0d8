"""What the labels of a CTC network stand for, and how they are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

BLANK_MARK = "·"
BLANK_NAME = "blank"


@dataclass(frozen=True)
class Alphabet:
    """labels: of each number of a frame, the blank among them written as "" or anything else. blank: its index."""

    labels: Sequence[str]
    blank: int

    def name(self, label: int) -> str:
        """The label in a sentence."""
        return BLANK_NAME if label == self.blank else self.labels[label]

    def mark(self, label: int) -> str:
        """The label in a row of characters."""
        return BLANK_MARK if label == self.blank else self.labels[label]

    def text(self, labels: Iterable[int]) -> str:
        """A text written out; it holds no blanks."""
        return "".join(self.labels[label] for label in labels)
