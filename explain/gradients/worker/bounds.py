"""What one job of the gradient worker may take: memory, time, and the patience of whoever waits."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Protocol

CPU_SECONDS = 900  # of a bounded process's whole life; the system ends it there, so no job begins shortly before
TOO_MUCH = "This took more than the {:.1f} GB of memory that it may use and was ended; nothing else is lost."
TOO_LONG = (
    "This took more than the {:.0f} seconds{} that one request about a network of a visitor's own may take, and was "
    "ended to let others have their turn; ask for fewer steps, or look at a smaller network."
)
FORGOTTEN = "Nobody looked at this for a while, so that it was ended to let others have their turn; ask for it again."


class Process(Protocol):
    """The process at work."""

    def memory(self) -> int | None: ...

    def processor_seconds(self) -> float | None: ...


@dataclass(frozen=True)
class Bounds:
    """memory: resident bytes of the process (watched on Linux). patience: seconds that a cancelled job may go on.
    forgotten: seconds without a look. clock, processor: seconds that one job may take by the clock, the start of the
    process included, and of the processor, all threads together (watched on Linux).
    """

    memory: int
    patience: float
    forgotten: float
    clock: float = inf
    processor: float = inf

    def broken(self, process: Process, seconds: float, had: float) -> str:
        """One sentence where a job takes what it may not, for which its process is ended; else empty.

        seconds: that it has been worked on. had: processor time of the process when the job began.
        """
        if (process.memory() or 0) > self.memory:
            return TOO_MUCH.format(self.memory / 1e9)
        if seconds > self.clock:
            return TOO_LONG.format(self.clock, "")
        if self.processor < inf and (process.processor_seconds() or 0.0) - had > self.processor:
            return TOO_LONG.format(self.processor, " of processor time")
        return ""
