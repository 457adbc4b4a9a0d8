"""Where words stand on a picture of anything: a page, a screenshot, a sign in the street."""

from __future__ import annotations

from PIL import Image

from models.prepared import Box


def find(picture: Image.Image) -> list[Box]:
    """A box around each word of an upright picture, mode "L" or "RGB", in its pixels and in reading order."""
    return []
