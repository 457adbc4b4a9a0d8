"""The inside of an LSTM, step by step: gates, cell state, hidden state; and readings without parts of it.

ONNX Runtime's LSTM hands on hidden states only, so everything else is computed here once more, from the layer's weights
and its input. A sequence is `(frame, feature)`, frames from left to right; what comes back is in that order too, also
for the direction that reads from right to left: its row t is what it knew after reading the last frame down to frame t.

Weights are those of a layer by role, as `explain.network.weights` reads them: for each direction that the layer has,
forward_kernel `(feature, 4 * unit)`, forward_recurrent `(unit, 4 * unit)` and forward_bias `(4 * unit,)`, or
backward_..., as Keras keeps them; the four blocks are input gate, forget gate, candidate, output gate.

**Ref.** S. Hochreiter, J. Schmidhuber, Long Short-Term Memory, Neural Computation 9(8), 1997,
https://doi.org/10.1162/neco.1997.9.8.1735 ; the forget gate: F. Gers, J. Schmidhuber, F. Cummins, Learning to Forget:
Continual Prediction with LSTM, Neural Computation 12(10), 2000, https://doi.org/10.1162/089976600300015015
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explain.layers.activations import softmax

DIRECTIONS = ("forward", "backward")
ON_ONE_CORE = 2**18  # multiplications; OpenBLAS spreads a larger product of two matrices over all cores


class LstmError(ValueError):
    """Weights, a sequence or a choice that do not fit together; the message is one sentence for the reader."""


@dataclass(frozen=True)
class Trace:
    """One direction of an LSTM over one sequence; every array is `(frame, unit)`, frames from left to right.

    input_gate, forget_gate, output_gate: from 0 (shut) to 1 (open). candidate: what would be written, from -1 to 1.
    before: the cell state that the step found, left by the frame it read before (for the backward direction the one to
    the right), 0 where it had none. cell: the cell state after the step, `kept + written`. hidden: what the step hands
    on, `output_gate * tanh(cell)`.
    """

    input_gate: np.ndarray
    forget_gate: np.ndarray
    candidate: np.ndarray
    output_gate: np.ndarray
    before: np.ndarray
    cell: np.ndarray
    hidden: np.ndarray

    @property
    def kept(self) -> np.ndarray:
        """What the forget gate left of the memory the step found."""
        return self.forget_gate * self.before

    @property
    def written(self) -> np.ndarray:
        """What the input gate let in of the candidate."""
        return self.input_gate * self.candidate

    @property
    def most_moving(self) -> int:
        """The unit whose hidden state moves farthest over the sequence."""
        return int(np.ptp(self.hidden, axis=0).argmax())

    def turning_points(self, unit: int) -> tuple[int, int]:
        """The frame at which a unit writes most, and the one at which it loses most of the memory it had."""
        lost = self.before[:, unit] - self.kept[:, unit]
        return int(np.abs(self.written[:, unit]).argmax()), int(np.abs(lost).argmax())

    def units_of_most(self, frame: int, share: float = 0.9) -> int:
        """The fewest units whose squares make up that share of the memory's squared length after a frame."""
        squares = np.sort(self.cell[frame].astype(np.float64) ** 2)[::-1].cumsum()
        return int(np.searchsorted(squares, share * squares[-1])) + 1


@dataclass(frozen=True)
class Memory:
    """How much memory each step finds, keeps, adds and leaves: Euclidean lengths over all units, `(frame,)`.

    The vectors add up, `cell = kept + written`; their lengths do not.
    """

    before: np.ndarray
    kept: np.ndarray
    written: np.ndarray
    after: np.ndarray

    @property
    def share(self) -> np.ndarray:
        """`(frame,)`: kept as a share of before, from 0 to 1; NaN where the step found no memory."""
        return np.divide(self.kept, self.before, out=np.full_like(self.kept, np.nan), where=self.before > 0)


