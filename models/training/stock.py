"""A stock of drawn words to train from faster than they can be drawn."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from models.crnn import HEIGHT, WIDTH
from models.training.ahead import Drawing
from models.training.render import Batch

LABEL_ROOM = 24  # longest text, filled up


class Stock:
    """Batches of words picked at random among those drawn so far; the drawing goes on meanwhile.

    drawing: gives batches of full width. room: words kept at most, the oldest make room. number: words in a batch.
    least: words that must have been drawn before the first batch is given.
    Which words a batch holds depends on how fast they are drawn: unlike Drawing's, batches are not the same again.
    """

    def __init__(self, drawing: Drawing, number: int, room: int = 3_000_000, least: int = 8_000, seed: int = 1):
        self.drawing, self.number, self.room, self.least = drawing, number, room, min(least, room)
        self.rng = np.random.default_rng(seed)
        self.drawn = 0
        # memory that is not written to yet costs nothing
        self.pictures = np.empty((room, HEIGHT, WIDTH), np.uint8)
        self.labels = np.empty((room, LABEL_ROOM), np.int8)
        self.frames = np.empty((room, WIDTH // 4 - 1), np.int8)
        self.thread = ThreadPoolExecutor(1)  # picks the next batch while the last one is learnt from
        self.next = self.thread.submit(self._pick)

    def __next__(self) -> tuple[Batch, float]:
        """A batch and the seconds it had to be waited for; its texts are left out."""
        begun = time.monotonic()
        batch = self.next.result()
        self.next = self.thread.submit(self._pick)
        return batch, time.monotonic() - begun

    def _pick(self) -> Batch:
        while self.drawn < self.least or self.drawing.ready:
            self._keep(next(self.drawing)[0])
        chosen = self.rng.integers(0, min(self.drawn, self.room), self.number)
        return Batch(self.pictures[chosen], self.labels[chosen].astype(np.int32), self.frames[chosen], ())

    def _keep(self, batch: Batch) -> None:
        places = (self.drawn + np.arange(len(batch.pictures))) % self.room
        self.pictures[places], self.frames[places] = batch.pictures, batch.frames
        self.labels[places] = -1
        self.labels[places, : batch.labels.shape[1]] = batch.labels
        self.drawn += len(places)

    def close(self) -> None:
        self.thread.shutdown(wait=False, cancel_futures=True)
        self.drawing.close()
