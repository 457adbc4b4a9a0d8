"""How a process that computes for the page begins: its pipes to itself, slower than the page, gone when that is."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from typing import BinaryIO

NICE = 5  # the page comes first
GONE_FIRST = 800  # of 1000: how readily Linux ends the process when memory is short
PR_SET_PDEATHSIG = 1  # of Linux's prctl.h


def take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Where the page's frames come from and where the answers go.

    What any library prints to standard output goes to standard error from here on, and standard input is empty.
    """
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return source, sink


def be_a_good_child(parent: int) -> None:
    """Slower than the page, first to go when memory is short, gone when the page is (all of it on Linux only).

    Linux ends the process with the thread that started it, so that has to be one that lives on.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the page, which then closes the pipe
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICE)
    if sys.platform == "linux":
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write(str(GONE_FIRST))
        # A copy of the pipe may outlive the page in another of its children; the kernel's word is final.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)
