"""What cannot be shown is said in one sentence: a network's file may change or vanish while its page is open."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator

import streamlit as st

from explain.network.errors import NetworkError
from explain.panels.page.wording import plain
from explain.panels.words import explained


@contextlib.contextmanager
def said() -> Iterator[None]:
    """What a network refuses in here is written on the page, in place of what would have followed."""
    try:
        yield
    except NetworkError as problem:
        st.error(plain(str(problem)), icon=":material/error:")


def fragment(show: Callable[..., None]) -> Callable[..., None]:
    """As `st.fragment`, a part of the page that runs anew by itself, and says so where its network refuses."""

    @st.fragment
    @functools.wraps(show)
    def part(*arguments, **named) -> None:
        with said(), explained.part(f"{show.__module__}.{show.__qualname__}"):
            show(*arguments, **named)

    return part
