"""What the picture of a path is made of: the layers with their channels, the lines between them, and the two ends."""

from __future__ import annotations

from dataclasses import dataclass

REST = -1  # in a Line, in place of a node: all channels of the column that are not shown
PICTURE = -1  # in a Line, in place of a column
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Node:
    """A channel of a column.

    key: told by a click on it. name: short. called: in a sentence, with its layer. url: of its feature map. amount:
    what the answer is expected to lose without it, signed; None where that is not known. share: its magnitude, of those
    of all channels of the layer together.
    """

    key: str
    name: str
    called: str
    url: str
    amount: float | None = None
    share: float = 0.0

    @property
    def tip(self) -> str:
        if self.amount is None:
            return self.called
        change = "lose" if self.amount >= 0 else "gain"
        return f"{self.called}: without it the answer is expected to {change} {unsigned(self.amount)}"


@dataclass(frozen=True)
class Column:
    """A layer. others: how many channels are not shown. rest: what the answer is expected to lose without them, summed
    over them, signed; None where that is not known. where: url of the picture with the places of the layer marked that
    what makes the answer comes from, "" for a layer without."""

    title: str
    called: str
    nodes: tuple[Node, ...]
    others: int
    rest: float | None = None
    where: str = ""

    @property
    def share(self) -> float:
        """Of what all channels of the layer are expected to cost, for the answer and against it alike, its nodes'."""
        return sum(node.share for node in self.nodes)


@dataclass(frozen=True)
class Line:
    """How much of a node hangs on one of the column before.

    column: of the start, PICTURE for lines that begin at the picture; those from the last column lead to the answer.
    start, end: numbers of nodes. amount: signed, in the measure of what silencing is expected to cost.
    """

    column: int
    start: int
    end: int
    amount: float


@dataclass(frozen=True)
class Ends:
    """The two ends of the path. picture: a url. where: the same with the pixels marked that matter, "" where that is
    not known. ratio: width over height. answer: the character or class.

    score: the answer's number, None where that is not known. quantity: what that number is.
    """

    picture: str
    where: str
    ratio: float
    answer: str
    quantity: str
    score: float | None = None


def signed(value: float) -> str:
    """A number with its sign, in three digits."""
    return f"{'+' if value > 0 else MINUS if value < 0 else ''}{unsigned(value)}"


def unsigned(value: float) -> str:
    """A number's magnitude, in three digits."""
    size = abs(value)
    return f"{size:.0f}" if size >= 100 else f"{size:.3g}" if size >= 0.001 else f"{size:.0e}" if size else "0"
