"""Arrays to pictures: colours for numbers, pixels shown as pixels. No Streamlit here.

Two palettes of 256 colours. "unsigned" is viridis: equal steps of the value look like equal steps of the colour.
"diverging" runs from blue through near-white to red, and zero always has its middle colour.
"""

from __future__ import annotations

import base64
import io
from functools import lru_cache

import numpy as np
from PIL import Image

# Every 16th colour of matplotlib's viridis and two near its end (S. van der Walt and N. Smith, CC0,
# https://bids.github.io/colormap/); in between it is nearly straight.
VIRIDIS = (
    "44015448186a472d7b4240863b528b33638d2c728e26828e21918c1fa08828ae803fbc735ec96284d44baddc30d8e219ece51bfde725",
    (*range(0, 241, 16), 248, 255),
)
BLUE, RED = 260.0, 30.0  # hue angles of the diverging palette's ends, in degrees of OKLab
MIDDLE = 128  # its entry for zero: 127.5, rounded up


@lru_cache
def palette(name: str) -> np.ndarray:
    """`(256, 3)` uint8 RGB; name: "unsigned" or "diverging"."""
    makers = {"unsigned": _viridis, "diverging": _blue_to_red}
    if name not in makers:
        raise ValueError(f"There is no palette called {name!r}; choose one of {', '.join(makers)}.")
    table = makers[name]()
    table.setflags(write=False)
    return table


def palette_base64(name: str) -> str:
    """The palette's 768 bytes, RGB after RGB, for drawing in the browser."""
    return base64.b64encode(palette(name).tobytes()).decode()


def hexadecimal(colour: np.ndarray) -> str:
    """`(3,)` uint8 RGB as CSS and Vega-Lite write it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def signed_inks() -> tuple[str, str]:
    """The diverging palette's colours for what lies clearly below and clearly above zero, for bars and words."""
    return hexadecimal(palette("diverging")[40]), hexadecimal(palette("diverging")[215])


def scale(values: np.ndarray) -> tuple[float, float, str]:
    """The scale of an array shown by itself: `(low, high, palette)`.

    An array with negative values gets the diverging palette from minus to plus its largest absolute value; any other
    the unsigned one from its lowest to its highest value.
    """
    low, high = float(np.min(values)), float(np.max(values))
    if low >= 0:
        return low, high, "unsigned"
    return -max(-low, high), max(-low, high), "diverging"


def colours(values: np.ndarray, low: float, high: float, name: str = "unsigned") -> np.ndarray:
    """Each value's colour: uint8 of shape `(*values.shape, 3)`; values outside `low` to `high` get the end's colour.

    A flat scale (high equal to low) gives the first colour, on the diverging palette the middle one. Raises ValueError
    where the diverging palette is asked for a scale whose middle is not zero, where high is below low, and for NaN.
    """
    levels = _levels(np.asarray(values, dtype=np.float64), low, high, name)
    return palette(name)[levels]


def indexed(values: np.ndarray, low: float, high: float, name: str = "unsigned") -> Image.Image:
    """The same colours of a map `(height, width)` as a picture that keeps their numbers, mode "P": a third of the file.

    In single precision, so that a value at the very edge between two colours may get the other one.
    """
    levels = _levels(np.asarray(values, dtype=np.float32), low, high, name).astype(np.uint8)
    picture = Image.frombytes("P", levels.shape[::-1], levels.tobytes())
    picture.putpalette(palette(name).tobytes())
    return picture


def _levels(values: np.ndarray, low: float, high: float, name: str) -> np.ndarray:
    """Each value's number in the palette."""
    if np.isnan(values).any():
        raise ValueError("There are values in this map that are not numbers (NaN), so it has no colours.")
    if high < low:
        raise ValueError(f"A scale runs from low to high, not from {low} to {high}.")
    if name == "diverging" and abs(low + high) > 1e-6 * high:
        raise ValueError(f"The diverging palette needs a scale with zero in its middle, not {low} to {high}.")
    if high == low:
        return np.full(values.shape, MIDDLE if name == "diverging" else 0)
    # Half a level is rounded up, as on the page, so that zero is the middle colour in both.
    levels = np.floor((values - low) / (high - low) * 255 + 0.5)
    return np.clip(levels, 0, 255).astype(int)


