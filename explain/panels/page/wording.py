"""Texts that come from a network, a file or an address, as Streamlit's Markdown shows them to the letter."""

from __future__ import annotations

import re

from explain.ctc.alphabet import SPACE_MARK
from explain.pictures.notation import shortened

LONGEST = 22  # characters of a network's name on its mark
# What Markdown, its formulas ($), tables (|), colours (:red[..]) and HTML give a meaning within a line.
SPECIAL = re.compile(r"([\\`*_\[\]<>#$|~:&])")


def plain(text: str) -> str:
    """The text as it is, every character with a meaning in Markdown escaped; letters and digits stay as they are."""
    return SPECIAL.sub(r"\\\1", text)


def network_badge(called: str) -> str:
    """The mark that says which network a panel is about, in Markdown. called: as on buttons."""
    return f":gray-badge[{plain(shortened(called, LONGEST))}]"


def bold(text: str) -> str:
    """The text in bold type; Markdown makes nothing bold that begins or ends with a space, so these get a mark."""
    inner = text.strip()
    before, after = len(text) - len(text.lstrip()), len(text) - len(text.rstrip())
    return f"**{SPACE_MARK * before}{plain(inner)}{SPACE_MARK * after if inner else ''}**" if text else ""
