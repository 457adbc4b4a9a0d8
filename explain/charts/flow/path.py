"""The path of an answer as a picture in SVG: a column a layer, from the pixels on the left to the answer on the right.

In each column stand the channels that count most, one under the other, and under them what all the others count for;
lines between neighbours are as thick as what of the one hangs on the other. Numbers and texts in, a drawing out.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from explain.charts.flow.parts import PICTURE, REST, Column, Ends, Line, Node, signed
from explain.pictures import drawing, images
from explain.pictures.drawing import Drawing
from explain.pictures.notation import shortened

COLUMN, TILE = 112, 72  # screen pixels: from column to column; of a tile, the rest being room for lines
HEAD, TEXT, GAP, BAR, OTHERS = 44, 15, 9, 6, 34  # heights: above a column, of a line of text, ...
LEAST, MOST = 28, 64  # height of a tile
FULL = 24  # thickness of the line between two columns on which most hangs
THIN = 0.01  # share of that from which on a line is drawn
LETTERS = 16  # of a title
SIDE = 96  # width of the picture on the left
SMALL = 10.5  # size of a text, unless said
PAINT = {
    "frame": "fill:none;stroke:#98a1b0",
    "others": "fill:#98a1b0;fill-opacity:.16;stroke:#98a1b0;stroke-dasharray:3 3",
    "unknown": "stroke:#98a1b0;fill:none",
    "rest": "fill:#98a1b0;fill-opacity:.55",
}


def path(ends: Ends, columns: Sequence[Column], lines: Sequence[Line], chosen: str = "") -> Drawing:
    """The picture. chosen: the key of a marked node."""
    return _Path(ends, columns, lines, chosen).drawn()


class _Path(Drawing):
    paint = {**drawing.PAINT, **PAINT}
    font, role = "system-ui, sans-serif", "group"  # whose nodes are buttons

    def __init__(self, ends: Ends, columns: Sequence[Column], lines: Sequence[Line], chosen: str):
        label = f"The path of {ends.answer} through {len(columns)} layers, from the picture on the left"
        super().__init__(COLUMN * (len(columns) + 2), label)
        self.ends, self.columns, self.lines, self.chosen = ends, columns, lines, chosen
        self.tile = min(MOST, max(LEAST, round(TILE / ends.ratio)))
        self.top = HEAD + (self.tile + GAP if any(column.where for column in columns) else 0)
        self.row = self.tile + TEXT + GAP
        self.rows = max((len(column.nodes) for column in columns), default=0)

    def drawn(self) -> Drawing:
        self._lines()
        self._picture()
        self._answer()
        for number, column in enumerate(self.columns):
            self._column(number, column)
        self.height = max(self.height, self.top + self.row * self.rows + OTHERS)
        return self

    @property
    def _middle(self) -> float:
        return self.top + (self.row * self.rows + OTHERS) / 2

    def _ink(self, amount: float) -> str:
        return images.signed_inks()[amount > 0]

    def _left(self, number: int) -> float:
        return COLUMN * (number + 1) + (COLUMN - TILE) / 2

    def _y(self, node: int) -> float:
        """Where lines to and from a node end."""
        if node == REST:
            return self.top + self.row * self.rows + OTHERS / 2
        return self.top + self.row * node + self.tile / 2

    def _lines(self) -> None:
        """Those between two columns on a scale of their own: what hangs on a layer differs from layer to layer."""
        full: dict[int, float] = {}
        for line in self.lines:
            full[line.column] = max(full.get(line.column, 0.0), abs(line.amount))
        for line in sorted(self.lines, key=lambda line: -abs(line.amount)):
            if line.amount and abs(line.amount) >= THIN * full[line.column]:
                self._line(line, full[line.column])

    def _line(self, line: Line, full: float) -> None:
        """full: what a line of full thickness stands for."""
        (start, first, before), (end, second, after) = self._start(line), self._end(line)
        between = (start + end) / 2
        course = f"M{start:g} {first:g}C{between:g} {first:g} {between:g} {second:g} {end:g} {second:g}"
        paint = f'class="link" style="stroke:{self._ink(line.amount)}" stroke-opacity=".5"'
        if self._hidden(line):
            paint = 'class="link unknown" stroke-opacity=".3"'
        at = f'data-from="{line.column}.{line.start}" data-to="{line.column + 1}.{line.end}"'
        tip = escape(f"{before} to {after}: {signed(line.amount)}")
        wide = max(0.7, FULL * abs(line.amount) / full)
        self.marks.append(f'<path d="{course}" {paint} stroke-width="{wide:.3g}" {at}><title>{tip}</title></path>')

    def _hidden(self, line: Line) -> bool:
        """Whether a line leads to or from channels that are not shown."""
        ends = [line.start] if line.column != PICTURE else []
        return REST in [*ends, *([line.end] if line.column + 1 < len(self.columns) else [])]

    def _start(self, line: Line) -> tuple[float, float, str]:
        """Where a line begins, and at what."""
        if line.column == PICTURE:
            return (COLUMN + SIDE) / 2, self._middle, "the picture"
        column = self.columns[line.column]
        return self._left(line.column) + TILE, self._y(line.start), _name(column, line.start)

    def _end(self, line: Line) -> tuple[float, float, str]:
        if line.column + 1 == len(self.columns):
            return self.width - 0.86 * COLUMN, self._middle, self.ends.answer
        column = self.columns[line.column + 1]
        return self._left(line.column + 1), self._y(line.end), _name(column, line.end)

    def _picture(self) -> None:
        tall = SIDE / self.ends.ratio
        x, y = (COLUMN - SIDE) / 2, self._middle - tall / 2
        self.image(x, y, SIDE, tall, self.ends.picture)
        self._soft(COLUMN / 2, y - 10, "the picture")
        if self.ends.where:
            self.image(x, y + tall + 6, SIDE, tall, self.ends.where)
            self._soft(COLUMN / 2, y + 2 * tall + 18, "where in it")
        if self.top > HEAD:
            self._soft(COLUMN - 12, HEAD + self.tile / 2, "where:", "end")
        if self.columns:
            self._soft(COLUMN - 12, self._y(REST), "not shown:", "end")

    def _answer(self) -> None:
        x, words = self.width - COLUMN / 2 + 6, _wrapped(self.ends.answer)
        size = 38 if len(self.ends.answer) <= 2 else 13
        line = size * 1.15
        y = self._middle - line * (len(words) - 1) / 2
        for number, word in enumerate(words):
            self.text(x, y + line * number, word, kind="answer ink", size=size)
        below = y + line * (len(words) - 1) + size / 2 + 14
        self._soft(x, below, self.ends.quantity)
        if self.ends.score is not None:
            self.text(x, below + 14, signed(self.ends.score), kind="amount ink", size=12)

    def _column(self, number: int, column: Column) -> None:
        left, count = self._left(number), len(column.nodes) + column.others
        self.marks.append(f"<g><title>{escape(column.called)}</title>")
        self.text(left + TILE / 2, 10, shortened(column.title, LETTERS), kind="layer ink")
        self.marks.append("</g>")
        known = column.rest is not None
        says = f"{len(column.nodes)} of {count}"
        self._soft(left + TILE / 2, 25, f"{says}: {column.share:.0%}" if known else says)
        if known:
            self._bar(left, column)
        if column.where:
            self.image(left, HEAD, TILE, self.tile, column.where)
        for place, node in enumerate(column.nodes):
            self._node(number, place, node)
        if column.others:
            self._others(left, column)

    def _bar(self, left: float, column: Column) -> None:
        """What the nodes count for the answer and against it, and what is not shown, as parts of one bar."""
        loses = sum(node.share for node in column.nodes if (node.amount or 0) > 0)
        gains = sum(node.share for node in column.nodes if (node.amount or 0) < 0)
        self.rect(left, 33, TILE * loses, BAR, fill=self._ink(1))
        self.rect(left + TILE * loses, 33, TILE * gains, BAR, fill=self._ink(-1))
        self.rect(left + TILE * (loses + gains), 33, TILE * max(0.0, 1 - loses - gains), BAR, kind="rest")

    def _node(self, number: int, place: int, node: Node) -> None:
        x, y = self._left(number), self.top + self.row * place
        tip, pressed = escape(node.tip), "true" if node.key == self.chosen else "false"
        self.marks.append(
            f'<g class="node" role="button" tabindex="-1" aria-pressed="{pressed}" aria-label="{tip}" '
            f'data-key="{escape(node.key)}" data-at="{number}.{place}"><title>{tip}</title>'
        )
        self.image(x, y, TILE, self.tile, node.url)
        self.rect(x, y, TILE, self.tile, kind="frame")
        self.text(x, y + self.tile + 8, shortened(node.name, 9), size=SMALL, anchor="start")
        if node.amount is not None:
            below = y + self.tile + 8
            self.text(x + TILE, below, signed(node.amount), kind="amount ink", size=SMALL, anchor="end")
            long = max(1.0, TILE * node.share)
            self.rect(x, y + self.tile + TEXT - 1, long, 3, fill=self._ink(node.amount))
        self.marks.append("</g>")

    def _others(self, left: float, column: Column) -> None:
        y = self.top + self.row * self.rows
        self.rect(left, y, TILE, OTHERS - 4, kind="others")
        self._soft(left + TILE / 2, y + 9, f"{column.others} others")
        if column.rest is not None:
            self._soft(left + TILE / 2, y + 22, f"{1 - column.share:.0%}, {signed(column.rest)}")

    def _soft(self, x: float, y: float, text: str, anchor: str = "middle") -> None:
        self.text(x, y, text, kind="soft", size=SMALL, anchor=anchor)


def _name(column: Column, node: int) -> str:
    return f"{column.others} others of {column.called}" if node == REST else column.nodes[node].called


def _wrapped(text: str) -> list[str]:
    """A name in at most three lines."""
    lines = [""]
    for word in text.split() or [text]:
        if lines[-1] and len(lines[-1]) + len(word) >= 13:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [shortened(line, 14) for line in lines[:3]]
