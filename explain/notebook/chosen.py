"""What is to be explained, as somebody names it: a character's place, a text, a class, or nothing in particular."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explain.attribution import targets
from explain.attribution.targets import ClassLogit, Target, TargetError, Unit, WholeText
from explain.ctc import decoding
from explain.ctc.alphabet import Alphabet
from explain.layers import activations
from explain.layers.frames import Frames, frames
from explain.network.description import Description
from explain.network.head import CLASSES, CTC

Chosen = int | str | Target | None


@dataclass(frozen=True)
class Explained:
    """about: the target in words. frames: of a recogniser, where they lie on the picture; else None."""

    target: Target
    about: str
    frames: Frames | None = None


def explained(network: Description, outputs: Mapping[str, np.ndarray], width: int, chosen: Chosen) -> Explained:
    """The target that somebody names; see `OpenedNetwork.why`.

    outputs: every layer for the picture, without the batch. width: of the picture in pixels. Raises TargetError, in one
    sentence, for a character, text or class that there is not.
    """
    if network.head.kind == CTC:
        probabilities = activations.probabilities(network, outputs)
        where = frames(network, len(probabilities), width)
        target, about = _of_text(network, probabilities, chosen)
        return Explained(target, about, where)
    if network.head.kind == CLASSES:
        return Explained(*_of_classes(network, outputs, chosen))
    if chosen is None:  # no head says what the numbers stand for: the strongest of them
        last = network.output.name
        place = tuple(int(index) for index in np.unravel_index(int(outputs[last].argmax()), outputs[last].shape))
        return Explained(Unit(last, place), f"the strongest unit of {last}, {place}")
    return Explained(_given(network, chosen), "the target")


def _of_text(network: Description, probabilities: np.ndarray, chosen: Chosen) -> tuple[Target, str]:
    alphabet = Alphabet(network.labels, network.blank)
    read = decoding.best_path(probabilities, network.blank).labels
    if chosen is None or isinstance(chosen, str):
        try:
            labels = read if chosen is None else decoding.labels_of(chosen, network.labels, network.blank)
        except ValueError as problem:
            raise TargetError(str(problem)) from None
        if why_not := decoding.why_impossible(labels, len(probabilities)):
            raise TargetError(why_not)
        return WholeText(tuple(labels), network.blank), f"“{alphabet.text(labels)}”" if labels else "the empty text"
    if isinstance(chosen, int | np.integer):
        if not 0 <= chosen < len(read):
            raise TargetError(
                f"The reading has {len(read)} characters, counted from 0; there is no character {chosen}."
            )
        named = f"character {chosen}, “{alphabet.mark(read[chosen])}”"
        return targets.character(probabilities, read, int(chosen), blank=network.blank), named
    return _given(network, chosen), "the target"


def _of_classes(network: Description, outputs: Mapping[str, np.ndarray], chosen: Chosen) -> tuple[Target, str]:
    names = network.labels
    if chosen is None:
        chosen = int(np.argmax(outputs[targets.LOGITS]))
    if isinstance(chosen, str):
        if chosen not in names:
            raise TargetError(f"{network.title} has no class called {chosen!r}; its `labels` list them all.")
        chosen = names.index(chosen)
    if isinstance(chosen, int | np.integer):
        if not 0 <= chosen < len(names):
            raise TargetError(f"{network.title} has classes 0 to {len(names) - 1}; there is no class {chosen}.")
        return ClassLogit(int(chosen)), names[chosen]
    return _given(network, chosen), "the target"


def _given(network: Description, chosen: Chosen) -> Target:
    if isinstance(chosen, Target):
        return chosen
    raise TargetError(
        f"{network.title} is asked for a target of explain.attribution.targets here, such as Unit, not for {chosen!r}."
    )
