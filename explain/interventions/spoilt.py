"""Can a network be sure and wrong? One picture, spoilt in many ways, and the answer to each.

Nothing is searched for with a gradient: people still read most of these pictures. What is known of networks that are
sure of nonsense: A. Nguyen, J. Yosinski, J. Clune, Deep Neural Networks are Easily Fooled, CVPR 2015,
https://arxiv.org/abs/1412.1897
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image

from explain.interventions.picture import CHANGES, Answered, Change, answers
from explain.interventions.which import OnStep
from explain.network.session import Network

# Amounts by name of the change; none that pushes the picture out at its edge, where what is left may be read rightly.
AMOUNTS: dict[str, Sequence[float]] = {
    "strike": range(10, 95, 10),
    "scratch": range(10, 95, 10),
    "turn": (-8, -6, -4, 4, 6, 8),
    "blur": (1.25, 1.75, 2.25, 2.75),
    "noise": (25, 50, 75, 100),
    "dark": (0.8, 0.9),
    "invert": (1,),
}
LARGE = 2**14  # pixels of a picture from which on every other amount is tried: a pass may take tenths of a second
SURE = 0.5  # probability from which on a network is called sure: more than all other answers have together


class Spoilt(NamedTuple):
    """A picture that was changed, and the answer to it."""

    change: Change
    answered: Answered

    @property
    def sure(self) -> bool:
        return self.answered.probability > SURE


class Tried(NamedTuple):
    """usual: the answer to the picture as it is. turned: of each change that makes the network answer something else,
    the surest such answer, the surest first. count: of pictures that were tried."""

    usual: Answered
    turned: tuple[Spoilt, ...]
    count: int


def tried(network: Network, seen: Image.Image, on_step: OnStep | None = None, written: str | None = None) -> Tried:
    """A picture spoilt in every way of AMOUNTS, a large one in half of them. That a reader reads nothing at all is no
    wrong answer.

    written: what stands on the picture, where that is known; else what differs from the usual answer counts as turned.
    seen, on_step, and what is raised: as for `explain.interventions.picture.curve`.
    """
    by_name = {change.name: change for change in CHANGES}
    ways = [(by_name[name], float(amount)) for name, amounts in AMOUNTS.items() for amount in amounts]
    if seen.width * seen.height >= LARGE:
        ways = ways[1::2]
    untouched = next(iter(by_name.values()))
    usual, *found = answers(network, seen, [(untouched, untouched.nothing), *ways], on_step)
    surest: dict[str, Spoilt] = {}
    for (change, _), answered in zip(ways, found, strict=True):
        kept = surest.get(change.name)
        turned = answered.text not in ("", usual.text, written)
        if turned and (kept is None or answered.probability > kept.answered.probability):
            surest[change.name] = Spoilt(change, answered)
    return Tried(usual, tuple(sorted(surest.values(), key=lambda one: -one.answered.probability)), len(ways))
