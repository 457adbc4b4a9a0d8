"""Class visualisation and its kin: pictures that a class, a channel or a unit answers to most strongly.

Puts together what `loop` runs: the target, the penalties of a preset of `presets`, and a term that drives the pictures
of one grid apart. Importing this module does not import TensorFlow; `dream` does.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from explain.attribution.targets import LOGITS, ClassLogit, Target
from explain.gradients.images.presets import PRESETS, Preset
from explain.gradients.kinds import check_whole
from explain.gradients.network.activations import Responses
from explain.gradients.visualisation import objectives
from explain.gradients.visualisation.ascent import Ascent, ascend, begun
from explain.network.description import Description

if TYPE_CHECKING:
    from explain.gradients.network.function import NetworkFunction

STEPS = range(2, 1001)
SIZES = range(48, 321)
COUNTS = range(1, 10)
MOST_DIVERSITY = 10.0
MOST_PIXELS = 9 * 128 * 128  # of all pictures together; bounds the process's memory at about 1.3 GB
DIVERSITY_WEIGHT = 20.0  # logits that the likest pictures lose at diversity 1

OnStep = Callable[[int, int, "np.ndarray | None", float], "bool | None"]  # (step, steps, picture, score); False stops


@dataclass(frozen=True)
class DreamSettings:
    """What to visualise, and how. The same settings make the same picture.

    network: name of the card. target: of `explain.attribution.targets`: a class, a channel or a unit of any layer; the
    place of a unit is told at the size of the card and carried over to the picture's.
    preset: one of `PRESETS`. seed: of the first cloud and of the transforms. steps: of gradient ascent, in all; None
    for the preset's own. size: pixels of a picture's side, where the network leaves it open (`size_of`).
    count: pictures at once, from this seed and those after it. diversity: how strongly these are driven apart, from 0.
    Raises ValueError with one sentence for values out of range.
    """

    network: str = ""
    target: Target = ClassLogit(0)
    preset: str = "ours"
    seed: int = 0
    steps: int | None = None
    size: int = 128
    count: int = 1
    diversity: float = 0.0

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            raise ValueError(f"There is no preset {self.preset!r}; choose one of {', '.join(PRESETS)}.")
        if self.steps is None:
            object.__setattr__(self, "steps", PRESETS[self.preset].steps)
        for name, allowed in (("steps", STEPS), ("size", SIZES), ("seed", range(2**31)), ("count", COUNTS)):
            check_whole(name, getattr(self, name), allowed)
        value = self.diversity
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST_DIVERSITY:
            raise ValueError(f"diversity must be a number from 0 to {MOST_DIVERSITY:g}, not {value!r}.")


def size_of(network: Description, size: int) -> int | tuple[int, int]:
    """What size of pictures is dreamt: squares of that side, which a network that takes squares of another size is
    shown enlarged or reduced; of one that takes no squares its own height and width, `size` where one of them is free.
    """
    height, width = network.picture[:2]
    return size if height == width else (height or size, width or size)


def check_pixels(settings: DreamSettings, card: Description) -> None:
    """Raises ValueError, in one sentence, for more pictures at once than the memory holds."""
    fixed = card.picture[0]  # of a network that takes one size only
    pixels = (card.picture[0] or settings.size) * (card.picture[1] or settings.size)
    if settings.count > (most := max(1, MOST_PIXELS // pixels)):
        raise ValueError(
            f"{card.name} can dream {most} at once at {settings.size} pixels: take fewer pictures"
            f"{'' if fixed else ', or smaller ones'}."
        )


@dataclass(frozen=True)
class DreamResult:
    """One picture. picture: uint8 `(height, width, 3)`, in three equal colours of a network that sees none. score: the
    target's, on a plain pass over that picture. probability: of a class there, else None. steps: done until the end or
    the stop; seconds: of the whole run, tracing included."""

    picture: np.ndarray
    score: float
    probability: float | None
    steps: int
    seconds: float


def dream(function: NetworkFunction, settings: DreamSettings, on_step: OnStep | None = None) -> list[DreamResult]:
    """`settings.count` pictures of one target.

    on_step: told the pictures so far as one, side by side, and their mean score.
    """
    count = settings.count
    return _run(function, [settings.target] * count, settings, [settings.seed + at for at in range(count)], on_step)


def dream_many(
    function: NetworkFunction,
    classes: Sequence[int],
    settings: DreamSettings,
    on_step: OnStep | None = None,
    preset: Preset | None = None,
) -> list[DreamResult]:
    """One picture for each of several classes, side by side, from the same seed."""
    return dream_targets(function, [ClassLogit(int(unit)) for unit in classes], settings, on_step, preset)


def dream_targets(
    function: NetworkFunction,
    targets: Sequence[Target],
    settings: DreamSettings,
    on_step: OnStep | None = None,
    preset: Preset | None = None,
) -> list[DreamResult]:
    """One picture for each of several targets of one kind and layer, side by side, from the same seed."""
    return _run(function, list(targets), settings, [settings.seed] * len(targets), on_step, preset)


def _run(function, of: list[Target], settings, seeds, on_step, preset: Preset | None = None) -> list[DreamResult]:
    began = time.perf_counter()
    preset = preset or PRESETS[settings.preset]
    network, described = _network(function), function.description
    shapes = {layer.name: layer.shape for layer in described.layers}
    score = objectives.score(of if len(set(of)) > 1 else of[0], shapes)
    grey = described.preprocessing is not None and described.preprocessing.channels == 1
    stages = preset.staged(size_of(described, settings.size), settings.steps, grey)
    objective = _objective(network, score, preset, settings, begun(stages[0].image, seeds, preset.rule.start), stages)
    told = on_step and (
        lambda step, steps, shown, scores: on_step(step, steps, side_by_side(_coloured(shown)), scores.mean())
    )
    found = ascend(network, objective, stages, preset.rule, seeds, told)
    chances = _probabilities(network, of, found) if isinstance(of[0], ClassLogit) else [None] * len(of)
    seconds = time.perf_counter() - began
    return [
        DreamResult(picture, float(number), chance, found.steps, seconds)
        for picture, number, chance in zip(_coloured(found.pictures), found.scores, chances, strict=True)
    ]


def _coloured(pictures: np.ndarray | None) -> np.ndarray | None:
    """Grey pictures with three equal colours; coloured ones, and None, as they are."""
    return pictures if pictures is None or pictures.shape[-1] == 3 else np.repeat(pictures, 3, axis=-1)


@lru_cache(maxsize=2)
def _network(function: NetworkFunction) -> Responses:
    """One for each network, so that its traced functions are found again."""
    return Responses(function)


def _objective(network, score, preset: Preset, settings, first: np.ndarray, stages) -> objectives.Weighted:
    """The target's score less the preset's penalties."""
    reads = score.layers[0]
    terms = [(_weight(network, score, stages[0].image, first), score)]
    usual = _statistics(network)
    known = [name for name in preset.layers if name in usual] or [
        layer.name for layer in network.function.description.of_kind("conv")
    ]
    if preset.natural and usual:
        # layers beyond the target's would only cost time; the first two are cheap and keep colours calm for any target
        layers = tuple(name for at, name in enumerate(known) if at < 2 or network.function.needs(name, reads))
        unnatural = objectives.Unnatural(layers, {layer: usual[layer] for layer in layers})
        terms.append((lambda share: -preset.unnatural(share), unnatural))
    if settings.diversity and len(first) > 1 and known:
        # textures are compared as deep as the target lets, in layers that the penalty reads as well
        apart = next((name for name in reversed(known) if network.function.needs(name, reads)), known[0])
        terms.append((-settings.diversity * DIVERSITY_WEIGHT, objectives.Alike(apart)))
    return objectives.weighted(*terms, *((-amount, penalty) for amount, penalty in preset.penalties))


def _statistics(network: Responses) -> dict[str, np.ndarray]:
    """How the network's layers answer to photographs, of those of which that was measured; see `models.card`."""
    card = network.function.description.card
    if card is None or card.statistics is None:
        return {}
    with np.load(card.statistics) as arrays:
        return {layer: arrays[layer] for layer in arrays.files if layer in network.function.layers}


def _weight(network: Responses, score: objectives.Score, image, first: np.ndarray) -> float:
    """How many logits a unit of the score is worth, so that penalties weighed against a class suit any target.

    Seen from the pixels of the first cloud, the score times this is as steep as the logits are on average.
    """
    import tensorflow as tf

    if isinstance(score.patterns[0], ClassLogit):
        return 1.0
    pictures = image.pictures(tf.constant(first))
    respond = network.of({*score.layers, LOGITS}, leaky=score.layers)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(pictures)
        responses = respond(pictures)
        weighted = objectives.weighted((1.0, score))
        raised = tf.reduce_sum(weighted(responses, [tf.constant(array) for array in weighted.fed(0.0)]))
        logits = responses[LOGITS]
        # with random signs, the sum's steepness is that of its parts, root mean square
        signs = np.random.default_rng(0).choice([-1.0, 1.0], logits.shape[-1]).astype(np.float32)
        usual = tf.reduce_sum(logits * signs) / np.sqrt(logits.shape[-1])
    steep, usual = (float(tf.norm(tape.gradient(one, pictures))) for one in (raised, usual))
    return usual / steep if steep > 0 else 1.0


def _probabilities(network: Responses, of: list[Target], found: Ascent) -> list[float]:
    """Each picture's probability of its class on a plain pass."""
    import tensorflow as tf

    logits = network.of([LOGITS])(tf.constant(found.pictures, tf.float32) / 255.0)[LOGITS]
    return [float(row[target.unit]) for row, target in zip(tf.nn.softmax(logits).numpy(), of, strict=True)]


def side_by_side(pictures: np.ndarray | None) -> np.ndarray | None:
    """Pictures `(count, height, width, 3)` as one, in a nearly square grid; grey where none is left."""
    if pictures is None or len(pictures) == 1:
        return None if pictures is None else pictures[0]
    count, height, width, channels = pictures.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    grid = np.full((rows * columns, height, width, channels), 128, np.uint8)
    grid[:count] = pictures
    return grid.reshape(rows, columns, height, width, channels).swapaxes(1, 2).reshape(rows * height, -1, channels)
