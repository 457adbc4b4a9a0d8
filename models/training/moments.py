"""Train the CRNN and keep what it was at some moments: how it learnt, for the page.

    python -m models.training.moments --out FOLDER --fonts FONTS.json --minutes 60 --winograd
    python -m models.training.moments --out FOLDER --fonts FONTS.json --resume

A training as `models.training.train_crnn` does it, with its options. FOLDER gets moments.npz (`models/moments.py`)
besides, written anew at each moment. The weights are those of that moment, not the averaged ones, which lag behind by
some thousand words; batch normalisation is measured first (`models.training.validation.measure_batch_norm` says why).
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from models import moments
from models.moments import Moments
from models.training import train_crnn
from models.training.loss import loss, pack
from models.training.render import Batch
from models.training.train_crnn import Run
from models.training.validation import accuracy, collapsed, measure_batch_norm
from models.typeface import draw_word

PLANNED = (0, 250, 500, 1_000, 2_000, 3_000, 4_000, 5_000, 6_300, 8_000, 10_000, 12_700, 16_000, 20_000)
PLANNED += (25_400, 32_000, 40_000, 50_800, 64_000, 80_600, 101_600)  # words seen; thirds of an octave from 4,000 on
WORDS = (  # of two characters to twelve, a doubled letter, digits and capitals; in typefaces of the page
    ("elephant", "Serif"),
    ("hello", "Sans"),
    ("LONDON", "Bold"),
    ("OPEN", "Display"),
    ("a1b2", "Typewriter"),
    ("it", "Sans"),
    ("segmentation", "Italic"),
)
NAME = "moments.npz"


class Watch:
    """Looks at a run before each of its steps and keeps what it is at each planned moment, and at its end.

    A run that goes on from a checkpoint has its moments up to there; later ones come again.
    """

    def __init__(self, planned: tuple[int, ...] = PLANNED, words: tuple[tuple[str, str], ...] = WORDS):
        from models.crnn import fit

        self.planned, self.texts = planned, tuple(text for text, _ in words)
        self.pictures = np.stack([np.asarray(fit(draw_word(*word))) for word in words])
        self.kept: Moments | None = None
        self.model, self.looked = None, False

    def __call__(self, run: Run, sets: dict[str, Batch]) -> None:
        if not self.looked:
            self.kept, self.looked = before(run.out / NAME, run.words), True
        seen = self.kept.seen[-1] if self.kept else -1
        due = max((words for words in self.planned if words <= run.words), default=-1) > seen
        if due or (run.progress >= 1 and run.words > seen):
            self.kept = joined(self.kept, self.look(run, sets))
            moments.write(self.kept, run.out / NAME)
            now = f"{run.words} words: loss {self.kept.losses[-1]:.2f}, {self.kept.right[-1]:.3f} right"
            print(now, *self.kept.readings[-1], flush=True)

    def look(self, run: Run, sets: dict[str, Batch]) -> Moments:
        """The one moment that the run is at."""
        from models.crnn import build

        self.model = self.model or build(logits=True)
        self.model.set_weights(run.model.get_weights())
        measure_batch_norm(self.model, sets["normalise"].pictures)
        plain, shown = self._answers(sets["plain"].pictures), self._answers(self.pictures)
        read = [collapsed(path) for path in plain.argmax(axis=-1)]
        first = next(layer for layer in self.model.layers if layer.name.startswith("conv"))
        return Moments(
            seen=np.array([run.words]),
            losses=np.array([np.mean(loss(pack(sets["plain"], 1.0), plain))]),
            right=np.array([accuracy(read, sets["plain"].texts)]),
            tried=len(read),
            texts=self.texts,
            pictures=self.pictures,
            probabilities=softmax(shown)[None],
            readings=(tuple(collapsed(path) for path in shown.argmax(axis=-1)),),
            layer=first.name,
            filters=np.asarray(first.get_weights()[0])[None],
        )

    def _answers(self, pictures: np.ndarray) -> np.ndarray:
        x = pictures[..., None].astype(np.float32) / 255
        return np.concatenate([self.model.predict_on_batch(x[i : i + 64]) for i in range(0, len(x), 64)])


def softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def before(path: Path, words: int) -> Moments | None:
    """Those moments of a file at which no more than so many words had been seen; None where there are none."""
    if not path.exists():
        return None
    kept = moments.read(path)
    number = int(np.searchsorted(kept.seen, words, side="right"))
    if not number:
        return None
    per_moment = ("seen", "losses", "right", "probabilities", "readings", "filters")
    return replace(kept, **{name: getattr(kept, name)[:number] for name in per_moment})


def joined(earlier: Moments | None, later: Moments) -> Moments:
    """The moments of both. Raises ValueError where they look at other words."""
    if earlier is None:
        return later
    if earlier.texts != later.texts:
        raise ValueError(f"The moments kept so far look at {', '.join(earlier.texts)}: begin anew for other words.")
    arrays = ("seen", "losses", "right", "probabilities", "filters")
    both = {name: np.concatenate([getattr(earlier, name), getattr(later, name)]) for name in arrays}
    return replace(later, readings=earlier.readings + later.readings, **both)


def main(arguments: list[str] | None = None) -> None:
    train_crnn.main(arguments, Watch())


if __name__ == "__main__":
    main(sys.argv[1:])
