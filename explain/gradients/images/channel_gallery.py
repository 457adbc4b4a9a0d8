"""The gallery of channels: some of every convolution of a network, dreamt beforehand.

`python -m explain.gradients.images.gallery --channels` writes into the folder that the network's card names
`LAYER-CHANNEL.webp` and `gallery.json`: how they were made, and for every picture its layer, channel, seed, steps and
size, the channel's mean over its map when the network looks at the picture as it is stored ("activation"), and the mean
and the largest of that number over the network's sample photographs ("photographs").

Which channels is no matter of taste: of each layer the half that respond most, whose largest value averaged over the
sample photographs is highest (the page shows their maps first), and as many evenly spread by their number among all
others that respond at all. The same seed for all, and one try. Goes on where it was interrupted; pictures made with
another recipe or other weights are made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from explain.attribution.targets import Channel
from explain.gradients.images import channels
from explain.gradients.images.activation_maximisation import DreamResult, DreamSettings, dream_targets
from explain.gradients.images.presets import PRESETS
from explain.network.description import Description, describe
from explain.network.session import Network
from explain.pictures.sheets import Layout, Lettering, sheet
from models.card import Card
from models.pictures import open_picture

RULE = (
    "of each convolution half are the channels whose largest value, averaged over the sample photographs, is highest; "
    "half are evenly spread by number among the others that are ever above zero"
)
OF_A_LAYER = 8
QUALITY = 80  # of WebP
TILE, CAPTION = 128, 13  # of the contact sheet, in pixels


def make(card: Card, of_a_layer: int = OF_A_LAYER, batch: int = 4, seed: int = 0, folder: Path | None = None) -> Path:
    """Makes the pictures that are missing, `batch` at a time, and notes them in gallery.json once stored.

    Returns the folder, that of the card unless stated.
    """
    folder = folder or card.channels
    folder.mkdir(parents=True, exist_ok=True)
    description = describe(card)
    opened = Network(card)
    answers = over_photographs(opened, photographs(card))
    wanted = {layer: chosen(peaks, of_a_layer) for layer, (_, peaks) in answers.items()}
    made_with = _made_with(description, seed, list(wanted))
    notes = _notes(folder, made_with)
    began, function = time.monotonic(), None
    for layer, numbers in wanted.items():
        todo = [number for number in numbers if (layer, number) not in notes]
        for begin in range(0, len(todo), batch):
            function = function or _function(card)
            some = todo[begin : begin + batch]
            for number, result in zip(some, _dreamt(function, description, layer, some, seed), strict=True):
                notes[layer, number] = _stored(folder, opened, (layer, number), result, answers[layer][0], seed)
            _write(folder, made_with, [notes[key] for key in _in_order(wanted, notes)])
            print(f"{layer}: {len(notes)} pictures, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return folder


def photographs(card: Card) -> list[np.ndarray]:
    """The network's sample photographs as it takes them, a batch of one each."""
    told = json.loads((card.samples / "samples.json").read_text("utf-8"))
    return [card.preprocessing.prepare(open_picture(card.samples / item["file"])) for item in told]


