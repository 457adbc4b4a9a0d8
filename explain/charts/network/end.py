"""What stands at the end of the network, beside its last block: the text over its frames, or the likeliest classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explain.charts.network.layout import Layout
from explain.ctc import decoding
from explain.ctc.alphabet import Alphabet
from explain.layers import activations
from explain.network.description import Description
from explain.network.head import CLASSES, CTC
from explain.pictures import images
from explain.pictures.drawing import Drawing
from explain.pictures.notation import shortened

LIKELIEST = 3
WIDTH, GAP = 200.0, 18.0  # screen pixels
LONGEST = 24  # characters of a class's name
ROW, BAR, FRAMES = 17.0, 46.0, 11.0  # pixels: of a class, of its bar; height of the frames


@dataclass(frozen=True)
class Reading:
    """character: `(frame,)`, the probability that a frame reads one. spans: what is read, with its first frame and the
    one after its last."""

    character: np.ndarray
    spans: tuple[tuple[str, int, int], ...]

    @property
    def text(self) -> str:
        return "".join(character for character, _, _ in self.spans)


@dataclass(frozen=True)
class Classes:
    """likeliest: names with their probabilities, likeliest first."""

    likeliest: tuple[tuple[str, float], ...]


def answer(description: Description, values: Mapping[str, np.ndarray]) -> Reading | Classes | None:
    """What the network answers to a picture; None where nothing says what its numbers stand for.

    values: every layer's output without the batch, and the logits.
    """
    if description.head.kind not in (CTC, CLASSES):
        return None
    probabilities = activations.probabilities(description, values)
    if not np.isfinite(probabilities).all():
        return None
    if description.head.kind == CLASSES:
        order = np.argsort(-probabilities, kind="stable")[:LIKELIEST]
        return Classes(tuple((description.labels[unit], float(probabilities[unit])) for unit in order))
    blank = description.blank
    best, alphabet = decoding.best_path(probabilities, blank), Alphabet(description.labels, blank)
    spans = tuple((alphabet.name(span.label), span.start, span.end) for span in best.spans)
    return Reading(1 - probabilities[:, blank], spans)


def draw(drawing: Drawing, description: Description, values: Mapping[str, np.ndarray], layout: Layout) -> None:
    """Adds the answer after the last block, or below the blocks where there is no room beside it."""
    answered = answer(description, values)
    if answered is None:
        return
    last, look = layout.blocks[-1], layout.look
    left, middle = last.area[2] + GAP, last.middle
    if look.wraps and left + WIDTH > look.width:
        left, middle = GAP, layout.height + 2 * ROW
    else:
        drawing.line([(last.x + last.width + last.across, middle), (left - 4, middle)], kind="link")
    drawing.marks.append('<g class="answer">')
    if isinstance(answered, Reading):
        _reading(drawing, answered, left, middle)
    else:
        _classes(drawing, answered, left, middle)
    drawing.marks.append("</g>")
    drawing.width = max(drawing.width, left + WIDTH + 4)


def _reading(drawing: Drawing, read: Reading, left: float, middle: float) -> None:
    """The frames in a row, yellow where a character is read, and the characters over them."""
    step = WIDTH / len(read.character)
    frames = images.indexed(read.character[None], 0.0, 1.0)
    drawing.image(left, middle - FRAMES / 2, WIDTH, FRAMES, images.data_url(frames))
    centres = [left + step * (start + end) / 2 for _, start, end in read.spans]
    closest = min((after - before for before, after in zip(centres, centres[1:], strict=False)), default=WIDTH)
    size = max(7.0, min(17.0, 1.6 * closest))
    for (character, _, _), centre in zip(read.spans, centres, strict=True):
        drawing.text(centre, middle - FRAMES / 2 - 0.62 * size, character, size=size)
    drawing.text(left, middle + FRAMES, f"{len(read.character)} frames → text", kind="soft", size=10, anchor="start")


def _classes(drawing: Drawing, named: Classes, left: float, middle: float) -> None:
    """Each class with its probability as a bar."""
    for place, (name, probability) in enumerate(named.likeliest):
        y = middle + ROW * (place - (len(named.likeliest) - 1) / 2)
        drawing.rect(left, y - 4, max(1.0, BAR * probability), 8, kind="accent")
        drawing.text(left + BAR + 6, y, f"{probability:.2f}", kind="soft", size=10, anchor="start")
        drawing.text(left + BAR + 36, y, shortened(name, LONGEST), size=11, anchor="start")
