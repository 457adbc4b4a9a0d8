"""For all tests of the panels: no view starts the gradient worker's process by itself."""

from __future__ import annotations

import pytest

from explain.panels.flow import follow


@pytest.fixture(autouse=True)
def asked_for(monkeypatch):
    """A path waits for its button, whatever the size of the picture."""
    monkeypatch.setattr(follow.QUICK, "at_once", False)
