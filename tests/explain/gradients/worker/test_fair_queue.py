"""The line before the worker."""

from __future__ import annotations

from explain.gradients.worker.fair_queue import FairQueue


def test_a_fair_queue_by_hand():
    line = FairQueue()
    for item in ("a1", "a2", "b1", "b2", "c1"):
        line.put(item[0], item)
    assert line.order() == ["a1", "b1", "c1", "a2", "b2"] and len(line) == 5
    assert line.take() == "a1"
    line.put("d", "d1")  # never served: before a, whose turn it just was
    assert line.order() == ["b1", "c1", "d1", "a2", "b2"]
    assert line.remove("c1") and not line.remove("c1")
    assert [line.take() for _ in range(5)] == ["b1", "d1", "a2", "b2", None]