def over_photographs(network: Network, batches: Sequence[np.ndarray]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """For each convolution the mean and the largest value of every channel's map, both `(photograph, channel)`."""
    layers = [layer.name for layer in network.description.of_kind("conv")]
    found = {layer: ([], []) for layer in layers}
    for batch in batches:
        for layer, values in network.run(batch, layers).items():
            found[layer][0].append(values[0].mean(axis=(0, 1)))
            found[layer][1].append(values[0].max(axis=(0, 1)))
    return {layer: (np.stack(means), np.stack(peaks)) for layer, (means, peaks) in found.items()}


def chosen(peaks: np.ndarray, count: int) -> list[int]:
    """The channels of RULE, in the order in which it names them. peaks: `(photograph, channel)`, the largest value of
    each channel's map."""
    order = np.argsort(-peaks.mean(axis=0), kind="stable")
    strongest = order[: (count + 1) // 2]
    others = np.setdiff1d(np.flatnonzero(peaks.max(axis=0) > 0), strongest)
    spread = others[np.linspace(0, len(others) - 1, min(count // 2, len(others))).round().astype(int)]
    return [int(channel) for channel in (*strongest, *spread)]


def _made_with(description: Description, seed: int, layers: Sequence[str]) -> dict[str, Any]:
    sizes = {layer: channels.size_for(description, layer) for layer in layers}
    preset = PRESETS[channels.PRESET]
    recipes = {str(size): preset.told(size, channels.steps_for(size)) for size in sorted(set(sizes.values()))}
    return {
        "network": description.name,
        "weights": hashlib.sha256(description.path.read_bytes()).hexdigest()[:16],
        "rule": RULE,
        "seed": seed,
        "preset": channels.PRESET,
        "recipes": recipes,
        "sizes": sizes,
        "quality": QUALITY,
    }


def _function(card: Card):
    # as in the page's process; it is read when TensorFlow is imported, and halves the time on older processors
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    from explain.gradients.network.function import NetworkFunction

    return NetworkFunction(card)


def _dreamt(function, description: Description, layer: str, numbers: Sequence[int], seed: int) -> list[DreamResult]:
    of = [Channel(layer, number) for number in numbers]
    size = channels.size_for(description, layer)
    asked = DreamSettings(
        description.name, of[0], channels.PRESET, seed=seed, steps=channels.steps_for(size), size=size
    )
    return dream_targets(function, of, asked)


def _stored(folder: Path, network: Network, of: tuple[str, int], result: DreamResult, means: np.ndarray, seed: int):
    """Stores a picture and returns its note. means: of the layer's channels over each photograph."""
    layer, number = of
    file = f"{layer}-{number:03d}.webp"
    Image.fromarray(result.picture).save(folder / file, "WEBP", quality=QUALITY, method=6)
    return {
        "layer": layer,
        "channel": number,
        "file": file,
        "activation": round(float(activation(network, folder / file, layer)[number]), 4),
        "photographs": [round(float(means[:, number].mean()), 4), round(float(means[:, number].max()), 4)],
        "seed": seed,
        "steps": result.steps,
        "size": result.picture.shape[0],
    }


def activation(network: Network, file: Path, layer: str) -> np.ndarray:
    """`(channel,)`: the mean of each of a layer's channels over its map when the network looks at a stored picture."""
    height, width, _ = network.description.picture
    with Image.open(file) as picture:
        batch = network.description.preprocessing.prepare(picture, height or picture.height, width or picture.width)
    return network.run(batch, [layer])[layer][0].mean(axis=(0, 1))


def _in_order(wanted: dict[str, list[int]], notes: dict) -> list[tuple[str, int]]:
    return [(layer, number) for layer, numbers in wanted.items() for number in numbers if (layer, number) in notes]


def _notes(folder: Path, made_with: dict[str, Any]) -> dict[tuple[str, int], dict[str, Any]]:
    """The notes of pictures that are there and were made so, by layer and channel."""
    file = folder / "gallery.json"
    told = json.loads(file.read_text("utf-8")) if file.exists() else {}
    if told.get("settings") != json.loads(json.dumps(made_with)):
        return {}
    return {(note["layer"], note["channel"]): note for note in told["channels"] if (folder / note["file"]).exists()}


def _write(folder: Path, made_with: dict[str, Any], notes: list[dict[str, Any]]) -> None:
    unfinished = folder / "gallery.json.part"  # renamed when complete: an interruption leaves the old one whole
    unfinished.write_text(json.dumps({"settings": made_with, "channels": notes}, indent=1) + "\n", "utf-8")
    os.replace(unfinished, folder / "gallery.json")


def contact_sheet(folder: Path, file: Path) -> Path:
    """All pictures, a layer a row, with their names under them."""
    notes = json.loads((folder / "gallery.json").read_text("utf-8"))["channels"]
    columns = max(sum(note["layer"] == one["layer"] for note in notes) for one in notes)
    tiles, names = [], []
    for layer in dict.fromkeys(note["layer"] for note in notes):
        row = [note for note in notes if note["layer"] == layer]
        empty = [None] * (columns - len(row))
        tiles += [_tile(folder / note["file"]) for note in row] + empty
        names += [f"{layer}, {note['channel']}" for note in row] + [""] * len(empty)
    layout = Layout((TILE, TILE), columns, gap=(4, 4), margin=4, below=CAPTION)
    file.parent.mkdir(parents=True, exist_ok=True)
    drawn = sheet(tiles, layout, under=names, lettering=Lettering.of(12, 11, 10, 9, centred=True))
    drawn.save(file, "WEBP", quality=80, method=6)
    return file


def _tile(file: Path) -> Image.Image:
    with Image.open(file) as picture:
        return picture.convert("RGB").resize((TILE, TILE), Image.Resampling.BICUBIC)
