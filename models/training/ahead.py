"""Words drawn ahead of training, in processes of their own that never load Keras."""

from __future__ import annotations

import os
import time
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from models.training.fonts import installed
from models.training.photographs import stored
from models.training.real import RealWords, mixed
from models.training.render import Batch, Renderer
from models.training.strips import Respelling
from models.training.words import DICTIONARIES, dictionary

_renderer: Renderer | None = None
_real: RealWords | None = None
_share = 0.0


def _start_drawing(cache: Path | None, real: Path | None, share: float, nice: int) -> None:
    global _renderer, _real, _share
    os.nice(nice)
    _renderer = Renderer([font for font in installed(cache=cache) if not font.held_out])
    if real:
        _real, _share = RealWords(stored(real), respelling=Respelling(dictionary(DICTIONARIES[0]))), share


def _draw(arguments: tuple) -> Batch:
    assert _renderer is not None
    return mixed(_renderer, _real, _share, *arguments)


class Drawing:
    """Batches drawn ahead of training, in order. plan(number) gives the arguments of Renderer.batch of a batch.

    real: a list of photographed words (models/training/photographs.py), of which each batch then has a share.
    """

    def __init__(
        self,
        plan,
        first: int,
        cache: Path | None,
        processes: int = 1,
        ahead: int = 10,
        real: Path | None = None,
        share: float = 0.0,
    ):
        self.plan, self.next, self.ahead = plan, first, ahead
        self.pool = ProcessPoolExecutor(processes, get_context("spawn"), _start_drawing, (cache, real, share, 3))
        self.waiting: deque = deque()
        self.drawn = 0  # words given out

    def _order(self) -> None:
        while len(self.waiting) < self.ahead:
            self.waiting.append(self.pool.submit(_draw, self.plan(self.next)))
            self.next += 1

    @property
    def ready(self) -> bool:
        """Whether the next batch need not be waited for."""
        self._order()
        return self.waiting[0].done()

    def __next__(self) -> tuple[Batch, float]:
        """The next batch and the seconds it had to be waited for."""
        self._order()
        begun = time.monotonic()
        batch = self.waiting.popleft().result()
        self.drawn += len(batch.texts)
        return batch, time.monotonic() - begun

    def close(self) -> None:
        self.pool.shutdown(wait=False, cancel_futures=True)
