"""What all tests have in common."""

from collections.abc import Iterator

import pytest
from streamlit.runtime.scriptrunner import script_runner


@pytest.fixture(scope="session", autouse=True)
def keras_keeps_its_state() -> Iterator[None]:
    """Streamlit clears Keras's state after every run of a page, where anything has loaded Keras: here other tests.

    The page never loads it. Clearing goes through all that is alive, which took a third of the walk's time.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(script_runner, "_clean_problem_modules", lambda: None, raising=False)
        yield
