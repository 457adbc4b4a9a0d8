"""What if the picture were blurred, shifted, turned, struck through or noisier: a picture changed by one amount."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from explain.ctc import decoding
from explain.interventions.which import OnStep, Stopped
from explain.layers import activations
from explain.network.description import Description
from explain.network.head import CLASSES, CTC
from explain.network.session import LOGITS, Network
from models.preprocessing import ground

SEED = 0
AT_ONCE = 8  # pictures between two reports
THICK, SCRATCH = 1 / 16, 3 / 32  # of the height, that a line across is thick


@dataclass(frozen=True)
class Change:
    """One thing that can be done to a picture.

    name: for addresses. title, unit: for people. least, most, step: of the amount. nothing: the amount that leaves the
    picture as it is. made: `(picture, amount) -> picture`, of the same size and mode.
    """

    name: str
    title: str
    unit: str
    least: float
    most: float
    step: float
    nothing: float
    made: Callable[[Image.Image, float], Image.Image]

    def amounts(self) -> list[float]:
        """All amounts of the slider."""
        count = round((self.most - self.least) / self.step)
        return [round(self.least + number * self.step, 6) for number in range(count + 1)]


@dataclass(frozen=True)
class Answered:
    """A network's answer to one picture. text: what it reads, or the likeliest class by its label. probability: of
    that. usual: the probability of the answer that the unchanged picture gets."""

    amount: float
    text: str
    probability: float
    usual: float


def blurred(picture: Image.Image, radius: float) -> Image.Image:
    """Gaussian blur; radius: its standard deviation in pixels."""
    return picture.filter(ImageFilter.GaussianBlur(radius)) if radius else picture


def shifted(picture: Image.Image, columns: float) -> Image.Image:
    """Moved to the right by whole columns, to the left where below zero; the edge is repeated in what is left free."""
    columns, pixels = round(columns), np.asarray(picture)
    places = np.clip(np.arange(pixels.shape[1]) - columns, 0, pixels.shape[1] - 1)
    return Image.fromarray(pixels[:, places])


def rotated(picture: Image.Image, degrees: float) -> Image.Image:
    """Turned anticlockwise about its middle; what is left free has the middle colour of the border."""
    return picture.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=ground(picture)) if degrees else picture


def darker(picture: Image.Image, share: float) -> Image.Image:
    """Every value less by that share of itself."""
    return _rounded(np.asarray(picture, np.float32) * (1 - share))


def inverted(picture: Image.Image, share: float) -> Image.Image:
    """The picture mixed with its negative; 1 is the negative alone, and at 0.5 all is grey."""
    pixels = np.asarray(picture, np.float32)
    return _rounded((1 - share) * pixels + share * (255 - pixels))


def noisier(picture: Image.Image, deviation: float) -> Image.Image:
    """Gaussian noise added, the same at every call; deviation: standard, in levels of 255."""
    pixels = np.asarray(picture, np.float32)
    return _rounded(pixels + deviation * np.random.default_rng(SEED).standard_normal(pixels.shape, np.float32))


def struck(picture: Image.Image, place: float) -> Image.Image:
    """A line right across, in the colour farthest from the ground's; place: how far down it begins, in hundredths of
    the height, 0 for no line."""
    ground_colour, pixels = _ground(picture), np.asarray(picture)
    away = np.abs(pixels.astype(int) - ground_colour).reshape(picture.height * picture.width, -1).sum(axis=1)
    return _crossed(picture, place, pixels.reshape(len(away), -1)[away.argmax()], THICK)


def scratched(picture: Image.Image, place: float) -> Image.Image:
    """The same in the ground's own colour, a little thicker: what it crosses is gone."""
    return _crossed(picture, place, _ground(picture), SCRATCH)


def _ground(picture: Image.Image) -> np.ndarray:
    return np.asarray(ground(picture))


