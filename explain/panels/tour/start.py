"""Where the visitor is in the tour: in the address, and after leaving it in the session; the button that starts it."""

from __future__ import annotations

import streamlit as st

from explain.panels.page import address

KEY = "tour"  # in the address: the step, from 1 on
LEFT = "tour-left"  # in the session: the step at which the visitor left


def step() -> int | None:
    """The step in the address, from 1 on; None where the visitor is not on the tour."""
    number = address.numbers(KEY, 1)
    return number[0] if number and number[0] > 0 else None


def go(number: int | None) -> None:
    """From a callback: to a step, or off the tour."""
    address.note(KEY, None if number is None else str(number))


def leave() -> None:
    """From a callback: off the tour, which can be taken up again here."""
    st.session_state[LEFT] = step()
    go(None)


def button() -> None:
    """Draws the button that starts the tour or takes it up again, and nothing on the tour."""
    if step() is not None:
        return
    left = st.session_state.get(LEFT)
    st.button(
        f"Resume the tour at step {left}" if left and left > 1 else "Take the tour",
        key="tour-start",
        type="primary",
        icon=":material/play_arrow:",
        on_click=go,
        args=(left or 1,),
        help="How this network works, step by step, on the picture that you see. Arrow keys or a presenter's remote "
        "move on.",
    )
