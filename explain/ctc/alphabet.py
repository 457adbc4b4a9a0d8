"""Between a written text and labels, for any alphabet: a label may stand for several characters, such as a ligature."""

from __future__ import annotations

from collections.abc import Sequence

NONE = -1  # in place of a label, where there is none


class Alphabet:
    """What each label of a network writes, to be read the other way round."""

    def __init__(self, entries: Sequence[str], blank: int | None = None):
        """entries: what each label writes; of two that are alike the first counts, and "" writes nothing.

        blank: its index, where it has an entry; it is never part of a text.
        """
        self._labels: dict[str, int] = {}
        for label, entry in enumerate(entries):
            if entry and label != blank:
                self._labels.setdefault(entry, label)
        self._longest = max(map(len, self._labels), default=1)

    def split(self, written: str) -> list[tuple[str, int]]:
        """A text in pieces, each with its label: at every place the longest entry that fits, NONE where none does."""
        if self._longest == 1:
            return [(character, self._labels.get(character, NONE)) for character in written]
        pieces, at = [], 0
        while at < len(written):
            ends = range(min(at + self._longest, len(written)), at, -1)
            piece = next((written[at:end] for end in ends if written[at:end] in self._labels), written[at])
            pieces.append((piece, self._labels.get(piece, NONE)))
            at += len(piece)
        return pieces
