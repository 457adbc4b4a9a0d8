"""A picture that a visitor brings: opened once, made small for the screen once, searched for words beside the page."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable
from typing import Protocol

import streamlit as st
from PIL import Image

from explain.detection import words
from explain.panels.jobs.background_task import OnStep, Task
from explain.panels.page.recent import Recent
from explain.pictures import images
from explain.pictures.marked import Marked
from models.pictures import PictureError, open_picture
from models.prepared import Box

OPENED_BYTES = 80_000_000  # of the pictures that all visitors have open: two of 12 megapixels
ON_SCREEN, SIDE, LIGHT = 12_000_000, 1600, 300_000  # characters of all; pixels of one's longer side, bytes at most
PIXELS_KEPT = 100_000  # up to so many a picture goes to the screen with every pixel as it is
SEARCHED, MOST = 64, 400  # pictures whose words are remembered, words of one
HERE, COUNT = "brought", "brought-count"  # in the session: the visitor's last picture, and how many there have been

_one_search = threading.Lock()  # a search takes both cores


class File(Protocol):
    """What Streamlit hands over of an upload or a shot. file_id: of the upload, not of what is in it."""

    file_id: str

    def getvalue(self) -> bytes: ...


class Brought:
    """A picture in one visitor's session.

    event: of the upload; the same file again is another one. number: of the pictures this visitor has brought, from
    1. problem: why it can't be used, empty where it can.
    marked: the word that the page reads. moving: where the box is while it moves, else None.
    heard: number of the last message from the browser. on_screen: the picture that the browser has.
    """

    def __init__(self, file: File, title: str, number: int = 1) -> None:
        self.event, self.number, self.title, self.problem = file.file_id, number, title, ""
        self.marked, self.moving, self.heard, self.on_screen = Marked((1, 1)), None, 0, None
        self._data = file.getvalue()
        self._digest = hashlib.blake2b(self._data, digest_size=16).hexdigest()
        self._search: tuple[str, Task] | None = None
        try:
            self.marked = Marked(self.picture.size)
        except PictureError as problem:
            self.problem = str(problem)

    @property
    def picture(self) -> Image.Image:
        """Upright and unturned, mode "L" or "RGB"."""
        opened = _opened().get(self._digest)
        if opened is None:
            opened = open_picture(self._data)
            _opened().add(self._digest, opened)
        return opened

    @property
    def name(self) -> str:
        """Of what is on the screen: this upload, turned as it is."""
        return f"{self.number} {self.marked.turns}"

    @property
    def address(self) -> str:
        """The turned picture for the screen, as a data URL of at most some hundred thousand characters."""
        key = self._digest, self.marked.turns
        known = _on_screen().get(key)
        if known is None:
            known = _small(self.marked, self.picture)
            _on_screen().add(key, known)
        return known

    def words(self) -> list[Box] | None:
        """Proposed words on the turned picture in reading order; None while they are looked for, from now on."""
        key, found = f"{self._digest} {self.marked.turns}", _found()
        known = found.get(key)
        if known is not None:
            return known
        if self._search is None or self._search[0] != key:
            self._search = key, Task(_searching(self.marked, self.picture))
        task = self._search[1]
        if not task.ended:
            return None
        found.add(key, list(task.result or ())[:MOST])
        return found.get(key)


def take(file: File, title: str) -> Brought:
    """The picture of this upload, as the visitor has left it; a new one whole and unturned."""
    known = st.session_state.get(HERE)
    if known is None or known.event != file.file_id:
        st.session_state[COUNT] = st.session_state.get(COUNT, 0) + 1
        known = st.session_state[HERE] = Brought(file, title, st.session_state[COUNT])
    return known


def here() -> Brought:
    """The picture that was taken last."""
    return st.session_state[HERE]


def forget() -> None:
    """The visitor has taken the picture away."""
    st.session_state.pop(HERE, None)


def _searching(marked: Marked, picture: Image.Image) -> Callable[[OnStep], list[Box]]:
    def work(_on_step: OnStep) -> list[Box]:
        with _one_search:
            return words.find(marked.turn(picture))

    return work


def _small(marked: Marked, picture: Image.Image) -> str:
    """A picture of few pixels as it is; any other as a JPEG, its longer side made shorter until that is light."""
    if picture.width * picture.height <= PIXELS_KEPT:
        return images.data_url(marked.turn(picture))
    shrunk = marked.turn(images.shrink(picture, SIDE))
    while True:
        file = io.BytesIO()
        shrunk.save(file, "JPEG", quality=80)
        if file.tell() <= LIGHT:
            return images.embedded(file.getvalue(), "JPEG")
        shrunk = images.shrink(shrunk, max(shrunk.size) * 3 // 4)


@st.cache_resource(show_spinner=False)
def _opened() -> Recent:
    return Recent(OPENED_BYTES, lambda picture: picture.width * picture.height * len(picture.getbands()))


@st.cache_resource(show_spinner=False)
def _on_screen() -> Recent:
    return Recent(ON_SCREEN, len)


@st.cache_resource(show_spinner=False)
def _found() -> Recent:
    return Recent(SEARCHED)
