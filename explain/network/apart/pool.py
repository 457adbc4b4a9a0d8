"""How many strangers' networks are open at once, all visitors together; the one longest out of use gives way."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from explain.network.errors import NetworkError

MOST_OPEN = 3
MOST_MEMORY = 2_400_000_000  # bytes that they may take together, by what each is allowed; few ever take it all
PATIENCE = 20.0  # seconds to wait for a place while all others are at work


class Member(Protocol):
    """A network that has a process while it is in use. allowance: bytes of memory that it may take."""

    allowance: int

    @property
    def alive(self) -> bool: ...

    def give_way(self) -> None: ...


class Pool:
    """Places for processes. Safe to use from any thread.

    most: how many processes there are at once. memory: bytes that they are allowed together; one alone may always be.
    """

    def __init__(self, most: int = MOST_OPEN, memory: int = MOST_MEMORY, patience: float = PATIENCE) -> None:
        self._most, self._memory, self._patience = most, memory, patience
        self._changed = threading.Condition()  # guards the two below
        self._open: OrderedDict[Member, None] = OrderedDict()  # the one longest out of use first
        self._busy: set[Member] = set()

    @contextmanager
    def place(self, member: Member) -> Iterator[None]:
        """Within this the member may have a process, and keeps it afterwards until another needs the place.

        Raises NetworkError where every other one is at work for too long.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._room_for(member), self._patience):
                raise NetworkError(
                    "Other visitors' networks are all being computed just now; try again in a few seconds."
                )
            self._open[member] = None
            self._open.move_to_end(member)
            self._busy.add(member)
        try:
            yield
        finally:
            with self._changed:
                self._busy.discard(member)
                self._changed.notify_all()

    def leave(self, member: Member) -> None:
        """The member's process is gone for good."""
        with self._changed:
            self._open.pop(member, None)
            self._changed.notify_all()

    def _room_for(self, member: Member) -> bool:
        """Whether there is room; what is not at work and longest out of use gives way to make some."""
        for other in list(self._open):
            if other not in self._busy and not other.alive:
                del self._open[other]
        if not self._fits(member, [other for other in self._open if other in self._busy]):
            return False  # whoever gave way would do so for nothing
        while not self._fits(member, list(self._open)):
            idle = next((other for other in self._open if other not in self._busy and other is not member), None)
            if idle is None:
                return False
            del self._open[idle]
            idle.give_way()
        return True

    def _fits(self, member: Member, beside: list[Member]) -> bool:
        others = [other for other in beside if other is not member]
        taken = sum(other.allowance for other in others)
        return not others or (len(others) < self._most and taken + member.allowance <= self._memory)


FOR_ALL = Pool()
