"""The reading of a word as still pictures in SVG, written out from the arrays: nothing but text, no other package.

One y and one x axis in screen pixels; every input pixel is ENLARGED of them wide, so that the word, the heat map and
the reading stand under one another. Every cell tells its number in a `<title>`, which a browser shows on hovering.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explain.charts import ctc
from explain.ctc import decoding
from explain.ctc.alphabet import Alphabet
from explain.ctc.alternatives import shown
from explain.layers.frames import Frames
from explain.layers.lstm import Memory
from explain.pictures import images
from explain.pictures.drawing import Drawing
from explain.report.pictures import grey

ENLARGED = 6
LEFT, RIGHT, TOP, GAP = 62, 14, 4, 8
CELL, LOWEST_CELL, TALLEST = 18, 8, 420
BAR, MOST_BAR, BAND = 22, 420, 90


class _Word(Drawing):
    """A drawing with the word on top, and places for its frames under it."""

    def __init__(self, picture: np.ndarray, frames: Frames, label: str):
        height, width = picture.shape
        super().__init__(LEFT + ENLARGED * width + RIGHT, label)
        self.centres = [LEFT + ENLARGED * centre for centre in frames.centres]
        self.step = ENLARGED * frames.step
        seen = images.data_url(grey(picture))
        self.image(LEFT, TOP, ENLARGED * width, ENLARGED * height, seen)
        self.under = TOP + ENLARGED * height + GAP

    def heat(self, values: np.ndarray, names: Sequence[str], top: float, cell: float, what: str) -> None:
        """values: `(row, frame)` from 0 to 1. names: of the rows."""
        colours = images.colours(values, 0.0, 1.0)
        for row, name in enumerate(names):
            y = top + row * cell
            self.text(LEFT - 6, y + cell / 2, name, anchor="end", size=min(13, cell * 0.8))
            for t, centre in enumerate(self.centres):
                tip = f"frame {t}, {name}: {what} {values[row, t]:.4f}"
                fill = images.hexadecimal(colours[row, t])
                self.rect(centre - self.step / 2, y, self.step, cell, fill=fill, tip=tip)

    def reading(self, spans: Sequence[decoding.Span], alphabet: Alphabet, y: float) -> None:
        """A line under the frames of each character, and the character under the line."""
        for span in spans:
            left, right = self.centres[span.start] - self.step / 2, self.centres[span.end - 1] + self.step / 2
            self.line([(left + 1, y), (right - 1, y)], kind="span")
            self.text((left + right) / 2, y + 20, alphabet.name(span.label), size=24)


def ctc_chart(
    picture: np.ndarray,
    probabilities: np.ndarray,
    best: decoding.BestPath,
    alphabet: Alphabet,
    frames: Frames,
) -> Drawing:
    """The word, the softmax over the frames, the best path and what it collapses to.

    picture: `(height, width)` from 0 to 1. probabilities: `(frame, label)`.
    """
    rows = ctc.rows_to_show(probabilities, best, alphabet.blank)
    written = alphabet.text(best.labels) or "nothing"
    drawing = _Word(picture, frames, f"Softmax over {len(probabilities)} frames; the best path reads {written}.")
    names = [alphabet.name(label) for label in rows]
    drawing.heat(probabilities[:, rows].T, names, drawing.under, CELL, "probability")
    path = drawing.under + CELL * len(rows) + 16
    drawing.text(LEFT - 6, path, "best path", kind="soft", anchor="end", size=10)
    for t, label in enumerate(best.path):
        kind = "soft" if label == alphabet.blank else "accent"
        drawing.text(drawing.centres[t], path, alphabet.mark(label), kind=kind, size=14)
    drawing.reading(best.spans, alphabet, path + 14)
    return drawing


def lattice_chart(
    picture: np.ndarray,
    lattice: decoding.Lattice,
    alignment: decoding.Alignment,
    alphabet: Alphabet,
    frames: Frames,
) -> Drawing:
    """The posterior of every state of a text's lattice at every frame, its likeliest alignment drawn through it.

    picture: as in `ctc_chart`.
    """
    names = [alphabet.mark(label) for label in lattice.states]
    written = alphabet.text(span.label for span in alignment.spans) or "the empty text"
    drawing = _Word(picture, frames, f"Posterior of the alignments of {written}, the likeliest one as a line.")
    cell = max(LOWEST_CELL, min(CELL, TALLEST / len(names)))
    drawing.heat(lattice.gamma.T, names, drawing.under, cell, "posterior")
    points = [(drawing.centres[t], drawing.under + (state + 0.5) * cell) for t, state in enumerate(alignment.states)]
    # Light on dark, so that it stands out from every colour under it.
    drawing.line(points, style="stroke:#15181e;stroke-width:3.5;pointer-events:none")
    drawing.line(points, style="stroke:#ffffff;stroke-width:1.6;pointer-events:none")
    drawing.reading(alignment.spans, alphabet, drawing.under + cell * len(names) + 10)
    return drawing


def texts_chart(candidates: Sequence[tuple[str, float]]) -> Drawing:
    """Texts with the logarithms of their probabilities, as bars from 0 to 1."""
    room = 12 + 9 * max((len(text) for text, _ in candidates), default=0) + 60
    drawing = Drawing(room + MOST_BAR + 90, "The likeliest texts with their probabilities.")
    for row, (text, log_probability) in enumerate(candidates):
        middle = TOP + BAR * (row + 0.5)
        drawing.text(8, middle, text or "(empty)", anchor="start", size=14)
        drawing.rect(room, middle - 5, max(1.0, MOST_BAR * float(np.exp(log_probability))), 10, kind="accent")
        drawing.text(room + MOST_BAR + 10, middle, shown(log_probability), anchor="start")
    return drawing


def memory_chart(picture: np.ndarray, memories: dict[str, Memory], frames: Frames) -> Drawing:
    """Bars: length of a layer's cell state after each step; line: of what the step kept of the memory it found.

    memories: by the name of the layer and its direction. picture: as in `ctc_chart`.
    """
    drawing = _Word(picture, frames, "Memory carried over each step: bars after it, line what it kept.")
    top = drawing.under
    for name, memory in memories.items():
        most = float(max(memory.after.max(), memory.kept.max())) or 1.0
        drawing.text(
            LEFT, top + 8, f"{name}: memory after each step (bars), kept of what it found (line)", anchor="start"
        )
        bottom = top + 20 + BAND
        drawing.text(LEFT - 6, bottom - BAND, f"{most:.3g}", kind="soft", anchor="end", size=10)
        drawing.text(LEFT - 6, bottom, "0", kind="soft", anchor="end", size=10)
        for t, centre in enumerate(drawing.centres):
            tall = BAND * float(memory.after[t]) / most
            tip = f"frame {t}: after {memory.after[t]:.3f}, kept {memory.kept[t]:.3f} of {memory.before[t]:.3f}"
            drawing.rect(centre - 0.4 * drawing.step, bottom - tall, 0.8 * drawing.step, tall, kind="soft", tip=tip)
        kept = [(x, bottom - BAND * float(value) / most) for x, value in zip(drawing.centres, memory.kept, strict=True)]
        drawing.line(kept, kind="kept")
        drawing.line([(LEFT, bottom), (drawing.width - RIGHT, bottom)], kind="edge")
        top = bottom + 18
    return drawing
