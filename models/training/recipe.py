"""What a training run of the CRNN is made of: its length, its rate, what is drawn when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Recipe:
    """What a run is made of. Shares are of the whole run, from 0 to 1.

    minutes or words: the length of the one-cycle, from where the run began; by time where both are given.
    rate, warm: peak learning rate and the share in which it is reached; it ends at a hundredth.
    narrow: share in which pictures are 64 pixels wide; short: characters at most in it.
    long: characters at most after it; 0: as the difficulty allows.
    fade: words over which cross-entropy on frames gives way to CTC.
    hard, hardest: share after which the difficulty stays at its greatest, and that.
    average: momentum of the averaged weights.
    photographs: share of photographed words, where --real names some.
    """

    seed: int = 1
    words: int = 105_000
    minutes: float = 0.0
    batch: int = 32
    rate: float = 1e-3
    warm: float = 0.06
    decay: float = 5e-3
    clip: float = 5.0
    narrow: float = 0.65
    short: int = 7
    long: int = 0
    fade: int = 24_000
    hard: float = 0.6
    hardest: float = 0.65
    average: float = 0.99
    photographs: float = 0.25

    def progress(self, words: int, seconds: float) -> float:
        return min(1.0, seconds / (60 * self.minutes) if self.minutes else words / self.words)

    def learning_rate(self, progress: float) -> float:
        if progress < self.warm:
            return self.rate * (0.05 + 0.95 * progress / self.warm)
        fall = (progress - self.warm) / (1 - self.warm)
        return self.rate * (0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * fall)))

    def difficulty(self, progress: float) -> float:
        return self.hardest * (min(1.0, progress / self.hard) if self.hard else 1.0)
