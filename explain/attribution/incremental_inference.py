"""A network's answers to pictures that differ from one in a part, without computing what stays the same.

A part of the picture reaches a rectangle of each layer's map and no more (explain/attribution/incremental). Only that
is computed, from what has changed and from what stands unchanged beside it; from the first layer on of which every unit
sees the whole, such as recurrent and dense ones, all is computed. The same products are added up in another order, so
answers agree to rounding.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np

from explain.attribution.incremental.passes import Incremental, Unchanged
from explain.attribution.incremental.reach import Sizes, plan
from explain.network.description import Description
from explain.network.layers import Layer
from explain.network.session import LOGITS, Network, trim

WORTH = 0.5  # the share of whole passes that may be left; more of it is not worth the copies
KEPT = 2  # networks whose pieces are kept: a copy of the weights each
TOLERANCE = 1e-4  # of an answer, or of the largest number in it
TRIED = 24  # boxes, of all, that tell how much work is left
SO = "so every patch takes a whole pass"

_made: WeakKeyDictionary[Network, Incremental] = WeakKeyDictionary()
_making = threading.Lock()


class NotWorthIt(ValueError):
    """The network, or what changes of the picture, is such that whole passes are as good; says why in one sentence."""


def of(network: Network) -> Incremental:
    """The network in pieces, made at first need; kept as long as the network is, and until others are asked for.

    Raises NotWorthIt, with the sentence for the reader, where it does not fall into such pieces.
    """
    if getattr(network, "apart", False):
        raise NotWorthIt(f"This network runs in a process of its own, {SO}.")
    with _making:
        if network not in _made:
            found = _taken_apart(network)
            while len(_made) >= KEPT:
                del _made[next(iter(_made))]
            _made[network] = found
            trim()
        return _made[network]


def _taken_apart(network: Network) -> Incremental:
    parts, pictures = plan(network.description), network.description.batch
    if not parts.rest:
        raise NotWorthIt(f"No layer of this network sees the whole picture, {SO}.")
    if not parts.stages:
        raise NotWorthIt(f"{_whole(parts.rest)}, {SO}.")
    if pictures not in (None, 1):
        raise NotWorthIt(f"The file takes {pictures} pictures at once, {SO}.")
    try:
        return Incremental(network, parts)
    except Exception as error:  # ONNX Runtime's exceptions share no public base class
        raise NotWorthIt(f"Parts of this network cannot be computed alone, {SO}.") from error


def check(parts: Incremental, network: Network, unchanged: Unchanged, picture: np.ndarray, boxes: np.ndarray) -> None:
    """Raises NotWorthIt unless changes in boxes leave enough of the work out, and answers are those of whole passes.

    boxes: `(n, 4)` top, left, bottom, right, the last two left out. That answers agree is tried, once for a size of
    pictures, of a network that does not come along with the project: nobody has seen that before.
    """
    if not all(stage.fits(unchanged.sizes) for stage in parts.plan.stages):
        raise NotWorthIt(f"Parts of its maps cannot be computed alone, {SO}.")
    reached = [parts.reached(box, unchanged) for box in boxes]
    if parts.plan.share(reached, unchanged.sizes) > WORTH:
        raise NotWorthIt(f"A patch reaches nearly everything before long ({_whole(parts.plan.rest)}), {SO}.")
    if network.card is None:
        if picture.shape not in parts.agrees:
            parts.agrees[picture.shape] = _agrees(parts, network, unchanged, picture, boxes)
        if not parts.agrees[picture.shape]:
            raise NotWorthIt(f"Computed in part, this network answers otherwise, {SO}.")


def _agrees(parts: Incremental, network: Network, unchanged: Unchanged, picture: np.ndarray, boxes: np.ndarray) -> bool:
    """Whether two boxes of noise, the first and one of the middle, are answered as by whole passes."""
    tried = boxes[[0, len(boxes) // 2]]
    random = np.random.default_rng(0)
    pictures = np.repeat(picture[None].astype(np.float32), len(tried), axis=0)
    shown = []
    for one, (top, left, bottom, right) in zip(pictures, tried, strict=True):
        part = one[top:bottom, left:right]
        part[:] = random.uniform(picture.min(), picture.max(), part.shape)
        shown.append(part)
    expected = network.run(pictures, [LOGITS])[LOGITS]
    try:
        found = parts.run(network, shown, tried, unchanged, (LOGITS,))[LOGITS]
    except Exception:  # as above; whole passes are always there
        return False
    return bool(np.abs(found - expected).max() <= TOLERANCE * max(1.0, float(np.abs(expected).max())))


def share(description: Description, boxes: np.ndarray, sizes: Sizes) -> float:
    """About how much of the work of whole passes is left for changes in these boxes; 1 where whole passes are taken.

    sizes: of every layer's output for the picture, the input's among them, without the batch and the channels.
    """
    parts = plan(description)
    if not parts.stages or not parts.rest or not all(stage.fits(sizes) for stage in parts.stages):
        return 1.0
    picture = description.input.name
    some = boxes[:: max(1, len(boxes) // TRIED)]
    reached = [parts.reached(picture, parts.changed(box, sizes[picture]), sizes) for box in some]
    found = parts.share(reached, sizes)
    return found if found <= WORTH else 1.0


def _whole(rest: Sequence[Layer]) -> str:
    return f"from {rest[0].title} on, a unit may see the whole picture"
