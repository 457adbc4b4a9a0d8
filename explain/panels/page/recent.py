"""Answers that all visitors share, the last few of them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any


class Recent:
    """Values by key; the one longest out of use goes first. Any thread may ask and add.

    most: how many are kept, or how much they come to where `size` measures one; the newest stays, however large.
    """

    def __init__(self, most: int, size: Callable[[Any], int] = lambda value: 1) -> None:
        self._most, self._size, self._values, self._lock = most, size, OrderedDict(), threading.Lock()

    def get(self, key: Hashable) -> Any:
        """The value, or None."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def add(self, key: Hashable, value: Any) -> None:
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > 1 and sum(map(self._size, self._values.values())) > self._most:
                self._values.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._values.clear()
