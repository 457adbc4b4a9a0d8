"""A view run by Streamlit's own test runner, and what it says."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from streamlit.testing.v1 import AppTest


def opened(page: Callable, timeout: float = 60, of: Mapping[str, Any] | None = None, **address: str) -> AppTest:
    """The view that `page` shows, run once at an address; page is a function that imports what it needs, of: what it is
    called with."""
    test = AppTest.from_function(page, default_timeout=timeout, kwargs=dict(of or {}))
    for name, value in address.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception
    return test


def text_of(test: AppTest) -> str:
    """What the page says in texts, captions and messages, and behind the question marks of captions."""
    kinds = (test.markdown, test.caption, test.info, test.warning, test.error, test.success)
    texts = [text for kind in kinds for part in kind for text in (part.value, getattr(part, "help", None))]
    return "\n".join(unmarked(text) for text in texts if text)


def ended(test: AppTest, text: str, seconds: float = 120) -> AppTest:
    """The page once the work beside it has come to its end and it says so."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        test.run()
        assert not test.exception
        if text in text_of(test):
            return test
        time.sleep(0.2)
    raise AssertionError(f"{text!r} never came: {text_of(test)}")


def captions_of(test: AppTest) -> list[str]:
    """What the captions say."""
    return [unmarked(part.value) for part in test.caption]


def unmarked(text: str) -> str:
    """A text without the marks of the terms that explain themselves."""
    return re.sub(r"\[([^\[\]]+)\]\(#term-[a-z-]+\)", r"\1", text)
