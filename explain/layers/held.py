"""What an LSTM keeps in mind, and for how long: units that write once, keep what they wrote, and forget it.

Many units add a little at every step or write their memory anew; they tell nothing of remembering. What counts as held:
over some steps on end the forget gate is all but open, next to nothing is written, and there is something to keep.
Gates: see `explain.layers.lstm`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from explain.layers.lstm import Trace

KEEPS, SHUT = 0.9, 0.5  # of the forget gate: from where on a step keeps, and below which it forgets
LITTLE, MUCH = 0.1, 0.5  # of a memory's values: written without changing it, and worth keeping


class Held(NamedTuple):
    """One unit's memory over some steps. Frames are counted from the left, whichever way the layer reads.

    wrote: the frame at which the unit wrote last before. steps: how many frames after it the memory was kept.
    forgot: the frame at which it was lost, None where it was not: there it was overwritten, or the sequence ended.
    value: what was kept.
    """

    unit: int
    wrote: int
    steps: int
    forgot: int | None
    value: float

    def last(self, backward: bool) -> int:
        """The last frame at which it was still there."""
        return self.wrote - self.steps if backward else self.wrote + self.steps


def longest(trace: Trace, backward: bool) -> Held | None:
    """What is held longest in one direction of a layer; None where no unit holds anything.

    What was written before and forgotten after comes before all that was not: only there does one see both ends.
    """
    found = _all(trace, backward)
    return max(found, key=lambda held: (held.forgot is not None, held.steps, abs(held.value)), default=None)


def _all(trace: Trace, backward: bool) -> list[Held]:
    order = slice(None, None, -1) if backward else slice(None)
    gate, written, before = trace.forget_gate[order], trace.written[order], trace.before[order]
    holds = (gate >= KEEPS) & (np.abs(written) <= LITTLE) & (np.abs(before) >= MUCH)
    steps, found = len(gate), []
    for unit in np.flatnonzero(holds.any(axis=0)).tolist():
        edges = np.flatnonzero(np.diff(holds[:, unit].astype(np.int8), prepend=0, append=0)).tolist()
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            if np.abs(written[start - 1, unit]) < MUCH:
                continue
            lost = end if end < steps and gate[end, unit] < SHUT else None
            numbers = [start - 1, lost]
            if backward:
                numbers = [None if number is None else steps - 1 - number for number in numbers]
            found.append(Held(unit, numbers[0], end - start, numbers[1], float(before[start, unit])))
    return found
