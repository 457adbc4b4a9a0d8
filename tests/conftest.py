"""What all tests have in common."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from streamlit.runtime.scriptrunner import script_runner

try:
    import fcntl
except ImportError:  # Windows: tests that take time are less sure there
    fcntl = None

ALONE = "alone"


@pytest.fixture(scope="session", autouse=True)
def keras_keeps_its_state() -> Iterator[None]:
    """Streamlit clears Keras's state after every run of a page, where anything has loaded Keras: here other tests.

    The page never loads it. Clearing goes through all that is alive, which took a third of the walk's time.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(script_runner, "_clean_problem_modules", lambda: None, raising=False)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Tests run in two processes; one that takes the time has the machine to itself."""
    run = getattr(item.config, "workerinput", {}).get("testrunuid")
    if run is None or fcntl is None:
        return (yield)
    with _turn(Path(tempfile.gettempdir()) / f"tests-{run}", item.get_closest_marker(ALONE) is not None):
        return (yield)


@contextmanager
def _turn(lock: Path, alone: bool) -> Iterator[None]:
    """Waits until nothing else runs, or nothing that wants to be alone.

    Whoever waits stands in the door, so that one who wants to be alone is not passed by again and again.
    """
    with open(f"{lock}-door", "w") as door, open(lock, "w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield
