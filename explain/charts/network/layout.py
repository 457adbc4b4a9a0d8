"""Where each layer's block stands: the one place that turns rows, columns and channels into screen pixels.

Sides grow with the square root of the rows and of the columns, both by one factor, and the depth with the square root
of the channels by another: a picture of 224 x 224 pixels and a map of 7 x 7 places are both to be seen, and what is
larger never looks smaller.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from explain.charts.network.courses import Stand, courses
from explain.charts.network.stages import Stage
from explain.charts.network.units import Link, Size, Unit

SHARE = 0.94  # by which blocks shrink until they fit
OPENED = 1.9  # times the height that there is otherwise for lanes of opened stages
ACROSS, UP = 0.8, 0.45  # how far a block's back is shifted, as shares of its depth
PAGE, PAGES = 4.0, 3  # pixels by which the layers of a folded stage stand behind each other; how many are drawn
TAB = 13.0  # pixels of room above an opened stage, for what it is called
THIN = 5.0  # pixels of a lane in which links alone pass


@dataclass(frozen=True)
class Look:
    """In screen pixels. width: that a row may have. height: that its blocks may have, with all their lanes.

    side, least: of one row or column at most, and at least. deep: of one channel. gap: between columns. column: of the
    narrowest column. stage: of a folded stage at least. text: room under each block. wraps: whether blocks go on in
    another row, and opened stages begin one; else the row is wider. folds: whether long networks are shown in stages.
    """

    width: float
    height: float
    side: float
    least: float = 2.2
    deep: float = 0.6
    gap: float = 9.0
    column: float = 7.0
    stage: float = 0.0
    text: float = 0.0
    wraps: bool = False
    folds: bool = True


STRIP = Look(width=1115, height=80, side=11, deep=0.5, stage=128)
LARGE = Look(width=1300, height=230, side=24, least=7, deep=1.3, gap=16, column=84, text=34, wraps=True)
PRINTED = Look(width=1020, height=150, side=16, least=4, deep=0.9, gap=12, column=74, text=34, wraps=True, folds=False)


@dataclass(frozen=True)
class Block:
    """One layer, or a folded stage, as its last layer is. x, y: of the front's upper left corner.

    width, height: of the front. across, up: how far the back is shifted. stage: its number, 0 for a layer. layers: that
    it stands for. area: left, top, right and bottom of what belongs to it.
    """

    name: str
    size: Size
    x: float
    y: float
    width: float
    height: float
    across: float
    up: float
    stage: int
    layers: tuple[str, ...]
    area: tuple[float, float, float, float]

    @property
    def middle(self) -> float:
        """Of its height."""
        return self.y + self.height / 2

    @property
    def pages(self) -> int:
        """How many blocks are seen behind it."""
        return _pages(len(self.layers))


@dataclass(frozen=True)
class Frame:
    """An opened stage, around the blocks of its layers: in one row or in several."""

    stage: int
    layers: tuple[str, ...]
    area: tuple[float, float, float, float]


@dataclass(frozen=True)
class Layout:
    """blocks, in the layers' order. courses: of the links, as paths of SVG. frames: of opened stages. rows: of each row
    of blocks, its top and its bottom."""

    look: Look
    blocks: tuple[Block, ...]
    courses: tuple[str, ...]
    frames: tuple[Frame, ...]
    rows: tuple[tuple[float, float], ...]
    width: float
    height: float


def lay_out(stages: Sequence[Stage], sizes: Mapping[str, Size], look: Look) -> Layout:
    """The blocks as large as the look allows."""
    is_opened = any(stage.is_opened for stage in stages)
    widest = math.inf if look.wraps or is_opened else look.width
    side = look.side
    while True:
        groups = _groups(stages, sizes, look, side)
        gap = look.gap
        width = sum(group.width for group in groups) + gap * (len(groups) + 1)
        up = max(group.up for group in groups)
        main, tall = (up + max(group.downs[0] for group in groups), up + max(group.down for group in groups))
        fits = main <= look.height and tall <= look.height * (OPENED if is_opened else 1)
        if side <= look.least or (fits and width <= widest):
            break
        side = max(look.least, side * SHARE)
    if width < look.width and not look.wraps:
        gap = min(2.6 * gap, gap + (look.width - width) / (len(groups) + 1))
    return _placed(groups, look, gap)


@dataclass
class _Group:
    """What stands between two places at which a row may end: a unit, or a folded stage.

    widths: of its columns. ups, downs: of its lanes, above and below their middle. faces: front and back of each block.
    """

    unit: Unit
    stage: Stage
    look: Look
    sizes: Mapping[str, Size]
    side: float
    faces: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    widths: list[float] = field(default_factory=list)
    ups: dict[int, float] = field(default_factory=dict)
    downs: dict[int, float] = field(default_factory=dict)

    def __post_init__(self):
        unit, look = self.unit, self.look
        self.widths = [look.column if self.stage.is_open else max(look.column, look.stage)] * unit.columns
        lanes = {0, *unit.lanes.values(), *(link.lane for link in unit.links)}
        self.ups, self.downs = dict.fromkeys(lanes, THIN / 2), dict.fromkeys(lanes, THIN / 2)
        for name in unit.layers:
            rows, columns, channels = self.sizes[name]
            deep = look.deep * math.sqrt(channels)
            face = self.side * math.sqrt(columns), self.side * math.sqrt(rows), ACROSS * deep, UP * deep
            self.faces[name] = face
            rank, lane = unit.ranks[name], unit.lanes[name]
            behind = PAGE * _pages(len(self.stands_for(name)))
            self.widths[rank] = max(self.widths[rank], face[0] + face[2] + behind)
            self.ups[lane] = max(self.ups[lane], face[1] / 2 + face[3])
            self.downs[lane] = max(self.downs[lane], face[1] / 2 + look.text)

    def stands_for(self, name: str) -> tuple[str, ...]:
        return (name,) if self.stage.is_open else self.stage.layers

    @property
    def width(self) -> float:
        return sum(self.widths) + self.look.gap * (len(self.widths) - 1)

    @property
    def up(self) -> float:
        return self.ups[0]

    @property
    def down(self) -> float:
        """Below the middle of the main lane, all other lanes with it."""
        others = [self.ups[lane] + self.downs[lane] + self.look.gap / 2 for lane in self.ups if lane]
        return self.downs[0] + sum(others)

    def middles(self, middle: float) -> dict[int, float]:
        """Of each lane, where the main one has this."""
        answer, bottom = {0: middle}, middle + self.downs[0]
        for lane in sorted(set(self.ups) - {0}):
            answer[lane] = bottom + self.look.gap / 2 + self.ups[lane]
            bottom = answer[lane] + self.downs[lane]
        return answer


def _groups(stages, sizes, look, side) -> list[_Group]:
    groups = []
    for stage in stages:
        shown = stage.units if stage.is_open else (_folded(stage),)
        groups += [_Group(unit, stage, look, sizes, side) for unit in shown]
    return groups


def _folded(stage: Stage) -> Unit:
    """A stage as one block, which takes what its layers take from outside."""
    inside, last = set(stage.layers), stage.last
    taken = dict.fromkeys(link.source for unit in stage.units for link in unit.links if link.source not in inside)
    return Unit((last,), {last: 0}, {last: 0}, tuple(Link(name, last, 0) for name in taken))


def _pages(layers: int) -> int:
    return min(layers - 1, PAGES)


def _placed(groups: Sequence[_Group], look: Look, gap: float) -> Layout:
    blocks, paths, frames, rows = [], [], {}, []
    stands: dict[str, Stand] = {}  # of each layer, where its block is
    top, widest = 0.0, 0.0
    for number, row in enumerate(_rows(groups, look, gap)):
        top += TAB if any(group.stage.is_opened for group in row) and number else 0
        up, x = max(group.up for group in row), gap
        middle, bottom = top + up, top + up + max(group.down for group in row)
        for group in row:
            lefts, middles = _lefts(group, x, look.gap), group.middles(middle)
            for name in group.unit.layers:
                rank, lane = group.unit.ranks[name], group.unit.lanes[name]
                area = (
                    lefts[rank] - look.gap / 2,
                    top if not lane else middles[lane] - group.ups[lane],
                    lefts[rank] + group.widths[rank] + look.gap / 2,
                    bottom if len(middles) == 1 else middles[lane] + group.downs[lane],
                )
                block = _block(group, name, lefts[rank], middles[lane], area)
                blocks.append(block)
                column = lefts[rank], lefts[rank] + group.widths[rank]
                stand = Stand(block.x, block.x + block.width, *column, block.middle, number)
                stands |= dict.fromkeys(block.layers, stand)
            for link in group.unit.links:
                paths += courses(stands[link.source], stands[link.target], middles[link.lane], middle, look.gap)
            stage, right = group.stage, x + group.width
            if stage.is_opened:
                box = (x - gap / 2, top, right + gap / 2, top + up + group.down)
                before = frames.get(stage.number)
                frames[stage.number] = Frame(stage.number, stage.layers, _around(before.area, box) if before else box)
            x = right + gap
        rows.append((top, bottom))
        widest = max(widest, x)
        top = bottom + look.gap
    return Layout(look, tuple(blocks), tuple(paths), tuple(frames.values()), tuple(rows), widest, rows[-1][1])


def _rows(groups: Sequence[_Group], look: Look, gap: float) -> list[list[_Group]]:
    rows, width = [[]], gap
    for group in groups:
        before = rows[-1][-1].stage if rows[-1] else group.stage
        ends = before is not group.stage and (before.is_opened or group.stage.is_opened)
        if rows[-1] and look.wraps and (ends or width + group.width + gap > look.width):
            rows.append([])
            width = gap
        rows[-1].append(group)
        width += group.width + gap
    return rows


def _lefts(group: _Group, x: float, gap: float) -> list[float]:
    """Where each column of a group begins that begins at x."""
    lefts = [x]
    for width in group.widths[:-1]:
        lefts.append(lefts[-1] + width + gap)
    return lefts


def _block(group: _Group, name: str, left: float, middle: float, area) -> Block:
    width, height, across, up = group.faces[name]
    stands_for = group.stands_for(name)
    room = group.widths[group.unit.ranks[name]] - width - across - PAGE * _pages(len(stands_for))
    stage = 0 if group.stage.is_open else group.stage.number
    x = left + room / 2
    return Block(name, group.sizes[name], x, middle - height / 2, width, height, across, up, stage, stands_for, area)


def _around(box, other):
    return min(box[0], other[0]), min(box[1], other[1]), max(box[2], other[2]), max(box[3], other[3])
