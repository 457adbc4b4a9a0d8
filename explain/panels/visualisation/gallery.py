"""The pictures that come along with a network, dreamt beforehand: of its classes, or of words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import streamlit as st
from PIL import Image

from explain.pictures import images
from models.networks import CARDS

SMALL = 96  # pixels of a thumbnail's side


@st.cache_resource(show_spinner=False)
def contents(folder: Path) -> dict[str, Any]:
    """What gallery.json says of the pictures in a folder: how they were made, and a record for each."""
    return json.loads((folder / "gallery.json").read_text("utf-8"))


@st.cache_resource(max_entries=64, show_spinner=False)
def picture(folder: Path, file: str) -> Image.Image:
    """A picture of a gallery, mode "L" or "RGB"."""
    with Image.open(folder / file) as opened:
        return opened.convert("L" if opened.mode in ("1", "L") else "RGB")


def classes_of(network: str) -> list[dict[str, Any] | None]:
    """A record for each class of a network: its "probability", for one; None for a class without a picture, and no
    records at all for a network without pictures of classes."""
    folder = _folder(network)
    return [] if folder is None else contents(folder).get("classes", [])


def class_record(network: str, unit: int | None) -> dict[str, Any] | None:
    records = classes_of(network)
    return records[unit] if unit is not None and unit < len(records) else None


def class_picture(network: str, unit: int) -> Image.Image:
    """The picture of a class that has a record."""
    return picture(_folder(network), f"{unit:03d}.webp")


@st.cache_resource(max_entries=4, show_spinner=False)
def thumbnails(network: str) -> dict[int, str]:
    """Small pictures of a network's classes as data URLs, `{unit: url}`; about 1 MB together."""
    return {
        unit: images.data_url(images.shrink(class_picture(network, unit), SMALL), "WEBP")
        for unit, record in enumerate(classes_of(network))
        if record is not None
    }


def _folder(network: str) -> Path | None:
    card = CARDS.get(network)
    return card.gallery if card is not None else None
