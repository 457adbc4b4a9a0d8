"""Which part of each layer's map a change in one part of the picture reaches.

A change reaches a rectangle of a map, and what is computed from that map changes in a rectangle as well, by the window
of the layer (Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016,
https://arxiv.org/abs/1603.07285). So a network falls into stages, layers of which a rectangle can be computed by
itself, and the rest, from the first unit that sees the whole on.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explain.network.axes import MAP
from explain.network.description import Description
from explain.network.layers import WHOLE, Layer, Pair, Window

Span = tuple[int, int]  # from the first up to, but without, the last
Rectangle = tuple[Span, Span]  # rows and columns
Sizes = Mapping[str, tuple[int, ...]]  # of each layer's output, without the batch and the channels
BOTH, COLUMNS = (0, 1), (1,)
ALONE = Window((1, 1))
CUT = ("conv", "max_pool", "average_pool", "batch_norm", "activation", "add", "multiply", "concat", "other")
OPERATORS = ("scaling", "pad")  # of layers of kind other
NEARLY = 0.8  # of the rows, or the columns: then all are computed, so that fewer rectangles differ in size


@dataclass(frozen=True)
class Stage:
    """A layer, and those behind it that take each of its places for itself.

    axes: those along which a part is computed alone, 0 for rows and 1 for columns; along another everything is.
    """

    layers: tuple[Layer, ...]
    axes: tuple[int, ...]

    @property
    def name(self) -> str:
        """Of the last of them."""
        return self.layers[-1].name

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the layers that are taken, each once."""
        return tuple(dict.fromkeys(self.layers[0].inputs))

    @property
    def window(self) -> Window:
        return self.layers[0].window or ALONE

    @property
    def beyond(self) -> float:
        """What lies beyond the sides of the map that is taken."""
        return -np.inf if self.layers[0].kind == "max_pool" else 0.0

    def reach(self, changed: Rectangle, size: Pair) -> Rectangle | None:
        """The part of the output, of that size, that a part of the input has a share in; None where there is none."""
        spans = []
        for axis, ((first, last), length) in enumerate(zip(changed, size, strict=True)):
            if axis in self.axes:
                step, before = self.window.stride[axis], self.window.padding[axis][0]
                begin = max(0, math.ceil((first + before - self.window.extent[axis] + 1) / step))
                end = min(length, (last - 1 + before) // step + 1)
                begin, end = (begin, end) if end - begin < NEARLY * length else (0, length)
            else:
                begin, end = 0, length
            if begin >= end:
                return None
            spans.append((begin, end))
        return tuple(spans)

    def needs(self, wanted: Rectangle, size: Pair) -> Rectangle:
        """The part of the input, of that size, that a part of the output is made of; may go beyond the sides."""
        spans = []
        for axis, ((first, last), length) in enumerate(zip(wanted, size, strict=True)):
            if axis in self.axes:
                start = first * self.window.stride[axis] - self.window.padding[axis][0]
                spans.append((start, start + (last - 1 - first) * self.window.stride[axis] + self.window.extent[axis]))
            else:
                spans.append((0, length))
        return tuple(spans)

    def corrections(self, wanted: Rectangle, size: Pair) -> list[np.ndarray]:
        """What rows and columns of a mean are to be multiplied by, where what lies beyond the sides does not count.

        wanted: of the output. size: of the input. Empty where everything counts.
        """
        if self.layers[0].kind != "average_pool" or self.layers[0].settings.get("includes_padding"):
            return []
        answer = []
        for axis in self.axes:
            taps = np.arange(self.window.kernel[axis]) * self.window.dilation[axis] - self.window.padding[axis][0]
            places = np.arange(*wanted[axis])[:, None] * self.window.stride[axis] + taps
            inside = ((places >= 0) & (places < size[axis])).sum(axis=1)
            factors = (self.window.kernel[axis] / np.maximum(inside, 1)).astype(np.float32)
            answer.append(factors[:, None] if axis == 0 else factors)
        return answer if any((factors != 1).any() for factors in answer) else []

    def fits(self, sizes: Sizes) -> bool:
        """Whether the window makes of inputs of these sizes the output of that size."""
        given = {sizes[name] for name in self.inputs}
        if len(given) > 1 or len(sizes[self.name]) != 2 or len(next(iter(given))) != 2:
            return False
        (taken,) = given
        window = self.window
        return all(
            sizes[self.name][axis]
            == (taken[axis] + sum(window.padding[axis]) - window.extent[axis]) // window.stride[axis] + 1
            for axis in self.axes
        )


@dataclass(frozen=True)
class Plan:
    """stages: in the order in which they are computed. ends: what the rest takes of them, or of the picture. rest: the
    layers computed whole. axes: along which the stages are cut."""

    stages: tuple[Stage, ...]
    ends: tuple[str, ...]
    rest: tuple[Layer, ...]
    axes: tuple[int, ...]

    def changed(self, box: Sequence[int], size: Sequence[int]) -> Rectangle:
        """A box of a picture of that size, top, left, bottom, right, the last two left out, as a rectangle: along axes
        that aren't cut, all counts as changed."""
        top, left, bottom, right = (int(edge) for edge in box)
        sides = ((top, bottom), (left, right))
        return tuple(sides[axis] if axis in self.axes else (0, size[axis]) for axis in (0, 1))

    def reached(self, picture: str, changed: Rectangle, sizes: Sizes) -> dict[str, Rectangle | None]:
        """By layer, what a rectangle of the picture reaches. picture: the name of that layer."""
        found: dict[str, Rectangle | None] = {picture: changed}
        for stage in self.stages:
            before = [found[name] for name in stage.inputs if found[name] is not None]
            found[stage.name] = stage.reach(_around(before), sizes[stage.name]) if before else None
        return found

    def share(self, reached: Sequence[Mapping[str, Rectangle | None]], sizes: Sizes) -> float:
        """How much of the products of whole passes is left, for changes that reach these rectangles; from 0 to 1."""
        cut = [(_cost(stage), math.prod(sizes[stage.name]), stage.name) for stage in self.stages]
        rest = sum(_products(layer) * math.prod(sizes[layer.name]) for layer in self.rest)
        whole = rest + sum(cost * places for cost, places, _ in cut)
        part = sum(cost * area(rectangles[name]) for cost, _, name in cut for rectangles in reached)
        return (rest + part / max(1, len(reached))) / whole


def area(rectangle: Rectangle | None) -> int:
    """How many places a rectangle has."""
    return math.prod(last - first for first, last in rectangle) if rectangle else 0


@functools.lru_cache(maxsize=8)
def plan(description: Description) -> Plan:
    """The stages that a network falls into, none where its first layer already sees the whole.

    A network that makes a sequence of a map's columns is cut along these alone: a letter is as high as the picture.
    """
    both = _plan(description, BOTH)
    taking = [layer for layer in both.rest if set(layer.inputs) & set(both.ends)]
    if taking and all(layer.kind == "reshape" and len(layer.shape) == 2 and layer.sees != WHOLE for layer in taking):
        return _plan(description, COLUMNS)
    return both


def _plan(description: Description, axes: tuple[int, ...]) -> Plan:
    rest: list[Layer] = []
    cut: list[Layer] = []
    for layer in description.layers[1:]:
        late = {other.name for other in rest} & set(layer.inputs)
        (rest if late or not _can_be_cut(description, layer, axes) else cut).append(layer)
    ends = dict.fromkeys(name for layer in rest for name in layer.inputs)
    kept = {description.input.name, *(layer.name for layer in cut)}
    ends = tuple(name for name in ends if name in kept)
    return Plan(tuple(_joined(description, cut, ends, axes)), ends, tuple(rest), axes)


def _joined(description: Description, cut: list[Layer], ends: tuple[str, ...], axes: tuple[int, ...]) -> list[Stage]:
    """Layers with those behind them that mix nothing along the axes and that alone take them."""
    taken = [name for layer in description.layers for name in dict.fromkeys(layer.inputs)]
    stages: list[list[Layer]] = []
    ending: dict[str, list[Layer]] = {}  # the stage that a layer ends
    for layer in cut:
        (before, *others) = layer.inputs
        stage = ending.get(before) if not others and taken.count(before) == 1 and before not in ends else None
        if stage is not None and not _mixes(layer, axes) and not _by_hand(stage[0]) and not _by_hand(layer):
            stage.append(layer)
            del ending[before]
        else:
            stage = [layer]
            stages.append(stage)
        ending[layer.name] = stage
    return [Stage(tuple(stage), axes) for stage in stages]


def _mixes(layer: Layer, axes: tuple[int, ...]) -> bool:
    window = layer.window
    return window is not None and any(
        window.kernel[axis] > 1 or window.stride[axis] > 1 or any(window.padding[axis]) for axis in axes
    )


def _by_hand(layer: Layer) -> bool:
    """Whether what a layer does at the sides is done outside of the file's own nodes."""
    return layer.kind in ("average_pool", "other")


def _can_be_cut(description: Description, layer: Layer, axes: tuple[int, ...]) -> bool:
    """Whether a part of a layer's map can be computed from parts of the maps before it."""
    known = layer.kind in CUT and layer.sees != WHOLE and bool(layer.inputs) and len(layer.shape) == 3
    if not known or layer.kind == "other" and layer.settings.get("operator") not in OPERATORS:
        return False
    if description.axes.get(layer.name) != MAP:
        return False
    takes = [name for name in layer.inputs if name != description.input.name]
    if any(description.axes.get(name) != MAP for name in takes):
        return False
    if layer.kind == "average_pool":  # its sides are corrected by hand, after all that it does
        padded = layer.window is not None and any(any(layer.window.padding[axis]) for axis in axes)
        return layer.activation is None or not padded
    return True


def _around(rectangles: Sequence[Rectangle]) -> Rectangle:
    """The smallest rectangle that holds several."""
    return tuple((min(spans)[0], max(last for _, last in spans)) for spans in zip(*rectangles, strict=True))


def _cost(stage: Stage) -> int:
    return sum(_products(layer) for layer in stage.layers)


def _products(layer: Layer) -> int:
    """Products, or values looked at, for one place of a layer's output."""
    channels = layer.shape[-1] if layer.shape and layer.shape[-1] else 1
    return layer.parameters + channels * math.prod(layer.window.kernel if layer.window else (1,))
