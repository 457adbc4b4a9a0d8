"""Where is an answer decided? Values of one picture are put into another's pass, layer by layer and place by place.

After K. Meng, D. Bau, A. Andonian and Y. Belinkov, "Locating and Editing Factual Associations in GPT", NeurIPS 2022,
https://arxiv.org/abs/2202.05262. F. Zhang and N. Nanda, "Towards Best Practices of Activation Patching in Language
Models", ICLR 2024, https://arxiv.org/abs/2309.16042, show that what comes out hangs on what is put in and on what is
measured. Here the values of a picture that differs in one thing are put in, so that the network never sees what it was
not made for, and a difference of two logits (or of log-probabilities) is measured, which does not saturate as a
probability does. A place where the swap turns the answer is enough to turn it; others may be as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explain.attribution import targets
from explain.ctc import decoding
from explain.interventions.intervention import PATCH, Intervention, InterventionError, Span, What, Where, changed
from explain.interventions.run import Values, check_cut, leads
from explain.interventions.which import OnStep, scores_of
from explain.network.description import Description
from explain.network.head import CLASSES, CTC
from explain.network.session import LOGITS, Network

STRIPES = 32  # of the picture's width
WINDOW = 3  # of them that are exchanged together: about a character
LEAST = 1e-3  # that the two pictures' numbers must differ by


@dataclass(frozen=True)
class Turned:
    """How far the answer goes over when a stripe of a layer is exchanged.

    layers: names. stripes: edges of the stripes as shares of the picture's width, one more than there are.
    values: `(layer, stripe)`, 0 where the answer stays as the picture's own, 1 where it is as the other picture's; NaN
    where a layer has no columns. ends: the target's number of the picture itself and of the other one.
    """

    layers: tuple[str, ...]
    stripes: np.ndarray
    values: np.ndarray
    ends: tuple[float, float]


@dataclass(frozen=True)
class Contrast:
    """The answer of one picture against that of another: the first target's number less the second's."""

    given: targets.Target
    rival: targets.Target | None = None

    def score(self, logits: np.ndarray) -> np.ndarray:
        """logits: with the batch."""
        found = targets.score(self.given, {LOGITS: logits})
        return found if self.rival is None else found - targets.score(self.rival, {LOGITS: logits})


def contrast(description: Description, logits: np.ndarray, other: np.ndarray) -> Contrast:
    """What the other picture is answered with against what the picture is; logits without the batch.

    Two readings: the log-probability of the one text less that of the other; where they are the same text, that alone.
    Two classes: the difference of their logits. Raises InterventionError for a network that gives no such answer.
    """
    if description.head.kind == CTC:
        blank = description.blank
        texts = [_text(values, blank) for values in (other, logits)]
        made = [targets.WholeText(text, blank) for text in texts]
    elif description.head.kind == CLASSES:
        made = [targets.ClassLogit(int(values.argmax())) for values in (other, logits)]
    else:
        raise InterventionError("The file does not say what its numbers stand for, so there is no answer to follow.")
    return Contrast(made[0], made[1] if made[0] != made[1] else None)


def _text(logits: np.ndarray, blank: int) -> tuple[int, ...]:
    return tuple(span.label for span in decoding.collapse(logits.argmax(axis=-1), blank))


def spans_of(count: int, stripes: int, window: int = 1) -> list[Span]:
    """Columns of a layer with so many that are exchanged at each stripe: its own and those around it, at least one.

    window: stripes that are exchanged together, an odd number, the one in their middle.
    """
    around = window // 2
    found = []
    for number in range(stripes):
        first, last = max(0, number - around), min(stripes, number + around + 1)
        begin = first * count // stripes
        found.append((begin, max(begin + 1, last * count // stripes)))
    return found


def turned(
    network: Network,
    pictures: tuple[np.ndarray, np.ndarray],
    untouched: tuple[Values, Values],
    measure: Contrast,
    layers: Sequence[str] | None = None,
    stripes: int = STRIPES,
    window: int = WINDOW,
    on_step: OnStep | None = None,
) -> Turned:
    """The map of where the answer goes over from the first picture's to the second's.

    pictures: `(1, height, width, channel)` each, of equal size; the second's values are put into the first's pass,
    some stripes of columns at a time, with all rows and channels. untouched: every layer and "logits" of each. layers:
    those with columns that lead to the logits, unless given. stripes: of a layer with fewer columns some are alike.
    window: see `spans_of`.
    Raises InterventionError for pictures of two sizes or with the same answer to the target, Stopped where on_step
    returns False.
    """
    own, other = untouched
    if pictures[0].shape != pictures[1].shape:
        raise InterventionError("The pictures have two sizes; choose two of equal size.")
    description = network.description
    layers = tuple(layers or (name for name in description.layer_names if own[name].ndim > 1 and leads(network, name)))
    ends = tuple(float(measure.score(np.asarray(values[LOGITS])[None])[0]) for values in untouched)
    if not np.isfinite(ends).all() or abs(ends[1] - ends[0]) < LEAST:
        raise InterventionError("The two pictures get the same answer, so there is nothing to follow.")
    found = np.full((len(layers), stripes), np.nan)
    for row, name in enumerate(layers):
        if own[name].shape != other[name].shape:
            raise InterventionError("The pictures have two sizes; choose two of equal size.")
        check_cut(network, pictures[0], own, name)
        spans = spans_of(own[name].shape[-2], stripes, window)
        single = list(dict.fromkeys(spans))
        outputs = (_exchanged(description, name, span, own, other) for span in single)
        told = _within(on_step, row, len(layers), len(single))
        scores = scores_of(network, pictures[0], own, name, measure, outputs, len(single), told)
        known = dict(zip(single, (scores - ends[0]) / (ends[1] - ends[0]), strict=True))
        found[row] = [known[span] for span in spans]
    return Turned(layers, np.linspace(0, 1, stripes + 1), found, ends)


def _exchanged(description: Description, name: str, span: Span, own: Values, other: Values) -> np.ndarray:
    change = Intervention(name, Where(columns=span), What(PATCH))
    return changed(description.layer(name), change, own[name], other[name])


def _within(on_step: OnStep | None, row: int, rows: int, count: int) -> OnStep | None:
    """The progress of one layer as that of all, taken as if each had as many stripes."""
    if on_step is None:
        return None
    return lambda done, _: on_step(row * count + done, rows * count)
