"""The C library's heap, held to what is in use: a page that is up for days must not grow."""

from __future__ import annotations

import contextlib
import ctypes

M_MMAP_THRESHOLD = -3  # of glibc's malloc.h
APART = 2**20  # bytes from which a block has pages of its own; glibc's own rule begins with an eighth of that


def bound() -> None:
    """Has glibc return large blocks to the system as soon as they are freed.

    By itself it moves the line between small and large up to 32 MB as large blocks come and go, and lays what is below
    it into one of eight heaps a core, each thread in its own. A map of 224 x 224 x 64 has 13 MB, and every run of the
    page is a
    thread: 400 MB lay free between blocks in use, for nobody else to take (three visitors, after three minutes).
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):  # another C library, another system
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, APART)


def trim() -> None:
    """Hands freed memory back to the system: that of small blocks, in pages where none is in use any more."""
    with contextlib.suppress(AttributeError, OSError, TypeError):  # another C library, another system
        ctypes.CDLL(None).malloc_trim(0)
