"""Frames for the tests of the charts."""

from explain.layers.frames import Frames


def frames(columns: list[tuple[int, int]], width: int) -> Frames:
    """columns: first and last that each frame sees. The charts do not ask for their middles."""
    return Frames(tuple(columns), (), width)
