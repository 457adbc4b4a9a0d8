"""What hangs on what: lines between the shown channels of neighbouring layers, and for all those that are not shown.

All in the measure of what silencing is expected to cost, as links are told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from explain.attribution.flow import Flow, named
from explain.charts.flow.parts import PICTURE, REST, Line

Shown = tuple[str, Sequence[int]]  # a layer's name, and its channels in the order in which they stand in its column
Amounts = Mapping[tuple[int, int], float]  # by the places of start and end in their columns


def shown(flow: Flow, layers: Sequence[str], count: int) -> list[Shown]:
    """Of each layer the channels that the answer is expected to miss most, the dearest on top, and under them the one
    that speaks most against it."""
    return [(name, named(flow.layer(name).costs, count)) for name in layers]


def lines(flow: Flow, path: Sequence[Shown]) -> list[Line]:
    """The lines of a path through some layers, as `shown` lists them, from the picture to the answer.

    To and from what is not shown, from the picture and to the answer there are lines where everything passes through
    both layers: elsewhere another layer may have brought what is left over.
    """
    if not path:
        return []
    alone = {cut[0] for cut in flow.cuts if len(cut) == 1}
    first, last = path[0], path[-1]
    answer: list[Line] = []
    if first[0] in alone:
        answer += [Line(PICTURE, REST, end, amount) for end, amount in _amounts(flow, first).items()]
    for number, (before, after) in enumerate(zip(path, path[1:], strict=False)):
        between = _between(flow, before, after)
        if between and {before[0], after[0]} <= alone:
            between |= _unshown(between, _amounts(flow, before), _amounts(flow, after))
        answer += [Line(number, start, end, amount) for (start, end), amount in between.items()]
    if last[0] in alone:
        answer += [Line(len(path) - 1, start, REST, amount) for start, amount in _amounts(flow, last).items()]
    return answer


def _amounts(flow: Flow, column: Shown) -> dict[int, float]:
    """What each channel of a column is expected to cost, and those that are not shown together."""
    costs = flow.layer(column[0]).costs
    amounts = {place: float(costs[channel]) for place, channel in enumerate(column[1])}
    return {**amounts, REST: float(costs.sum(dtype=float)) - sum(amounts.values())}


def _between(flow: Flow, before: Shown, after: Shown) -> dict[tuple[int, int], float]:
    starts = {(before[0], channel): place for place, channel in enumerate(before[1])}
    ends = {(after[0], channel): place for place, channel in enumerate(after[1])}
    return {
        (starts[link.start], ends[link.end]): link.amount
        for link in flow.links
        if link.start in starts and link.end in ends
    }


def _unshown(between: Amounts, before: Mapping[int, float], after: Mapping[int, float]) -> dict[tuple[int, int], float]:
    """What the known lines leave over: from channels that are not shown, and to such. What a channel has from its bias
    counts as not shown."""
    came = {(REST, end): amount - _sum(between, 1, end) for end, amount in after.items() if end != REST}
    went = {(start, REST): amount - _sum(between, 0, start) for start, amount in before.items() if start != REST}
    return {**came, **went, (REST, REST): after[REST] - sum(went.values())}


def _sum(between: Amounts, side: int, place: int) -> float:
    return sum(amount for ends, amount in between.items() if ends[side] == place)
