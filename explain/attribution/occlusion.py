"""Occlusion: cover a part of the picture, see how much of the target is lost. Needs no gradient.

What the network answers to the covered pictures is kept, so that every target of the same picture, each character and
each rival, is answered from one set of passes.

**Ref.** M. D. Zeiler, R. Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014,
https://arxiv.org/abs/1311.2901, section 4.2
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explain.attribution import incremental_inference
from explain.attribution.cam import background
from explain.attribution.incremental.passes import Incremental, Unchanged
from explain.attribution.incremental_inference import NotWorthIt
from explain.attribution.targets import LOGITS, Target, score
from explain.network.session import Network

Pair = tuple[int, int]
Fill = float | str | np.ndarray
AT_ONCE = 16  # pictures between two looks at whether to go on
MOST_PASSES = 20_000


def patches_of_a_word(height: int) -> dict[str, tuple[Pair, Pair]]:
    """What a picture of a text of that height is covered with: `(height, width)` of the patch, and of its step.

    A letter is about as wide as half of the height, so a patch is half a letter wide.
    """
    side, step, narrow = (max(1, height // part) for part in (4, 8, 16))
    return {"squares": ((side, side), (step, step)), "columns": ((height, side), (height, narrow))}


def patches_of_a_photograph(height: int, width: int) -> dict[str, tuple[int, int]]:
    """What a photograph of that size is covered with: side of the square patch and its step, by name."""
    side = max(1, min(height, width) // 7)
    return {
        "large patches": (2 * side, side),
        "small patches": (side, side),
        "small patches, half steps": (side, max(1, side // 2)),
    }


@dataclass(frozen=True)
class Occlusion:
    """What a network answers to a picture, whole and covered patch by patch.

    boxes: `(patch, 4)` the pixels covered: top, left, bottom, right, the last two left out.
    whole: outputs by layer for the picture itself, with a batch axis of 1. covered: the same for each patch.
    shape: `(height, width)` of the picture. why_whole: why every patch took a whole pass, in one sentence; empty where
    only what it reaches was computed.
    """

    boxes: np.ndarray
    whole: dict[str, np.ndarray]
    covered: dict[str, np.ndarray]
    shape: tuple[int, int]
    why_whole: str = ""

    def drops(self, target: Target) -> np.ndarray:
        """How much of the target is lost under each patch, `(patch,)`; negative where covering raises it."""
        return score(target, self.whole)[0] - score(target, self.covered)

    def map(self, target: Target) -> np.ndarray:
        """`(height, width)`: for each pixel the mean loss over the patches that cover it; 0 where none does. Signed."""
        total, count = np.zeros((2, *self.shape))
        for (top, left, bottom, right), drop in zip(self.boxes, self.drops(target), strict=True):
            total[top:bottom, left:right] += drop
            count[top:bottom, left:right] += 1
        return total / np.maximum(count, 1)


def boxes(shape: tuple[int, ...], patch: int | tuple[int, int] = 8, stride: int | tuple[int, int] = 4) -> np.ndarray:
    """Where the patches lie, `(patch, 4)` as in `Occlusion`, row by row; the last ones end with the picture.

    shape: of the picture, `(height, width, ...)`. patch, stride: pixels, for both axes or `(vertical, horizontal)`; a
    patch larger than the picture is cut to it. Raises ValueError for less than one pixel and for far too many patches.
    """
    patch, stride = ((pair, pair) if np.isscalar(pair) else tuple(pair) for pair in (patch, stride))
    if min(*patch, *stride) < 1:
        raise ValueError(f"Patch and stride are at least 1 pixel, not {patch} and {stride}.")
    starts, sizes = [], []
    for extent, size, step in zip(shape[:2], patch, stride, strict=True):
        size = min(size, extent)
        places = list(range(0, extent - size + 1, step))
        if places[-1] != extent - size:
            places.append(extent - size)
        starts.append(places)
        sizes.append(size)
    count = len(starts[0]) * len(starts[1])
    if count > MOST_PASSES:
        raise ValueError(f"That makes {count} patches, one pass each; take a greater stride.")
    return np.array([(top, left, top + sizes[0], left + sizes[1]) for top in starts[0] for left in starts[1]])


def occlude(
    network: Network,
    picture: np.ndarray,
    patch: int | tuple[int, int] = 8,
    stride: int | tuple[int, int] = 4,
    fill: Fill = "background",
    layers: tuple[str, ...] = (LOGITS,),
    on_step: Callable[[int, int], bool | None] | None = None,
) -> Occlusion | None:
    """Runs the network on the picture with a patch covered, for every place of the patch, in batches.

    picture: `(height, width, channel)` as the network takes it. patch, stride: as in `boxes`.
    fill: what the patch shows: "background" (the median of the picture's border), "mean" (of the picture), or a value
    in the network's own units, one or one a channel. layers: whose outputs are kept, for the targets asked later.
    on_step: told (patches done, patches in all); where it returns False the rest is left out and None is returned.
    """
    colour = _colour(picture, fill)
    places = boxes(picture.shape, patch, stride)
    changing = np.array(
        [
            number
            for number, (top, left, bottom, right) in enumerate(places)
            if (picture[top:bottom, left:right] != np.asarray(colour, picture.dtype)).any()
        ],
        int,
    )  # a patch that shows what it covers needs no pass
    whole, answers, why_whole = _way(network, picture, colour, places[changing], tuple(layers))
    covered = {layer: np.repeat(values, len(places), axis=0) for layer, values in whole.items()}
    done = 0
    for chosen, outputs in answers:
        for layer, values in outputs.items():
            covered[layer][changing[chosen]] = values
        done += len(chosen)
        if on_step is not None and on_step(done, len(changing)) is False:
            return None
    return Occlusion(places, whole, covered, tuple(picture.shape[:2]), why_whole)


def _way(network: Network, picture: np.ndarray, colour, places: np.ndarray, layers: tuple[str, ...]):
    """Outputs by layer for the picture, those for the patches chunk by chunk, and why these take whole passes."""
    try:
        if not len(places):
            raise NotWorthIt("")
        parts = incremental_inference.of(network)
        if not set(layers) <= set(parts.answers):
            raise NotWorthIt("A layer that patches reach only in part was asked for, so every one takes a whole pass.")
        unchanged = parts.unchanged(network, picture, layers)
        incremental_inference.check(parts, network, unchanged, picture, places)
    except NotWorthIt as reason:
        return network.run(picture[None], layers), _passed(network, picture, colour, places, layers), str(reason)
    return unchanged.outputs, _in_part(network, parts, unchanged, colour, places, layers), ""


def _covered(picture: np.ndarray, colour, places: np.ndarray) -> np.ndarray:
    batch = np.repeat(picture[None].astype(np.float32), len(places), axis=0)
    for one, (top, left, bottom, right) in zip(batch, places, strict=True):
        one[top:bottom, left:right] = colour
    return batch


def _passed(network: Network, picture: np.ndarray, colour, places: np.ndarray, layers):
    """Numbers of patches and the outputs by layer, chunk by chunk, from passes through the whole network."""
    for start in range(0, len(places), AT_ONCE):
        chosen = np.arange(start, min(start + AT_ONCE, len(places)))
        yield chosen, network.run(_covered(picture, colour, places[chosen]), layers)


def _in_part(network: Network, parts: Incremental, unchanged: Unchanged, colour, places: np.ndarray, layers):
    """As `_passed`, computing only what a patch reaches."""
    channels = unchanged.maps[parts.picture].shape[0]
    for chosen in parts.chunks(places, unchanged):
        shown = [
            np.broadcast_to(colour, (bottom - top, right - left, channels)).astype(np.float32)
            for top, left, bottom, right in places[chosen]
        ]
        yield chosen, parts.run(network, shown, places[chosen], unchanged, layers)


def _colour(picture: np.ndarray, fill: Fill) -> np.ndarray:
    if isinstance(fill, str):
        known = {"background": background, "mean": lambda whole: whole.mean(axis=(0, 1))}
        if fill not in known:
            raise ValueError(f"There is no fill called {fill!r}; choose one of {', '.join(known)} or give a value.")
        return known[fill](picture)
    colour = np.asarray(fill, np.float32)
    if colour.shape not in ((), picture.shape[2:]) or not np.isfinite(colour).all():
        raise ValueError(f"A fill is one number, or one for each of the picture's {picture.shape[2]} channels.")
    return colour
