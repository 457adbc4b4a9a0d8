"""What can be wrong with a network's file or with what it is asked."""

from __future__ import annotations


class NetworkError(ValueError):
    """The network cannot be opened or cannot take this input; the message is one sentence for the reader."""
