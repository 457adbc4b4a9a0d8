"""Rows of texts as a table: in characters, and in HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence

Row = Sequence[str]


def written(rows: Sequence[Row], numbers: Sequence[int] = ()) -> list[str]:
    """A line for each row, the columns under one another. numbers: of the columns that end on the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place in numbers else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def markup(rows: Sequence[Row]) -> str:
    """A `<table>`, the first row its headings; all text is escaped."""
    head, *body = (
        "<tr>" + "".join(f'<{kind} style="text-align:left">{html.escape(cell)}</{kind}>' for cell in row) + "</tr>"
        for row, kind in zip(rows, ["th", *["td"] * (len(rows) - 1)], strict=True)
    )
    return f"<table>{head}{''.join(body)}</table>"
