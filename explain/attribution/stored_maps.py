"""Maps of why that come along with a network for the pictures that come along, so that nobody waits for a gradient.

A folder holds grey pictures, one a map, and `maps.json`: {"weights": SHA-256 of the network's file, "method": ...,
"pictures": {SHA-256 of a picture as the network takes it: {"file", "unit"}}}; written by
`explain.gradients.attribution.store`.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

CONTENTS = "maps.json"


def digest(picture: np.ndarray) -> str:
    """By which a picture `(height, width, channel)` as the network takes it is known."""
    return hashlib.sha256(np.ascontiguousarray(picture, np.float32).tobytes()).hexdigest()


def folder(gallery: Path) -> Path:
    """Where a network's maps lie, beside the pictures that come along with it."""
    return gallery / "saliency"


def map_of(gallery: Path | None, picture: np.ndarray, unit: int) -> np.ndarray | None:
    """The map of a picture for a class, `(height, width)` from 0 to 255 of its largest value; None where none is kept.

    gallery: the network's, None for a network without one. picture: as the network takes it. unit: the class.
    """
    if gallery is None:
        return None
    record = contents(folder(gallery)).get("pictures", {}).get(digest(picture))
    if record is None or record["unit"] != unit:
        return None
    with Image.open(folder(gallery) / record["file"]) as opened:
        return np.asarray(opened.convert("L"), np.float32)


@cache
def contents(place: Path) -> dict[str, Any]:
    """What maps.json says; nothing where there is none."""
    try:
        return json.loads((place / CONTENTS).read_text("utf-8"))
    except OSError:
        return {}
