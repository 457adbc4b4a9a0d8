"""What the labels of a CTC network stand for, how they are written, and which of them write a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

BLANK_MARK = "·"
BLANK_NAME = "blank"
SPACE_MARK = "␣"
NONE = -1  # in place of a label, where there is none


@dataclass(frozen=True)
class Alphabet:
    """labels: of each number of a frame, the blank among them written as "" or anything else. blank: its index.

    A label may stand for several characters, such as a ligature. blank: None where it has no entry.
    """

    labels: Sequence[str]
    blank: int | None = None

    def name(self, label: int) -> str:
        """The label in a sentence."""
        return BLANK_NAME if label == self.blank else self.mark(label)

    def mark(self, label: int) -> str:
        """The label in a row of characters; a space as a bracket that can be seen."""
        if label == self.blank:
            return BLANK_MARK
        return SPACE_MARK if self.labels[label].isspace() else self.labels[label]

    def text(self, labels: Iterable[int]) -> str:
        """A text written out; it holds no blanks."""
        return "".join(self.labels[label] for label in labels)

    def split(self, written: str) -> list[tuple[str, int]]:
        """A text in pieces, each with its label: at every place the longest entry that fits, NONE where none does."""
        places, longest = self._places
        if longest == 1:
            return [(character, places.get(character, NONE)) for character in written]
        pieces, at = [], 0
        while at < len(written):
            ends = range(min(at + longest, len(written)), at, -1)
            piece = next((written[at:end] for end in ends if written[at:end] in places), written[at])
            pieces.append((piece, places.get(piece, NONE)))
            at += len(piece)
        return pieces

    @cached_property
    def _places(self) -> tuple[dict[str, int], int]:
        """The label of each entry that writes something, of two that are alike the first; the longest one's length."""
        places: dict[str, int] = {}
        for label, entry in enumerate(self.labels):
            if entry and label != self.blank:
                places.setdefault(entry, label)
        return places, max(map(len, places), default=1)
