"""The whole network as one drawing: a block a layer, to scale, with what it answers to the present picture on its face.

Blocks and opened stages are groups with `data-layer` or `data-stage`, each with a `<title>` that says what it is, so
that a page can make them answer to a pointer and to keys. Their sides are coloured by what kind of layer they are.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from html import escape
from itertools import groupby

import numpy as np
from PIL import Image

from explain.charts.network import end, words
from explain.charts.network.faces import faces
from explain.charts.network.layout import LARGE, PAGE, PRINTED, STRIP, TAB, Block, Frame, Layout, Look, lay_out
from explain.charts.network.sizes import counted, sizes
from explain.charts.network.stages import Stage, stages
from explain.charts.network.units import units
from explain.network.description import Description
from explain.network.head import CTC
from explain.network.layers import Layer
from explain.pictures.drawing import Drawing
from explain.pictures.notation import shortened

PAINT = {
    "convolution": ("#4c78d8", ("conv",)),
    "pooling": ("#2b9a77", ("max_pool", "average_pool", "global_average_pool")),
    "recurrent": ("#9a5bd2", ("lstm",)),
    "dense": ("#d04a7d", ("dense",)),
    "joins": ("#c9711f", ("add", "multiply", "concat")),
    "others": ("#7d8798", ()),
}
TOP, LINE, NAME, CHARACTER = 3.0, 14.0, 11.0, 6.0  # pixels: above all; of a line of text, its size, a character's width
LOOKS = {"strip": STRIP, "large": LARGE}


@dataclass(frozen=True, eq=False)
class Plan:
    """What is drawn of a network whatever picture it looks at: kept, as drawing it anew takes longer than its faces."""

    description: Description
    shapes: Mapping[str, tuple[int | None, ...]]
    layout: Layout

    @property
    def shown(self) -> tuple[str, ...]:
        """The layers whose faces are to be seen."""
        return tuple(block.name for block in self.layout.blocks)

    @property
    def stages(self) -> frozenset[int]:
        """The numbers of the stages, folded and opened."""
        return frozenset(
            {block.stage for block in self.layout.blocks} - {0} | {one.stage for one in self.layout.frames}
        )


def plan(
    description: Description,
    picture: Image.Image,
    values: Mapping[str, np.ndarray],
    opened: Collection[int] = (),
    look: Look = STRIP,
) -> Plan:
    """Where everything stands. picture, values: as in `draw`; opened: stages whose layers are seen."""
    made = {name: array.shape for name, array in values.items()} | {description.input.name: _shape(picture)}
    open_ended = [layer.name for layer in description.layers if None in layer.shape and layer.name in made]
    return _plan(description, tuple((name, made[name]) for name in open_ended), frozenset(opened), look)


def _shape(picture: Image.Image) -> tuple[int, int, int]:
    return picture.height, picture.width, len(picture.getbands())


@functools.lru_cache(maxsize=32)
def _plan(description: Description, open_ended, opened: frozenset[int], look: Look) -> Plan:
    shapes = {layer.name: layer.shape for layer in description.layers} | dict(open_ended)
    large = sizes(shapes)
    pieces = units(description.layers, large)
    parts = stages(pieces, large, opened) if look.folds else [Stage((piece,)) for piece in pieces]
    return Plan(description, shapes, lay_out(parts, large, look))


def draw(
    plan: Plan, picture: Image.Image, values: Mapping[str, np.ndarray], costs: words.Costs | None = None
) -> Drawing:
    """The network with this picture's own activations.

    picture: as the network sees it. values: every layer's output for it, without the batch, and the logits. costs:
    multiply-adds by layer.
    """
    return _Network(plan, faces(plan.description, picture, values, plan.shown), costs).drawn(values)


def printed(
    description: Description, picture: Image.Image, values: Mapping[str, np.ndarray], costs: words.Costs | None = None
) -> Drawing:
    """The network with every layer and its name, in rows, for a page that is read."""
    return draw(plan(description, picture, values, look=PRINTED), picture, values, costs)


def colours(description: Description) -> dict[str, str]:
    """The colours of the kinds of layers that there are, by what they are called."""
    kinds = {_paint(layer) for layer in description.layers[1:]}
    return {called: colour for called, (colour, _) in PAINT.items() if called in kinds}


def _paint(layer: Layer) -> str:
    if layer.recurrent:
        return "recurrent"
    return next((called for called, (_, kinds) in PAINT.items() if layer.kind in kinds), "others")


class _Network(Drawing):
    def __init__(self, plan: Plan, urls: Mapping[str, str], costs: words.Costs | None):
        self.plan, self.urls, self.costs, self.layout = plan, urls, costs, plan.layout
        super().__init__(plan.layout.width, words.network(plan.description, costs))
        self.above = TOP + (TAB if plan.layout.frames else 0)

    def drawn(self, values: Mapping[str, np.ndarray]) -> Drawing:
        layout = self.layout
        self.marks.append(f'<g transform="translate(0 {self.above:.5g})">')
        for course in layout.courses:
            self.marks.append(f'<path d="{course}" class="link"/>')
        frames = {frame.layers[0]: frame for frame in layout.frames}
        for block in layout.blocks:
            if block.name in frames:  # whoever goes through the drawing by keys meets it before what it holds
                self._frame(frames[block.name])
            self._block(block)
        if not layout.look.text:
            self._runs()
        self.height = layout.height + (0 if layout.look.text else LINE)
        end.draw(self, self.plan.description, values, layout)
        self.marks.append("</g>")
        self.height += self.above
        return self

    def _frame(self, frame: Frame) -> None:
        left, top, right, bottom = frame.area
        place = f'x="{left:.5g}" y="{top - TAB:.5g}" width="{right - left:.5g}" height="{bottom - top + TAB:.5g}"'
        layers = counted(len(frame.layers), "layer")
        self.marks.append(f'<g data-stage="{frame.stage}"><title>Fold this stage of {layers}</title>')
        self.marks.append(f'<rect {place} rx="4" class="link stage" pointer-events="all"/>')
        self.text(left + 5, top - TAB / 2 + 1, f"− fold {layers}", kind="soft", size=NAME, anchor="start")
        self.marks.append("</g>")

    def _block(self, block: Block) -> None:
        description = self.plan.description
        layer = description.layer(block.name)
        if block.stage:
            tip = f"{words.stage(description, block.layers, self.plan.shapes, self.costs)}. Opens on a click."
        else:
            tip = words.layer(description, layer, self.plan.shapes, self.costs)
        which = f'data-stage="{block.stage}"' if block.stage else f'data-layer="{escape(block.name)}"'
        colour = PAINT[_paint(self._heaviest(block))][0]
        self.marks.append(f'<g {which} style="color:{colour}"><title>{escape(tip)}</title>')
        left, top, right, bottom = block.area
        area = f'x="{left:.5g}" y="{top:.5g}" width="{right - left:.5g}" height="{bottom - top:.5g}"'
        self.marks.append(f'<rect {area} rx="3" class="area" fill="transparent"/>')
        for page in range(block.pages, -1, -1):
            self._cuboid(block, page * PAGE)
        if block.name in self.urls:
            self.image(block.x, block.y, block.width, block.height, self.urls[block.name])
        if self.layout.look.text:
            self._named(block, layer)
        self.marks.append("</g>")

    def _heaviest(self, block: Block) -> Layer:
        """Of the layers that a block stands for the one with the most parameters, the last of several."""
        members = [self.plan.description.layer(name) for name in reversed(block.layers)]
        return max(members, key=lambda layer: layer.parameters)

    def _cuboid(self, block: Block, shift: float) -> None:
        x, y, width, height = block.x + shift, block.y, block.width, block.height
        right, bottom, across, up = x + width, y + height, block.across, block.up
        roof = f"M{x:.5g} {y:.5g}l{across:.4g} {-up:.4g}h{width:.4g}L{right:.5g} {y:.5g}z"
        side = f"M{right:.5g} {y:.5g}l{across:.4g} {-up:.4g}v{height:.4g}L{right:.5g} {bottom:.5g}z"
        line = 'stroke="currentColor" stroke-width=".7"'
        front = f'x="{x:.5g}" y="{y:.5g}" width="{width:.5g}" height="{height:.5g}"'
        self.marks.append(
            f'<path d="{roof}" fill="currentColor" fill-opacity=".35" {line}/>'
            f'<path d="{side}" fill="currentColor" fill-opacity=".65" {line}/>'
            f'<rect {front} fill="currentColor" fill-opacity=".2" {line}/>'
        )

    def _named(self, block: Block, layer: Layer) -> None:
        """The layer's name and its size, under its block."""
        middle = (block.area[0] + block.area[2]) / 2
        room = int((block.area[2] - block.area[0]) / CHARACTER)
        name = f"{len(block.layers)} layers" if block.stage else words.short_name(self.plan.description, layer)
        under = block.y + block.height + LINE * 0.9
        self.text(middle, under, shortened(name, room), size=NAME)
        self.text(middle, under + LINE, by(self.plan.shapes[block.name]), kind="soft", size=NAME)

    def _runs(self) -> None:
        """Under the blocks, how many rows and columns run on to where."""
        top, bottom = self.layout.rows[0]
        main = [block for block in self.layout.blocks if block.area[1] == top]
        for _, run in groupby(main, lambda block: (block.size[:2], block.stage)):
            run = list(run)
            left, right = run[0].area[0], run[-1].area[2]
            text = self._size(run)
            if CHARACTER * len(text) <= right - left or run[0].stage:
                self.text((left + right) / 2, bottom + LINE / 2, text, kind="soft", size=NAME)

    def _size(self, run: list[Block]) -> str:
        last, description = run[-1], self.plan.description
        shape = self.plan.shapes[last.name]
        text = by(shape[:-1])
        if len(shape) == 2:
            text = counted(shape[0], "frame" if description.head.kind == CTC else "step")
        elif run[0].name == description.input.name:
            text += " pixels"
        return f"{text} · {len(last.layers)} layers" if last.stage else text


def by(lengths) -> str:
    """Lengths as people write them: "32 × 128"."""
    return " × ".join("any" if length is None else f"{length}" for length in lengths)
