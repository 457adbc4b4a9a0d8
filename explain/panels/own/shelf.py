"""The networks that visitors have opened, each visitor's in a private folder; without Streamlit."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from explain.network.apart.network import RemoteNetwork
from explain.network.errors import NetworkError
from explain.panels.own import kinds

MOST_EACH = 4  # networks of one visitor
ALL_BYTES = 1_000_000_000  # on disk, of all visitors
RESTING = 600.0  # seconds without use after which a network may be given up for another visitor's
FORGOTTEN = 3 * 3600.0  # seconds without use after which it is given up
FOLDER = "visitors-networks-"  # what the folders are called, before the number of the process and something random
TRIED = "tried"  # a folder in a visitor's: of a file with other answers, until it has been opened
CLOSED = "{} is not open any more: open it again."
LEFT = 90.0  # seconds after a visitor has left until everything of theirs is removed, unless they come back


@dataclass(eq=False)
class Held:
    """One opened network. stamp: of its file, for what is remembered of its passes. used: when, monotonic."""

    network: RemoteNetwork
    stamp: str
    size: int
    used: float


class Shelf:
    """One visitor's networks by name, oldest first, and the private folder that their files lie in."""

    def __init__(self) -> None:
        # nobody else on this machine may look into it
        self.folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER}{os.getpid()}-"))
        self.held: dict[str, Held] = {}
        self.given_up: list[str] = []  # titles, until their owner has been told
        self.leaving: threading.Timer | None = None
        self._lock = threading.RLock()

    def take(self, file_name: str, data: bytes, taken: Collection[str]) -> str:
        """Opens a file that `kinds.check` lets through; returns the network's name, none of those taken."""
        with self._lock:
            if len(self.held) >= MOST_EACH:
                raise NetworkError(f"You have {MOST_EACH} networks open already: close one of them first.")
            name = _free(kinds.name_of(file_name), {*taken, *self.held})
            path = self.folder / f"{name}.onnx"
            try:
                path.write_bytes(data)
                self.held[name] = _held(RemoteNetwork(path))
            except OSError as error:
                path.unlink(missing_ok=True)
                raise NetworkError(f"{path.name} can't be kept here ({error.strerror}).") from error
            except NetworkError:
                path.unlink(missing_ok=True)
                raise
            return name

    def change(self, name: str, added: bytes) -> None:
        """Adds bytes to the end of a network's file and opens it anew; where that is refused, all stays as it was.

        Tried on a copy, which takes the place of the file once it could be opened. Raises NetworkError.
        """
        with self._lock:
            held = self.held.get(name)
            if held is None:
                raise NetworkError(CLOSED.format(name))
            path = held.network.path
            copy = self.folder / TRIED / path.name
            held.network.rest()  # gives its place and its memory to the copy's process
            try:
                copy.parent.mkdir(exist_ok=True)
                shutil.copyfile(path, copy)
                with open(copy, "ab") as file:
                    file.write(added)
                changed = RemoteNetwork(copy)
                try:
                    os.replace(copy, path)
                except OSError:
                    changed.close()
                    raise
            except OSError as error:
                raise NetworkError(
                    f"The answers can't be kept here ({error.strerror}); the network stays as it was."
                ) from error
            finally:
                shutil.rmtree(copy.parent, ignore_errors=True)
            changed.moved(path)
            held.network.close()
            self.held[name] = _held(changed)

    def use(self, name: str) -> Held | None:
        held = self.held.get(name)
        if held is not None:
            held.used = time.monotonic()
        return held

    def close(self, name: str) -> None:
        with self._lock:
            held = self.held.pop(name, None)
            if held is not None:
                held.network.close()
                held.network.path.unlink(missing_ok=True)

    def close_all(self) -> None:
        with self._lock:
            for name in list(self.held):
                self.close(name)
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def bytes(self) -> int:
        return sum(held.size for held in list(self.held.values()))


class Shelves:
    """All visitors' shelves. Safe to use from any thread."""

    def __init__(self, most_bytes: int = ALL_BYTES) -> None:
        self._most = most_bytes
        self._shelves: dict[str, Shelf] = {}
        self._lock = threading.Lock()
        _remove_left_over()
        atexit.register(self.close)

    def of(self, visitor: str) -> Shelf | None:
        """What a visitor has open, None where that is nothing."""
        with self._lock:
            shelf = self._shelves.get(visitor)
            if shelf is not None and shelf.leaving is not None:  # back again
                shelf.leaving.cancel()
                shelf.leaving = None
            return shelf

    def take(self, visitor: str, file_name: str, data: bytes, taken: Collection[str]) -> str:
        """Opens a file for a visitor and returns the network's name; NetworkError with one sentence."""
        kinds.check(file_name, data)
        self._make_room(len(data))
        with self._lock:
            if visitor not in self._shelves:
                self._shelves[visitor] = Shelf()
            shelf = self._shelves[visitor]
        return shelf.take(file_name, data, taken)

    def left(self, visitor: str) -> None:
        """The visitor's browser is gone: the processes end at once, the files a while later, unless it comes back."""
        shelf = self.of(visitor)
        if shelf is None:
            return
        for held in list(shelf.held.values()):
            held.network.rest()
        shelf.leaving = threading.Timer(LEFT, self.forget, [visitor])
        shelf.leaving.daemon = True
        shelf.leaving.start()

    def forget(self, visitor: str) -> None:
        """Closes and removes all that a visitor has open."""
        with self._lock:
            shelf = self._shelves.pop(visitor, None)
        if shelf is not None:
            shelf.close_all()

    def close(self) -> None:
        for visitor in list(self._shelves):
            self.forget(visitor)

    def _make_room(self, size: int) -> None:
        """Gives up what nobody has used for long, and where space is short what rests, longest out of use first."""
        with self._lock:
            everything = sorted(
                ((held, shelf, name) for shelf in self._shelves.values() for name, held in list(shelf.held.items())),
                key=lambda entry: entry[0].used,
            )
        now = time.monotonic()
        total = size + sum(held.size for held, _, _ in everything)
        for held, shelf, name in everything:
            rests = now - held.used
            if rests > FORGOTTEN or (total > self._most and rests > RESTING):
                total -= held.size
                shelf.given_up.append(held.network.description.title)
                shelf.close(name)
        if total > self._most:
            raise NetworkError("Visitors have too many networks open at the moment; try again in ten minutes.")


def _remove_left_over() -> None:
    """Removes the folders of a page whose process was killed."""
    if sys.platform == "win32":  # where asking whether a process is there would end it
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*-*"):
        number = folder.name[len(FOLDER) :].split("-")[0]
        try:
            os.kill(int(number), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (OSError, ValueError, OverflowError):  # somebody else's
            continue


def _held(network: RemoteNetwork) -> Held:
    facts = network.path.stat()
    stamp = f"{network.path} {facts.st_mtime_ns} {facts.st_size}"
    return Held(network, stamp, facts.st_size, time.monotonic())


def _free(name: str, taken: Collection[str]) -> str:
    if name not in taken:
        return name
    return next(f"{name}-{number}" for number in range(2, len(taken) + 3) if f"{name}-{number}" not in taken)
