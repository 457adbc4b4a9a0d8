"""From any picture to what a network takes, and back: the picture's size, its colours, their scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from models.pictures import flatten

COLOURS = ("grey", "rgb", "bgr")
FITS = ("pad", "crop", "stretch")
NARROWEST = 4  # pixels that a picture is squeezed to at most
LARGEST, LONGEST = 512, 1024  # pixels of a side, for a network that takes any size, or any length of one side


class PreprocessingError(ValueError):
    """A preprocessing that makes no sense; the message is one sentence for the reader."""


@dataclass(frozen=True)
class Preprocessing:
    """How a network wants its picture: `(value - mean) / deviation`, the values being 0 to 255.

    height, width: of the picture that is made, None where the network takes any and nobody says which is best.
    colour: "grey", "rgb" or "bgr", the order of the channels. mean, deviation: one number a channel, or one for all.
    fit: "pad" keeps the proportions and fills what is left on the right with the middle grey (colour by colour) of the
        border, squeezing only what would be wider; "crop" keeps the proportions and cuts the middle out; "stretch" does
        not keep them.
    transposed: whether the network's file wants the picture lying, its columns where others have rows. All here is of
        the upright picture; whoever runs the file exchanges the two axes.
    """

    height: int | None
    width: int | None
    colour: str = "rgb"
    mean: tuple[float, ...] = (0.0,)
    deviation: tuple[float, ...] = (255.0,)
    fit: str = "crop"
    transposed: bool = False

    def __post_init__(self):
        if self.colour not in COLOURS:
            raise PreprocessingError(f"A picture's colour is one of {', '.join(COLOURS)}, not {self.colour!r}.")
        if self.fit not in FITS:
            raise PreprocessingError(f"A picture is fitted by one of {', '.join(FITS)}, not {self.fit!r}.")
        if any(len(values) not in (1, self.channels) for values in (self.mean, self.deviation)):
            raise PreprocessingError(
                f"Mean and deviation have one number, or one for each of {self.channels} channels."
            )
        if 0 in self.deviation:
            raise PreprocessingError("A deviation of 0 cannot be divided by.")

    @property
    def channels(self) -> int:
        return 1 if self.colour == "grey" else 3

    def prepare(self, picture: Image.Image, height: int | None = None, width: int | None = None) -> np.ndarray:
        """A picture of any mode, size and EXIF orientation as a batch of one, `(1, height, width, channel)` float32.

        height, width: another size than the usual one, where the network takes any.
        """
        return self.scaled(np.asarray(self.as_seen(picture, height, width)))[None]

    def as_seen(self, picture: Image.Image, height: int | None = None, width: int | None = None) -> Image.Image:
        """The picture as the network sees it, before its values are scaled: mode "L" or "RGB".

        Transparency is laid on white (on black under white ink). Where neither the arguments nor the preprocessing say
        a length, the picture's own proportions do.
        """
        picture = flatten(picture).convert("L" if self.colour == "grey" else "RGB")
        height, width = height or self.height, width or self.width
        if self.fit == "pad":
            return padded(picture, height or picture.height, width)
        if height is None or width is None:
            height, width = _by_proportion(picture, height, width)
        if self.fit == "stretch":
            return picture.resize((width, height), Image.Resampling.BICUBIC)
        return cropped(picture, height, width)

    def scaled(self, pixels: np.ndarray) -> np.ndarray:
        """Pixels from 0 to 255, `(...)` grey or `(..., 3)` RGB, as `(..., channel)` float32 in the network's scale."""
        values = np.asarray(pixels, np.float32)
        if self.colour == "grey":
            values = values[..., None]
        elif self.colour == "bgr":
            values = values[..., ::-1]
        return (values - np.asarray(self.mean, np.float32)) / np.asarray(self.deviation, np.float32)

    def pixels(self, values: np.ndarray) -> np.ndarray:
        """The way back: values `(..., channel)` as uint8 pixels, `(...)` grey or `(..., 3)` RGB."""
        levels = values * np.asarray(self.deviation, np.float32) + np.asarray(self.mean, np.float32)
        levels = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
        if self.colour == "grey":
            return levels[..., 0]
        return levels[..., ::-1] if self.colour == "bgr" else levels


def fitted_width(width: int, height: int, rows: int, columns: int | None) -> int:
    """How many columns a picture of that size takes up when it is made `rows` high; at most `columns`."""
    wide = max(NARROWEST, round(width * rows / height))
    return wide if columns is None else min(columns, wide)


def fitting_size(
    wanted: Preprocessing, picture: tuple[int, int], smallest: tuple[int, int] = (1, 1)
) -> tuple[int, int]:
    """The height and width to prepare a picture at: what the network wants, else as its proportions say.

    picture: its width and height. smallest: height and width of the least picture the network takes. A side that may
    have any length is kept to what can be looked at: a photograph of many megapixels is made smaller.
    """
    width, height = picture
    if wanted.height is not None and wanted.width is not None:
        return wanted.height, wanted.width
    if wanted.height is not None:
        scale = wanted.height / height
    elif wanted.width is not None:
        scale = wanted.width / width
    else:
        scale = min(1.0, LARGEST / max(picture))
    free = [
        min(LONGEST, max(least, round(scale * side))) for side, least in zip((height, width), smallest, strict=True)
    ]
    return wanted.height or free[0], wanted.width or free[1]


def padded(picture: Image.Image, height: int, width: int | None) -> Image.Image:
    """The picture, mode "L" or "RGB", antialiased to that height and filled up on the right to that width."""
    small = picture.resize((fitted_width(*picture.size, height, width), height), Image.Resampling.BICUBIC)
    if width is None or small.width == width:
        return small
    filled = Image.new(picture.mode, (width, height), ground(small))
    filled.paste(small, (0, 0))
    return filled


def ground(picture: Image.Image) -> int | tuple[int, ...]:
    """The middle colour of a picture's border, colour by colour, as Pillow takes one; mode "L" or "RGB"."""
    middle = np.median(border(np.asarray(picture)), axis=0).astype(int)
    return int(middle) if middle.ndim == 0 else tuple(middle.tolist())


def border(values: np.ndarray) -> np.ndarray:
    """The outermost rows and columns of `(height, width, ...)`, one after the other, `(place, ...)`."""
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def cropped(picture: Image.Image, height: int, width: int) -> Image.Image:
    """The middle of a picture, as much as its proportions allow, made that large.

    The crop comes before the enlargement, so that a picture of 1 x 10,000 pixels costs no more than any other.
    """
    across, down = picture.size
    scale = min(across / width, down / height)
    left, top = (across - scale * width) / 2, (down - scale * height) / 2
    box = (left, top, left + scale * width, top + scale * height)
    return picture.resize((width, height), Image.Resampling.BICUBIC, box=box)


def _by_proportion(picture: Image.Image, height: int | None, width: int | None) -> tuple[int, int]:
    if height is None and width is None:
        return picture.height, picture.width
    if height is None:
        return max(1, round(picture.height * width / picture.width)), width
    return height, max(1, round(picture.width * height / picture.height))
