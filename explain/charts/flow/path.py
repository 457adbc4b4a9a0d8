"""The path of an answer as a picture in SVG: a column a layer, from the pixels on the left to the answer on the right.

In each column stand the channels that carry most, one under the other, and under them what all the others carry; lines
between neighbours are as thick as what of the one hangs on the other. Numbers and texts in, SVG out.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from explain.charts.flow.parts import PICTURE, REST, Column, Ends, Line, Node, signed
from explain.pictures import images
from explain.pictures.notation import shortened

COLUMN, TILE = 112, 72  # screen pixels: from column to column; of a tile, the rest being room for lines
HEAD, TEXT, GAP, BAR, OTHERS = 44, 15, 9, 6, 34  # heights: above a column, of a line of text, ...
LEAST, MOST = 28, 64  # height of a tile
FULL = 24  # thickness of the line between two columns on which most hangs
THIN = 0.01  # share of that from which on a line is drawn
LETTERS = 16  # of a title
SIDE = 96  # width of the picture on the left
PAINT = """
text{fill:#1d2433;font-family:system-ui,sans-serif}
.soft{fill:#667085}
.frame{fill:none;stroke:#98a1b0}
.others{fill:#98a1b0;fill-opacity:.16;stroke:#98a1b0;stroke-dasharray:3 3}
.unknown{stroke:#98a1b0;fill:none}
.rest{fill:#98a1b0;fill-opacity:.55}
.ground{fill:#ffffff}
"""


def path(ends: Ends, columns: Sequence[Column], lines: Sequence[Line], chosen: str = "") -> str:
    """The picture, which stands by itself as a file: light, on a white ground. A page may give its classes colours of
    its own. chosen: the key of a marked node."""
    return _Drawing(ends, columns, lines, chosen).svg()


class _Drawing:
    def __init__(self, ends: Ends, columns: Sequence[Column], lines: Sequence[Line], chosen: str):
        self.ends, self.columns, self.lines, self.chosen = ends, columns, lines, chosen
        self.tile = min(MOST, max(LEAST, round(TILE / ends.ratio)))
        self.top = HEAD + (self.tile + GAP if any(column.where for column in columns) else 0)
        self.row = self.tile + TEXT + GAP
        self.rows = max((len(column.nodes) for column in columns), default=0)
        self.width = COLUMN * (len(columns) + 2)
        self.height = self.top + self.row * self.rows + OTHERS + 10
        self.inks = images.signed_inks()

    def svg(self) -> str:
        marks = [f'<style>{PAINT}</style><rect class="ground" width="{self.width}" height="{self.height:g}"/>']
        marks += [*self._lines(), *self._picture(), *self._answer()]
        for number, column in enumerate(self.columns):
            marks += self._column(number, column)
        label = f"The path of {self.ends.answer} through {len(self.columns)} layers, from the picture on the left"
        box = f'viewBox="0 0 {self.width} {self.height:g}" width="{self.width}" height="{self.height:g}"'
        space = 'xmlns="http://www.w3.org/2000/svg"'
        return f'<svg {space} {box} role="group" aria-label="{escape(label)}">{"".join(marks)}</svg>'

    @property
    def _middle(self) -> float:
        return self.top + (self.row * self.rows + OTHERS) / 2

    def _ink(self, amount: float) -> str:
        return self.inks[amount > 0]

    def _left(self, number: int) -> float:
        return COLUMN * (number + 1) + (COLUMN - TILE) / 2

    def _y(self, node: int) -> float:
        """Where lines to and from a node end."""
        if node == REST:
            return self.top + self.row * self.rows + OTHERS / 2
        return self.top + self.row * node + self.tile / 2

    def _lines(self) -> list[str]:
        """Those between two columns on a scale of their own: what hangs on a layer differs from layer to layer."""
        full: dict[int, float] = {}
        for line in self.lines:
            full[line.column] = max(full.get(line.column, 0.0), abs(line.amount))
        most = sorted(self.lines, key=lambda line: -abs(line.amount))
        wanted = [line for line in most if line.amount and abs(line.amount) >= THIN * full[line.column]]
        return [self._line(line, full[line.column]) for line in wanted]

    def _line(self, line: Line, full: float) -> str:
        """full: what a line of full thickness stands for."""
        (start, first, before), (end, second, after) = self._start(line), self._end(line)
        between = (start + end) / 2
        course = f"M{start:g} {first:g}C{between:g} {first:g} {between:g} {second:g} {end:g} {second:g}"
        paint = f'class="link" fill="none" stroke="{self._ink(line.amount)}" stroke-opacity=".5"'
        if self._hidden(line):
            paint = 'class="link unknown" stroke-opacity=".3"'
        at = f'data-from="{line.column}.{line.start}" data-to="{line.column + 1}.{line.end}"'
        tip = escape(f"{before} to {after}: {signed(line.amount)}")
        wide = max(0.7, FULL * abs(line.amount) / full)
        return f'<path d="{course}" {paint} stroke-width="{wide:.3g}" {at}><title>{tip}</title></path>'

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

    def _picture(self) -> list[str]:
        tall = SIDE / self.ends.ratio
        x, y = (COLUMN - SIDE) / 2, self._middle - tall / 2
        marks = [_image(x, y, SIDE, tall, self.ends.picture), _text(COLUMN / 2, y - 10, "the picture", "soft")]
        if self.ends.where:
            marks += [_image(x, y + tall + 6, SIDE, tall, self.ends.where)]
            marks += [_text(COLUMN / 2, y + 2 * tall + 18, "where in it", "soft")]
        if self.top > HEAD:
            marks.append(_text(COLUMN - 12, HEAD + self.tile / 2, "where:", "soft", anchor="end"))
        if self.columns:
            marks.append(_text(COLUMN - 12, self._y(REST), "not shown:", "soft", anchor="end"))
        return marks

    def _answer(self) -> list[str]:
        x, words = self.width - COLUMN / 2 + 6, _wrapped(self.ends.answer)
        size = 38 if len(self.ends.answer) <= 2 else 13
        line = size * 1.15
        y = self._middle - line * (len(words) - 1) / 2
        marks = [_text(x, y + line * number, word, "answer", size) for number, word in enumerate(words)]
        below = y + line * (len(words) - 1) + size / 2 + 14
        marks.append(_text(x, below, self.ends.quantity, "soft"))
        if self.ends.change is not None:
            marks.append(_text(x, below + 14, signed(self.ends.change), "amount", 12))
        return marks

    def _column(self, number: int, column: Column) -> list[str]:
        left, title = self._left(number), shortened(column.title, LETTERS)
        marks = [f"<g><title>{escape(column.called)}</title>{_text(left + TILE / 2, 10, title, 'layer', 12)}</g>"]
        known = column.rest is not None
        count = len(column.nodes) + column.others
        says = (
            f"{len(column.nodes)} of {count} carry {column.share:.0%}" if known else f"{len(column.nodes)} of {count}"
        )
        marks.append(_text(left + TILE / 2, 25, says, "soft"))
        if known:
            marks += self._bar(left, column)
        if column.where:
            marks.append(_image(left, HEAD, TILE, self.tile, column.where))
        marks += [self._node(number, place, node) for place, node in enumerate(column.nodes)]
        if column.others:
            marks += self._others(left, column)
        return marks

    def _bar(self, left: float, column: Column) -> list[str]:
        """What the nodes carry for the answer and against it, and what is not shown, as parts of one bar."""
        parts = [
            (sum(node.share for node in column.nodes if (node.amount or 0) > 0), f'fill="{self.inks[1]}"'),
            (sum(node.share for node in column.nodes if (node.amount or 0) < 0), f'fill="{self.inks[0]}"'),
            (max(0.0, 1 - column.share), 'class="rest"'),
        ]
        marks, x = [], left
        for share, paint in parts:
            wide = TILE * share
            marks.append(f'<rect x="{x:.4g}" y="33" width="{wide:.3g}" height="{BAR}" {paint}/>')
            x += wide
        return marks

    def _node(self, number: int, place: int, node: Node) -> str:
        x, y = self._left(number), self.top + self.row * place
        tip = node.called
        if node.amount is not None:
            tip += f": {signed(node.amount)}, {node.share:.1%} of all that passes through its layer"
        pressed = "true" if node.key == self.chosen else "false"
        inside = [
            f"<title>{escape(tip)}</title>",
            _image(x, y, TILE, self.tile, node.url),
            f'<rect class="frame" x="{x:g}" y="{y:g}" width="{TILE}" height="{self.tile}"/>',
            _text(x, y + self.tile + 8, shortened(node.name, 9), "", anchor="start"),
        ]
        if node.amount is not None:
            long = max(1.0, TILE * node.share)
            inside += [
                _text(x + TILE, y + self.tile + 8, signed(node.amount), "amount", anchor="end"),
                f'<rect x="{x:g}" y="{y + self.tile + TEXT - 1:g}" width="{long:.3g}" height="3" '
                f'fill="{self._ink(node.amount)}"/>',
            ]
        return (
            f'<g class="node" role="button" tabindex="-1" aria-pressed="{pressed}" aria-label="{escape(tip)}" '
            f'data-key="{escape(node.key)}" data-at="{number}.{place}">{"".join(inside)}</g>'
        )

    def _others(self, left: float, column: Column) -> list[str]:
        y = self.top + self.row * self.rows
        box = f'<rect class="others" x="{left}" y="{y:g}" width="{TILE}" height="{OTHERS - 4}"/>'
        marks = [box, _text(left + TILE / 2, y + 9, f"{column.others} others", "soft")]
        if column.rest is not None:
            marks.append(_text(left + TILE / 2, y + 22, f"{1 - column.share:.0%}, {signed(column.rest)}", "soft"))
        return marks


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


def _image(x: float, y: float, width: float, height: float, url: str) -> str:
    return (
        f'<image x="{x:g}" y="{y:.4g}" width="{width:g}" height="{height:.4g}" href="{escape(url)}" '
        'preserveAspectRatio="none" style="image-rendering:pixelated"/>'
    )


def _text(x: float, y: float, text: str, kind: str, size: float = 10.5, anchor: str = "middle") -> str:
    return (
        f'<text x="{x:g}" y="{y:.4g}" class="{kind}" font-size="{size:g}" text-anchor="{anchor}" '
        f'dominant-baseline="central">{escape(text)}</text>'
    )
