"""The gallery: one class visualisation of every class, `python -m explain.gradients.images.gallery`.

Writes `models/gallery/vgg16-cam/NNN.webp` (NNN is the unit), `gallery.json` (the settings; for every class its name,
its number among ImageNet's 1000, the logit and the probability on a plain pass over the picture) and a contact sheet.
Goes on where it was interrupted; pictures made with other settings, another recipe or other weights are made anew.
A class on which the ascent got stuck (probability under 0.9) is tried again from the next seeds; the best picture stays
and its seed is noted. `--sheet-only` draws the sheet from what is there.

`--channels` makes the other gallery instead, of channels of every convolution: see `channel_gallery`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from PIL import Image

from explain.gradients.images import channel_gallery
from explain.gradients.images.activation_maximisation import DreamResult, DreamSettings, dream_many
from explain.gradients.images.presets import PRESETS
from explain.pictures.sheets import Layout, Lettering, sheet
from models.vgg16 import CAM, imagenet_index

ROOT = Path(__file__).resolve().parents[3]
GALLERY = ROOT / "models" / "gallery" / CAM.name
SHEET = ROOT / "docs" / "pictures" / "gallery.webp"
CHANNELS_SHEET = SHEET.with_name("channels.webp")
SIZE = 192  # pixels of the stored pictures
QUALITY = 80  # of WebP
STUCK, RETRIES = 0.9, 3  # a class below this probability is tried again from the next seeds, this often at most
COLUMNS, TILE, CAPTION = 20, 120, 13  # of the contact sheet; the last two in pixels


def make(settings: DreamSettings, batch: int, folder: Path = GALLERY) -> None:
    """Makes the pictures that are missing, `batch` at a time, and notes them in gallery.json once stored."""
    made_with = {name: getattr(settings, name) for name in ("preset", "seed", "steps", "size")}
    made_with |= {
        "network": CAM.name,
        "recipe": PRESETS[settings.preset].told(settings.size, settings.steps),
        "weights": _digest(CAM.weights),
    }
    folder.mkdir(parents=True, exist_ok=True)
    notes = _notes(folder, made_with)
    model = None
    for attempt in range(1 + RETRIES):
        todo = [unit for unit, note in enumerate(notes) if _wanted(note, settings.seed + attempt)]
        if todo and model is None:
            model = load_model()
        began = time.monotonic()
        for begin in range(0, len(todo), batch):
            units = todo[begin : begin + batch]
            tried = replace(settings, seed=settings.seed + attempt)
            for unit, result in zip(units, dream_many(model, units, tried), strict=True):
                notes[unit] = _better(folder, unit, notes[unit], result, tried.seed)
            _write(folder, made_with, notes)
            done = begin + len(units)
            left = (time.monotonic() - began) / done * (len(todo) - done)
            text = f"seed {tried.seed}: {done} of {len(todo)} pictures, {left / 60:.1f} min left"
            print(text, file=sys.stderr, flush=True)


def _wanted(note: dict | None, seed: int) -> bool:
    """Whether a class still needs a picture from this seed: it has none, or only stuck ones from earlier seeds."""
    return note is None or (note["probability"] < STUCK and note["tried"] < seed)


def _better(folder: Path, unit: int, note: dict | None, result: DreamResult, seed: int) -> dict:
    """The note of the class after this try; its picture is stored if it is the first or beats the one that is there."""
    if note is not None and note["probability"] >= result.probability:
        return {**note, "tried": seed}
    _store(folder / f"{unit:03d}.webp", result)
    return {
        "file": f"{unit:03d}.webp",
        "name": CAM.labels[unit],
        "imagenet_index": imagenet_index(CAM, unit),
        "logit": round(result.score, 2),
        "probability": round(result.probability, 4),
        "seed": seed,
        "tried": seed,
    }


def load_model():
    """vgg16-cam with the committed weights."""
    from explain.gradients.network.function import NetworkFunction

    return NetworkFunction(CAM)


def _notes(folder: Path, made_with: dict) -> list[dict | None]:
    """What gallery.json says of each class, None for a class whose picture is missing or was made otherwise."""
    file = folder / "gallery.json"
    told = json.loads(file.read_text("utf-8")) if file.exists() else {}
    if told.get("settings") != made_with:
        return [None] * len(CAM.labels)
    first = {"seed": made_with["seed"], "tried": made_with["seed"]}
    return [{**first, **note} if note and (folder / note["file"]).exists() else None for note in told["classes"]]


def _store(file: Path, result: DreamResult) -> None:
    picture = Image.fromarray(result.picture).resize((SIZE, SIZE), Image.Resampling.BICUBIC)
    picture.save(file, "WEBP", quality=QUALITY, method=6)


def _write(folder: Path, made_with: dict, notes: list[dict | None]) -> None:
    text = json.dumps({"settings": made_with, "classes": notes}, indent=1) + "\n"
    unfinished = folder / "gallery.json.part"  # renamed when complete: an interruption leaves the old one whole
    unfinished.write_text(text, "utf-8")
    os.replace(unfinished, folder / "gallery.json")


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


def contact_sheet(folder: Path = GALLERY, file: Path = SHEET) -> Path:
    """All pictures with their names under them, in the order of the classes."""
    notes = json.loads((folder / "gallery.json").read_text("utf-8"))["classes"]
    layout = Layout((TILE, TILE), COLUMNS, gap=(4, 4), margin=4, below=CAPTION)
    names = [note["name"] if note else "" for note in notes]
    lettering = Lettering.of(12, 11, 10, 9, 8, centred=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    drawn = sheet([note and _tile(folder / note["file"]) for note in notes], layout, under=names, lettering=lettering)
    drawn.save(file, "WEBP", quality=85, method=6)
    return file


def _tile(file: Path) -> Image.Image:
    with Image.open(file) as picture:
        return picture.convert("RGB").resize((TILE, TILE), Image.Resampling.LANCZOS)


def main() -> None:
    plain = DreamSettings(preset="calm", size=112)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--channels", action="store_true", help="of channels; takes --seed, --batch, --out, --sheet")
    parser.add_argument("--seed", type=int, default=plain.seed)
    parser.add_argument("--steps", type=int, default=plain.steps)
    parser.add_argument("--size", type=int, default=plain.size, help="pixels the pictures are made at")
    parser.add_argument("--preset", choices=PRESETS, default=plain.preset)
    parser.add_argument("--batch", type=int, default=4, help="pictures side by side")
    parser.add_argument("--out", type=Path, help="folder; that of the network's card unless stated")
    parser.add_argument("--sheet", type=Path, help="contact sheet; in docs/pictures unless stated")
    parser.add_argument("--sheet-only", action="store_true")
    options = parser.parse_args()
    if options.channels:
        out, file = options.out or CAM.channels, options.sheet or CHANNELS_SHEET
        if not options.sheet_only:
            channel_gallery.make(CAM, batch=options.batch, seed=options.seed, folder=out)
        print(channel_gallery.contact_sheet(out, file))
        return
    out, file = options.out or GALLERY, options.sheet or SHEET
    if not options.sheet_only:
        settings = DreamSettings(seed=options.seed, steps=options.steps, size=options.size, preset=options.preset)
        make(settings, options.batch, out)
    print(contact_sheet(out, file))


if __name__ == "__main__":
    main()
