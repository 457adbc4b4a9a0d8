"""Stores the saliency of the photographs that come along: `python -m explain.gradients.attribution.store NETWORK`.

Writes `saliency/` in the gallery of the network's card: for each photograph the map of the class that the network takes
it for, as a grey picture whose brightest pixel is the largest value (WebP, lossless), and `maps.json`.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from explain.attribution import stored_maps, targets
from explain.gradients.attribution import methods
from explain.gradients.network import models
from explain.network.description import describe
from explain.network.session import Network
from models.networks import CARDS
from models.pictures import open_picture


def store(name: str, gallery: Path | None = None) -> Path:
    """Writes the maps of a network and returns their folder. gallery: where, the card's own unless given."""
    card = CARDS[name]
    place = stored_maps.folder(gallery or card.gallery)
    place.mkdir(parents=True, exist_ok=True)
    description, network = describe(card), Network(card)
    differentiable = methods.Differentiable(models.function(name), 1)
    pictures = {}
    for sample in json.loads((card.samples / "samples.json").read_text("utf-8")):
        file = Path(sample["file"])
        batch = description.prepared(open_picture(card.samples / file))
        unit = int(network.run(batch, [description.output.name])[description.output.name][0].argmax())
        gradient = methods.saliency(differentiable, batch[0], targets.ClassLogit(unit))
        values = methods.flat(gradient, absolute=True)
        grey = np.rint(255 * values / values.max()).astype(np.uint8)
        Image.fromarray(grey).save(place / f"{file.stem}.webp", lossless=True, method=6)
        pictures[stored_maps.digest(batch[0])] = {"file": f"{file.stem}.webp", "unit": unit}
    weights = hashlib.sha256(card.weights.read_bytes()).hexdigest()
    told = {"method": "saliency", "weights": weights, "pictures": pictures}
    (place / stored_maps.CONTENTS).write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    return place


if __name__ == "__main__":
    print(store(*sys.argv[1:2]))
