"""Where an LSTM's memory comes from: which frames wrote what a unit holds, and which frame wiped it.

The cell state is a sum over the frames read so far: what each wrote, times every forget gate since. So each frame has a
part in it, exactly. What the gates themselves owe to earlier frames is not followed.

**Ref.** S. Hochreiter, J. Schmidhuber, Long Short-Term Memory, Neural Computation 9(8), 1997,
https://doi.org/10.1162/neco.1997.9.8.1735 , section 4, with the forget gate of
F. Gers, J. Schmidhuber, F. Cummins 2000.
"""

from __future__ import annotations

import numpy as np

from explain.layers.lstm import Trace

MOST = 0.9  # of what is held: the frames that are named as its writers have at least so much of it
WIPED = 0.1  # of what was held: what is left then counts as wiped


def order(steps: Trace, backward: bool) -> range:
    """The frames in the order in which they are read."""
    count = len(steps.cell)
    return range(count - 1, -1, -1) if backward else range(count)


def parts(steps: Trace, frame: int, backward: bool) -> np.ndarray:
    """`(frame, unit)`: what each frame has written of the cell state after `frame`; they sum to it."""
    found = np.zeros_like(steps.cell)
    left = np.ones(steps.cell.shape[1], steps.cell.dtype)
    read = order(steps, backward)
    for t in reversed(read[: read.index(frame) + 1]):
        found[t] = left * steps.written[t]
        left = left * steps.forget_gate[t]
    return found


def forgotten(steps: Trace, frame: int, backward: bool) -> np.ndarray:
    """`(frame, unit)`: what each earlier frame had written of what the step at `frame` forgets."""
    read = order(steps, backward)
    place = read.index(frame)
    if not place:
        return np.zeros_like(steps.cell)
    return (1 - steps.forget_gate[frame]) * parts(steps, read[place - 1], backward)


def writers(shares: np.ndarray) -> list[int]:
    """The fewest frames that have MOST of something, from left to right; none where there is nothing.

    shares: `(frame,)`, signed or not, of which magnitudes count.
    """
    sizes = np.abs(np.asarray(shares, np.float64))
    if not sizes.sum():
        return []
    largest = np.argsort(-sizes, kind="stable")
    count = int(np.searchsorted(sizes[largest].cumsum(), MOST * sizes.sum() * (1 - 1e-9))) + 1
    return sorted(int(t) for t in largest[:count])


def wiped(steps: Trace, unit: int, frame: int, backward: bool) -> tuple[int | None, float]:
    """The first frame read after `frame` by which at most WIPED of what the unit held there is left, and what is left.

    None, and what is left at the end, where there is no such frame.
    """
    left, read = 1.0, order(steps, backward)
    for t in read[read.index(frame) + 1 :]:
        left *= float(steps.forget_gate[t, unit])
        if left <= WIPED:
            return t, left
    return None, left
