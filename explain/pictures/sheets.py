"""Contact sheets: pictures of one size in rows, with gaps between them and words over or under each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont


@dataclass(frozen=True)
class Layout:
    """What stands where on a sheet, in pixels.

    size: width and height of every picture. columns: pictures in a row. gap: between pictures and what is written to
    them, across and down. margin: around everything. above, below: room for words over and under each picture.
    """

    size: tuple[int, int]
    columns: int
    gap: tuple[int, int] = (0, 0)
    margin: int = 0
    above: int = 0
    below: int = 0

    @property
    def _step(self) -> tuple[int, int]:
        return self.size[0] + self.gap[0], self.above + self.size[1] + self.below + self.gap[1]

    def corner(self, number: int) -> tuple[int, int]:
        """Left and top of a picture; they are counted from 0, row after row."""
        row, column = divmod(number, self.columns)
        return self.margin + column * self._step[0], self.margin + row * self._step[1] + self.above

    def extent(self, count: int) -> tuple[int, int]:
        """Width and height of the sheet with so many pictures; it has one row even without any."""
        rows = max(1, -(-count // self.columns))
        width, height = self.columns * self._step[0] - self.gap[0], rows * self._step[1] - self.gap[1]
        return width + 2 * self.margin, height + 2 * self.margin


@dataclass(frozen=True)
class Lettering:
    """How words are written: colour, fonts of which the first is taken that fits its picture's width (or the last),
    and whether they stand in the picture's middle or begin at its left edge.
    """

    ink: str | tuple[int, int, int]
    fonts: tuple[ImageFont.FreeTypeFont, ...]
    centred: bool = False

    @staticmethod
    def of(*sizes: int, ink: str | tuple[int, int, int] = "black", centred: bool = False) -> Lettering:
        """In Pillow's own font, in the first of these sizes that fits."""
        return Lettering(ink, tuple(ImageFont.load_default(size) for size in sizes), centred)


def sheet(
    pictures: Sequence[Image.Image | None],
    layout: Layout,
    *,
    ground: str | int | tuple[int, int, int] = "white",
    mode: str = "RGB",
    over: Sequence[str] = (),
    under: Sequence[str] = (),
    lettering: Lettering | None = None,
) -> Image.Image:
    """The pictures in rows. None leaves a place free. over, under: the words to each picture, with line breaks.

    Raises ValueError for a picture of another size.
    """
    whole = Image.new(mode, layout.extent(len(pictures)), ground)
    pen, lettering = ImageDraw.Draw(whole), lettering or Lettering.of(12)
    for number, picture in enumerate(pictures):
        left, top = layout.corner(number)
        if picture is not None:
            if picture.size != layout.size:
                raise ValueError(f"This sheet is for pictures of {layout.size} pixels, not {picture.size}.")
            whole.paste(picture, (left, top))
        if over:
            _write(pen, over[number], (left, top - layout.above), layout.size[0], layout.above, lettering)
        if under:
            _write(pen, under[number], (left, top + layout.size[1]), layout.size[0], layout.below, lettering)
    return whole


def _write(
    pen: ImageDraw.ImageDraw, words: str, corner: tuple[int, int], width: int, height: int, lettering: Lettering
) -> None:
    """Words into the strip that begins at this corner, each line in an equal share of its height."""
    lines = words.split("\n")
    for number, line in enumerate(lines):
        fitting = (font for font in lettering.fonts if pen.textlength(line, font=font) <= width)
        middle = corner[1] + (number + 0.5) * height / len(lines)
        place = (corner[0] + width // 2, middle) if lettering.centred else (corner[0], middle)
        anchor = "mm" if lettering.centred else "lm"
        pen.text(place, line, lettering.ink, next(fitting, lettering.fonts[-1]), anchor)
