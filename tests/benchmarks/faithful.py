"""Deletion and insertion of every attribution method, on words and on photographs, against pixels in random order.

python -m tests.benchmarks faithful [crnn] [vgg16-cam] [--characters N] [--photographs N] [--steps N] [--sheet FILE]

Words: N characters of each of the page's first samples, asked for their probability; pixels taken away show the
background. Photographs: the likeliest class of vgg16-cam; taken away they show ImageNet's mean colour, put back they
come onto a blurred picture. Given is the mean area under the curves, from 0 to 1: of deletion less is better, of
insertion more. Methods have the settings they have on the page; those of a layer are taken at conv_4 and block5_conv3.

--sheet writes the first word's maps of one character, all methods side by side, as a picture.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from explain.attribution import cam, faithfulness, targets
from explain.attribution.occlusion import occlude
from explain.ctc import decoding
from explain.gradients.attribution import job
from explain.gradients.attribution.job import INPUT_METHODS, LAYER_METHODS, name_at
from explain.gradients.network import models
from explain.layers.receptive_field import receptive_field
from explain.network.session import Network
from explain.pictures import word_overlay
from explain.pictures.sheets import Layout, Lettering, sheet
from models import crnn, onnx_weights, typeface, vgg16
from models.card import WEIGHTS, Card
from tests.benchmarks.attribute import Quiet
from tests.benchmarks.progress import progress

SAMPLES = WEIGHTS.parent / "samples"
WORDS = ("elephant", "LONDON", "HOTEL", "Station")
CARDS = {"crnn": crnn.CARD, "vgg16-cam": vgg16.CAM}
LAYERS = {"crnn": "conv_4", "vgg16-cam": "block5_conv3"}
OCCLUSIONS = {
    "crnn": {"occlusion, squares": ((8, 8), (4, 4)), "occlusion, columns": ((32, 8), (32, 2))},
    "vgg16-cam": {"occlusion, squares": ((32, 32), (32, 32))},
}
GROUNDS = {"crnn": ("background", "background"), "vgg16-cam": (0.0, "blur")}  # of deletion and insertion
RANDOM = "random order"
SHOWN = 3  # the character of the first word on the sheet: its fourth
ACROSS, FACTOR, MARGIN, TITLE = 3, 3, 12, 22  # of the sheet, in maps and screen pixels

INK = "#1d2433"
NEAREST = Image.Resampling.NEAREST
FACE = next(iter(typeface.FONTS.values()))
LEGEND = """Red speaks for it, blue against it (guided back-
propagation: lighter, darker). From dark blue to yellow:
strength alone. Orange: frames that tell the character."""


@dataclass(frozen=True)
class Question:
    """What is asked of a network: a picture as it takes it, and a target."""

    card: Card
    picture: np.ndarray
    target: targets.Target


def main(argv: list[str]) -> dict:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks faithful")
    parser.add_argument("names", nargs="*", default=list(CARDS), metavar="NETWORK", help=", ".join(CARDS))
    parser.add_argument("--characters", type=int, default=2)
    parser.add_argument("--photographs", type=int, default=2)
    parser.add_argument("--steps", type=int, default=faithfulness.STEPS)
    parser.add_argument("--sheet", type=Path)
    arguments = parser.parse_args(argv)
    if unknown := set(arguments.names) - set(CARDS):
        parser.error(f"there is no network called {', '.join(sorted(unknown))}; there are {', '.join(CARDS)}")
    if arguments.sheet:
        contact_sheet(arguments.sheet)
    return {name: measure(CARDS[name], arguments) for name in arguments.names}


def measure(card: Card, arguments: argparse.Namespace) -> dict:
    network = Network(card)
    asked = list(characters(network, arguments.characters) if card is crnn.CARD else classes(network, arguments))
    areas: dict[str, list[tuple[float, float]]] = {}
    for question in progress(asked, len(asked), card.name):
        orders = [(RANDOM, pixels) for pixels in faithfulness.random_orders(question.picture.shape)]
        for name, values in maps(network, question):
            orders.append((name, faithfulness.order(faithfulness.evidence(name, values))))
        for name, pixels in orders:
            areas.setdefault(name, []).append(both(network, question, pixels, arguments.steps))
    return {
        "questions": len(asked),
        **{
            name: dict(zip(("deletion", "insertion"), np.mean(found, axis=0).round(3).tolist(), strict=True))
            for name, found in areas.items()
        },
    }


def both(network: Network, question: Question, pixels: np.ndarray, steps: int) -> tuple[float, float]:
    """Areas of the deletion and of the insertion curve."""
    curves = (faithfulness.deletion, faithfulness.insertion)
    return tuple(
        curve(network, question.picture, question.target, pixels, ground, steps=steps).area
        for curve, ground in zip(curves, GROUNDS[question.card.name], strict=True)
    )


def characters(network: Network, count: int) -> Iterator[Question]:
    """The first of `count` equal parts of each word, and so on: the characters where these parts begin."""
    for word in WORDS:
        text, frames, picture = read(network, word)
        for place in sorted({len(text) * part // count for part in range(min(count, len(text)))}):
            yield Question(crnn.CARD, picture, targets.character(frames, text, place))


def read(network: Network, word: str) -> tuple[tuple[int, ...], np.ndarray, np.ndarray]:
    """Labels of the reading, softmax and picture of a sample."""
    picture = crnn.prepare(Image.open(SAMPLES / "words" / f"{word}.png"))[0]
    frames = network.run(picture[None], ["outputs"])["outputs"][0]
    return decoding.best_path(frames).labels, frames, picture


def classes(network: Network, arguments: argparse.Namespace) -> Iterator[Question]:
    """The likeliest class of each of the first photographs."""
    for file in sorted(SAMPLES.glob("photographs/*.jpg"))[: arguments.photographs]:
        picture = vgg16.prepare(Image.open(file))[0]
        likeliest = int(network.run(picture[None], ["logits"])["logits"][0].argmax())
        yield Question(vgg16.CAM, picture, targets.ClassLogit(likeliest))


def maps(network: Network, question: Question) -> Iterator[tuple[str, np.ndarray]]:
    """Each method's name and its map, `(height, width)` of the picture."""
    card, picture, target = question.card, question.picture, question.target
    layer = LAYERS[card.name]
    field = receptive_field(card, layer)
    settings = {"picture": picture, "target": targets.describe(target), "layers": [layer]}
    found = job.run(models.function(card.name), job.check(settings, card), Quiet())
    yield from ((method, found[method]) for method in INPUT_METHODS)
    for method in LAYER_METHODS:
        yield method, cam.spread(found[name_at(method, layer)], field, picture.shape)
    yield "score_cam", cam.spread(cam.score_cam(network, picture, target, layer, field), field, picture.shape)
    if card is vgg16.CAM:
        features = network.run(picture[None], [layer])[layer][0]
        weights = onnx_weights.read(card.weights, ["predictions"])["predictions"][0][:, target.unit]
        whole = cam.class_activation_map(features, weights)
        yield "class_activation_map", cam.spread(whole, field, picture.shape)
    for name, (patch, stride) in OCCLUSIONS[card.name].items():
        yield name, occlude(network, picture, patch, stride).map(target)


