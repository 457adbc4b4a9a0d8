"""Steps of the tour on a deep convolution: what its channels answer to, and whether they matter: they are silenced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from explain.ctc import decoding
from explain.exemplars import channel_answers
from explain.interventions import intervention
from explain.interventions.intervention import Intervention, Where
from explain.interventions.run import leads
from explain.interventions.silencing import DRAWS, answers_without, most_active
from explain.layers import feature_maps
from explain.layers.feature_maps import is_drawn
from explain.layers.receptive_field import receptive_field
from explain.network.description import Description
from explain.network.layers import Layer
from explain.panels.costs import opening
from explain.panels.interventions import changes, parts
from explain.panels.layers import exemplars, names
from explain.panels.page import views
from explain.panels.tour.reading import film
from explain.panels.tour.scene import Scene, called, letters, lying, map_of, share, small_url
from explain.panels.tour.windows import row_of
from explain.pictures.notation import listed

FEW = 8  # channels that are shown where nobody has measured what they answer to
ANSWERS = 0.5  # standard deviations from which on a channel is said to answer to a character
NAMED = 4
COUNTS = (10, 20, 40)  # channels that are silenced together; at most `intervention.MOST_CHANNELS`
LITTLE = 0.05  # share of a probability that may come and go without a word


class _Group(NamedTuple):
    """Channels silenced together. of: the character that they answer to, "" of the most active ones."""

    of: str
    channels: tuple[int, ...]


def _layer(description: Description) -> Layer:
    """A convolution two thirds of the way in, whose channels answer to parts and still have places."""
    convolutions = [layer for layer in description.of_kind("conv") if len(layer.shape) == 3]
    return convolutions[(2 * (len(convolutions) - 1) + 2) // 3]


def deeper(subject) -> Scene:
    """Channels of a deep convolution: those that answer most to the characters of this word, or the strongest."""
    description, layer = subject.description, _layer(subject.description)
    values, answers = subject.values[layer.name], _answering(subject, layer, 1)
    strong = [tile.channel for tile in feature_maps.strongest(values, FEW)]
    noted = _noted(subject, layer, answers) if answers else dict.fromkeys(strong, "")
    first = _telling(subject, layer).channels[0] if can_be_silenced(subject) else next(iter(noted))
    noted = {first: noted.get(first, ""), **noted}
    items = [
        {
            "src": small_url(map_of(subject, layer.name, channel)),
            "title": names.channel_name(description, layer, channel),
            "note": f"answers to {note}" if note else "",
        }
        for channel, note in noted.items()
    ]
    field, sees = receptive_field(description, layer.name), "the whole picture"
    if field is not None:
        high, wide = min(field.size[0], subject.height), min(field.size[1], subject.width)
        sees = f"{high} rows and {wide} columns"
    facts = {
        "layer": called(subject, layer),
        "channels": str(values.shape[-1]),
        "sees": sees,
        "shown": str(len(items)),
        "channel": str(first),
        "characters": noted[first],
        "words": f"{len(exemplars.opened_bank(description).texts):,}" if answers else "",
    }
    describes = f"Maps of channels of {facts['layer']} and the characters they answer to most"
    place = feature_maps.strongest_unit(values, first)[1]
    unit = ".".join(map(str, (first, *place)))
    address = {opening.LAYER: layer.name, opening.UNIT: unit, opening.FILTER: None}
    variant = "text" if answers else "unmeasured"
    return Scene(facts, row_of(subject, items, describes), variant, address, {opening.PART: opening.ONE})


def _answering(subject, layer: Layer, most: int) -> dict[str, tuple[int, ...]]:
    """For each character of the reading the channels that answer to it most, in order; empty where nobody has measured
    the layer."""
    description = subject.description
    if not exemplars.NEEDS.fits(description) or (bank := exemplars.opened_bank(description)) is None:
        return {}
    if layer.name not in (bank.convolutions or ()):
        return {}
    found = {
        character: tuple(
            answer.channel
            for answer in channel_answers.of_character(bank, layer.name, character, most)
            if answer.effect > ANSWERS
        )
        for character in dict.fromkeys(subject.text)
        if character in bank.characters
    }
    return {character: channels for character, channels in found.items() if channels}


def _noted(subject, layer: Layer, answers: dict[str, tuple[int, ...]]) -> dict[int, str]:
    """The first channel of each character, and all characters that it answers to."""
    bank, noted = exemplars.opened_bank(subject.description), {}
    for channel, *_ in answers.values():
        most = channel_answers.of_channel(bank, layer.name, channel)[:NAMED]
        noted[channel] = listed([f"“{one.character}”" for one in most if one.effect > ANSWERS])
    return noted


def reads(subject) -> bool:
    """Whether it is a recogniser and reads at least one character here."""
    return subject.description.head.kind == views.RECOGNISER and bool(subject.best.labels)


def has_deeper(subject) -> bool:
    with_maps = any(len(layer.shape) == 3 for layer in subject.description.of_kind("conv"))
    return with_maps and is_drawn(subject.values[_layer(subject.description).name])


def can_be_silenced(subject) -> bool:
    """Whether a recogniser can be run on from its deep convolution, and reads something here."""
    if not reads(subject) or not has_deeper(subject):
        return False
    layer = _layer(subject.description)
    if not leads(subject.opened.network, layer.name):
        return False
    try:
        _read(subject, layer.name, [(0,)])
    except ValueError:  # it answers otherwise from there than as a whole
        return False
    return True


def silence(subject) -> Scene:
    """Readings without one channel, without all that answer to one character, and without as many others."""
    layer, usual = _layer(subject.description), _probability(subject, subject.probabilities)
    group = _telling(subject, layer)
    one, count = group.channels[0], len(group.channels)
    random = np.random.default_rng(0)
    others = [tuple(random.permutation(subject.values[layer.name].shape[-1])[:count].tolist()) for _ in range(DRAWS)]
    alone, together, *drawn = _read(subject, layer.name, [(one,), group.channels, *others])
    mean = float(np.mean([_probability(subject, p) for p in drawn]))
    which = f"{count} channels that answer most to “{group.of}”" if group.of else f"{count} most active channels"
    facts = {
        "layer": called(subject, layer),
        "word": subject.text,
        "channel": str(one),
        "count": str(count),
        "which": which,
        "usual": share(usual),
        "alone": share(_probability(subject, alone)),
        "together": share(_probability(subject, together)),
        "random": share(mean),
        "reads": _text(subject, together) or "nothing",
    }
    rows = {
        f"nothing silenced: {facts['usual']}": subject.probabilities,
        f"channel {one}: {facts['alone']}": alone,
        f"the {which}: {facts['together']}": together,
        f"{count} drawn at random: {facts['random']} (mean of {DRAWS}; this is one)": drawn[0],
    }
    change = Intervention(layer.name, Where(tuple(sorted(group.channels))))
    address = {changes.CHANGES: intervention.write([change]), changes.OFF: None}
    pressed = {parts.PART: parts.INSIDE, changes.layer_key(subject.description): layer.name}
    same = _text(subject, together) == subject.text
    variant = _variant(same, usual, _probability(subject, together), mean)
    return Scene(facts, _picture(subject, rows, together), variant, address, pressed)


def _telling(subject, layer: Layer) -> _Group:
    """Of the groups of channels for each character of the reading the smallest that turns it, else the one that costs
    it most; of a layer that nobody has measured, the most active channels."""
    values = subject.values[layer.name]
    half = max(1, values.shape[-1] // 2)  # so that others are left, of which as many are drawn at random
    counts = [count for count in COUNTS if count <= half] or [half]
    sets = _answering(subject, layer, max(counts)) or {"": most_active(values)[: max(counts)]}
    groups = [_Group(of, channels[:count]) for count in counts for of, channels in sets.items()]
    found = _read(subject, layer.name, [group.channels for group in groups])
    turned = [number for number, p in enumerate(found) if _text(subject, p) != subject.text]
    costs = [_probability(subject, p) for p in found]
    return groups[turned[0] if turned else int(np.argmin(costs))]


def _read(subject, layer: str, groups: Sequence[tuple[int, ...]]) -> np.ndarray:
    return answers_without(subject.opened.network, subject.batch, subject.values, layer, groups)


def _probability(subject, probabilities: np.ndarray) -> float:
    """Of the text that is read with nothing silenced."""
    return float(np.exp(decoding.log_probability(probabilities, subject.best.labels, subject.description.blank)))


def _text(subject, probabilities: np.ndarray) -> str:
    description = subject.description
    return decoding.text(decoding.best_path(probabilities, description.blank).labels, description.labels)


def _variant(same: bool, usual: float, now: float, random: float) -> str:
    """Which text is true. same: whether the text is still read. usual, now, random: its probability with nothing
    silenced, without the channels, and without as many drawn at random."""
    if same and now >= (1 - LITTLE) * usual:
        return "replaced"
    if random <= now + LITTLE * usual:
        return "any"
    return "weaker" if same else "text"


def _picture(subject, rows: dict[str, np.ndarray], together: np.ndarray) -> dict:
    alphabet, p = subject.alphabet, subject.probabilities
    moments = []
    for at, (own, now) in enumerate(zip(p, together, strict=True)):
        told = (f"{alphabet.name(int(row.argmax()))} {share(float(row.max()))}" for row in (own, now))
        before, after = told
        says = f"frame {at}: {before} with nothing silenced, {after} without them all"
        moments.append({"box": lying(subject.frames.within[at], subject.height), "says": says})
    drawn = [letters(name, [alphabet.mark(int(label)) for label in row.argmax(axis=1)]) for name, row in rows.items()]
    most = int(np.abs(together - p).max(axis=1).argmax())
    return film(subject, moments, drawn, "What is read with channels silenced", len(p), tall=66, start=most, whole=True)
