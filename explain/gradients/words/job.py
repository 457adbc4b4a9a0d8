"""The job "dream-word": pictures that the network reads as a given word, or that a part of it answers to most.

Activation maximisation (see `explain.gradients.visualisation.ascent`) from noise. What is raised is the text's CTC
log-probability, or any other target; what keeps the picture like print are statistics of the network's own answers to
words printed in the project's typefaces, never the word that is dreamt (`explain.gradients.words.print_statistics`),
and, for a text, a denoiser that knows print in squares of 15 pixels (`explain.gradients.words.denoiser_prior`). No
drawn letter is put into the picture.

Importing this module does not import TensorFlow; `dream_words` does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from explain.attribution import targets
from explain.ctc import decoding
from explain.gradients.kinds import Kind, Report, SettingsError, check_whole
from explain.gradients.network import models
from explain.gradients.visualisation.optimisers import FlooredAdam
from explain.gradients.words import denoiser_prior
from explain.gradients.words.grey_fourier import GreyFourier
from explain.gradients.words.layout import BLANK, CARD, LABELS, labels_of
from explain.gradients.words.transforms import Camera, Nudge
from explain.gradients.worker.dependencies import sources
from explain.network.description import describe
from explain.pictures.sheets import Layout, sheet

if TYPE_CHECKING:
    from explain.gradients.network.activations import Responses

STEPS, COUNTS, SEEDS = range(10, 501), range(1, 5), range(2**31)
GAP, GAP_GREY = 4, 160  # pixels between the pictures of a preview, and their grey
ANY_WORD = "Printed9"  # the kinds of characters that the printed words have where no text is dreamt of


@dataclass(frozen=True)
class Recipe:
    """How a word is dreamt; the names are those of the parts' own settings.

    stages: for each stage the low-pass of its pictures (cycles a pixel) and its share of the steps.
    text: weight of the text's log-probability. part: of any other target, in units of what is usual for it (`_spread`).
    natural, ink: weights of the penalties `Unprinted` and `InkLevels`. For texts only, beside, uneven, blots: of those
        of `ink_penalties`, and strokes, with its noise, of `denoiser_prior.Residue`; between: the share of a
        character's columns that stays free of ink.
    views: of a text's picture at each step, and which share of the partial ones shows a single character.
    nudge, noise: what is done to every view; camera: to the partial ones as well.
    """

    image: GreyFourier = field(default_factory=lambda: GreyFourier(margin=(3, 2)))
    stages: tuple[tuple[float, float], ...] = ((0.25, 1.0),)
    optimiser: FlooredAdam = field(default_factory=FlooredAdam)
    start: float = 0.05
    rate: float = 0.2
    text: float = 2.5
    part: float = 4.0
    natural: float = 8.0
    ink: float = 1.0
    beside: float = 4.0
    between: float = 0.25
    uneven: float = 4.0
    blots: float = 6.0
    strokes: float = 15.0
    stroke_noise: tuple[float, float] = (0.5, 0.05)
    layers: tuple[str, ...] = ("conv_1", "conv_2", "conv_3", "conv_4")
    blocks: int = 1
    softness: float = 1.0
    apart: float = 1.0
    views: tuple[int, float] = (4, 0.6)
    nudge: Nudge = field(default_factory=lambda: Nudge((1.0, 3.0), 0.1, 0.12, 4.0))
    noise: float = 0.05
    camera: Camera = field(default_factory=lambda: Camera(blur=2.0, inverted=0.3, faded=0.5, noise=0.2))
    typefaces: tuple[str, ...] = ("Sans",)
    steps: int = 100


RECIPE = Recipe()
# what a part of the network answers to need not be told apart from anything: less is done to it, and more detail stays
PART_RECIPE = replace(RECIPE, image=GreyFourier(), stages=((0.35, 1.0),), ink=3.0, nudge=Nudge(), steps=64)


@dataclass(frozen=True)
class WordDreams:
    """pictures: uint8 `(batch, 32, 128)`, dark on light. readings: the best path's text of each, on a plain pass.
    scores: float64 `(batch,)`, the target's number on that pass; of a text its log-probability. steps: done."""

    pictures: np.ndarray
    readings: list[str]
    scores: np.ndarray
    steps: int


