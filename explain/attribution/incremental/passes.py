"""A network in pieces: passes that compute only what a change in a part of the picture reaches."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from explain.attribution.incremental.pieces import Pieces
from explain.attribution.incremental.reach import Plan, Rectangle, Sizes, Stage, area
from explain.network.session import LOGITS, Network

NUMBERS_AT_ONCE = 2**21  # in one go through a stage, and of the maps that the rest takes: 8 MB
NUMBERS_OF_CHANGES = 2**23  # of all that has changed in one layer's maps: 32 MB
PICTURES_AT_ONCE = 96  # answers still come several times a second


@dataclass(frozen=True)
class Unchanged:
    """What stays of a picture. maps: `(channel, height, width)` that stages or the rest take, by layer. sizes: of every
    layer's output. outputs: of the layers that were asked for, as `Network.run` gives them. reached: what rectangles of
    the picture reach, as far as that was worked out."""

    maps: Mapping[str, np.ndarray]
    sizes: Sizes
    outputs: dict[str, np.ndarray]
    reached: dict[Rectangle, dict[str, Rectangle | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Place:
    """Pictures that differ in the same part: which of the batch, and what that part reaches, by layer."""

    pictures: slice
    reached: Mapping[str, Rectangle | None]


class Incremental:
    """answers: the layers whose outputs can be had, those that are computed whole, and "logits"."""

    def __init__(self, network: Network, plan: Plan):
        """Raises ValueError, or what ONNX Runtime raises, where the file's nodes cannot be taken apart so."""
        description = network.description
        self.picture, self.batch, self.plan = description.input.name, description.batch, plan
        self.answers = tuple(dict.fromkeys((*(layer.name for layer in plan.rest), LOGITS)))
        self.agrees: dict[tuple[int, ...], bool] = {}  # with whole passes, by the picture's shape, where that was tried
        self._tensors = {name: network.tensor(name) for name in self.answers}
        self._taken = {name for stage in plan.stages for name in stage.inputs} | set(plan.ends)
        self._lock = threading.Lock()
        self._pieces = Pieces(description, plan.stages, plan.ends, self._tensors.values())

    def unchanged(self, network: Network, picture: np.ndarray, layers: Sequence[str] = ()) -> Unchanged:
        """What stays, from one pass. picture: `(height, width, channel)`. layers: whose outputs are wanted."""
        found = network.run(picture[None], None, give_back=True)
        found[self.picture] = picture[None].astype(np.float32)
        maps = {name: np.ascontiguousarray(found[name][0].transpose(2, 0, 1)) for name in self._taken}
        sizes = {name: values.shape[1:-1] for name, values in found.items()}
        return Unchanged(maps, sizes, {name: found[name] for name in layers})

    def reached(self, box: Sequence[int], unchanged: Unchanged) -> dict[str, Rectangle | None]:
        """By layer, what a box of the picture reaches: top, left, bottom, right, the last two left out."""
        changed = self.plan.changed(box, unchanged.sizes[self.picture])
        if changed not in unchanged.reached:
            unchanged.reached[changed] = self.plan.reached(self.picture, changed, unchanged.sizes)
        return unchanged.reached[changed]

    def chunks(self, boxes: np.ndarray, unchanged: Unchanged) -> Iterator[list[int]]:
        """Numbers of boxes that are best answered together: those in one place and of like reach side by side."""
        places = [self.plan.changed(box, unchanged.sizes[self.picture]) for box in boxes]
        reached = {place: self.reached(box, unchanged) for place, box in zip(places, boxes, strict=True)}
        alike = {at: [tuple(b - a for a, b in one or ()) for one in found.values()] for at, found in reached.items()}
        numbers_of = {place: self._numbers(found) for place, found in reached.items()}
        chunk, numbers = [], 0
        for i in sorted(range(len(boxes)), key=lambda i: (alike[places[i]], places[i])):
            more = numbers_of[places[i]]
            if chunk and (numbers + more > NUMBERS_OF_CHANGES or len(chunk) == PICTURES_AT_ONCE):
                yield chunk
                chunk, numbers = [], 0
            chunk.append(i)
            numbers += more
        if chunk:
            yield chunk

    def _numbers(self, reached: Mapping[str, Rectangle | None]) -> int:
        return max(area(reached[stage.name]) * (stage.layers[-1].shape[-1] or 1) for stage in self.plan.stages)

    def run(
        self,
        network: Network,
        parts: Sequence[np.ndarray],
        boxes: np.ndarray,
        unchanged: Unchanged,
        layers: Sequence[str],
    ) -> dict[str, np.ndarray]:
        """Outputs by layer, as `Network.run` gives them, for pictures that differ from one in a box each.

        parts: what they show there, `(height, width, channel)` each. boxes: `(n, 4)`, those in one place side by side.
        unchanged: of the picture that they differ from. layers: of `answers`.
        """
        boxes = np.asarray(boxes)
        at = [self.plan.changed(box, unchanged.sizes[self.picture]) for box in boxes]
        starts = [i for i in range(len(boxes)) if i == 0 or at[i] != at[i - 1]]
        places = [
            _Place(slice(first, after), self.reached(boxes[first], unchanged))
            for first, after in zip(starts, [*starts[1:], len(boxes)], strict=True)
        ]
        changed = {self.picture: [self._put_in(parts, boxes, place, unchanged) for place in places]}
        last_use = {name: number for number, stage in enumerate(self.plan.stages) for name in stage.inputs}
        for number, stage in enumerate(self.plan.stages):
            changed[stage.name] = self._through(number, places, changed, unchanged)
            for name in stage.inputs:
                if last_use[name] == number and name not in self.plan.ends:
                    del changed[name]
        return self._rest(network, layers, places, changed, unchanged)

    def _put_in(self, parts: Sequence[np.ndarray], boxes: np.ndarray, place: _Place, unchanged: Unchanged):
        """What changes of the picture, channels first, with all that lies beside it along axes that aren't cut."""
        rectangle = place.reached[self.picture]
        (above, below), (before, behind) = rectangle
        whole = unchanged.maps[self.picture][:, above:below, before:behind]
        given = np.repeat(whole[None], place.pictures.stop - place.pictures.start, axis=0)
        for one, i in zip(given, range(place.pictures.start, place.pictures.stop), strict=True):
            top, left, bottom, right = boxes[i]
            one[:, top - above : bottom - above, left - before : right - before] = parts[i].transpose(2, 0, 1)
        return given

    def _through(self, number: int, places: list[_Place], changed: Mapping[str, list], unchanged: Unchanged) -> list:
        """What changes of a stage's output at each place, None where nothing does."""
        stage = self.plan.stages[number]
        size = unchanged.sizes[stage.inputs[0]]
        found: list = [None] * len(places)
        alike: dict[tuple, list[int]] = {}
        for i, place in enumerate(places):
            if place.reached[stage.name] is not None:
                needed = stage.needs(place.reached[stage.name], size)
                alike.setdefault(tuple(last - first for first, last in needed), []).append(i)
        for lengths, members in alike.items():
            channels = sum(unchanged.maps[name].shape[0] for name in stage.inputs)
            pictures = max(1, NUMBERS_AT_ONCE // (channels * math.prod(lengths)))
            for some in _bounded(members, [place.pictures for place in places], pictures):
                windows = [self._windows(stage, name, some, places, changed[name], unchanged) for name in stage.inputs]
                made = self._made(number, windows)
                after = 0
                for i in some:
                    before, after = after, after + places[i].pictures.stop - places[i].pictures.start
                    found[i] = made[before:after]
                    for factors in stage.corrections(places[i].reached[stage.name], size):
                        found[i] = found[i] * factors
        return found

    def _windows(
        self, stage: Stage, name: str, some: list[int], places: list[_Place], changed: list, unchanged: Unchanged
    ) -> np.ndarray:
        """What a stage needs of one layer for some places: unchanged, with what has changed in it, and sides."""
        whole = unchanged.maps[name]
        needed = [stage.needs(places[i].reached[stage.name], whole.shape[1:]) for i in some]
        lengths = [last - first for first, last in needed[0]]
        count = sum(places[i].pictures.stop - places[i].pictures.start for i in some)
        windows = np.empty((count, whole.shape[0], *lengths), np.float32)
        after = 0
        for i, window in zip(some, needed, strict=True):
            before, after = after, after + places[i].pictures.stop - places[i].pictures.start
            inside = _overlap(window, tuple((0, length) for length in whole.shape[1:]))
            if inside != window:
                windows[before:after] = stage.beyond
            if inside is not None:
                windows[before:after][_cut(inside, window)] = whole[_cut(inside)]
            rectangle = places[i].reached[name]
            if rectangle is not None and (both := _overlap(window, rectangle)) is not None:
                windows[before:after][_cut(both, window)] = changed[i][_cut(both, rectangle)]
        return windows

    def _made(self, number: int, windows: list[np.ndarray]) -> np.ndarray:
        stage = self.plan.stages[number]
        with self._lock:  # as Network: a second pass at the same time would win nothing
            return self._pieces.stage(number, windows, stage.inputs)

    def _rest(
        self,
        network: Network,
        layers: Sequence[str],
        places: list[_Place],
        changed: Mapping[str, list],
        unchanged: Unchanged,
    ) -> dict[str, np.ndarray]:
        """What the rest of the network makes of the stages' maps, laid into what is unchanged."""
        count = places[-1].pictures.stop
        numbers = sum(unchanged.maps[name].size for name in self.plan.ends)
        pictures = self.batch or max(1, NUMBERS_AT_ONCE // numbers)
        tensors = [self._tensors[name] for name in layers]
        answers: dict[str, list[np.ndarray]] = {name: [] for name in layers}
        for first in range(0, count, pictures):
            last = min(first + pictures, count)
            given = {name: np.repeat(unchanged.maps[name][None], last - first, axis=0) for name in self.plan.ends}
            for name, maps in given.items():
                for place, values in zip(places, changed[name], strict=True):
                    begin, end = max(place.pictures.start, first), min(place.pictures.stop, last)
                    if values is not None and begin < end:
                        own = slice(begin - place.pictures.start, end - place.pictures.start)
                        maps[begin - first : end - first][_cut(place.reached[name])] = values[own]
            with self._lock:
                made = self._pieces.rest(given, tensors)
            for name, tensor in zip(layers, tensors, strict=True):
                answers[name].append(network.in_order(tensor, made[tensor], last - first))
        return {name: np.concatenate(parts) for name, parts in answers.items()}


def _bounded(members: list[int], slices: list[slice], most: int) -> Iterator[list[int]]:
    """Members one after the other, together with no more pictures than that, if not one alone has more."""
    some, count = [], 0
    for i in members:
        more = slices[i].stop - slices[i].start
        if some and count + more > most:
            yield some
            some, count = [], 0
        some.append(i)
        count += more
    yield some


def _overlap(a: Rectangle, b: Rectangle) -> Rectangle | None:
    found = tuple((max(x[0], y[0]), min(x[1], y[1])) for x, y in zip(a, b, strict=True))
    return found if all(first < last for first, last in found) else None


def _cut(rectangle: Rectangle, origin: Rectangle = ((0, 0), (0, 0))) -> tuple:
    """The index of a rectangle in maps whose first place is the first of another."""
    return (..., *(slice(a - o, b - o) for (a, b), (o, _) in zip(rectangle, origin, strict=True)))
