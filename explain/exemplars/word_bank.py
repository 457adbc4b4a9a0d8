"""The bank: what a few hundred words tell about every channel and unit of a network that reads words.

`python -m explain.exemplars.build` measured it once, over words that it drew; here it is only read. It lies in the
folder that the network's card names. For a channel of a
convolutional layer it knows the places that excite it most, for a unit of a recurrent layer the frames where it is
highest and lowest and its mean by character and by place in the word, as LSTMVis looks for passages that a state of a
network answers to (H. Strobelt, S. Gehrmann, H. Pfister, A. Rush, LSTMVis: A Tool for Visual Analysis of Hidden State
Dynamics in Recurrent Neural Networks, IEEE TVCG 24(1), 2018, https://arxiv.org/abs/1606.07461).

What is found holds for these words. A unit that is quiet here may still answer to something that they don't have.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from explain.layers.receptive_field import receptive_field
from explain.network.description import Description
from models.card import Card

LOW_FIELD = 1 / 3  # of the picture's height, up to which a layer's places at the edge are left out
KINDS = ("small letters", "capitals", "figures", "other characters")
PLACES_IN_WORD = ("before", "first fifth", "second", "middle", "fourth", "last fifth", "after")


def kind_of(character: str) -> int:
    """Which of KINDS a character is: an index."""
    if character.islower():
        return 0
    if character.isupper():
        return 1
    return 2 if character.isdigit() else 3


class BankError(ValueError):
    """The bank can't be read or was not asked for what it holds; the message is one sentence for the reader."""


class Place(NamedTuple):
    """A place of a feature map, the word it belongs to, and the value there."""

    word: int
    row: int
    column: int
    value: float


class Step(NamedTuple):
    """A step of a recurrent layer, the word it belongs to, and the hidden state there, -1 to 1."""

    word: int
    step: int
    value: float


class Answer(NamedTuple):
    """How a unit answers to a character: its mean there, and how far that lies from its mean at all others.

    effect: that difference in standard deviations of the unit; below zero where it falls.
    """

    unit: int
    mean: float
    effect: float


@dataclass(frozen=True)
class Unit:
    """What the bank knows about a unit of a recurrent layer.

    highest, lowest: the frames where it is, one a word, the farthest first; frames of characters only, unless `place`
    or `gap` explains more than the others. by_character: `(character,)` means over the frames aligned with each
    character, in the order of the bank's characters; gap: over those aligned with the blank. by_place: `(7,)` means at
    PLACES_IN_WORD. explains: the share of its variance, 0 to 1, that each of these explains: which `character` a frame
    stands for, the one `before` it, the one `after`, its `kind` (small letter, capital, figure, other), the frame's
    `place` in the word, and whether it stands for a character or a `gap`; the last two over all frames, the others over
    those of characters.
    """

    highest: tuple[Step, ...]
    lowest: tuple[Step, ...]
    by_character: np.ndarray
    gap: float
    by_place: np.ndarray
    explains: dict[str, float]


