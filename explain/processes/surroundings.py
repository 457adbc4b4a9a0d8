"""What of the page's surroundings a process sees that computes with a stranger's file: the rest is none of its
business."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "SYSTEMROOT")  # to find Python and its packages


def packages() -> str:
    """PYTHONPATH for a process that imports this project, and what the page imports besides."""
    return os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))


def strangers() -> dict[str, str]:
    """The environment of a process that computes with a stranger's file."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": packages(),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": os.devnull,  # libraries would begin folders of their own there
    }
