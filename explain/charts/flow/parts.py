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
    what passes through it, signed; None where that is not known. share: of all that passes through the layer.
    """

    key: str
    name: str
    called: str
    url: str
    amount: float | None = None
    share: float = 0.0


@dataclass(frozen=True)
class Column:
    """A layer. others: how many channels are not shown. rest: what they carry together, signed; None where that is not
    known. where: url of the picture with the places of the layer marked that carry most, "" for a layer without."""

    title: str
    called: str
    nodes: tuple[Node, ...]
    others: int
    rest: float | None = None
    where: str = ""

    @property
    def share(self) -> float:
        """Of all that passes through the layer, for the answer and against it alike, what its nodes carry."""
        return sum(node.share for node in self.nodes)


@dataclass(frozen=True)
class Line:
    """What passes from a node of a column to one of the next. column: of the start, PICTURE for lines that begin at the
    picture. start, end: numbers of nodes. Lines from the last column lead to the answer."""

    column: int
    start: int
    end: int
    amount: float


@dataclass(frozen=True)
class Ends:
    """The two ends of the path. picture: a url. where: the same with the pixels marked that matter, "" where that is
    not known. ratio: width over height. answer: the character or class.

    change: by how much the answer's number has changed on the way, None where that is not known. quantity: what that
    number is.
    """

    picture: str
    where: str
    ratio: float
    answer: str
    quantity: str
    change: float | None = None


def signed(value: float) -> str:
    """A number with its sign, in three digits."""
    size = abs(value)
    text = f"{size:.0f}" if size >= 100 else f"{size:.3g}" if size >= 0.001 else f"{size:.0e}" if size else "0"
    return text if not size else f"{'+' if value > 0 else MINUS}{text}"
