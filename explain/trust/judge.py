"""From a reading to how far it can be believed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explain.network.description import Description
from explain.trust.trust import Caveat, Trust
from models.prepared import Prepared

NARROW = 0.8  # of its width: what is squeezed to less is worth a word


def judge(description: Description, values: Mapping[str, np.ndarray], prepared: Prepared | None = None) -> Trust:
    """How far a recogniser's reading can be believed.

    values: every layer's output for this picture, without the batch. prepared: the picture, and what was done to it,
    where that is known.
    """
    caveats = []
    if prepared and prepared.squeezed < NARROW:
        caveats.append(Caveat("squeezed", f"The picture was squeezed to {prepared.squeezed:.0%} of its width."))
    return Trust(caveats=tuple(caveats))