def _crossed(picture: Image.Image, place: float, colour: np.ndarray, share: float) -> Image.Image:
    if not place:
        return picture
    pixels, top = np.array(picture), min(round(place / 100 * picture.height), picture.height - 1)
    rows = pixels[top : top + max(1, round(share * picture.height))]
    rows[...] = colour.reshape(rows.shape[2:])
    return Image.fromarray(pixels)


def _rounded(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


CHANGES = (
    Change("blur", "Blurred", "pixels", 0, 4, 0.25, 0, blurred),
    Change("shift", "Shifted to the right", "pixels", -16, 16, 1, 0, shifted),
    Change("turn", "Turned", "degrees", -20, 20, 1, 0, rotated),
    Change("dark", "Darker", "of the light gone", 0, 0.95, 0.05, 0, darker),
    Change("invert", "Inverted", "of the way", 0, 1, 0.05, 0, inverted),
    Change("noise", "Noisier", "levels of 255", 0, 120, 5, 0, noisier),
    Change("strike", "Struck through", "% of the way down", 0, 95, 5, 0, struck),
    Change("scratch", "Scratched", "% of the way down", 0, 95, 5, 0, scratched),
)


def curve(
    network: Network,
    seen: Image.Image,
    change: Change,
    amounts: Sequence[float] | None = None,
    on_step: OnStep | None = None,
) -> list[Answered]:
    """What a network answers when a picture is changed by each of some amounts, all of the slider unless given.

    seen: the picture as the network sees it, mode "L" or "RGB". Raises ValueError, in one sentence, for a network whose
    answer has no meaning that is known; Stopped where on_step returns False.
    """
    amounts = list(change.amounts() if amounts is None else amounts)
    return answers(network, seen, [(change, amount) for amount in amounts], on_step)


def answers(
    network: Network, seen: Image.Image, changes: Sequence[tuple[Change, float]], on_step: OnStep | None = None
) -> list[Answered]:
    """What a network answers to a picture after each of some changes, each by its amount. The rest: see `curve`."""
    usual = _probabilities(network, [seen])[0]
    answer = teller(network.description, usual)
    found: list[Answered] = []
    for first in range(0, len(changes), AT_ONCE):
        some = changes[first : first + AT_ONCE]
        probabilities = _probabilities(network, [change.made(seen, amount) for change, amount in some])
        found += [Answered(amount, *answer(one)) for (_, amount), one in zip(some, probabilities, strict=True)]
        if on_step is not None and on_step(len(found), len(changes)) is False:
            raise Stopped("Stopped.")
    return found


def _probabilities(network: Network, pictures: Sequence[Image.Image]) -> np.ndarray:
    description = network.description
    batch = np.stack([description.preprocessing.scaled(np.asarray(picture)) for picture in pictures])
    return activations.probabilities(description, network.run(batch, {description.output.name, LOGITS}))


def teller(description: Description, usual: np.ndarray) -> Callable[[np.ndarray], tuple[str, float, float]]:
    """What tells of probabilities the answer, its probability, and that of the answer that `usual` ones give.

    Raises ValueError, in one sentence, for a network whose answer has no meaning that is known.
    """
    if description.head.kind == CTC:
        labels = decoding.best_path(usual, description.blank).labels

        def read(probabilities: np.ndarray) -> tuple[str, float, float]:
            own = decoding.best_path(probabilities, description.blank).labels
            chances = [decoding.probability(probabilities, one, description.blank) for one in (own, labels)]
            return decoding.text(own, description.labels), chances[0], chances[1]

        return read
    if description.head.kind == CLASSES:
        usually = int(usual.argmax())

        def likeliest(probabilities: np.ndarray) -> tuple[str, float, float]:
            top = int(probabilities.argmax())
            return description.labels[top], float(probabilities[top]), float(probabilities[usually])

        return likeliest
    raise ValueError("The file does not say what its numbers stand for, so there is no answer to follow.")
