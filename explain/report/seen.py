"""One picture as a network saw it that reads no text: all that a report needs, and the classes as plain numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from PIL import Image

from explain.attribution import cam, class_map, occlusion
from explain.attribution.targets import LOGITS, ClassLogit
from explain.layers import activations
from explain.network.costs.layers import Cost
from explain.network.description import Description
from explain.network.head import CLASSES
from explain.network.layers import Layer
from explain.network.session import Network
from explain.pictures import images, photograph_overlay
from explain.report.files import channel_names
from explain.report.reading import ReportError

LIKELIEST = 5  # classes that are explained
ENLARGED = 448  # screen pixels of the picture's longer side, about
OnStep = Callable[[int, int], bool | None]


@dataclass(frozen=True)
class ClassMaps:
    """how: one sentence on the method, or on why there are none. values: `(height, width)` of the picture by class."""

    how: str
    values: Mapping[int, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """One picture as a network without a text saw it.

    title: what the picture is called, any text. picture: as the network sees it. values: every layer's output without
    the batch, and the logits. batch: the picture as the network takes it, `(1, height, width, channel)`. maps: see
    `class_maps`. visualised: pictures of what the network takes a class for, by class, where any come along. costs: of
    each layer.
    Raises ReportError where a layer is missing.
    """

    title: str
    network: Description
    picture: Image.Image
    batch: np.ndarray
    values: Mapping[str, np.ndarray]
    maps: ClassMaps = ClassMaps("")
    visualised: Mapping[int, Image.Image] = field(default_factory=dict)
    costs: tuple[Cost, ...] = ()

    def __post_init__(self):
        missing = [name for name in self.network.layer_names if name not in self.values]
        if missing:
            raise ReportError(f"There are no values of {', '.join(missing)}: hand in every layer.")

    @property
    def names_classes(self) -> bool:
        return self.network.head.kind == CLASSES

    @cached_property
    def probabilities(self) -> np.ndarray:
        """`(class,)`."""
        return activations.probabilities(self.network, self.values)

    @cached_property
    def likeliest(self) -> list[int]:
        return likeliest(self.network, self.values)

    def called(self, unit: int) -> str:
        """A class by its name; the number beside it where another is called the same."""
        name = self.network.labels[unit]
        return f"{name} ({unit})" if self.network.labels.count(name) > 1 else name

    def names(self, layer: Layer) -> list[str]:
        """What each channel of a layer is called."""
        if self.names_classes and layer is self.network.output:
            return list(self.network.labels)
        return channel_names(layer, self.values[layer.name].shape[-1])

    @property
    def factor(self) -> int:
        """How many screen pixels one of the picture's is wide."""
        return max(1, round(ENLARGED / max(self.picture.size)))

    @cached_property
    def enlarged(self) -> Image.Image:
        return images.enlarge(self.picture, self.factor)

    @cached_property
    def overlays(self) -> dict[int, Image.Image]:
        """The map of each class over the picture, each on its own colour scale."""
        return {
            unit: photograph_overlay.picture(self.picture, values, self.factor, signed=True)
            for unit, values in self.maps.values.items()
        }


def likeliest(network: Description, values: Mapping[str, np.ndarray]) -> list[int]:
    """The likeliest classes, at most LIKELIEST, likeliest first; none of a network without classes."""
    if network.head.kind != CLASSES:
        return []
    order = np.argsort(-activations.probabilities(network, values), kind="stable")
    return [int(unit) for unit in order[:LIKELIEST]]


def class_maps(
    network: Network,
    batch: np.ndarray,
    values: Mapping[str, np.ndarray],
    weights: class_map.Weights,
    passes: int,
    on_step: OnStep | None = None,
) -> ClassMaps:
    """Where in the picture the likeliest classes are seen, without a gradient.

    By the last layers' weights where the network ends so that they do; else by occlusion, if that takes at most so many
    passes. weights: of a layer by role, see `explain.attribution.class_map.class_map`.
    """
    description, units = network.description, likeliest(network.description, values)
    if not units:
        return ClassMaps("The network names no classes.")
    weights = lru_cache(weights)  # read once for all classes
    found = {unit: class_map.class_map(description, values, unit, weights) for unit in units}
    if all(found.values()):
        kind = "Class activation maps, exact shares of the logit" if found[units[0]].exact else "Grad-CAM"
        at = description.layer(found[units[0]].layer).title
        shape = batch.shape[1:]
        return ClassMaps(
            f"{kind}, at {at}: red places speak for the class, blue ones against it.",
            {unit: cam.over_picture(description, one.layer, one.values, shape) for unit, one in found.items()},
        )
    return _occluded(network, batch[0], units, passes, on_step)


def _occluded(
    network: Network, picture: np.ndarray, units: list[int], passes: int, on_step: OnStep | None
) -> ClassMaps:
    patches = occlusion.patches_of_a_photograph(*picture.shape[:2])
    size, step = next(iter(patches.values()))
    count = len(occlusion.boxes(picture.shape, size, step))
    if count > passes:
        return ClassMaps(f"There are no maps: covering the picture patch by patch takes {count} passes, too long here.")
    covered = occlusion.occlude(network, picture, size, step, "mean", (LOGITS,), on_step)
    if covered is None:
        return ClassMaps("There are no maps: this was stopped.")
    return ClassMaps(
        f"Occlusion: how much of the class's logit is lost, on average, where a patch of {size} x {size} pixels covers "
        "the picture. Red places speak for the class, blue ones against it.",
        {unit: covered.map(ClassLogit(unit)) for unit in units},
    )


def answer(seen: Seen) -> dict:
    """The classes as plain numbers and texts for JSON, the likeliest first; what is no number is null."""
    order = np.argsort(-seen.probabilities, kind="stable")
    return {
        "title": seen.title,
        "network": seen.network.title,
        "classes": [
            {
                "class": seen.network.labels[unit],
                "number": int(unit),
                "probability": _finite(seen.probabilities[unit]),
                "logit": _finite(seen.values[LOGITS][unit]),
            }
            for unit in order
        ],
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
