"""A picture's pixels out of its file within bounded memory: large photographs come out smaller.

Memory was measured with Pillow 13: a colour picture takes four bytes a pixel while it is decoded, but 16 from WebP and
10 from AVIF, whose decoders keep frames of their own. A JPEG comes out at a half, a quarter or an eighth of its size by
itself; one of several scans is held as a whole besides, with two bytes a coefficient.
"""

from __future__ import annotations

import threading

from PIL import Image

MEGAPIXELS = 205  # of the largest camera's pictures; the most of any file
KEPT = 13_000_000  # pixels that a picture comes out with at most
BYTES = 200_000_000  # that the pixels of one file may take while they are decoded
SCANS = 300_000_000  # bytes that the coefficients of a JPEG may take
WASTEFUL = {"WEBP": 25, "AVIF": 40}  # megapixels of formats whose decoders take more
SLIM = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}  # bytes a pixel; 4 in all other modes
STRIP = 64  # rows that are made smaller at once
ORIENTATION = 0x0112  # the EXIF tag

# Pillow refuses what has more than twice this before anyone can look at its size
Image.MAX_IMAGE_PIXELS = MEGAPIXELS * 1_000_000 // 2
_one_at_a_time = threading.Lock()  # two large pictures at once would take twice the memory


def most_megapixels(picture: Image.Image, data: bytes) -> int:
    """How many megapixels a file such as this one may have; nothing of it is decoded.

    picture: as `Image.open` gives it, only its header read. data: the file.
    """
    if picture.format in WASTEFUL:
        return WASTEFUL[picture.format]
    if not _is_jpeg(picture):
        return min(MEGAPIXELS, BYTES // (1_000_000 * SLIM.get(picture.mode, 4)))
    return int(min(MEGAPIXELS, SCANS / (1_000_000 * _coefficient_bytes(picture)))) if _in_scans(data) else MEGAPIXELS


def decoded(picture: Image.Image) -> Image.Image:
    """The picture with its pixels, of at most 13 million: what has more is made smaller by a whole number.

    picture: as `Image.open` gives it. Raises whatever its decoder raises.
    """
    if picture.width * picture.height <= KEPT:
        picture.load()
        return picture
    with _one_at_a_time:
        if _is_jpeg(picture):
            by = _smaller_by(picture, (2, 4, 8))
            picture.draft(None, (picture.width // by, picture.height // by))
        picture.load()
        by = _smaller_by(picture, range(1, 1 + MEGAPIXELS))
        return picture if by == 1 else _reduced(picture, by)


def _is_jpeg(picture: Image.Image) -> bool:
    return picture.format in ("JPEG", "MPO")


def _smaller_by(picture: Image.Image, numbers) -> int:
    return next((by for by in numbers if picture.width * picture.height <= KEPT * by * by), numbers[-1])


def _coefficient_bytes(picture: Image.Image) -> float:
    """Of a JPEG, for a pixel: two for each coefficient of its components, as finely as each of them is sampled."""
    samples = [across * down for _, across, down, *_ in picture.layer]
    return 2 * sum(samples) / max(samples)


def _in_scans(data: bytes) -> bool:
    """Whether a JPEG tells its pixels in several scans: a progressive one, or one with a scan for each colour."""
    at, components = 2, 0
    while at + 4 < len(data):
        if data[at] != 0xFF:
            return True  # nothing known: the more careful answer
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:
            return data[at + 4] < components
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if marker not in (0xC0, 0xC1) or at + 9 >= len(data):
                return True
            components = data[at + 9]
        at += 1 if marker == 0xFF else 2 + length
    return True


def _reduced(picture: Image.Image, by: int) -> Image.Image:
    """Smaller by a whole number, in mode "L", "RGB", "RGBA", "I" or "F"; strip by strip, which spares memory."""
    width, height = (-(-side // by) for side in picture.size)
    small = None
    for top in range(0, height, STRIP):
        rows = picture.crop((0, top * by, picture.width, min((top + STRIP) * by, picture.height)))
        strip = _plain(rows, "transparency" in picture.info).reduce(by)
        small = small or Image.new(strip.mode, (width, height))
        small.paste(strip, (0, top))
    exif = Image.Exif()
    exif[ORIENTATION] = picture.getexif().get(ORIENTATION, 1)
    small.info["exif"] = exif.tobytes()
    return small


def _plain(picture: Image.Image, transparent: bool) -> Image.Image:
    """In a mode whose pixels can be averaged."""
    if picture.mode in ("I", "F"):
        return picture
    if picture.mode.startswith("I;16"):
        return picture.convert("I").point(lambda value: value * (1 / 257) + 0).convert("L")
    if picture.mode == "1":
        return picture.convert("L")
    if transparent or picture.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        return picture.convert("RGBA")
    return picture if picture.mode == "L" else picture.convert("RGB")
