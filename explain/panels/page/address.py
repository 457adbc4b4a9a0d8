"""The page's address: every choice is kept in the URL, so that a link reproduces the view.

Streamlit's own widgets are bound to the address by `bind="query-params"`. The page's components write theirs here. What
stands in the address is never trusted: a value that is not one of the choices counts as not given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import streamlit as st

NOTES = "address-notes"
FOR_ALL = "address-for-all"


def choice(name: str, options: Collection[str], default: str) -> str:
    """The value of `name` in the address if it is one of the options, else the default.

    options: of a string its characters, and no longer piece of it.
    """
    _write_notes()
    value = st.query_params.get(name)
    return value if value in list(options) else default


def given(*names: str) -> str:
    """What stands in the address under the first of these names that is there, whatever it says; else ""."""
    _write_notes()
    return next(filter(None, (st.query_params.get(name) for name in names)), "")


def numbers(name: str, count: int) -> tuple[int, ...] | None:
    """`count` whole numbers of at most six digits, written with dots between ("31.4.12"), or None."""
    _write_notes()
    parts = (st.query_params.get(name) or "").split(".")
    if len(parts) == count and all(part.isascii() and part.isdigit() and len(part) < 7 for part in parts):
        return tuple(int(part) for part in parts)
    return None


def switch(
    label: str,
    options: Collection[str],
    key: str,
    labelled: bool = False,
    then: Callable[[], None] | None = None,
) -> str:
    """A row of buttons of which one is always pressed, the first from the start; kept in the address under key.

    labelled: the label stands above the buttons, not for screen readers alone. then: called when another is pressed.
    `key=` with nothing after it in an address gives Streamlit's widget no value at all, "required" or not.
    """
    first = next(iter(options))
    pressed = st.segmented_control(
        label,
        list(options),
        default=first,
        required=True,
        key=key,
        bind="query-params",
        on_change=then,
        label_visibility="visible" if labelled else "collapsed",
    )
    return pressed or first


def note(name: str, value: str | None, default: str | None = None) -> None:
    """From a component's callback: put a choice into the address in the run that follows.

    What a callback writes into `st.query_params` itself never reaches the browser. The default, and None, leave the
    choice out, so that addresses stay short.
    """
    st.session_state.setdefault(NOTES, {})[name] = None if value == default else value


def tell_all() -> None:
    """From a callback in one part of the page: what was noted concerns the others too, which then run again."""
    st.session_state[FOR_ALL] = True


def _write_notes() -> None:
    for name, value in st.session_state.pop(NOTES, {}).items():
        if value is not None:
            st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]
    if st.session_state.pop(FOR_ALL, False):
        st.rerun()
