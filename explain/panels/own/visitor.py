"""The networks that this visitor has opened, and nobody else sees.

Each runs in a process of its own (`explain.network.apart`), and its file lies in a private folder until it is closed,
is given up for want of space, or its visitor leaves: Streamlit says so when the browser is gone, and whoever does not
come back within some minutes is forgotten; what is not used for hours is, too.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from explain.network.apart.network import RemoteNetwork
from explain.network.description import Description
from explain.network.errors import NetworkError
from explain.network.own.answers import Answers, with_answers
from explain.panels.own.shelf import CLOSED, Held, Shelf, Shelves
from models.networks import CARDS, here


def take(file_name: str, data: bytes) -> str:
    """Opens an uploaded .onnx for this visitor alone and returns the network's name.

    Raises NetworkError with one sentence where it can't be opened; `kinds.ToExport` for a Keras file.
    """
    return _shelves().take(_visitor(), file_name, data, {*CARDS, *here()})


def names() -> tuple[str, ...]:
    """This visitor's networks, by name, oldest first."""
    shelf = _shelf()
    return () if shelf is None else tuple(shelf.held)


def answer(name: str, answers: Answers) -> None:
    """Keeps answers in the visitor's file and opens it anew; NetworkError, all as it was, where that can't be."""
    shelf = _shelf()
    if shelf is None:
        raise NetworkError(CLOSED.format(name))
    shelf.change(name, with_answers(b"", answers, whole=True))  # these alone: they are laid behind the end of the file


def close(name: str) -> None:
    """Closes one of this visitor's networks and removes its file."""
    shelf = _shelf()
    if shelf is not None:
        shelf.close(name)


def held(name: str) -> Held | None:
    """One of this visitor's networks as it was opened, None where there is none of that name."""
    shelf = _shelf()
    found = None if shelf is None else shelf.use(name)
    if found is not None and found.network.gave_way:
        found.network.gave_way = False
        st.toast(f"{found.network.description.title} had given way to other visitors' networks; it is opened again.")
    return found


def network(name: str) -> RemoteNetwork | None:
    """The same network, for whoever wants no more than to run it."""
    found = held(name)
    return None if found is None else found.network


def descriptions() -> dict[str, Description]:
    """What this visitor's networks say of themselves, by name."""
    shelf = _shelf()
    return {} if shelf is None else {name: found.network.description for name, found in list(shelf.held.items())}


def folder(name: str) -> Path | None:
    """The private folder that the file of this visitor's network lies in; None where there is none of that name."""
    shelf = _shelf()
    return shelf.folder if shelf is not None and name in shelf.held else None


def _shelf() -> Shelf | None:
    if "visitor" not in st.session_state:
        return None
    shelf = _shelves().of(_visitor())
    while shelf is not None and shelf.given_up:
        st.toast(f"{shelf.given_up.pop()} was given up to make room for other visitors' networks; open it again.")
    return shelf


def _visitor() -> str:
    """Who this visitor is, known to the session alone."""
    visitor = st.session_state.setdefault("visitor", uuid.uuid4().hex)
    _present(visitor)
    return visitor


@dataclass(frozen=True)
class _Presence:
    """A visitor whose browser is there."""

    visitor: str
    shelves: Shelves


@st.cache_resource(scope="session", show_spinner=False, on_release=lambda gone: gone.shelves.left(gone.visitor))
def _present(visitor: str) -> _Presence:
    """Streamlit releases this when the visitor's browser is gone."""
    return _Presence(visitor, _shelves())


@st.cache_resource(show_spinner=False)
def _shelves() -> Shelves:
    return Shelves()
