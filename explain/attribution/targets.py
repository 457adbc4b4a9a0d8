"""What is explained: one number, worked out from what a network answers. One target serves every method.

A target says which layer's output it reads and how it turns that into a number for each picture. `score` does so with
NumPy, for the methods that need no gradient; `explain.gradients.network.target_scores` does the same where gradients
are wanted. `describe` and `parse` turn a target into plain values and back, so that it can be sent to another process.

"logits" `(batch, class)` or `(batch, frame, label)` are the values before the softmax: a softmax also answers to what
speaks for all the other classes (Simonyan et al. 2014, https://arxiv.org/abs/1312.6034, section 2).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np

from explain.ctc import decoding, lattice

LOGITS = "logits"
SMALLEST = 1e-30  # probability, so that its logarithm is finite
SUREST = -1e-12  # log-probability of a text from which on it cannot be told from a sure one
LEAST_SHARE = 0.05


class TargetError(ValueError):
    """A target that cannot be had of this network; the message is one sentence for the reader."""


@dataclass(frozen=True)
class ClassLogit:
    """A class's value before the softmax. unit: of the last layer."""

    unit: int
    kind: ClassVar[str] = "class"
    layer: ClassVar[str] = LOGITS


@dataclass(frozen=True)
class Character:
    """Log-probability of one character of a text, averaged over the frames that tell it.

    label: the character. weights: each frame's share in it, from the posterior of the text's alignments; they sum to 1
    and stay as they are when the picture changes. rival: another label, whose log-probability over the same frames is
    then taken off, so that the number says how much likelier the character is than its rival. odds: instead of the
    log-probability the log-odds, from which that of all other labels together is taken off; see `log_odds`.
    """

    label: int
    weights: tuple[float, ...]
    rival: int | None = None
    odds: bool = False
    kind: ClassVar[str] = "character"
    layer: ClassVar[str] = LOGITS


@dataclass(frozen=True)
class WholeText:
    """Log-probability of a text: the sum over all its alignments (CTC). labels: without blanks. blank: its index. odds:
    instead the log-odds, from which the log-probability that the text is another is taken off."""

    labels: tuple[int, ...]
    blank: int
    odds: bool = False
    kind: ClassVar[str] = "text"
    layer: ClassVar[str] = LOGITS


@dataclass(frozen=True)
class Channel:
    """Mean of a channel over all its places; of a layer of time steps, of a feature over all steps."""

    layer: str
    channel: int
    kind: ClassVar[str] = "channel"


@dataclass(frozen=True)
class Unit:
    """One number of a layer. place: `(y, x, channel)`, `(step, feature)` or `(unit,)`, as the layer is shaped."""

    layer: str
    place: tuple[int, ...]
    kind: ClassVar[str] = "unit"


Target = ClassLogit | Character | WholeText | Channel | Unit
KINDS: dict[str, type] = {kind.kind: kind for kind in (ClassLogit, Character, WholeText, Channel, Unit)}


def character(
    probabilities: np.ndarray, labels: Sequence[int], position: int, rival: int | None = None, blank: int | None = None
) -> Character:
    """The target of one character of a text that a network reads (or might read) from a picture.

    probabilities: `(frame, label)`, the softmax for that picture. labels: the text. position: of the character in it.
    The frames' weights are the forward-backward posterior of the character's state in the lattice of the text's
    alignments, which tells repeated characters apart and leaves the blanks out; brought to a sum of 1.
    **Ref.** A. Graves et al., Connectionist Temporal Classification, ICML 2006, section 4.1.
    Raises ValueError for a position outside the text, an impossible text, or a rival that is the character itself.
    """
    labels = tuple(int(label) for label in labels)
    if not 0 <= position < len(labels):
        raise TargetError(f"The text has {len(labels)} characters; there is no character {position + 1}.")
    posterior = decoding.lattice(probabilities, labels, blank).gamma[:, 2 * position + 1]
    if rival is not None and (rival == labels[position] or not 0 <= rival < probabilities.shape[1]):
        raise TargetError("A character is compared with another character of the alphabet, not with itself.")
    weights = posterior / posterior.sum()
    return Character(labels[position], tuple(float(weight) for weight in weights), rival)


def log_odds(target: Target) -> Target:
    """The same target as log-odds, the logarithm of p / (1 - p), where it is a log-probability; others as they are.

    Of an answer that is sure the log-probability can hardly change, and what of it does comes from the frames that
    carry next to nothing of a character; the log-odds change with the evidence, however sure the answer is.
    """
    return replace(target, odds=True) if isinstance(target, Character | WholeText) else target


def rivals(probabilities: np.ndarray, target: Character, count: int = 5, blank: int | None = None) -> tuple[int, ...]:
    """The labels, the blank left out, that are likeliest over a character's frames after the character itself."""
    blank = probabilities.shape[1] - 1 if blank is None else blank
    strength = np.asarray(target.weights) @ probabilities
    order = np.argsort(-strength, kind="stable")
    return tuple(int(label) for label in order if label not in (target.label, blank))[:count]


def mean_probability(probabilities: np.ndarray, target: Character, label: int | None = None) -> float:
    """The geometric mean of a label's probability over the frames that tell a character, each with its share.

    probabilities: `(frame, label)`. label: another one over the same frames; the character's own unless given.
    """
    column = np.maximum(probabilities[:, target.label if label is None else label], SMALLEST)
    return float(np.exp(np.asarray(target.weights) @ np.log(column)))


