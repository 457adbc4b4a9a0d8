"""How a picture's values from 0 to 255 are scaled: the ways that are usual, by name, and any other as two numbers."""

from __future__ import annotations

from dataclasses import replace

from explain.network.errors import NetworkError
from models.preprocessing import Preprocessing

IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # red, green, blue, of values 0 to 1
CAFFE_MEAN = (123.68, 116.779, 103.939)  # red, green, blue, of values 0 to 255
# By name: what it is called in a sentence.
SCALINGS = {
    "255": "values from 0 to 1",
    "signed": "values from -1 to 1",
    "imagenet": "ImageNet's means and deviations taken out",
    "caffe": "ImageNet's means taken out",
    "none": "values from 0 to 255",
}


def scaled(wanted: Preprocessing, name: str) -> Preprocessing:
    """The preprocessing with another scaling, one of SCALINGS; those of ImageNet in the order of its colours.

    Raises NetworkError for another name, and for ImageNet's with grey pictures.
    """
    if name not in SCALINGS:
        raise NetworkError(f"A picture's values are scaled by one of {', '.join(SCALINGS)}, not by {name!r}.")
    if name in ("imagenet", "caffe"):
        if wanted.colour == "grey":
            raise NetworkError("ImageNet's means are of red, green and blue, and this network takes grey pictures.")
        mean, deviation = _of_imagenet(name)
        order = slice(None, None, -1) if wanted.colour == "bgr" else slice(None)
        return replace(wanted, mean=mean[order], deviation=deviation[order])
    mean, deviation = {"255": (0.0, 255.0), "signed": (127.5, 127.5), "none": (0.0, 1.0)}[name]
    return replace(wanted, mean=(mean,), deviation=(deviation,))


def _of_imagenet(name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if name == "caffe":
        return CAFFE_MEAN, (1.0,)
    return tuple(255 * value for value in IMAGENET_MEAN), tuple(255 * value for value in IMAGENET_DEVIATION)


def usual(wanted: Preprocessing) -> tuple[str, ...]:
    """The names of the scalings that pictures of this colour can have."""
    return tuple(name for name in SCALINGS if wanted.colour != "grey" or name not in ("imagenet", "caffe"))


def name_of(wanted: Preprocessing) -> str | None:
    """What a preprocessing's scaling is called in SCALINGS; None for another."""
    for name in usual(wanted):
        other = scaled(wanted, name)
        pairs = zip((*_full(wanted), *_full(wanted, True)), (*_full(other), *_full(other, True)), strict=True)
        if all(abs(a - b) < 0.01 for a, b in pairs):
            return name
    return None


def _full(wanted: Preprocessing, deviation: bool = False) -> tuple[float, ...]:
    values = wanted.deviation if deviation else wanted.mean
    return values * wanted.channels if len(values) == 1 else values


def read(wanted: Preprocessing, written: str) -> Preprocessing:
    """The preprocessing with the scaling that somebody wrote: a name, or MEAN/DEVIATION, each a number or three.

    The numbers are for values from 0 to 255, several separated by commas, in the order of the colours. Raises
    NetworkError where it is none of these.
    """
    if written in SCALINGS:
        return scaled(wanted, written)
    mean, slash, deviation = written.partition("/")
    try:
        numbers = [tuple(float(number) for number in part.split(",")) for part in (mean, deviation)] if slash else []
    except ValueError:
        numbers = []
    if not numbers:
        raise NetworkError(
            f"A scaling is one of {', '.join(SCALINGS)}, or MEAN/DEVIATION such as 127.5/127.5, not {written!r}."
        )
    return replace(wanted, mean=numbers[0], deviation=numbers[1])
