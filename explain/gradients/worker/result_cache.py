"""Results kept on disk, so that the same request is computed once: one frame of `protocol` a file, bounded in size."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from explain.processes import protocol

SUFFIX = ".frame"


def default_folder() -> Path:
    """The user's cache folder (XDG_CACHE_HOME, else ~/.cache)."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "inside-networks" / "gradients"


def key(kind: str, settings: Mapping[str, Any], files: Iterable[Path]) -> str:
    """A name for a request: SHA-256 of what it asks and of the content of the files its answer depends on.

    Raises ValueError where the settings are not plain values or a file is missing.
    """
    digests = []
    for file in files:
        try:
            status = Path(file).stat()
            digests.append(_file_digest(Path(file), status.st_mtime_ns, status.st_size))
        except OSError as error:
            raise ValueError(f"The file {Path(file).name} cannot be read ({error.strerror}).") from error
    values, arrays = protocol.split(settings)
    request = protocol.pack({"kind": kind, "settings": values, "files": digests}, dict(sorted(arrays.items())))
    return hashlib.sha256(request).hexdigest()


@lru_cache(maxsize=64)
def _file_digest(path: Path, modified: int, size: int) -> str:
    """Hash of a file's content; time and size are there to notice that it changed."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Store:
    """Results by key, the least recently used removed first. Thread-safe.

    folder: where the files lie; made when needed. A folder that cannot be written only means that nothing is kept.
    limit: bytes, all files together.
    """

    def __init__(self, folder: Path | None = None, limit: int = 64_000_000) -> None:
        self.folder, self.limit = Path(folder or default_folder()), limit
        self._lock = threading.Lock()

    def read(self, name: str) -> dict[str, Any] | None:
        """The result kept under this key, or None. A damaged file is removed."""
        path = self.folder / (name + SUFFIX)
        try:
            frame = protocol.read(io.BytesIO(path.read_bytes()))
            if frame is None:
                raise protocol.ProtocolError("The file is empty.")
            os.utime(path)
        except protocol.ProtocolError:
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        except OSError:
            return None
        return {**frame[0], **frame[1]}

    def write(self, name: str, result: Mapping[str, Any]) -> None:
        """Keeps a result; another process that reads at the same time sees all of it or nothing."""
        data = protocol.pack(*protocol.split(result))
        if len(data) > self.limit:
            return
        with self._lock, contextlib.suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(".part", dir=self.folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                os.replace(temporary, self.folder / (name + SUFFIX))
            except OSError:
                os.unlink(temporary)
                raise
            self._trim()

    def _trim(self) -> None:
        for path in self.folder.glob("*.part"):  # left by a process that was killed
            if time.time() - path.stat().st_mtime > 3600:
                path.unlink(missing_ok=True)
        files = sorted(
            ((path.stat(), path) for path in self.folder.glob("*" + SUFFIX)), key=lambda pair: -pair[0].st_mtime
        )
        total = 0
        for status, path in files:
            total += status.st_size
            if total > self.limit:
                path.unlink(missing_ok=True)