@dataclass(frozen=True)
class Bank:
    """The words of the bank and what was measured over them.

    texts, fonts: of each word. pictures: `(word, height, width)` uint8 grey, or `(word, height, width, 3)`, as the
    network sees them. labels: what each label stands for, the blank being "". layers: those with places, and their
    channels; convolutions: those of which `channel_answers` knows the characters. outdated: measured with other weights
    than those the network has now.
    """

    texts: tuple[str, ...]
    fonts: tuple[str, ...]
    pictures: np.ndarray
    labels: tuple[str, ...]
    layers: dict[str, int]
    convolutions: dict[str, int]
    recurrent: tuple[str, ...]
    aspects: tuple[str, ...]
    outdated: bool
    arrays: dict[str, np.ndarray]

    @property
    def blank(self) -> int:
        return self.labels.index("")

    @property
    def characters(self) -> tuple[str, ...]:
        """The labels without the blank."""
        return tuple(np.delete(np.array(self.labels, object), self.blank))

    @property
    def frame_count(self) -> int:
        """Frames of each word."""
        return self.arrays["frames"].shape[1]

    def places(self, layer: str, channel: int) -> tuple[Place, ...]:
        """Where the channel is largest, one place a word, the largest first; none for a channel that is never above 0.

        Of layers with a low receptive field only places that see nothing beyond the edge of the picture are counted
        (`counts_inside`).
        Raises BankError for a layer that is not convolutional, and for a channel that it does not have.
        """
        if layer not in self.layers:
            raise BankError(f"The bank knows places of {', '.join(self.layers)}, and none of {layer}.")
        if not 0 <= channel < self.layers[layer]:
            raise BankError(f"{layer} has channels 0 to {self.layers[layer] - 1}, so none of number {channel}.")
        names = list(self.layers)
        row = channel + sum(self.layers[name] for name in names[: names.index(layer)])
        stored = zip(self.arrays["places"][row], self.arrays["place_values"][row], strict=True)
        places = tuple(Place(*map(int, place), float(value)) for place, value in stored)
        return tuple(place for place in places if place.value > 0)

    def unit(self, layer: str, unit: int) -> Unit:
        """What is known about a unit, the backward ones counted on from the forward ones; BankError for others."""
        at = self._at(layer, unit)
        places, values = (self.arrays[name][at] for name in ("steps", "step_values"))
        highest, lowest = (
            tuple(Step(*map(int, place), float(value)) for place, value in zip(*side, strict=True))
            for side in zip(places, values, strict=True)
        )
        means = self.arrays["by_character"][at].astype(np.float64)
        explains = dict(zip(self.aspects, map(float, self.arrays["explains"][at]), strict=True))
        by_place = self.arrays["by_place"][at].astype(np.float64)
        return Unit(highest, lowest, np.delete(means, self.blank), float(means[self.blank]), by_place, explains)

    def answering(self, layer: str, character: str, units: range, most: int = 10) -> tuple[Answer, ...]:
        """Of these units those whose mean at the character lies farthest from their mean at all others, farthest first.

        Units of almost no spread are left out. Raises BankError for a character without a label.
        """
        if not character or character not in self.labels:
            raise BankError(f"The bank has no frames of {character!r}; choose one of {''.join(self.labels)}.")
        label, layer_at = self.labels.index(character), self._at(layer, units[0])[0]
        means = self.arrays["by_character"][layer_at, units].astype(np.float64)
        others = np.delete(self.arrays["counts"].astype(np.float64), [label, self.blank])
        # The mean at a character that no frame stands for is NaN; no frame, no weight.
        elsewhere = np.nan_to_num(np.delete(means, [label, self.blank], axis=1)) @ others / max(others.sum(), 1.0)
        spread = self.arrays["spread"][layer_at, units].astype(np.float64)
        away = means[:, label] - elsewhere
        effects = np.divide(away, spread, out=np.zeros_like(away), where=(spread > 1e-3) & np.isfinite(away))
        order = np.argsort(-np.abs(effects), kind="stable")[:most]
        return tuple(Answer(units[i], float(means[i, label]), float(effects[i])) for i in order)

    def frames_of(self, character: str) -> int:
        """How many frames of the bank stand for the character."""
        return int(self.arrays["counts"][self.labels.index(character)])

    def character_at(self, word: int, step: int) -> str:
        """The character that a frame is aligned with, "" for the blank."""
        return self.labels[self.arrays["frames"][word, step]]

    def around(self, word: int, step: int) -> tuple[str, str]:
        """The characters of the word that are read next to a frame, before and after it; "" where there are none."""
        path, blank = self.arrays["frames"][word], self.blank
        sides = (path[:step][::-1], path[step + 1 :])
        return tuple(self.labels[next((int(label) for label in side if label != blank), blank)] for side in sides)

    def _at(self, layer: str, unit: int) -> tuple[int, int]:
        if layer not in self.recurrent:
            known = " and ".join(self.recurrent) or "no layer"
            raise BankError(f"The bank knows units of {known}, and none of {layer}.")
        at = self.recurrent.index(layer)
        units = int(np.isfinite(self.arrays["spread"][at]).sum())  # of a smaller layer than the others the rest is NaN
        if not 0 <= unit < units:
            raise BankError(f"{layer} has units 0 to {units - 1}, so none of number {unit}.")
        return at, unit


def open_bank(network: Card | Description, folder: Path | None = None) -> Bank:
    """The bank of a network, 2 MB in memory for 400 words; BankError, with the command that makes it, where there is
    none or it can't be read.

    network: that it was measured with. folder: where it lies, unless where the network's card says.
    """
    folder = folder or folder_of(network)
    if folder is None:
        raise BankError(f"{network.title} has no bank of words of its own.")
    size = network.preprocessing.height, network.preprocessing.width
    try:
        facts = json.loads((folder / "bank.json").read_text())
        with np.load(folder / "bank.npz", allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        with Image.open(folder / "words.png") as sheet:
            pictures = _cut(np.asarray(sheet), facts["columns"], size)[: len(facts["texts"])]
        return Bank(
            tuple(facts["texts"]),
            tuple(facts["fonts"]),
            pictures,
            network.labels,
            facts["layers"],
            facts["convolutions"],
            tuple(facts["recurrent"]),
            tuple(facts["aspects"]),
            facts["weights"] != digest(network.weights),
            arrays,
        )
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as problem:
        raise BankError(
            f"The bank of words in {folder} can't be read; make it again with `{rebuild(network)}`."
        ) from problem


def folder_of(network: Card | Description) -> Path | None:
    """Where the bank of a network lies, None for one that has none."""
    card = network.card if isinstance(network, Description) else network
    return card.bank if card else None


def rebuild(network: Card | Description) -> str:
    """The command that makes the bank of a network again."""
    return f"python -m explain.exemplars.build {network.name}"


def counts_inside(description: Description, layer: str) -> bool:
    """Whether of a layer only places count that see nothing beyond the edge of the picture.

    So it is for the first layers, whose receptive fields are low: the zeros read beyond the edge are a darker edge than
    any in the words, and most channels would be largest there, and not at writing.
    """
    field = receptive_field(description, layer)
    return field is not None and field.size[0] <= LOW_FIELD * description.input_shape[0]


def digest(weights: Path) -> str:
    """SHA-256 of a file of weights, by which the bank knows what it was measured with."""
    with open(weights, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _cut(sheet: np.ndarray, columns: int, shape: tuple[int, int]) -> np.ndarray:
    """The sheet's pictures, row after row, `(word, height, width)`, in colour with three numbers a pixel."""
    height, width = shape
    colours = sheet.shape[2:]
    cells = sheet.reshape(-1, height, columns, width, *colours).swapaxes(1, 2)
    return cells.reshape(-1, height, width, *colours)