def check(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings in full; raises SettingsError, in one sentence, for what cannot be done.

    text: 1 to 23 characters of a-z, A-Z and 0-9. Or target: as `explain.attribution.targets.describe` tells it.
    seed: of the first picture; the others take the next ones. steps: of gradient ascent. count: 1 to 4 pictures.
    """
    usual = _usual(settings)
    defaults = {"seed": 0, "steps": usual.steps, "count": 1}
    known = ("text", "target", *defaults)
    if unknown := sorted(set(settings) - set(known), key=str):
        raise SettingsError(f"A dream of a word has no setting {unknown[0]!r}; it has {', '.join(known)}.")
    given = {name: settings[name] for name in ("text", "target") if settings.get(name) is not None}
    if len(given) != 1:
        raise SettingsError("Say what to dream of: a text, or a target, and not both.")
    full = {**defaults, **{name: value for name, value in settings.items() if name in defaults}}
    for name, allowed in (("seed", SEEDS), ("steps", STEPS), ("count", COUNTS)):
        check_whole(name, full[name], allowed)
    try:
        if "text" in given:
            labels_of(given["text"])
            return {"text": given["text"], **full}
        return {"target": targets.describe(_target(given["target"])), **full}
    except ValueError as error:
        raise SettingsError(str(error)) from error


def _usual(settings: dict[str, Any]) -> Recipe:
    return RECIPE if settings.get("text") is not None else PART_RECIPE


def _target(description: Any) -> targets.Target:
    target = targets.parse(description)
    if target.layer not in (*describe(CARD).layer_names, targets.LOGITS):
        raise ValueError(f"{CARD.name} has no layer called {target.layer!r}.")
    name = describe(CARD).layer_names[-1] if target.layer == targets.LOGITS else target.layer
    targets.check(target, describe(CARD).layer(name).shape)
    return target


def files(settings: dict[str, Any]) -> list[Path]:
    """What a result depends on besides its settings: weights, typefaces, and the code."""
    from models import typeface

    # the code as well: a changed method must not be answered with pictures of the old one
    drawn = sorted(typeface.FOLDER.glob("*.[ot]tf"))
    return [CARD.weights, denoiser_prior.WEIGHTS, *drawn, *sources(__name__)]


def run(settings: dict[str, Any], report: Report) -> dict[str, Any]:
    """What `check` has let through, done; empty where the report said to stop.

    "pictures" uint8 `(count, 32, 128)`; "readings", a list of what the network reads; "scores" float64 `(count,)`, the
    target's number, of a text its log-probability; "steps" done; "seconds" taken.
    """
    from explain.gradients.network.activations import Responses

    settings = check(settings)
    if not models.prepare(report):
        return {}
    began = time.perf_counter()
    network = Responses(models.function(CARD.name))
    report.doing("Looking at printed words")
    wanted = settings["text"] if "text" in settings else targets.parse(settings["target"])
    seeds = [(settings["seed"] + number) % len(SEEDS) for number in range(settings["count"])]
    going = True

    def on_step(step: int, steps: int, pictures: np.ndarray | None, scores: np.ndarray) -> bool:
        nonlocal going
        going = report(step, steps, None if pictures is None else stacked(pictures[..., 0]), float(np.mean(scores)))
        return going

    recipe = replace(_usual(settings), steps=settings["steps"])
    found = dream_words(network, [wanted] * len(seeds), seeds, recipe, on_step)
    if going is False:
        return {}
    return {
        "pictures": found.pictures,
        "readings": found.readings,
        "scores": found.scores,
        "steps": found.steps,
        "seconds": time.perf_counter() - began,
    }


def stacked(pictures: np.ndarray) -> np.ndarray:
    """Grey pictures `(batch, height, width)` one below another with a gap, uint8 `(height, width, 3)`."""
    drawn = [Image.fromarray(picture) for picture in pictures]
    return np.asarray(sheet(drawn, Layout(drawn[0].size, 1, (0, GAP)), ground=(GAP_GREY,) * 3))


def dream_words(
    network: Responses,
    wanted: Sequence[str | targets.Target],
    seeds: Sequence[int],
    recipe: Recipe = RECIPE,
    on_step: Callable[[int, int, np.ndarray | None, np.ndarray], bool | None] | None = None,
) -> WordDreams:
    """Dreams one picture for each text, or for each target (not mixed), with its seed; side by side, apart from each
    other. on_step: as `explain.gradients.visualisation.ascent.ascend` calls it."""
    from explain.gradients.visualisation.ascent import Rule, Stage, ascend
    from explain.gradients.visualisation.objectives import score, weighted
    from explain.gradients.words.ink_penalties import InkLevels
    from explain.gradients.words.objectives import Unprinted
    from explain.gradients.words.print_statistics import printed

    written = isinstance(wanted[0], str)
    change = seen = change_of(recipe)
    statistics, levels = printed(
        network, wanted if written else [ANY_WORD], recipe.layers, recipe.blocks, recipe.typefaces, change
    )
    penalties = [
        (-recipe.natural, Unprinted(recipe.layers, recipe.blocks, statistics)),
        (-recipe.ink, InkLevels(levels)),
    ]
    if written:
        raised, seen = viewed(wanted, recipe, seeds[0])
        weight = recipe.text
        penalties += _tidy(wanted, recipe, seeds)
    else:
        raised, weight = score(wanted), recipe.part / _spread(network, wanted[0], recipe.typefaces)
    rule = Rule(recipe.rate, recipe.start, recipe.optimiser, seen)
    found = ascend(network, weighted((weight, raised), *penalties), _stages(recipe, Stage), rule, seeds, on_step)
    return read_words(network, found.pictures, wanted, found.steps)


def change_of(recipe: Recipe) -> Callable:
    """What is done to a picture at random before the network sees it."""
    from explain.gradients.visualisation.transforms import Noise, chain

    return chain(recipe.nudge, Noise(recipe.noise))


def viewed(texts: Sequence[str], recipe: Recipe, seed: int):
    """(what is raised, the transform) for texts that are seen whole and in parts."""
    from explain.gradients.words.objectives import Text
    from explain.gradients.words.transforms import Shown, Views

    labels = tuple(map(labels_of, texts))
    views = Views(*recipe.views, labels, recipe.steps, int(seed))
    return Text(recipe.softness, labels, recipe.apart, views), Shown(views, change_of(recipe), recipe.camera)


def _tidy(texts: Sequence[str], recipe: Recipe, seeds: Sequence[int]) -> list:
    """The penalties, with their weights, that hold for texts alone."""
    from explain.gradients.words.ink_penalties import Beside, Blots, Uneven, paper_of, windows_of

    labels = list(map(labels_of, texts))
    return [
        (-recipe.strokes, denoiser_prior.Residue(recipe.stroke_noise, tuple(map(int, seeds)))),
        (-recipe.beside, Beside(paper_of(labels, recipe.between))),
        (-recipe.uneven, Uneven(windows_of(labels))),
        (-recipe.blots, Blots()),
    ]


def _spread(network: Responses, target: targets.Target, typefaces: Sequence[str]) -> float:
    """By how much a target's number differs between printed words; the parts of a network have no unit in common."""
    from explain.gradients.words.print_statistics import drawn

    outputs = network.of([target.layer])(drawn(ANY_WORD, typefaces))
    return max(float(targets.score(target, {target.layer: np.asarray(outputs[target.layer])}).std()), 1e-3)


def _stages(recipe: Recipe, stage) -> list:
    left, found = recipe.steps, []
    for number, (low_pass, share) in enumerate(recipe.stages, start=1):
        last = number == len(recipe.stages)
        steps = left if last else min(left - 1, round(share * recipe.steps))
        left -= steps
        found.append(stage(replace(recipe.image, low_pass=low_pass), steps, settle=last))
    return found


def read_words(
    network: Responses, pictures: np.ndarray, wanted: Sequence[str | targets.Target], steps: int
) -> WordDreams:
    """What a plain pass over finished pictures, uint8 `(batch, 32, 128, 1)`, gives."""
    given = pictures.astype(np.float32) / np.float32(255)
    asked = [targets.WholeText(labels_of(one), BLANK) if isinstance(one, str) else one for one in wanted]
    layers = {targets.LOGITS, *(one.layer for one in asked)}
    outputs = {name: np.asarray(values) for name, values in network.of(layers)(given).items()}
    scores = [
        targets.score(one, {name: values[row : row + 1] for name, values in outputs.items()})[0]
        for row, one in enumerate(asked)
    ]
    chances = np.exp(targets.log_softmax(np.asarray(outputs[targets.LOGITS], np.float64)))
    readings = [decoding.text(decoding.best_path(frames).labels, LABELS) for frames in chances]
    return WordDreams(pictures[..., 0], readings, np.array(scores), steps)


KIND = Kind(run, check, files)
