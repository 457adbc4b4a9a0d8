"""How far a reading can be believed, as data: what is wrong with it, the most important first."""

from __future__ import annotations

from dataclasses import dataclass

# From the most important to the least; the last tells how many such readings are right, and doubts nothing. A reading
# with one of GRAVE is not to be believed.
KINDS = ("no-contrast", "several-words", "not-a-word", "unsure", "parted", "small", "squeezed", "share")
GRAVE = ("not-a-word", "no-contrast", "several-words")


@dataclass(frozen=True)
class Caveat:
    """kind: one of KINDS. sentence: what is wrong, in one short sentence for the reader."""

    kind: str
    sentence: str


@dataclass(frozen=True)
class Trust:
    """How far one reading can be believed.

    right: of readings like this one, the share that is right, measured; None where nobody has measured the network.
    likeness: how much the picture is like the words that the network knows, larger is more; None as above.
    caveats: the most important first.
    """

    right: float | None = None
    likeness: float | None = None
    caveats: tuple[Caveat, ...] = ()

    @property
    def believed(self) -> bool:
        """Whether nothing speaks against believing it more than its probability does."""
        return not any(caveat.kind in GRAVE for caveat in self.caveats)

    @property
    def line(self) -> str:
        """One short line, the most important thing first; empty where nothing has to be said."""
        return " ".join(caveat.sentence for caveat in self.caveats)
