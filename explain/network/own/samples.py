"""The pictures that come along, with what they show: what an unknown network is tried on."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from PIL import Image

from models.networks import CARDS
from models.pictures import open_picture

Samples = tuple[tuple[Image.Image, str], ...]


def words() -> Samples:
    """Pictures of words with their texts."""
    return _in(next(card.samples for card in CARDS.values() if card.blank is not None and card.samples))


def photographs() -> Samples:
    """Photographs with their titles."""
    return _in(next(card.samples for card in CARDS.values() if card.blank is None and card.samples))


@cache
def _in(folder: Path) -> Samples:
    listed = json.loads((folder / "samples.json").read_text("utf-8"))
    return tuple((open_picture(folder / item["file"]), item.get("text") or item["title"]) for item in listed)
