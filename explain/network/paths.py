"""The ways from the picture to a layer: which layers all of them pass, and which of some layers are neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from explain.network.description import Description

Graph = Mapping[str, Sequence[str]]  # by layer, the layers whose outputs it takes


def before(description: Description, layer: str) -> tuple[str, ...]:
    """The layers that a layer is made of, directly or through others, the picture and itself among them, in order."""
    known = {layer}
    for other in reversed(description.layers):
        if other.name in known:
            known.update(other.inputs)
    return tuple(other.name for other in description.layers if other.name in known)


def cuts(description: Description, layer: str) -> tuple[tuple[str, ...], ...]:
    """Sets of layers that every way from the picture to a layer passes once, each with as few layers as it needs.

    A layer that no way goes round is one by itself. One of several branches is in a set together with the others'
    last layers. A layer is in none where a way round it has no layer of its own, such as the short cut of a residual
    block. In the layers' order, each set by its first layer.
    """
    names = before(description, layer)
    graph = {name: description.layer(name).inputs for name in names}
    above = {name: _reached(graph, name) for name in names}  # itself among them
    answer: dict[tuple[str, ...], None] = {}
    for name in names:
        beside = [other for other in names if other not in above[name] and name not in above[other]]
        taken = {taken for other in beside for taken in graph[other]}
        ends = {name, *(other for other in beside if other not in taken)}
        if not _goes_round(graph, layer, names[0], ends):
            answer[tuple(other for other in names if other in ends)] = None
    return tuple(answer)


def _reached(graph: Graph, name: str) -> set[str]:
    known, waiting = {name}, [name]
    while waiting:
        new = set(graph[waiting.pop()]) - known
        known |= new
        waiting += new
    return known


def _goes_round(graph: Graph, end: str, start: str, blocked: set[str]) -> bool:
    """Whether a way from the start to the end passes none of the blocked layers."""
    if end in blocked:
        return False
    rest = {name: [taken for taken in inputs if taken not in blocked] for name, inputs in graph.items()}
    return start in _reached(rest, end)


def neighbours(description: Description, layers: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Of each of some layers, those others of them that it is made of without a third in between, in order."""
    chosen = set(layers)
    nearest: dict[str, set[str]] = {}  # of every layer, the nearest chosen ones, itself where it is one
    answer = {}
    order = [layer.name for layer in description.layers]
    for layer in description.layers:
        reached = set().union(*(nearest[name] for name in layer.inputs))
        nearest[layer.name] = {layer.name} if layer.name in chosen else reached
        if layer.name in chosen:
            answer[layer.name] = tuple(sorted(reached, key=order.index))
    return answer
