"""Where on a picture the word is: a box, on the picture as it was turned by quarters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from models.prepared import Box

LEAST = 2  # pixels of a box's sides, where the picture has as many
CLOCKWISE = (None, Image.Transpose.ROTATE_270, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_90)


@dataclass(frozen=True)
class Marked:
    """size: width and height in pixels of the picture as it came. turns: quarters that it was turned by, clockwise.

    box: on the turned picture, in its pixels; None is all of it.
    """

    size: tuple[int, int]
    turns: int = 0
    box: Box | None = None

    @property
    def turned_size(self) -> tuple[int, int]:
        """Width and height of the turned picture."""
        return self.size[::-1] if self.turns % 2 else self.size

    @property
    def whole(self) -> Box:
        return (0, 0, *self.turned_size)

    def boxed(self, box: Sequence[float] | None) -> Marked:
        """The same with another box, brought inside the picture; one around nearly nothing or everything is none."""
        if box is None:
            return Marked(self.size, self.turns)
        kept = _inside(box, self.turned_size)
        return Marked(self.size, self.turns, None if kept == self.whole else kept)

    def turned(self, quarters: int) -> Marked:
        """The picture turned by so many quarters more, clockwise, and the box with it."""
        marked = self
        for _ in range(quarters % 4):
            height = marked.turned_size[1]
            box = marked.box and (height - marked.box[3], marked.box[0], height - marked.box[1], marked.box[2])
            marked = Marked(self.size, (marked.turns + 1) % 4, box)
        return marked

    def turn(self, picture: Image.Image) -> Image.Image:
        """The whole picture, turned."""
        way = CLOCKWISE[self.turns]
        return picture if way is None else picture.transpose(way)

    def cut(self, picture: Image.Image) -> Image.Image:
        """What is in the box, upright; the picture itself where that is all of it."""
        if self.box is None:
            return self.turn(picture)
        return self.turn(picture.crop(self._on_unturned()))

    def cut_small(self, picture: Image.Image, shorter: int, longer: int) -> Image.Image:
        """As `cut`, made smaller by a whole number while its sides keep so many pixels: quick, and nearly the same."""
        left, top, right, bottom = box = self._on_unturned()
        least, most = sorted((right - left, bottom - top))
        by = min(least // shorter, most // longer)
        return self.turn(picture.reduce(by, box)) if by > 1 else self.cut(picture)

    def _on_unturned(self) -> Box:
        """The box on the picture as it came; only what is in it has to be turned."""
        return Marked(self.turned_size, 0, self.box or self.whole).turned(-self.turns).box


def _inside(box: Sequence[float], size: tuple[int, int]) -> Box:
    """Whole pixels inside a picture of that size, at least LEAST each way."""
    left, top, right, bottom = (round(value) for value in box)
    (left, right), (top, bottom) = _side(left, right, size[0]), _side(top, bottom, size[1])
    return left, top, right, bottom


def _side(start: int, end: int, length: int) -> tuple[int, int]:
    least = min(LEAST, length)
    start = max(0, min(length - least, start))
    return start, max(start + least, min(length, end))
