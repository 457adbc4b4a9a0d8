"""What a process may use that computes with somebody else's file, set by itself before it looks at the file.

Only what the operating system offers: on another one than Linux some of these limits, or all, do not exist.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import tempfile

OPEN_FILES = 64
PR_SET_NO_NEW_PRIVS = 38  # of Linux's prctl.h


def bound(memory: int, seconds: int) -> None:
    """Sets the limits of this process for good; where one is exceeded, what asks for more fails or the process ends.

    memory: bytes of address space beyond what it has already, which bounds what it can ever hold.
    seconds: of the processor, for the whole of its life.
    No file grows, nothing is left behind by a crash, and no program gets rights that this process lacks.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    tempfile.gettempdir()  # libraries ask for it, and it is found by writing a file
    limits = {"RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0, "RLIMIT_CPU": seconds, "RLIMIT_NOFILE": OPEN_FILES}
    if (held := address_space()) is not None:
        limits["RLIMIT_AS"] = held + memory
    for name, most in limits.items():
        _lower(resource, name, most)
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def no_more_processes() -> None:
    """From here on this process starts neither threads nor programs (unless it belongs to root, whom Linux lets)."""
    with contextlib.suppress(ImportError):
        import resource

        _lower(resource, "RLIMIT_NPROC", 0)


def _lower(resource, name: str, most: int) -> None:
    with contextlib.suppress(AttributeError, OSError, ValueError):  # not here, or lower already
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def address_space() -> int | None:
    """Bytes of address space that this process has; None where the system does not tell."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def processor_seconds(pid: int) -> float | None:
    """What a process has had of the processor so far, all its threads; None where the system does not tell."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None
