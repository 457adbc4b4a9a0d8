"""What a network does, layer by layer: `from explain import open_network` opens one in a notebook or a script.

Importing this loads nothing else; what a name needs is imported when the name is asked for.
"""

from __future__ import annotations

from typing import Any

__all__ = ["open_network"]


def __getattr__(name: str) -> Any:
    """Finds the names of `__all__` when they are first used (PEP 562, https://peps.python.org/pep-0562/)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from explain.notebook import network

    return getattr(network, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
