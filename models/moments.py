"""What a network was at some moments of a training, from nothing on: kept with a card that has such moments.

A file for each: an .npz (nothing in it is unpickled) of how many pictures it had seen, how well it did, what it made of
a few words, and one layer's filters. `models/training/moments.py` writes it while a network is trained.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

STEPS = 65535  # a probability is stored as a whole number of so many parts


class MomentsError(ValueError):
    """The file holds no moments of a training; the message is one sentence for the reader."""


@dataclass(frozen=True, eq=False)
class Moments:
    """A training at some moments, in order.

    seen: `(moment,)`, pictures seen until then. losses: `(moment,)`, CTC's loss in nats a word, and right: `(moment,)`,
    share read right but for the case, both on `tried` words that it is not trained on.
    pictures: `(word, height, width)` uint8, grey, as the network sees them; texts: what they say.
    probabilities: `(moment, word, frame, label)` float32, what it answers to each of them.
    readings: of each moment what its best path reads of each word.
    layer, filters: the first convolution and its filters, `(moment, height, width, in, out)` float32.
    """

    seen: np.ndarray
    losses: np.ndarray
    right: np.ndarray
    tried: int
    texts: tuple[str, ...]
    pictures: np.ndarray
    probabilities: np.ndarray
    readings: tuple[tuple[str, ...], ...]
    layer: str
    filters: np.ndarray

    def __len__(self) -> int:
        return len(self.seen)

    def right_from(self, word: int) -> int | None:
        """The moment from which on a word is read right every time; None where it is not even at the end."""
        wrong = [at for at in range(len(self)) if self.readings[at][word] != self.texts[word]]
        first = wrong[-1] + 1 if wrong else 0
        return first if first < len(self) else None

    def silent(self) -> int | None:
        """The first moment at which nothing is read of any word: blank in every frame; None where there is none."""
        return next((at for at, read in enumerate(self.readings) if not any(read)), None)

    def likeness(self, moment: int) -> float:
        """Of the filters at a moment to those at the first, all of them as one vector: the cosine between the two."""
        first, now = self.filters[0].ravel(), self.filters[moment].ravel()
        lengths = float(np.linalg.norm(first) * np.linalg.norm(now))
        return float(first @ now) / lengths if lengths else 0.0


def read(path: Path) -> Moments:
    """The moments of a file. Raises MomentsError, in one sentence, for one that is not there or holds others."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
            said = json.loads(str(arrays.pop("said")))
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise MomentsError(f"{path} holds no moments of a training; models/training/moments.py writes them.") from error
    return Moments(
        texts=tuple(said["texts"]),
        readings=tuple(map(tuple, said["readings"])),
        layer=said["layer"],
        tried=said["tried"],
        probabilities=arrays["probabilities"].astype(np.float32) / np.float32(STEPS),
        filters=arrays["filters"].astype(np.float32),
        **{name: arrays[name] for name in ("seen", "losses", "right", "pictures")},
    )


def write(moments: Moments, path: Path) -> None:
    """Writes the moments: probabilities to 1/65535, filters in half precision."""
    said = {"texts": moments.texts, "readings": moments.readings, "layer": moments.layer, "tried": moments.tried}
    part = path.with_suffix(".part.npz")
    np.savez_compressed(
        part,
        said=np.array(json.dumps(said)),
        seen=moments.seen.astype(np.int64),
        losses=moments.losses.astype(np.float32),
        right=moments.right.astype(np.float32),
        pictures=moments.pictures.astype(np.uint8),
        probabilities=np.rint(moments.probabilities * STEPS).astype(np.uint16),
        filters=moments.filters.astype(np.float16),
    )
    part.replace(path)
