"""Any picture that someone gives, as upright grey or RGB pixels, or one sentence that says why not."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from models.decoding import MEGAPIXELS, decoded, most_megapixels

FORMATS = (
    "PNG",
    "JPEG",
    "MPO",
    "WEBP",
    "GIF",
    "BMP",
    "TIFF",
    "PPM",
    "AVIF",
)  # no EPS: Pillow hands that to Ghostscript
ALPHA_MODES = ("RGBA", "LA", "PA", "RGBa", "La")
# HEIC is told from AVIF, which comes in the same container, by the brands at the file's beginning (ISO/IEC 23008-12)
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
AVIF_BRANDS = {b"avif", b"avis"}


class PictureError(ValueError):
    """A picture that can't be used; the message is one sentence for the person who gave it."""


def open_picture(source: bytes | bytearray | str | os.PathLike | BinaryIO) -> Image.Image:
    """The first frame of a picture, upright, flattened, in mode "L" or "RGB".

    source: the bytes of a picture file, its path, or a file object opened for reading bytes.
    A picture of more than 13 megapixels comes out smaller. Raises PictureError for what is empty, no picture, cut off,
    HEIC, or too large for the memory that decoding takes (before any pixel is decoded): over 205 megapixels as a JPEG,
    over 50 as a colour PNG.
    """
    data = _read(source)
    if not data:
        raise PictureError("The file is empty; choose a picture file.")
    picture = _identify(data)
    width, height = picture.size
    most = most_megapixels(picture, data)
    if width * height > most * 1_000_000:
        raise _too_large(f"{width} x {height} pixels", most)
    try:
        picture = decoded(picture)
    except Exception as problem:  # decoders raise a dozen kinds: OSError, SyntaxError, zlib.error, struct.error, ...
        raise PictureError("The picture is damaged or cut off; save it again and retry.") from problem
    return flatten(picture)


def flatten(picture: Image.Image) -> Image.Image:
    """The same picture upright (EXIF), without alpha, 8 bits a channel, in mode "L" or "RGB"; a copy only where needed.

    Transparency is laid on white, or on black where what is visible is nearly white and would vanish.
    """
    picture = _upright(picture)
    if picture.mode in ("L", "RGB"):
        return picture if "transparency" not in picture.info else _on_ground(picture)
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode in ("I", "F") or picture.mode.startswith("I;"):
        return _eight_bits(picture)
    if picture.mode in ALPHA_MODES or "transparency" in picture.info:
        return _on_ground(picture)
    return picture.convert("RGB")


def to_rgb(picture: Image.Image) -> np.ndarray:
    """The picture, flattened, as (height, width, 3) uint8."""
    return np.asarray(flatten(picture).convert("RGB"))


def _read(source) -> bytes:
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, (str, os.PathLike)):
        try:
            return Path(source).read_bytes()
        except OSError as problem:
            raise PictureError(
                f"The file {os.fspath(source)!r} can't be read ({problem.strerror}); check its name and place."
            ) from problem
    return source.read()


def is_heic(data: bytes) -> bool:
    """Whether these are the bytes of a HEIC photograph, as iPhones take them."""
    if data[4:8] != b"ftyp":
        return False
    length = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, length, 4))}
    return bool(brands & HEIC_BRANDS) and not brands & AVIF_BRANDS


def _identify(data: bytes) -> Image.Image:
    if is_heic(data):
        raise PictureError("This is a HEIC photograph, which can't be opened here; save or share it as JPEG.")
    Image.init()
    known = [name for name in FORMATS if name in Image.OPEN]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return Image.open(io.BytesIO(data), formats=known)
    except Image.DecompressionBombError as problem:
        raise _too_large("hundreds of megapixels", MEGAPIXELS) from problem
    except UnidentifiedImageError as problem:
        raise PictureError("The file is not a picture; choose a PNG, JPEG, WebP, GIF, BMP or TIFF.") from problem
    except Exception as problem:  # a header that starts well and then breaks
        raise PictureError("The picture's header is damaged; save it again and retry.") from problem


def _too_large(found: str, most: int) -> PictureError:
    return PictureError(
        f"The picture is too large ({found}); at most {most} megapixels can be opened of its kind, so shrink it."
    )


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # broken EXIF is no reason to refuse sound pixels
        return picture


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits or floating point: 0..1, 0..255 or 0..65535, told apart by the largest value."""
    values = np.nan_to_num(np.asarray(picture, dtype=np.float32))
    if picture.mode.startswith("I;16") or values.max(initial=0) > 255:
        values = values / 257
    elif picture.mode == "F" and values.max(initial=0) <= 1:
        values = values * 255
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def _on_ground(picture: Image.Image) -> Image.Image:
    layer = picture if picture.mode == "RGBA" else picture.convert("RGBA")
    alpha, grey = np.asarray(layer.getchannel("A")), np.asarray(layer.convert("L"))
    visible = int(alpha.sum(dtype=np.int64))
    light = np.einsum("ij,ij->", grey, alpha, dtype=np.int64)  # piece by piece
    nearly_white = visible > 0 and light / visible > 200 and alpha.min() < 128
    ground = (0, 0, 0, 255) if nearly_white else (255, 255, 255, 255)
    del alpha, grey  # a large picture's, while others are made of it
    return Image.alpha_composite(Image.new("RGBA", layer.size, ground), layer).convert("RGB")