def contact_sheet(file: Path) -> None:
    """One character of the first word under every method, labelled, as a picture."""
    network = Network(crnn.CARD)
    text, frames, picture = read(network, WORDS[0])
    target = targets.character(frames, text, SHOWN)
    seen = Image.fromarray(np.rint(picture[..., 0] * 255).astype(np.uint8))
    titles, drawn = [], []
    for name, values in maps(network, Question(crnn.CARD, picture, target)):
        titles.append(label(name))
        large = word_overlay.picture(seen, values, np.asarray(target.weights), middles())
        drawn.append(large.resize([side // word_overlay.FACTOR * FACTOR for side in large.size], NEAREST))
    font = ImageFont.truetype(str(typeface.FOLDER / FACE), 15)
    layout = Layout(drawn[0].size, ACROSS, gap=(MARGIN, MARGIN), margin=MARGIN, above=TITLE)
    whole = sheet(drawn, layout, over=titles, lettering=Lettering(INK, (font,)))
    if len(drawn) % ACROSS:  # the place that is left
        ImageDraw.Draw(whole).multiline_text(layout.corner(len(drawn)), LEGEND, INK, font, spacing=6)
    whole = ImageOps.expand(whole, (0, TITLE, 0, 0), "white")
    title = f"Why “{crnn.LABELS[target.label]}”? One character of “{WORDS[0]}” under every method"
    ImageDraw.Draw(whole).text((MARGIN, 8), title, INK, font)
    whole.save(file, lossless=True, method=6) if file.suffix == ".webp" else whole.save(file)


def label(name: str) -> str:
    """A method as the sheet calls it."""
    known = {"gradient_times_input": "gradient × input", "smooth_grad": "SmoothGrad"}
    cams = {
        "grad_cam": "Grad-CAM",
        "grad_cam_plus_plus": "Grad-CAM++",
        "layer_cam": "LayerCAM",
        "score_cam": "Score-CAM",
    }
    layer = f" at {LAYERS['crnn']}" if name in cams else ""
    return (known | cams).get(name, name.replace("_", " ")) + layer


def middles() -> list[tuple[int, int]]:
    """The columns, first and last, in the middle of what each frame's convolutions see."""
    field = receptive_field(crnn.CARD, "squeezed")
    step = field.stride[1]
    first = [field.start[1] + frame * step + (field.size[1] - step) // 2 for frame in range(crnn.FRAMES)]
    return [(left, left + step - 1) for left in first]
