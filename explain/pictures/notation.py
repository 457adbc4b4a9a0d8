"""Numbers as they are written on charts and cards."""

from __future__ import annotations


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
