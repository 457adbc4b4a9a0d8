"""What a unit can see, cut out of the picture or framed on it."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from explain.pictures import images

BEYOND = (150, 150, 150), (190, 190, 190)  # stripes where a receptive field reaches beyond the picture
FRAME = (217, 72, 15)


def framed(picture: Image.Image, box: tuple[int, int, int, int], factor: int) -> Image.Image:
    """The picture enlarged with a frame around the box; where that reaches beyond the picture there are grey stripes.

    box: `(top, left, bottom, right)` in pixels of the picture, bottom and right exclusive.
    """
    top, left, bottom, right = box
    before = max(0, -left), max(0, -top)
    size = max(picture.width, right) + before[0], max(picture.height, bottom) + before[1]
    whole = _stripes(size)
    whole.paste(picture.convert("RGB"), before)
    whole = images.enlarge(whole, factor)
    inner = (left + before[0], top + before[1], right + before[0], bottom + before[1])
    draw, line = ImageDraw.Draw(whole), max(3, factor // 2)
    # Around the box, not in it: the box may be a few pixels small. The white line shows on dark pictures.
    for away, colour, thick in ((line + 1, "white", line + 1), (line, FRAME, line)):
        low = [max(0, inner[i] * factor - away) for i in (0, 1)]
        high = [min(whole.size[i] - 1, inner[i + 2] * factor - 1 + away) for i in (0, 1)]
        draw.rectangle([*low, *high], outline=colour, width=thick)
    return whole


def cut(picture: Image.Image, box: tuple[int, int, int, int], side: int) -> Image.Image:
    """What lies in the box, enlarged pixel by pixel to a height or width of at most `side`; stripes as in `framed`."""
    top, left, bottom, right = box
    piece = _stripes((right - left, bottom - top))
    piece.paste(picture.convert("RGB"), (-left, -top))
    return images.enlarge(piece, max(1, side // max(piece.size)))


def _stripes(size: tuple[int, int]) -> Image.Image:
    across, down = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    return Image.fromarray(np.array(BEYOND, np.uint8)[((across + down) // 2) % 2])
