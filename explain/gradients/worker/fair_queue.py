"""A queue that is fair to those who wait: one job of each owner in turn, an owner's own jobs in order."""

from __future__ import annotations

import itertools
from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Round robin between owners. Not thread-safe: the caller holds the lock.

    Whoever was served longest ago comes next; those never served come first, in the order of their arrival.
    """

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[T]] = OrderedDict()  # owners in the order of their turn
        self._last: str | None = None  # the owner served last: back to the end of the line

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def put(self, owner: str, item: T) -> None:
        self._waiting.setdefault(owner, deque()).append(item)
        if owner != self._last and self._last in self._waiting:
            self._waiting.move_to_end(self._last)  # someone new goes before the one whose job is running

    def take(self) -> T | None:
        """The next item, or None where nobody waits."""
        if not self._waiting:
            return None
        owner, items = next(iter(self._waiting.items()))
        item = items.popleft()
        self._waiting.move_to_end(owner)
        if not items:
            del self._waiting[owner]
        self._last = owner
        return item

    def remove(self, item: T) -> bool:
        """Takes an item out of the line; False where it is not there."""
        for owner, items in self._waiting.items():
            if item in items:
                items.remove(item)
                if not items:
                    del self._waiting[owner]
                return True
        return False

    def order(self) -> list[T]:
        """The items in the order in which they will be taken if nobody else comes."""
        rounds = itertools.zip_longest(*self._waiting.values(), fillvalue=_NOTHING)
        return [item for turn in rounds for item in turn if item is not _NOTHING]


_NOTHING = object()