def directions_of(weights: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    """The directions that a layer of these weights reads in, the forward one first."""
    return tuple(direction for direction in DIRECTIONS if f"{direction}_kernel" in weights)


def trace(sequence: np.ndarray, weights: Mapping[str, np.ndarray], direction: str, reset: int | None = None) -> Trace:
    """Gates, cell and hidden states of one direction at every frame.

    reset: memory (cell and hidden state) is set to 0 at the line between frames `reset - 1` and `reset`, from whichever
    side it is crossed. Raises LstmError for arrays that do not fit together, an unknown direction or a frame that has
    no frame before it.
    """
    sequence, (kernel, recurrent, bias) = _checked(sequence, weights, direction)
    frames, units = len(sequence), len(recurrent)
    backward = direction == "backward"
    cleared = _crossing(reset, frames, backward)
    fed = _product(sequence, kernel) + bias  # every frame's share at once; only the recurrent one needs the loop
    gates = np.empty((frames, 4, units), np.float32)
    before, cells, hiddens = (np.empty((frames, units), np.float32) for _ in range(3))
    cell = hidden = np.zeros(units, np.float32)
    for t in reversed(range(frames)) if backward else range(frames):
        if t == cleared:
            cell = hidden = np.zeros(units, np.float32)
        sums = (fed[t] + hidden @ recurrent).reshape(4, units)
        gates[t] = _sigmoid(sums)
        gates[t, 2] = np.tanh(sums[2])
        let_in, keep, candidate, let_out = gates[t]
        before[t] = cell
        cell = keep * cell + let_in * candidate
        hidden = let_out * np.tanh(cell)
        cells[t], hiddens[t] = cell, hidden
    return Trace(*(gates[:, gate] for gate in range(4)), before, cells, hiddens)


def hidden_states(
    sequence: np.ndarray,
    weights: Mapping[str, np.ndarray],
    directions: Collection[str] = DIRECTIONS,
    reset: int | None = None,
) -> np.ndarray:
    """Hidden states of a layer's directions side by side, `(frame, units of all)`, forward first, as it hands them on.

    directions: those that read; the states of another are 0. reset: as in `trace`, for all.
    """
    for direction in directions:
        _checked_direction(direction)
    parts = []
    for direction in directions_of(weights):
        if direction in directions:
            parts.append(trace(sequence, weights, direction, reset).hidden)
        else:
            steps, (_, recurrent, _) = _checked(sequence, weights, direction)
            parts.append(np.zeros((len(steps), len(recurrent)), np.float32))
    if not parts:
        raise LstmError("An LSTM has weights of a forward direction, of a backward one, or of both.")
    return np.concatenate(parts, axis=1)


def reading(
    sequence: np.ndarray,
    recurrent: Sequence[Mapping[str, np.ndarray]],
    dense: Mapping[str, np.ndarray],
    directions: Collection[str] = DIRECTIONS,
    reset: int | None = None,
) -> np.ndarray:
    """The softmax `(frame, label)` that the network gives when its recurrent layers lack a direction or memory.

    sequence: what the first recurrent layer is fed. recurrent: weights of each LSTM, in order.
    dense: kernel `(feature, label)` and bias `(label,)` of the layer after them. directions: those that read, the same
    in every layer. reset: as in `trace`, in every layer, so that nothing is carried over that line either way. With
    all directions and no reset this is the network's own output.
    """
    for weights in recurrent:
        sequence = hidden_states(sequence, weights, directions, reset)
    kernel = np.asarray(dense["kernel"], np.float32)
    bias = np.asarray(dense.get("bias", np.zeros(kernel.shape[-1])), np.float32)
    if kernel.ndim != 2 or kernel.shape[0] != sequence.shape[1] or bias.shape != kernel.shape[1:]:
        raise LstmError(
            f"A dense layer over {sequence.shape[1]} features has a kernel ({sequence.shape[1]}, label) and a bias "
            f"(label,), not {kernel.shape} and {bias.shape}."
        )
    logits = _product(sequence, kernel) + bias
    return softmax(logits)


def memory(steps: Trace) -> Memory:
    """How much memory a direction finds, keeps, adds and leaves at every frame."""
    lengths = (np.linalg.norm(states, axis=1) for states in (steps.before, steps.kept, steps.written, steps.cell))
    return Memory(*lengths)


def order_of_acting(values: np.ndarray) -> np.ndarray:
    """Units in the order in which they act, `(unit,)` indices.

    values: `(frame, unit)`. A unit acts at the frame where it is farthest from its own median over the sequence; of
    units that act at the same frame the one farthest from its median comes first.
    """
    values = np.asarray(values)
    if values.ndim != 2 or 0 in values.shape:
        raise LstmError(f"Units are ordered by values of shape (frame, unit), not {values.shape}.")
    away = np.abs(values - np.median(values, axis=0))
    return np.lexsort((-away.max(axis=0), away.argmax(axis=0)))


def _product(rows: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """`rows @ matrix` in pieces that one core does by itself: 0.4 ms for 31 x 512 by 512 x 512.

    Spread over the cores it takes 0.2 ms where all are idle, and 50 ms where another visitor keeps one of them busy,
    because each waits for the slowest.
    """
    total = np.zeros((len(rows), matrix.shape[1]), np.float32)
    piece = max(1, ON_ONE_CORE // total.size)
    for start in range(0, len(matrix), piece):
        total += rows[:, start : start + piece] @ matrix[start : start + piece]
    return total


def _sigmoid(sums: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(0.5 * sums)  # does not overflow, whatever the sign


def _crossing(reset: int | None, frames: int, backward: bool) -> int | None:
    """The first frame that is read on the far side of the line before frame `reset`."""
    if reset is None:
        return None
    if not 1 <= reset < frames:
        raise LstmError(f"Memory is reset before one of the frames 1 to {frames - 1}, not before frame {reset}.")
    return reset - 1 if backward else reset


def _checked_direction(direction: str) -> None:
    if direction not in DIRECTIONS:
        raise LstmError(f"There is no direction called {direction!r}; choose {' or '.join(DIRECTIONS)}.")


def _checked(
    sequence: np.ndarray, weights: Mapping[str, np.ndarray], direction: str
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """The sequence and the three arrays of that direction, float32, after holding them against one another."""
    _checked_direction(direction)
    sequence = np.asarray(sequence, np.float32)
    if sequence.ndim == 3 and len(sequence) == 1:  # a map of one row: its columns are the steps
        sequence = sequence[0]
    if sequence.ndim != 2 or 0 in sequence.shape:
        raise LstmError(f"A sequence has the shape (frame, feature), not {sequence.shape}.")
    roles = [f"{direction}_{role}" for role in ("kernel", "recurrent", "bias")]
    if missing := [role for role in roles if role not in weights]:
        raise LstmError(f"The weights have no {' and no '.join(missing)}: the layer does not read {direction}.")
    arrays = tuple(np.asarray(weights[role], np.float32) for role in roles)
    units = arrays[1].shape[0]
    wanted = ((sequence.shape[1], 4 * units), (units, 4 * units), (4 * units,))
    given = tuple(array.shape for array in arrays)
    if given != wanted:
        raise LstmError(
            f"The {direction} weights over {sequence.shape[1]} features with {units} units have the shapes "
            f"{', '.join(map(str, wanted))}, not {', '.join(map(str, given))}."
        )
    return sequence, arrays
