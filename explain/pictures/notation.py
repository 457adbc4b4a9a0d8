"""Numbers as they are written on charts and cards."""

from __future__ import annotations

from collections.abc import Sequence


def probability(value: float) -> str:
    """A probability with four decimals; a small one in powers of ten, so that it is not shown as zero."""
    return f"{value:.4f}" if value >= 0.001 or value == 0 else f"{value:.1e}"


def number(value: float) -> str:
    """A value in some five characters, with a true minus sign; what would be shown as zero but is not is "≈0"."""
    size = abs(value)
    if size < 0.0005:
        return "≈0" if size else "0"
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 else 3
    return f"{value:.{digits}f}".replace("-", "−")


def shortened(text: str, most: int) -> str:
    """A text of so many characters at most; where some are left out the last is "…"."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def listed(parts: Sequence[str]) -> str:
    """Several things in a sentence: "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def ordinal(place: int) -> str:
    """A place in a row, from 0 on, as people count: 0 is "1st"."""
    count = place + 1
    ending = "th" if count // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"{count}{ending}"


def amount(number: float) -> str:
    """A count in three digits with thousands (k), millions (M) or thousands of millions (G); 0 as a dash."""
    return _short(number, ("", " k", " M", " G", " T")) if number else "–"


def size(count: float) -> str:
    """A number of bytes in three digits; 0 as a dash."""
    return _short(count, (" B", " KB", " MB", " GB", " TB")) if count else "–"


def _short(number: float, units: tuple[str, ...]) -> str:
    at = 0
    while number >= 999.5 and at < len(units) - 1:
        number, at = number / 1000, at + 1
    digits = 0 if at == 0 or number >= 99.95 else 1 if number >= 9.995 else 2
    return f"{number:.{digits}f}{units[at]}"
