"""What an LSTM's memory holds and forgets, in sentences: who wrote it, and what wiped it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from explain.ctc.alphabet import Alphabet
from explain.layers import lstm, memory_origin
from explain.panels.page.wording import plain
from explain.pictures.notation import listed, number

Called = Callable[[int], str]  # a frame's number, and what is read there
FEW = 4  # frames that are named one by one
UNITS = 3  # that are named


def frame_names(path: Sequence[int], alphabet: Alphabet, count: int) -> Called:
    """What frames are called: by their number, and where a character is read there, by that as well.

    path: the best path. count: of the frames that are to be named, which a layer may have more or fewer of.
    """

    def called(frame: int) -> str:
        label = int(path[frame]) if len(path) == count else alphabet.blank
        return str(frame) if label == alphabet.blank else f"{frame} (“{plain(alphabet.mark(label))}”)"

    return called


def of_unit(steps: lstm.Trace, unit: int, frame: int | None, backward: bool, called: Called) -> str:
    """What one unit holds after a frame, which frames wrote it, and which later frame wiped it.

    frame: None for the one after which it holds most.
    """
    course = steps.cell[:, unit]
    at = int(np.abs(course).argmax()) if frame is None else frame
    most = ", the most it ever holds" if frame is None else ""
    wrote = memory_origin.writers(memory_origin.parts(steps, at, backward)[:, unit])
    if not wrote:
        return f"After frame {called(at)} unit {unit} holds nothing."
    holds = f"**After frame {called(at)} unit {unit} holds {number(float(course[at]))}**{most}. "
    wrote_it = _frames(wrote, called)
    holds += f"{wrote_it[0].upper()}{wrote_it[1:]} wrote it. "  # the characters keep their case
    last = memory_origin.order(steps, backward)[-1]
    if at == last:
        return f"{holds}It is the last frame that is read, so nothing comes after that could wipe it."
    by, left = memory_origin.wiped(steps, unit, at, backward)
    if by is None:
        return f"{holds}No frame wipes it: {left:.0%} of it is left at the end."
    gate = float(steps.forget_gate[by, unit])
    if gate <= memory_origin.WIPED:
        return f"{holds}Frame {called(by)} wipes it: its forget gate keeps {gate:.0%}."
    return f"{holds}By frame {called(by)} it is wiped, little by little: {left:.0%} of it is left."


def of_all(steps: lstm.Trace, frame: int | None, backward: bool, called: Called) -> str:
    """How much of its memory a frame keeps, which frames had written what it forgets, and which units lose most.

    frame: None for the one that keeps least, with how much is kept on average.
    """
    kept = lstm.memory(steps).share
    if frame is None and np.isnan(kept).all():
        return "Nothing is remembered yet when the last frame is read, so nothing is forgotten."
    at = int(np.nanargmin(kept)) if frame is None else frame
    if np.isnan(kept[at]):
        return f"Frame {called(at)} is read first: there is nothing yet to forget."
    lost = memory_origin.forgotten(steps, at, backward)
    keeps = f"**Frame {called(at)} keeps {kept[at]:.0%} of the memory it finds**"
    if frame is None:
        keeps = f"**On average a frame keeps {np.nanmean(kept):.0%} of the memory it finds**. "
        keeps += f"Frame {called(at)} keeps least: {kept[at]:.0%}"
    wrote = memory_origin.writers(np.abs(lost).sum(axis=1))
    if not wrote:
        return f"{keeps}."
    units = np.argsort(-np.abs(lost.sum(axis=0)), kind="stable")[:UNITS]
    return (
        f"{keeps}. What it forgets was written at {_frames(wrote, called)}. "
        f"The units that lose most: {listed([str(unit) for unit in units])}."
    )


def _frames(numbers: Sequence[int], called: Called) -> str:
    if len(numbers) > FEW:
        return f"{len(numbers)} frames from {called(numbers[0])} to {called(numbers[-1])}"
    return f"frame{'s' if len(numbers) > 1 else ''} {listed([called(t) for t in numbers])}"
