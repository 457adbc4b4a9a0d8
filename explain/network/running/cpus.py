"""How many cores this process may keep busy."""

from __future__ import annotations

import math
import os
from pathlib import Path


def available_cpus(root: str | Path = "/") -> int:
    """How many cores this process may keep busy: those it may run on, or its container's quota where that is less.

    Reads the affinity mask and the CPU quota of its control group and of the groups above it, version 2 (`cpu.max`)
    or 1 (`cpu.cfs_quota_us`). A quota of one and a half cores counts as two. root: where to look for /proc and /sys.
    """
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # no affinity on this system (macOS, Windows)
        cores = os.cpu_count() or 1
    return max(1, min([cores, *(math.ceil(quota) for quota in _quotas(Path(root)))]))


def _quotas(root: Path) -> list[float]:
    """Cores granted by each control group that sets a limit."""
    folders = []
    try:
        memberships = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    for line in memberships:
        _, controllers, group = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = root / "sys/fs/cgroup" / ("cpu" if controllers else "")
        # Inside a container the mount shows the container's own group as the top, whatever the path says.
        path = top / group.strip("/")
        folders += [folder for folder in (path, *path.parents) if folder.is_relative_to(top)]
    return [quota for folder in dict.fromkeys(folders) if (quota := _quota(folder)) is not None]


def _quota(folder: Path) -> float | None:
    try:
        if (folder / "cpu.max").is_file():
            quota, period = (folder / "cpu.max").read_text().split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text().strip()
            period = (folder / "cpu.cfs_period_us").read_text().strip()
        return float(quota) / float(period) if quota != "max" and float(quota) > 0 else None
    except (OSError, ValueError):
        return None
