"""The networks that come along, by name: the one place that lists them."""

from __future__ import annotations

from models.card import Card
from models.crnn import CARD as CRNN
from models.vgg16 import CAM, FULL

CARDS: dict[str, Card] = {card.name: card for card in (CRNN, CAM, FULL)}
