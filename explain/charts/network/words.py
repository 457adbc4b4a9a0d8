"""The network and each of its layers in words: what kind it is, how large, and what a layer does and costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from explain.charts.network.sizes import counted, in_words
from explain.network.costs.layers import Cost
from explain.network.description import Description
from explain.network.head import CLASSES, CTC
from explain.network.layers import Layer
from explain.pictures.notation import listed

SCALE = (
    "Each layer is a block: its sides grow with the square root of the rows and columns that it hands on, its depth "
    "with that of the channels. Its front shows where it responds, from dark (weakest) to yellow (strongest), each "
    "block on its own scale: the mean over the channels of how far their values are from zero."
)
RECURRENT = ("LSTM", "GRU", "RNN")
SHORT_KINDS = {
    "max_pool": "pool",
    "average_pool": "pool",
    "batch_norm": "bn",
    "activation": "act",
    "multiply": "mul",
    "global_average_pool": "mean",
}
Costs = Mapping[str, int]  # multiply-adds of each layer for one picture, as far as they are known
Shapes = Mapping[str, tuple[int | None, ...]]


def by_layer(costs: Iterable[Cost]) -> Costs:
    """The multiply-adds of each layer by its name."""
    return {cost.layer: cost.multiply_adds for cost in costs}


def network(description: Description, costs: Costs | None = None) -> str:
    """What kind of network it is, what it answers and how large it is, in two sentences."""
    card = description.card
    spelt = f" ({card.spelt_out})" if card and card.spelt_out else ""
    is_a = "" if spelt else f", a {kind(description)},"
    size = [counted(len(description.layer_names), "layer"), f"{rounded(description.parameters)} parameters"]
    if costs:
        size.append(f"{rounded(sum(costs.values()))} multiply-adds a picture")
    return f"{description.called}{spelt}{is_a} {_answers(description)}: {listed(size)}."


def scale(description: Description) -> str:
    """What is to be seen of a block, and what not: its sides, its depth, its front."""
    reads = description.head.kind == CTC
    last = " The last block shows how likely each frame is to read a character." if reads else ""
    return f"{SCALE}{last}"


def kind(description: Description) -> str:
    """What a network is made of: "convolutional recurrent network", "convolutional network with shortcuts"."""
    operators = {layer.settings.get("operator") for layer in description.layers}
    parts = ["convolutional"] if description.of_kind("conv") else []
    parts += ["recurrent"] if description.of_kind("lstm") or operators & set(RECURRENT) else []
    extras = ["shortcuts"] if any(len(set(layer.inputs)) > 1 for layer in description.of_kind("add")) else []
    extras += ["attention"] if "attention" in operators else []
    return " ".join([*parts, "network"]) + (f" with {listed(extras)}" if extras else "")


def _answers(description: Description) -> str:
    if description.head.kind == CTC:
        return "reads the text on a picture"
    if description.head.kind == CLASSES:
        return f"names one of {len(description.labels):,} classes"
    return "turns a picture into numbers"


def layer(description: Description, layer: Layer, shapes: Shapes, costs: Costs | None = None) -> str:
    """What hovering over a layer says: name, shape, parameters, multiply-adds and the layer's one sentence."""
    shape = shapes.get(layer.name, layer.shape)
    facts = [layer.title, in_words(description, layer, shape)]
    if layer is not description.input:
        facts.append(f"{layer.parameters:,} parameters" if layer.parameters else "no parameters")
        if costs and costs.get(layer.name):
            facts.append(f"{rounded(costs[layer.name])} multiply-adds")
    return f"{' · '.join(facts)} · {layer.words}"


def stage(description: Description, layers: tuple[str, ...], shapes: Shapes, costs: Costs | None = None) -> str:
    """What hovering over a folded stage says."""
    members = [description.layer(name) for name in layers]
    last, joins = members[-1], sum(len(set(member.inputs)) > 1 for member in members)
    facts = [f"{len(members)} layers, {members[0].title} to {last.title}"]
    facts.append(f"hands on {in_words(description, last, shapes.get(last.name, last.shape))}")
    facts.append(f"{sum(member.parameters for member in members):,} parameters")
    if costs:
        facts.append(f"{rounded(sum(costs.get(name, 0) for name in layers))} multiply-adds")
    if joins:
        facts.append(f"{counted(joins, 'place')} where branches join")
    return " · ".join(facts)


def short_name(description: Description, layer: Layer) -> str:
    """A layer's name, short enough for a chip; where the file names none, its number and what it is."""
    if description.named:
        return layer.name
    return f"{description.layers.index(layer)} {SHORT_KINDS.get(layer.kind, layer.kind)}"


def rounded(count: int) -> str:
    """A large number in three digits and a word: 6,619,711 is "6.62 million"."""
    for size, word in ((10**12, "trillion"), (10**9, "billion"), (10**6, "million")):
        if count >= 0.9995 * size:
            return f"{count / size:.3g} {word}"
    return f"{count:,}"
