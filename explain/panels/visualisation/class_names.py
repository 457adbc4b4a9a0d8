"""The classes of VGG16 as the page offers them: by name and number, from a link, a search or a click.

A class goes by its number among ImageNet's 1000, whichever network knows it: `vgg16-cam`, which comes with the page,
knows 200 of them; the full `vgg16`, when its weights are there, all.
"""

from __future__ import annotations

from functools import lru_cache

import streamlit as st

from models import vgg16

FIRST = 386  # the African elephant, shown on first opening
KEY = "class"  # of the choice, in the address and in the visitor's session
ASKED = "class-asked"  # a class that a visitor asked for and that the page cannot answer
LINKED = "class-linked"
AROUND = 3  # classes shown before and after one that was found by its number
FOUND = 12  # rows at most of what a name is found in


def label(number: int) -> str:
    """Name and number side by side: "African elephant · 386"."""
    return f"{vgg16.IMAGENET_NAMES[number]} · {number}"


def name(number: int) -> str:
    return vgg16.IMAGENET_NAMES[number]


@lru_cache
def cam_units() -> dict[int, int]:
    """Units of vgg16-cam by the number of their class."""
    return {number: unit for unit, number in enumerate(vgg16.CAM_IMAGENET_INDEX)}


def answered() -> list[int]:
    """The classes that the page can visualise now, by name."""
    return _by_name(vgg16.full_is_here())


@lru_cache
def _by_name(full: bool) -> list[int]:
    numbers = range(len(vgg16.IMAGENET_NAMES)) if full else vgg16.CAM_IMAGENET_INDEX
    return sorted(numbers, key=lambda number: label(number).lower())


def found(text: str | None) -> int | None:
    """The one class a text names: its number alone, its name, or both as in `label`; case does not matter."""
    text = (text or "").strip().lower()
    if text.isascii() and text.isdigit() and len(text) < 5:
        return int(text) if int(text) < len(vgg16.IMAGENET_NAMES) else None
    return _known().get(text)


@lru_cache
def _known() -> dict[str, int]:
    numbers = range(len(vgg16.IMAGENET_NAMES))
    return {written.lower(): number for number in numbers for written in (name(number), label(number))}


def search(text: str) -> list[int]:
    """Classes that a text asks for, in the order of their numbers: those around a number, or with it in their name."""
    number = found(text) if text.strip().isdigit() else None
    if number is not None:
        return list(range(max(0, number - AROUND), min(len(vgg16.IMAGENET_NAMES), number + AROUND + 1)))
    wanted = text.strip().lower()
    return [number for number in range(len(vgg16.IMAGENET_NAMES)) if wanted and wanted in name(number).lower()]


def take(number: int) -> None:
    """From a callback: this class is the chosen one from now on, answered or not."""
    st.session_state[KEY] = label(number)
    if number not in answered():
        st.session_state[ASKED] = number


def chosen() -> int:
    """The class of panel 3, as the other parts of the page may know it."""
    number = found(st.session_state.get(KEY) or st.query_params.get(KEY))
    return FIRST if number is None else number


def choose() -> int:
    """Draws the choice and returns the chosen class, which may be one the page cannot answer: see `answered`."""
    _from_link()
    numbers = list(answered())
    asked = st.session_state.get(ASKED)
    if asked is not None and asked not in numbers:
        numbers.append(asked)
    picked = st.selectbox(
        "Class, by name or number",
        [label(number) for number in numbers],
        index=numbers.index(FIRST),
        key=KEY,
        bind="query-params",
        label_visibility="collapsed",
    )
    number = found(picked)
    return FIRST if number is None else number


def _from_link() -> None:
    """A link may name the class by its number alone, or one that the page cannot answer: brought into the form that the
    choice knows before it is drawn, since what it does not know it takes out of the address."""
    given = st.query_params.get(KEY)
    number = found(given)
    if number is None or LINKED in st.session_state:
        return
    st.session_state[LINKED] = True  # only what the page was opened with; from then on the choice keeps the address
    if number not in answered():
        st.session_state[ASKED] = number
    if given != label(number):
        st.query_params[KEY] = label(number)
        st.rerun()


@st.fragment
def table() -> None:
    """All 1000 classes of ImageNet, searched by name or number: numbers and names side by side."""
    st.markdown("**ImageNet's 1000 classes**")
    typed = st.text_input(
        "A name or a number",
        key="class_search",
        bind="query-params",
        placeholder="385, or elephant",
        help="A number shows its neighbours too: class lists are easily off by one.",
    )
    here = vgg16.full_is_here()
    wanted = typed or str(chosen())
    rows = search(wanted)
    if not rows:
        st.caption(f"No class has “{wanted[:40]}” in its name; their numbers run from 0 to 999.")
    for number in rows[:FOUND]:
        _row(number, number == found(wanted), number in answered())
    if len(rows) > FOUND:
        st.caption(f"… and {len(rows) - FOUND} more: type more of the name.")
    if here:
        st.caption("The page knows them all: the full VGG16's weights are here.")
    else:
        st.caption(f"Those that can be clicked are the 200 of vgg16-cam. {vgg16.GET_FULL}")


def _row(number: int, meant: bool, here: bool) -> None:
    clicked = st.button(
        f":gray[{number}]  {'**' if meant else ''}{name(number)}{'**' if meant else ''}",
        key=f"class-row-{number}",
        type="tertiary",
        disabled=not here,
        on_click=take,
        args=(number,),
    )
    if clicked:
        st.rerun()
