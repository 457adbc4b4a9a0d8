"""What a unit of a recurrent layer is for, in plain sentences made from what the bank measured."""

from __future__ import annotations

import numpy as np

from explain.exemplars.word_bank import KINDS, PLACES_IN_WORD, Unit, kind_of

LITTLE = 0.15  # a share of variance below which nothing is said to explain a unit
MOSTLY = 0.6  # of what the character explains: then its kind alone is worth saying
NAMED = 3  # characters named at each end
FEW = 4  # characters at one end of a unit that answers to these rather than sorting all of them


def purpose(unit: Unit, labels: tuple[str, ...]) -> str:
    """One to three sentences, without mark-up; labels: what each label stands for, the blank being "".

    They begin with what explains most of the unit's variation, and say so where nothing explains much.
    """
    explains = {aspect: share for aspect, share in unit.explains.items() if aspect != "kind"}
    strongest = max(explains, key=explains.__getitem__)
    share = explains[strongest]
    if share < LITTLE:
        return (
            "It is for nothing in particular that was measured here: neither the character a frame stands for, nor its "
            f"neighbours, nor the place in the word explains more than {max(share, 0.01):.0%} of how it varies."
        )
    sentence = {"gap": _gap, "place": _place}.get(strongest)
    first = sentence(unit, share) if sentence else _characters(unit, labels, explains["character"])
    if strongest in ("before", "after"):
        first = (
            f"The character {strongest} the one read counts most: which one that is explains {share:.0%} of how it "
            "varies. " + first
        )
    return first


def _characters(unit: Unit, labels: tuple[str, ...], share: float) -> str:
    met = np.isfinite(unit.by_character)  # a character may be so rare that no word of the bank has it
    means = unit.by_character[met]
    characters = [label for label, is_met in zip(filter(None, labels), met, strict=True) if is_met]
    order = np.argsort(-means, kind="stable")
    high, low = ([characters[i] for i in part] for part in (order[:NAMED], order[::-1][:NAMED]))
    sentence = (
        f"On average highest at {_listed(high)}, lowest at {_listed(low)}. The character a frame stands for explains "
        f"{share:.0%} of how it varies."
    )
    kind = unit.explains["kind"]
    if kind >= max(LITTLE, MOSTLY * share):
        return f"{sentence} Most of that is {_kinds(means, characters)}."
    return f"{sentence} {_sorting(means)}"


def _kinds(means: np.ndarray, characters: list[str]) -> str:
    """Small letters, capitals, figures or others: the kind that stands apart from the rest."""
    kinds = np.array([kind_of(character) for character in characters])
    middles = {name: float(means[kinds == kind].mean()) for kind, name in enumerate(KINDS) if (kinds == kind).any()}
    middle = float(np.median(list(middles.values())))
    apart = max(middles, key=lambda name: abs(middles[name] - middle))
    others = " and ".join(name for name in middles if name != apart)
    return f"{apart} ({_signed(middles[apart])} on average) against {others}"


def _sorting(means: np.ndarray) -> str:
    """How many characters lie at which end of what the unit tells apart."""
    upper = int((means > (means.max() + means.min()) / 2).sum())
    lower = len(means) - upper
    if upper <= FEW:
        return f"It answers to few: only {_count(upper)} in the upper half of its range."
    if lower <= FEW:
        return f"It answers to few: only {_count(lower)} in the lower half of its range."
    return (
        f"It belongs to no single character: {upper} of {len(means)} lie in the upper half of its range and {lower} in "
        "the lower. Only many units together tell one character."
    )


def _count(number: int) -> str:
    return "1 character lies" if number == 1 else f"{number} characters lie"


def _gap(unit: Unit, share: float) -> str:
    at = float(np.nanmean(unit.by_character))
    return (
        f"It tells characters ({_signed(at)} on average) from the frames between and beside them "
        f"({_signed(unit.gap)}); that explains {share:.0%} of how it varies over all frames."
    )


def _place(unit: Unit, share: float) -> str:
    ends = np.nanargmax(unit.by_place), np.nanargmin(unit.by_place)
    names = [_PLACES[PLACES_IN_WORD[i]] for i in ends]
    return (
        f"Highest {names[0]} and lowest {names[1]}, whatever is written; the place explains {share:.0%} of how it "
        "varies over all frames."
    )


_PLACES = {
    "before": "before the word",
    "first fifth": "at its beginning",
    "second": "in its second fifth",
    "middle": "in its middle",
    "fourth": "in its fourth fifth",
    "last fifth": "at its end",
    "after": "after the word",
}


def _listed(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + " and " + names[-1]


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")
