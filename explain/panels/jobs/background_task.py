"""Work of some seconds in the page's own process, in a thread beside the page: progress, Cancel, nobody else waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

FORGOTTEN = 15.0  # seconds without a look after which nobody is waiting any more

OnStep = Callable[[int, int], bool]  # (steps done, steps in all); False stops


class Task:
    """A piece of work that runs from the moment this is made.

    work: called with a function to tell its progress to, which returns False once it should stop.
    done, of: how far it is. position: in a queue; there is none here.
    result: what it returned, once `ended`; error: one sentence if it failed, else None.
    """

    position = 0

    def __init__(self, work: Callable[[OnStep], Any]) -> None:
        self.done, self.of = 0, 0
        self.result: Any = None
        self.error: str | None = None
        self._work, self._wanted, self._looked = work, True, time.monotonic()
        self._thread = threading.Thread(target=self._run, name="background task", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Looking keeps it going: work that nobody looks at for a while stops by itself."""
        self._looked = time.monotonic()
        return not self._thread.is_alive()

    @property
    def share(self) -> float:
        return min(1.0, self.done / self.of) if self.of else 0.0

    def cancel(self) -> None:
        self._wanted = False

    def _run(self) -> None:
        try:
            self.result = self._work(self._tell)
        except ValueError as error:  # the methods' own, one sentence each
            self.error = str(error)
        except MemoryError:
            self.error = "There was not enough memory for this; try again when fewer people use the page."

    def _tell(self, done: int, of: int) -> bool:
        self.done, self.of = done, of
        return self._wanted and time.monotonic() - self._looked < FORGOTTEN
