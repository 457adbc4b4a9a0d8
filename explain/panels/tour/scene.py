"""What a step of the tour shows: the numbers in its text, and a picture for the component that draws it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from explain.layers.feature_maps import maps
from explain.network.layers import Layer
from explain.panels.jobs.background_task import OnStep
from explain.panels.layers import names
from explain.panels.page.subject import Subject
from explain.pictures import images

PLACES = 14  # of a lens or a window that moves
TILE = 128  # screen pixels that a map among others is wide at most
INK, BELOW = "#2563eb", "#c2410c"  # of bars above and below zero; seen on both themes


@dataclass(frozen=True)
class Work:
    """A picture that takes longer than a click may: worked out beside the page, with progress and Cancel.

    key: what is asked. run: told how to tell its progress; returns None where it was stopped. finished: the scene that
    takes the place of the present one once that is known.
    """

    key: Hashable
    run: Callable[[OnStep], Any]
    finished: Callable[[Any], Scene]


@dataclass(frozen=True)
class Scene:
    """facts: what stands between braces in the step's text. picture: see `components/tour/picture.js`, or the work that
    it takes. variant: of the text, where there is more than one. address, pressed: what the place that belongs to it is
    opened with, so that both speak of the same: in the address, from which None takes a choice out; and of switches and
    sliders, by their keys, which keep their own address."""

    facts: Mapping[str, str]
    picture: dict | Work
    variant: str = "text"
    address: Mapping[str, str | None] = field(default_factory=dict)
    pressed: Mapping[str, str | float | bool] = field(default_factory=dict)


def values_of(subject: Subject) -> dict[str, np.ndarray]:
    """Every layer's output for the picture, and under the name of the network's input the picture itself."""
    return {**subject.values, subject.description.input.name: subject.batch[0]}


def called(subject: Subject, layer: Layer) -> str:
    return names.layer_name(subject.description, layer)


def by(*lengths: int) -> str:
    """A size in words."""
    return " × ".join(f"{length:,}" for length in lengths)


def signed(value: float, digits: int = 2) -> str:
    """A number with a minus that is as wide as a plus; a tiny one in powers of ten."""
    size = abs(value)
    form = f".{digits}f" if size == 0 or size >= 10**-digits else ".0e"
    return format(value, form).replace("-", "−")


def share(value: float) -> str:
    """A probability in words."""
    return f"{value:.3f}" if value >= 0.0005 else "under 0.001"


def in_100(value: float) -> str:
    """A probability as one says it."""
    count = round(100 * value)
    return "less than 1 in 100" if count == 0 else "more than 99 in 100" if count == 100 else f"{count} in 100"


def map_url(values: np.ndarray) -> str:
    """A map `(height, width)` in its own colours, one pixel a value."""
    return images.data_url(images.coloured(values))


def small_url(values: np.ndarray) -> str:
    """The same for a tile: of a map that is larger than its tile, the mean of the pixels that one stands for."""
    return images.data_url(images.shrink(images.coloured(values), TILE))


def url(picture: Image.Image) -> str:
    """A picture for the browser: a photograph as a small file, all others with every pixel as it is."""
    return images.data_url(picture, "WEBP" if picture.mode == "RGB" else "PNG")


def map_of(subject: Subject, layer: str, channel: int) -> np.ndarray:
    """One channel of a layer, `(height, width)`, or of the picture itself."""
    return maps(values_of(subject)[layer])[channel]


def picture_of(subject: Subject, kind: str, **settings) -> dict:
    """The data of a picture that lies on the subject's own."""
    return {
        "kind": kind,
        "src": url(subject.seen),
        "width": subject.width,
        "height": subject.height,
        "label": "The picture as the network sees it",
        "tall": 96,
        **settings,
    }


def tiles(items: Sequence[dict], aspect: float, describes: str, least: int, most: int) -> dict:
    """Pictures side by side. items: "src", "title" and maybe "note" and "inset" of each. least, most: screen pixels
    that one is wide."""
    return {
        "kind": "tiles",
        "items": list(items),
        "aspect": f"{aspect:.4f}",
        "describes": describes,
        "least": least,
        "most": most,
    }


def colour(subject: Subject, pixel: np.ndarray) -> str:
    """A value of the picture as the network takes it, `(channel,)`, as CSS writes colours."""
    shown = subject.description.preprocessing.pixels(np.asarray(pixel, np.float32).reshape(1, 1, -1))
    return images.hexadecimal(np.asarray(Image.fromarray(shown).convert("RGB"))[0, 0])


def bars(name: str, values: np.ndarray, backward: bool = False, most: float | None = None) -> dict:
    """A row of bars over the columns, each as a share of `most`, of the largest unless given; those below zero in
    another colour."""
    most = most or float(np.abs(values).max()) or 1.0
    heights = [round(float(value) / most, 4) for value in values]
    return {"kind": "bars", "name": name, "values": heights, "ink": INK, "below": BELOW, "backward": backward}


def letters(name: str, texts: Sequence[str]) -> dict:
    """A row of short texts over the columns."""
    return {"kind": "text", "name": name, "values": list(texts)}


def lying(columns: tuple[int, int], height: int) -> list[int]:
    """The box of columns, the first and one past the last, over the whole height: left, top, right, bottom."""
    return [int(columns[0]), 0, int(columns[1]), height]
