"""The box around the word, on a picture that the visitor brought: what it holds is read while it moves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import streamlit as st
from PIL import Image

from explain.ctc import decoding
from explain.network.session import LOGITS, Network
from explain.panels.components import component
from explain.panels.inputs.brought import Brought
from explain.panels.page.guard import fragment
from explain.panels.page.subject import Subject
from explain.pictures import images
from explain.pictures.marked import Marked
from models.preprocessing import LARGEST

ENOUGH, LONGER = 8, 800  # while the box moves: rows for one that the network sees, pixels of the longer side
QUARTERS = (-3, -2, -1, 1, 2, 3)  # that somebody presses the buttons for before the page has answered
RELEASED = "word-box-released"  # in the session: the box has come to rest, the whole page is to follow


class Glimpse(Subject):
    """A subject for the moment in which the box moves: of its pass only what is asked for, and that is not kept."""

    @staticmethod
    def of(subject: Subject) -> Glimpse:
        """A glimpse of a subject of which nothing has been asked yet."""
        return Glimpse(**{field.name: getattr(subject, field.name) for field in fields(subject)})

    @cached_property
    def values(self) -> Mapping[str, np.ndarray]:
        return _AsAsked(self.opened.network, self.batch)

    words = None  # they are counted once it rests


_asked: WeakKeyDictionary[Network, set[str]] = WeakKeyDictionary()  # the layers that glimpses of a network look at


class _AsAsked(Mapping):
    """Outputs of one picture: from one pass those that earlier glimpses were asked for, any other from another."""

    def __init__(self, network: Network, batch: np.ndarray) -> None:
        self._network, self._batch = network, batch
        self._wanted = _asked.setdefault(network, {network.description.output.name, LOGITS})
        self._outputs = self._run(list(self._wanted))

    def _run(self, layers: list[str]) -> dict[str, np.ndarray]:
        return {name: value[0] for name, value in self._network.run(self._batch, layers).items()}

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._outputs:
            if name not in self._network.output_names:
                raise KeyError(name)
            self._wanted.add(name)
            self._outputs |= self._run([name])
        return self._outputs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._network.output_names)

    def __len__(self) -> int:
        return len(self._network.output_names)


def settled() -> None:
    """At the beginning of a run of the whole page: it follows the box by itself."""
    st.session_state.pop(RELEASED, None)


@fragment
def show(subject: Subject, brought: Brought, look: Callable[[Image.Image], Subject]) -> None:
    """Draws the picture with its box.

    subject: what the page reads, which is what lies in the box at rest. look: makes a subject of what lies in it now.
    """
    if st.session_state.pop(RELEASED, False):
        st.rerun()
    key = f"word-box-{brought.number}"
    marked = brought.moving or brought.marked
    if brought.moving is not None:
        wanted = subject.description.preprocessing
        shorter = ENOUGH * ((wanted and wanted.height) or LARGEST // ENOUGH)
        subject = Glimpse.of(look(marked.cut_small(brought.picture, shorter, LONGER)))
    is_there = brought.on_screen == brought.name

    def hear() -> None:
        said = st.session_state[key].get("said")
        if isinstance(said, dict) and follow(brought, said):
            st.session_state[RELEASED] = True

    component(
        "word_box",
        key=key,
        data={
            "id": brought.name,
            "n": brought.heard,
            "title": brought.title,
            "network": subject.description.called,
            "size": marked.turned_size,
            "box": marked.box,
            "src": None if is_there else brought.address,
            "words": brought.words() if is_there else None,
            "answer": {"box": marked.box or marked.whole, **answer(subject)},
        },
        on_said_change=hear,
    )


def answer(subject: Subject) -> dict[str, Any]:
    """What the network reads, how probable that is, how far it can be believed, and the picture that it sees."""
    told = {"text": None, "chance": "", "line": "", "believed": True, "seen": images.data_url(subject.seen)}
    if subject.description.blank is None:
        return told
    best, trust = subject.best, subject.trust
    chance = decoding.probability(subject.probabilities, best.labels, subject.description.blank)
    return told | {
        "text": subject.text,
        "chance": f"{chance:.3f}",
        "line": trust.line,
        "believed": trust.believed,
    }


def follow(brought: Brought, said: Mapping[str, Any]) -> bool:
    """Does what the browser says, and returns whether the page has another word to read; what makes no sense is left.

    said: "n" counts the messages, "has" names the picture on its screen, "id" the one that the rest is about: "box" in
    its pixels, None for all of it, "moving" while it is held; or "turn", quarters clockwise.
    """
    brought.heard = said["n"] if isinstance(said.get("n"), int) else brought.heard
    brought.on_screen = said.get("has")
    if said.get("id") != brought.name:
        return False
    if said.get("turn") in QUARTERS:
        marked = (brought.moving or brought.marked).turned(int(said["turn"]))
    elif "box" in said and _is_box(said["box"]):
        marked = brought.marked.boxed(said["box"])
        if said.get("moving"):
            brought.moving = marked
            return False
    else:
        return False
    return _rest(brought, marked)


def _rest(brought: Brought, marked: Marked) -> bool:
    brought.moving = None
    changed = marked != brought.marked
    brought.marked = marked
    return changed


def _is_box(told: Any) -> bool:
    if told is None:
        return True
    return isinstance(told, list) and len(told) == 4 and all(_is_number(side) for side in told)


def _is_number(side: Any) -> bool:
    return isinstance(side, (int, float)) and math.isfinite(side)
