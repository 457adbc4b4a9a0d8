"""From a reading to how far it can be believed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explain.ctc import decoding
from explain.detection import words as detection
from explain.layers.activations import probabilities
from explain.network.description import Description
from explain.trust import measured
from explain.trust.measured import Measured
from explain.trust.trust import KINDS, Caveat, Trust
from models.prepared import Prepared

NARROW = 0.8  # of its width: what is squeezed to less is worth a word
LINE = 0.3  # of its width: what is squeezed to less is longer than any word
LOW = 12  # rows of the picture's own pixels, below which a letter's parts run together
FLAT = 0.06  # of the range from black to white between nearly the darkest and nearly the lightest
SURE = 0.9  # share right from which nothing is said of it
UNLIKELY = 0.5  # a text's probability below which a network that nobody has measured is called unsure


def judge(
    description: Description,
    values: Mapping[str, np.ndarray],
    prepared: Prepared | None = None,
    words: int | None = None,
) -> Trust:
    """How far a recogniser's reading can be believed.

    values: every layer's output for this picture, without the batch. prepared: the picture, and what was done to it,
    where that is known. words: how many words were found on it, where somebody has looked (`words_on`).
    """
    known = measured.measured_of(description)
    likeness, right, caveats = _of_measured(known, description, values) if known else _of_others(description, values)
    caveats += of_picture(prepared) if prepared else []
    if prepared and not any(map(str.isspace, description.labels)):  # else it reads lines
        caveats += of_words(prepared, words, right is not None and right >= SURE)
    return Trust(right, likeness, tuple(sorted(caveats, key=lambda caveat: KINDS.index(caveat.kind))))


def words_on(prepared: Prepared) -> int:
    """How many words a quick look, some 50 ms, finds on what was read."""
    return len(detection.find(prepared.source.crop(prepared.kept), quick=True))


def of_words(prepared: Prepared, count: int | None, sure: bool) -> list[Caveat]:
    """Whether there is more than one word. sure: whether the reading is one of those that nearly always are right.

    Of rightly read words one in fifty has a gap that is taken for one between words, nearly all of them surely read.
    """
    if prepared.squeezed < LINE and (count is None or count == 1):
        return [Caveat("several-words", "More than one word, by its length. The network reads one.")]
    if count is None or count < 2:
        return []
    if sure and prepared.squeezed >= LINE:
        return [Caveat("parted", f"It may be more than one word: {count} were found.")]
    return [Caveat("several-words", f"More than one word: at least {count}. The network reads one.")]


def of_picture(prepared: Prepared) -> list[Caveat]:
    """What the picture alone says, whatever the network."""
    caveats = []
    darkest, lightest = np.percentile(prepared.batch, (1, 99))
    extent = max(np.ptp(prepared.batch), 1.0) if prepared.batch.max() > 1.5 else 1.0  # of values that are not 0 to 1
    if lightest - darkest < FLAT * extent:
        caveats.append(Caveat("no-contrast", "Almost no contrast: there is next to nothing for the network to see."))
    if prepared.rows < LOW:
        caveats.append(Caveat("small", f"The letters are at most {prepared.rows} pixels high."))
    if prepared.squeezed < NARROW:
        caveats.append(Caveat("squeezed", f"Squeezed to {100 * prepared.squeezed:.0f} % of its width."))
    return caveats


def _of_measured(
    known: Measured, description: Description, values: Mapping[str, np.ndarray]
) -> tuple[float, float, list[Caveat]]:
    likeness, share = (
        float(score[0]) for score in known.scores(measured.vector(description, values, known.layer)[None])
    )
    right = float(known.said(share))
    in_100 = round(100 * right)
    caveats = []
    if likeness < known.least_like:
        alarms = f"{100 * known.false_alarms:.1f} in 100 rightly read words get this mark"
        caveats.append(Caveat("not-a-word", f"This does not look like a word to me ({alarms})."))
    elif share < known.least_right:
        caveats.append(Caveat("unsure", f"Unsure: of readings like this, {in_100} in 100 are right."))
    elif right < SURE:
        caveats.append(Caveat("share", f"Of readings like this, {in_100} in 100 are right."))
    return likeness, right, caveats


def _of_others(description: Description, values: Mapping[str, np.ndarray]) -> tuple[None, None, list[Caveat]]:
    """Of a network that nobody has measured: its own probability, where that is low."""
    p = np.asarray(probabilities(description, values), np.float64)
    if description.blank is None or p.ndim != 2:
        return None, None, []
    text = decoding.best_path(p, description.blank).labels
    if not text:
        return None, None, [Caveat("unsure", "No character is seen in it.")]
    likely = decoding.probability(p / p.sum(axis=1, keepdims=True), text, description.blank)
    if likely >= UNLIKELY:
        return None, None, []
    return None, None, [Caveat("unsure", f"Unsure: the network gives this text a probability of {likely:.2f}.")]
