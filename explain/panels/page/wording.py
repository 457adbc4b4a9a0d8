"""Texts that come from a network, a file or an address, as Streamlit's Markdown shows them to the letter."""

from __future__ import annotations

import re

# What Markdown, its formulas ($), tables (|), colours (:red[..]) and HTML give a meaning within a line.
SPECIAL = re.compile(r"([\\`*_\[\]<>#$|~:&])")


def plain(text: str) -> str:
    """The text as it is, every character with a meaning in Markdown escaped; letters and digits stay as they are."""
    return SPECIAL.sub(r"\\\1", text)
