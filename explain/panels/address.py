"""The page's address: every choice is kept in the URL, so that a link reproduces the view.

Streamlit's own widgets are bound to the address by `bind="query-params"`. The page's components write theirs here. What
stands in the address is never trusted: a value that is not one of the choices counts as not given.
"""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st


def choice(name: str, options: Collection[str], default: str) -> str:
    """The value of `name` in the address if it is one of the options, else the default."""
    value = st.query_params.get(name)
    return value if value in options else default


def numbers(name: str, count: int) -> tuple[int, ...] | None:
    """`count` whole numbers of at most six digits, written with dots between ("31.4.12"), or None."""
    parts = (st.query_params.get(name) or "").split(".")
    if len(parts) == count and all(part.isascii() and part.isdigit() and len(part) < 7 for part in parts):
        return tuple(int(part) for part in parts)
    return None


def write(name: str, value: str | None, default: str | None = None) -> None:
    """Put a choice into the address; the default, and None, leave it out, so that addresses stay short."""
    if value is None or value == default:
        if name in st.query_params:
            del st.query_params[name]
    elif st.query_params.get(name) != value:
        st.query_params[name] = value