def coloured(values: np.ndarray, low: float | None = None, high: float | None = None) -> Image.Image:
    """A map `(height, width)` as an RGB picture, one pixel a value: on its own scale, or from `low` to `high`.

    Give both or neither; a given scale with a negative low is a signed one and must have zero in its middle.
    """
    if low is None or high is None:
        low, high, name = scale(values)
    else:
        name = "diverging" if low < 0 else "unsigned"
    return Image.fromarray(colours(values, low, high, name))


def of_layer(values: np.ndarray, signed: bool) -> Image.Image:
    """A map of a layer on its own scale, in the colours of the layer: those for both signs where it is signed, that is
    where any of its channels is below zero, even where this one is not."""
    most = float(np.abs(values).max())
    return coloured(values, -most, most) if signed and most else coloured(values)


def fade(picture: Image.Image, share: float = 0.75) -> Image.Image:
    """The picture mixed with as much mid-grey, so that it reads as "not this one, wait"."""
    return Image.blend(picture.convert("RGB"), Image.new("RGB", picture.size, (128, 128, 128)), share)


def enlarge(image: Image.Image, factor: int) -> Image.Image:
    """Every pixel becomes a square of `factor` x `factor` equal ones: nothing is smoothed."""
    if factor < 1:
        raise ValueError(f"A picture is enlarged by 1 or more, not by {factor}.")
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)


def shrink(image: Image.Image, side: int) -> Image.Image:
    """The picture with its longer side at most `side` pixels, each the mean of those it stands for; never enlarged."""
    longer = max(image.size)
    if longer <= side:
        return image
    size = tuple(max(1, round(length * side / longer)) for length in image.size)
    return image.resize(size, Image.Resampling.BOX)


def png_bytes(image: Image.Image) -> bytes:
    """The picture as a PNG file, which keeps every pixel as it is."""
    file = io.BytesIO()
    # Quick rather than small: these go to the page at every change.
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def data_url(image: Image.Image, kind: str = "PNG") -> str:
    """The picture as the address of an <img>, in base64: "PNG" keeps every pixel, "WEBP" is far smaller."""
    if kind == "PNG":
        data = png_bytes(image)
    else:
        file = io.BytesIO()
        image.save(file, kind)
        data = file.getvalue()
    return embedded(data, kind)


def embedded(data: bytes, kind: str) -> str:
    """A picture file of that kind as the address of an <img>."""
    return f"data:image/{kind.lower()};base64," + base64.b64encode(data).decode()


def _viridis() -> np.ndarray:
    text, places = VIRIDIS
    stops = np.frombuffer(bytes.fromhex(text), np.uint8).reshape(-1, 3)
    channels = [np.interp(np.arange(256), places, stops[:, channel]) for channel in range(3)]
    return np.round(np.stack(channels, axis=1)).astype(np.uint8)


def _blue_to_red() -> np.ndarray:
    """From the middle out, lightness falls and chroma grows in step, the same on both sides, each at one hue.

    In B. Ottosson's OKLab, 2020, https://bottosson.github.io/posts/oklab/ ; all of it lies inside sRGB.
    """
    place = np.arange(256) - MIDDLE
    far = np.where(place < 0, -place / MIDDLE, place / (255 - MIDDLE))
    lightness, chroma = 0.965 - 0.545 * far, 0.16 * far
    hue = np.radians(np.where(place < 0, BLUE, RED))
    lab = np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=1)
    lms = lab @ np.array(
        [[1, 1, 1], [0.3963377774, -0.1055613458, -0.0894841775], [0.2158037573, -0.0638541728, -1.2914855480]]
    )
    linear = lms**3 @ np.array(
        [
            [4.0767416621, -1.2684380046, -0.0041960863],
            [-3.3077115913, 2.6097574011, -0.7034186147],
            [0.2309699292, -0.3413193965, 1.7076147010],
        ]
    )
    gamma = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(255 * gamma).astype(np.uint8)
