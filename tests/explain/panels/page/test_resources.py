"""What all visitors share."""

from __future__ import annotations

import gc

from explain.panels.page import resources


def test_garbage_is_collected_seldom_and_what_is_loaded_is_left_out(monkeypatch):
    collected = []
    monkeypatch.setattr(gc, "collect", lambda *_: collected.append(gc.get_freeze_count()))
    monkeypatch.setattr(resources.time, "monotonic", lambda: clock)
    resources._collected.clear()
    gc.unfreeze()  # pages that other tests opened in this process froze what was loaded then
    try:
        clock = 1000.0
        resources.tidy()
        assert len(collected) == 2 and collected[1] > 10_000 > collected[0]  # before and after the freeze
        clock += resources.COLLECT_SECONDS / 2
        resources.tidy()
        assert len(collected) == 2
        clock += resources.COLLECT_SECONDS
        resources.tidy()
        assert len(collected) == 3
    finally:
        gc.unfreeze()
        resources._collected.clear()
