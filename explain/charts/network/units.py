"""A network's graph in pieces that follow one another: where it branches and joins again, and in which lanes.

A unit ends in a layer that all data passes; what lies between two such layers belongs to the unit of the second. In a
chain each layer is a unit by itself, a residual block or a squeeze and excitation is one together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from explain.network.layers import Layer

Size = tuple[int, int, int]  # rows, columns, channels
BEFORE = -1  # the rank of what a unit takes from outside


@dataclass(frozen=True)
class Link:
    """From one layer's output to the layer that takes it. lane: in which it passes what stands between the two."""

    source: str
    target: str
    lane: int


@dataclass(frozen=True)
class Unit:
    """Layers in their order. ranks: of each layer, the column in which it stands, from 0. lanes: of each, from 0, the
    main one, on. links: of each of their inputs."""

    layers: tuple[str, ...]
    ranks: Mapping[str, int]
    lanes: Mapping[str, int]
    links: tuple[Link, ...]

    @property
    def columns(self) -> int:
        return 1 + max(self.ranks.values())


def units(layers: Sequence[Layer], sizes: Mapping[str, Size]) -> tuple[Unit, ...]:
    """The units of a network, in order; every layer is in one of them.

    layers: each after those that it takes. sizes: of what each puts out; the main lane is the way of the most places.
    """
    known = {layer.name for layer in layers}
    inputs = {layer.name: tuple(dict.fromkeys(name for name in layer.inputs if name in known)) for layer in layers}
    names = [layer.name for layer in layers]
    return tuple(_unit(piece, inputs, sizes) for piece in _pieces(names, inputs))


def _pieces(names: Sequence[str], inputs: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The layers cut after each that no link passes by."""
    place = {name: index for index, name in enumerate(names)}
    reach = [0] * len(names)  # how far the longest link from each layer goes
    for name in names:
        for taken in inputs[name]:
            reach[place[taken]] = max(reach[place[taken]], place[name])
    pieces, piece, farthest = [], [], 0
    for index, name in enumerate(names):
        piece.append(name)
        if farthest <= index:
            pieces.append(piece)
            piece = []
        farthest = max(farthest, reach[index])
    return [*pieces, piece] if piece else pieces


def _unit(piece: Sequence[str], inputs: Mapping[str, Sequence[str]], sizes: Mapping[str, Size]) -> Unit:
    if len(piece) == 1:
        (name,) = piece
        return Unit((name,), {name: 0}, {name: 0}, tuple(Link(taken, name, 0) for taken in inputs[name]))
    ranks: dict[str, int] = {}
    for name in piece:
        ranks[name] = 1 + max((ranks.get(taken, BEFORE) for taken in inputs[name]), default=BEFORE)
    ways = _ways(piece, inputs, sizes, ranks)
    lanes, links = _lanes(piece, inputs, ranks, ways)
    return Unit(tuple(piece), ranks, lanes, links)


def _ways(piece, inputs, sizes, ranks) -> list[list[str]]:
    """The layers of a unit in rows of which each takes the one before: first that of the most places to its end."""
    left, ways = dict.fromkeys(piece), []
    end = piece[-1]
    while left:
        way = []
        name: str | None = end
        while name in left:
            way.insert(0, name)
            del left[name]
            # What comes from outside the unit ends the way as well, where it has more places than all others.
            name = max(
                inputs[name],
                key=lambda taken: (sizes[taken][0] * sizes[taken][1], ranks.get(taken, BEFORE)),
                default=None,
            )
        ways.append(way)
        end = max(left, key=ranks.get, default="")
    return ways


def _lanes(piece, inputs, ranks, ways) -> tuple[dict[str, int], tuple[Link, ...]]:
    """Each way gets the first lane that is free from where it branches off to where it joins again."""
    takers = {name: [other for other in piece if name in inputs[other]] for name in piece}
    taken_up: list[list[tuple[int, int]]] = [[]]  # of each lane, between which ranks

    def free(begin: int, end: int, first: int = 1) -> int:
        for lane in range(first, len(taken_up)):
            if all(end <= start or stop <= begin for start, stop in taken_up[lane]):
                taken_up[lane].append((begin, end))
                return lane
        taken_up.append([(begin, end)])
        return len(taken_up) - 1

    lanes, way_of = {}, {}
    for number, way in enumerate(ways):
        begin = min((ranks.get(taken, BEFORE) for taken in inputs[way[0]]), default=BEFORE)
        end = max((ranks[other] for other in takers[way[-1]]), default=ranks[way[-1]] + 1)
        lane = free(begin, end) if number else 0
        lanes |= dict.fromkeys(way, lane)
        way_of |= {name: way for name in way}
    links = []
    for name in piece:
        for taken in inputs[name]:
            links.append(Link(taken, name, _lane_of(taken, name, ranks, lanes, way_of, ways[0], free)))
    return lanes, tuple(links)


def _lane_of(taken, name, ranks, lanes, way_of, main, free) -> int:
    """The lane of one link: its way's own, or where it goes from way to way past others, a free one."""
    way = way_of[name]
    place = way.index(name)
    follows = way[place - 1] == taken if place else name == main[0] and taken not in ranks
    if follows:
        return lanes[name]
    source = way_of.get(taken)
    if source is not None and source[-1] == taken and lanes[taken]:
        return lanes[taken]
    if place == 0 and lanes[name]:
        return lanes[name]
    begin, end = ranks.get(taken, BEFORE), ranks[name]
    return free(begin, end) if end - begin > 1 else lanes[name]