def telling_frames(target: Character) -> list[int]:
    """The frames that carry a character: those with more than a twentieth of its weight; where it is spread so thin
    that there is none, the first of the heaviest."""
    weights = np.asarray(target.weights)
    return [int(frame) for frame in np.flatnonzero(weights > LEAST_SHARE)] or [int(weights.argmax())]


def score(target: Target, outputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """The target's number for every picture, float64 `(batch,)`.

    outputs: layer outputs by name, with the batch axis, as `Network.run` returns them. Raises TargetError where the
    layer is missing or has no such unit.
    """
    if target.layer not in outputs:
        raise TargetError(f"The target reads the layer {target.layer!r}, which is not among the outputs given.")
    values = np.asarray(outputs[target.layer], np.float64)
    check(target, values.shape[1:])
    match target:
        case ClassLogit():
            return values[:, target.unit]
        case Character():
            weights = np.asarray(target.weights)
            if target.rival is not None:  # the softmax's denominator is the same for both
                return (values[..., target.label] - values[..., target.rival]) @ weights
            if target.odds:
                others = np.logaddexp.reduce(np.delete(values, target.label, axis=-1), axis=-1)
                return (values[..., target.label] - others) @ weights
            return log_softmax(values)[..., target.label] @ weights
        case WholeText():
            log_p = np.array([_text_log_probability(frames, target) for frames in log_softmax(values)])
            return log_p - np.log(-np.expm1(np.minimum(log_p, SUREST))) if target.odds else log_p
        case Channel():
            return values[..., target.channel].reshape(len(values), -1).mean(axis=1)
    return values[(slice(None), *target.place)]


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Log-probabilities of logits, over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _text_log_probability(log_p: np.ndarray, target: WholeText) -> float:
    return float(lattice.log_probabilities(log_p, [target.labels], target.blank)[0])


def check(target: Target, shape: Sequence[int | None]) -> None:
    """Raises TargetError, in one sentence, where a layer output of this shape (no batch axis) lacks the target.

    A length that follows the picture's is None: what depends on it is not checked before there is an output.
    """
    shape = tuple(shape)
    axes, given = {ClassLogit: (1, "class"), Character: (2, "frame, label"), WholeText: (2, "frame, label")}.get(
        type(target), (len(shape), "")
    )
    if len(shape) != axes:
        raise TargetError(f"A target of kind {target.kind!r} reads logits ({given}), not an output of shape {shape}.")
    if isinstance(target, Character) and shape[0] not in (None, len(target.weights)):
        raise TargetError(
            f"The character's weights are for {len(target.weights)} frames; the network gives {shape[0]}."
        )
    if isinstance(target, Character) and target.odds and target.rival is not None:
        raise TargetError("A character is held against one rival or, by its log-odds, against all others, not both.")
    if isinstance(target, WholeText) and target.blank in target.labels:
        raise TargetError("The blank is never part of a text: leave it out.")
    why = isinstance(target, WholeText) and shape[0] is not None and decoding.why_impossible(target.labels, shape[0])
    if why:
        raise TargetError(why)
    if isinstance(target, Unit) and len(target.place) != len(shape):
        raise TargetError(f"A unit of {target.layer} is found by {len(shape)} numbers, not by {len(target.place)}.")
    places = zip(target.place, shape, strict=True) if isinstance(target, Unit) else _entries(target, shape[-1])
    for number, extent in places:
        if extent is not None and not 0 <= number < extent:
            raise TargetError(f"There is no number {number} in {target.layer}: it has 0 to {extent - 1} there.")


def _entries(target: Target, extent: int) -> list[tuple[int, int]]:
    """The entries of the last axis that a target reads, each with the axis's length."""
    match target:
        case ClassLogit():
            numbers = [target.unit]
        case Character():
            numbers = [target.label] if target.rival is None else [target.label, target.rival]
        case WholeText():
            numbers = [*target.labels, target.blank]
        case _:
            numbers = [target.channel]
    return [(number, extent) for number in numbers]


def describe(target: Target) -> dict[str, Any]:
    """The target as plain values, for `parse`; equal targets come out equal."""
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(target).items()}
    return {"kind": target.kind, **plain}


def parse(description: Any) -> Target:
    """The target that `describe` told. Raises TargetError for anything else; nothing in it is trusted."""
    if not isinstance(description, Mapping) or description.get("kind") not in KINDS:
        raise TargetError(f"A target is told by its kind ({', '.join(KINDS)}) and what belongs to it.")
    made = KINDS[description["kind"]]
    values = {name: value for name, value in description.items() if name != "kind"}
    names = [field.name for field in fields(made)]
    if wrong := sorted(set(values) - set(names), key=str):
        raise TargetError(f"A target of kind {made.kind!r} has no {wrong[0]!r}; it has {', '.join(names)}.")
    try:
        return made(**{name: _value(name, value) for name, value in values.items()})
    except TypeError:
        raise TargetError(f"A target of kind {made.kind!r} needs {', '.join(names)}.") from None


def _value(name: str, value: Any) -> Any:
    """One field after checking it; TargetError where it cannot be one."""
    if name == "layer" and isinstance(value, str):
        return value
    if name == "rival" and value is None:
        return None
    if name == "weights" and _is_list(value) and all(_is_number(one) and 0 <= one <= 1 for one in value):
        return tuple(float(one) for one in value)
    if name in ("labels", "place") and _is_list(value) and all(_is_whole(one) for one in value):
        return tuple(value)
    if name in ("unit", "label", "rival", "blank", "channel") and _is_whole(value):
        return value
    if name == "odds" and isinstance(value, bool):
        return value
    raise TargetError(f"{value!r} cannot be a target's {name}.")


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
