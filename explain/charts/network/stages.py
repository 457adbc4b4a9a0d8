"""Long networks made short: runs of layers that answer with as many rows and columns stand as one stage.

A stage is opened and closed by who looks at it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from explain.charts.network.units import Size, Unit

AT_ONCE = 26  # columns of layers that a strip shows without folding any
FEW = 4  # layers that are not worth folding


@dataclass(frozen=True)
class Stage:
    """number: from 1 on, those that cannot be folded left out (0). is_open: whether its layers are seen."""

    units: tuple[Unit, ...]
    number: int = 0
    is_open: bool = True

    @property
    def is_opened(self) -> bool:
        """Whether it could be folded again."""
        return self.is_open and self.number > 0

    @property
    def layers(self) -> tuple[str, ...]:
        return tuple(name for unit in self.units for name in unit.layers)

    @property
    def last(self) -> str:
        """The layer that hands on what the stage makes."""
        return self.layers[-1]


def stages(units: Sequence[Unit], sizes: Mapping[str, Size], opened: Collection[int] = ()) -> tuple[Stage, ...]:
    """The units of a network in stages: each by itself in a short network, else runs of as many rows and columns.

    sizes: of each layer. opened: numbers of the stages whose layers are to be seen.
    """
    if sum(unit.columns for unit in units) <= AT_ONCE:
        return tuple(Stage((unit,)) for unit in units)
    answer, number = [], 0
    for _, run in groupby(units, lambda unit: sizes[unit.layers[-1]][:2]):
        run = tuple(run)
        if sum(len(unit.layers) for unit in run) < FEW:
            answer += [Stage((unit,)) for unit in run]
        else:
            number += 1
            answer.append(Stage(run, number, number in opened))
    return tuple(answer)
