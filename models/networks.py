"""The networks that are here, by name: those that come along, and those that somebody put into a folder."""

from __future__ import annotations

import os
from pathlib import Path

from models.card import Card
from models.crnn import CARD as CRNN
from models.vgg16 import CAM, FULL

CARDS: dict[str, Card] = {card.name: card for card in (CRNN, CAM, FULL)}
NETWORKS_FOLDER = "NETWORKS_FOLDER"  # the environment variable that names another folder
OWN = Path(__file__).resolve().parent / "own"


def folder() -> Path:
    """Where other networks lie: `models/own`, or the folder that the environment variable NETWORKS_FOLDER names."""
    return Path(os.environ.get(NETWORKS_FOLDER) or OWN)


def here() -> dict[str, Card | Path]:
    """Cards whose files are whole, then other ONNX files of the folder, by their names without the ending.

    A name that a card has already stays the card's.
    """
    others = {path.stem: path for path in sorted(folder().glob("*.onnx")) if path.is_file() and path.stem not in CARDS}
    return {**{name: card for name, card in CARDS.items() if card.here}, **others}
