"""TensorFlow by its usual name, imported when it is first used and not before.

A module that says `from explain.gradients.lazy import tf` reads like any other that uses TensorFlow, and importing it
costs nothing: the page asks these modules what they can do without ever loading TensorFlow.
"""

from __future__ import annotations

import importlib
from typing import Any


class Lazy:
    """A module that is imported when one of its names is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(importlib.import_module(self._name), attribute)
        setattr(self, attribute, value)  # from now on it is found without coming here
        return value


tf = Lazy("tensorflow")
