"""Does an attribution map tell the truth? Measures of a map that ask the network itself; no TensorFlow here.

Deletion and insertion take the pixels away, or put them back, in the map's own order and watch the answer. The pointing
game asks whether the map's peak lies on the thing explained. The sanity check asks whether the map changes when what
the network has learned is destroyed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from explain.attribution.cam import background
from explain.attribution.targets import Character, ClassLogit, Target, WholeText, log_softmax, score
from explain.network.description import Description, describe
from models.card import Card

if TYPE_CHECKING:  # the process that computes gradients has no use for ONNX Runtime
    from explain.network.session import Network

Ground = str | float | np.ndarray
OnStep = Callable[[int, int], bool | None]  # (passes done, passes in all); False stops
STEPS = 16
# Of these methods the sign tells which way to change a pixel, not whether it speaks for the target.
UNSIGNED = ("saliency", "smooth_grad", "guided_backpropagation")
AT_ONCE, NUMBERS_AT_ONCE = 16, 2**16  # pictures, and their numbers, between two looks at whether to go on


@dataclass(frozen=True)
class Curve:
    """How strongly the network gives an answer while pixels change.

    shares: `(step + 1,)` of all pixels that are changed, from 0 to 1. values: `(step + 1,)`, as `strength` tells them.
    """

    shares: np.ndarray
    values: np.ndarray

    @property
    def area(self) -> float:
        """The area under the curve (trapezoid rule), which is its mean height."""
        return float(np.trapezoid(self.values, self.shares))


def strength(target: Target, outputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """How strongly each picture gives the answer, `(batch,)`: a probability wherever there is one.

    outputs: as for `explain.attribution.targets.score`. A class: its softmax. A character: the geometric mean of its
    probability over its frames; against a rival, its share in what the two have together. A text: its probability under
    CTC. A channel or a unit: its value.
    """
    values = score(target, outputs)
    match target:
        case ClassLogit():
            return np.exp(log_softmax(np.asarray(outputs[target.layer], np.float64))[:, target.unit])
        case Character() | WholeText():
            against = target.odds or isinstance(target, Character) and target.rival is not None
            return np.exp(-np.logaddexp(0.0, -values)) if against else np.exp(values)
    return values


def evidence(method: str, values: np.ndarray) -> np.ndarray:
    """A map with what speaks for the target highest: the magnitude for the methods in UNSIGNED, else as it is."""
    return np.abs(values) if method in UNSIGNED else values


def order(values: np.ndarray, seed: int = 0, side: int = 1) -> np.ndarray:
    """The pixels of a map `(height, width)`, numbered row by row, the highest value first; equal ones in random order.

    A signed map begins with what speaks for the target and ends with what speaks against it. side: of squares whose
    pixels follow one another, in the order of the squares' means. Single pixels of a photograph, changed here and
    there, make a noise that a classifier takes for much else; so in squares it is asked of what is seen.
    """
    values = np.asarray(values, np.float64)
    if not np.isfinite(values).all():
        raise ValueError("There are values in this map that are not finite numbers, so its pixels have no order.")
    square = _squares(values.shape, side)
    means = np.bincount(square, values.ravel()) / np.bincount(square)
    return _in_turn(np.lexsort((np.random.default_rng(seed).random(means.size), -means)), square)


def _squares(shape: Sequence[int], side: int) -> np.ndarray:
    """Of each pixel, row by row, the number of the square that it lies in."""
    rows, columns = (np.arange(length) // side for length in (*shape, 1)[:2])
    return (rows[:, None] * (columns[-1] + 1) + columns).ravel()


def _in_turn(turns: np.ndarray, square: np.ndarray) -> np.ndarray:
    """The pixels, square by square. turns: numbers of the squares in order."""
    place = np.empty(len(turns), int)
    place[turns] = np.arange(len(turns))
    return np.argsort(place[square], kind="stable")


def deletion(
    network: Network,
    picture: np.ndarray,
    target: Target,
    pixels: np.ndarray,
    ground: Ground = "background",
    steps: int = STEPS,
    on_step: OnStep | None = None,
) -> Curve | None:
    """The picture losing its pixels: a map that tells the truth makes the answer fall early, so its area is small.

    picture: `(height, width, channel)` as the network takes it. pixels: `order` of a map, most important first. ground:
    what takes their place, see `grounds`. steps: how many pictures are asked after the whole one; each changes a few
    pixels more than the one before did, since it is by its first pixels that a map is put to the test. on_step: told
    (passes done, passes in all); where it returns False the rest is left out and None is returned.
    **Ref.** V. Petsiuk, A. Das, K. Saenko, RISE: Randomized Input Sampling for Explanation of Black-box Models, BMVC
    2018, https://arxiv.org/abs/1806.07421, section 4.2
    """
    return _curve(network, picture, grounds(picture, ground), target, pixels, steps, on_step)


def insertion(
    network: Network, picture: np.ndarray, target: Target, pixels: np.ndarray, ground: Ground = "background", **passes
) -> Curve | None:
    """An empty picture getting its pixels back: a map that tells the truth makes the answer rise early, so its area is
    large. passes: `steps` and `on_step`; these, the other arguments and the source are as in `deletion`.
    """
    return _curve(network, grounds(picture, ground), picture, target, pixels, **passes)


def _curve(
    network: Network,
    start: np.ndarray,
    end: np.ndarray,
    target: Target,
    pixels: np.ndarray,
    steps: int = STEPS,
    on_step: OnStep | None = None,
) -> Curve | None:
    size = start.shape[0] * start.shape[1]
    pixels = np.asarray(pixels)
    if pixels.shape != (size,) or not np.array_equal(np.sort(pixels), np.arange(size)):
        raise ValueError(f"The order must name each of the picture's {size} pixels once.")
    if steps < 1:
        raise ValueError(f"A curve has at least 1 step, not {steps}.")
    counts = np.rint((np.arange(steps + 1) / steps) ** 2 * size).astype(int)
    place = np.empty(size, int)
    place[pixels] = np.arange(size)  # when each pixel's turn comes
    place = place.reshape(*start.shape[:2], 1)
    values, at_once = [], max(1, min(AT_ONCE, NUMBERS_AT_ONCE // start.size))
    for first in range(0, len(counts), at_once):
        chosen = counts[first : first + at_once, None, None, None]
        batch = np.where(place < chosen, end, start).astype(np.float32)
        values.append(strength(target, network.run(batch, [target.layer])))
        if on_step is not None and on_step(first + len(chosen), len(counts)) is False:
            return None
    return Curve(counts / size, np.concatenate(values))


def mean_curve(curves: Sequence[Curve]) -> Curve:
    """The mean of curves over the same shares, such as those of several random orders."""
    if not curves or any(not np.array_equal(curve.shares, curves[0].shares) for curve in curves):
        raise ValueError("A mean is taken of curves over the same shares of pixels.")
    return Curve(curves[0].shares, np.mean([curve.values for curve in curves], axis=0))


def random_orders(shape: Sequence[int], count: int = 4, seed: int = 0, side: int = 1) -> list[np.ndarray]:
    """Orders of a picture's pixels `(height, width, ...)` that know nothing of it: what any map has to beat.

    side: of squares whose pixels follow one another, as in `order`.
    """
    random, square = np.random.default_rng(seed), _squares(shape, side)
    return [_in_turn(random.permutation(square[-1] + 1), square) for _ in range(count)]


def grounds(picture: np.ndarray, ground: Ground) -> np.ndarray:
    """A picture without its content, shaped like it.

    ground: "background" (the median of the border), "mean" (of the picture), "blur" (`blurred` until only broad patches
    are left), or a value in the network's own units, one or one a channel.
    """
    if isinstance(ground, str):
        if ground == "blur":
            return blurred(picture, min(picture.shape[:2]) / 16)
        if ground not in ("background", "mean"):
            raise ValueError(f"There is no ground called {ground!r}; take background, mean, blur or a value.")
        ground = background(picture) if ground == "background" else picture.mean(axis=(0, 1))
    colour = np.asarray(ground, np.float64)
    if colour.shape not in ((), picture.shape[2:]) or not np.isfinite(colour).all():
        raise ValueError(f"A ground is one number, or one for each of the picture's {picture.shape[2]} channels.")
    return np.broadcast_to(colour, picture.shape)


def blurred(picture: np.ndarray, deviation: float) -> np.ndarray:
    """The picture under a Gaussian of that standard deviation, in pixels, cut off at three of them.

    picture: `(height, width, channel)`; beyond an edge the edge goes on.
    """
    reach = max(1, int(np.ceil(3 * deviation)))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        around = [(reach, reach) if one == axis else (0, 0) for one in range(picture.ndim)]
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(picture, around, "edge"), len(kernel), axis)
        picture = windows @ kernel
    return picture


def peak(values: np.ndarray) -> tuple[float, float]:
    """Row and column of the highest value of a map `(height, width)`; pixel 3's middle is 3.5.

    Cells of a coarse layer, and patches, make blocks of equal values: the middle of the first block is told.
    """
    row, column = np.unravel_index(int(np.argmax(values)), values.shape)
    below, right = (_run(line) for line in (values[row:, column], values[row, column:]))
    return float(row + below / 2), float(column + right / 2)


def _run(line: np.ndarray) -> int:
    """How many values a line begins with that equal its first."""
    differ = np.flatnonzero(line != line[0])
    return int(differ[0]) if len(differ) else len(line)


def peak_column(values: np.ndarray, width: int) -> float:
    """Middle of the `width` columns side by side that hold most of what speaks for the target, summed over the rows.

    values: `(height, width)`; what is below zero counts nothing. Columns are numbered from 0 at their left edge, so the
    middle of columns 0 to 3 is 2.0. Of equal places the middle one is taken.
    """
    if not 1 <= width <= values.shape[1]:
        raise ValueError(f"A window is 1 to {values.shape[1]} columns wide, not {width}.")
    columns = np.maximum(values, 0).sum(axis=0, dtype=np.float64)
    sums = np.lib.stride_tricks.sliding_window_view(columns, width).sum(axis=1)
    best = np.flatnonzero(sums >= sums.max() * (1 - 1e-9))
    return float(best[(len(best) - 1) // 2] + width / 2)


def hits(place: tuple[float | None, float], box: Sequence[float], widened: float = 0.1) -> bool:
    """The pointing game: whether a place lies in a box.

    place: row and column; a row of None asks for the column alone. A pixel's place is its middle: pixel 3 is at 3.5.
    box: left, top, width, height, in the same pixels; it is made larger by `widened` of its size on each side.
    **Ref.** J. Zhang et al., Top-down Neural Attention by Excitation Backprop, IJCV 2018,
    https://arxiv.org/abs/1608.00507, section 4.2
    """
    row, column = place
    left, top, width, height = box
    inside = left - widened * width <= column <= left + (1 + widened) * width
    return inside and (row is None or top - widened * height <= row <= top + (1 + widened) * height)


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation of two arrays of one size, from -1 to 1: Pearson's of their ranks, equal values
    sharing the mean of theirs. 0 where one of them is all equal and so ranks nothing.
    """
    ranks = [_ranks(np.asarray(values).ravel()) for values in (a, b)]
    if ranks[0].size != ranks[1].size:
        raise ValueError(f"Two maps of one size are compared, not of {ranks[0].size} and {ranks[1].size} values.")
    x, y = (rank - rank.mean() for rank in ranks)
    length = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / length) if length > 0 else 0.0


def _ranks(values: np.ndarray) -> np.ndarray:
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[which.ravel()]


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    """How alike two maps are in where they are strong, whatever the sign: `spearman` of their magnitudes."""
    return spearman(np.abs(a), np.abs(b))


def cascade(network: Card | Description) -> list[tuple[str, ...]]:
    """The layers with weights from the output down, a batch normalisation together with what it normalises.

    The sanity check destroys what they have learned in this order, one after another, each on top of those before.
    **Ref.** J. Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018, https://arxiv.org/abs/1810.03292,
    section 3
    """
    stages: list[tuple[str, ...]] = []
    ends: dict[str, int] = {}  # which stage a layer ends
    for layer in describe(network).layers:
        if layer.kind == "batch_norm" and layer.inputs[0] in ends:
            ends[layer.name] = ends.pop(layer.inputs[0])
            stages[ends[layer.name]] += (layer.name,)
        elif layer.parameters:
            ends[layer.name] = len(stages)
            stages.append((layer.name,))
    return stages[::-1]
