"""Collections of labelled pictures, in a folder or a zip: words with their texts, photographs with their classes."""

from __future__ import annotations

import json
import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

WNID = re.compile(r"n\d{8}")  # WordNet's number for a noun: ImageNet's names of classes
PICTURES = (".jpg", ".jpeg", ".png")


class CollectionError(ValueError):
    """The collection cannot be used; the message is one sentence."""


class Collection:
    """Files below a folder, or below a folder in a zip, by their relative names.

    path: a folder, a zip, or a zip followed by a folder in it (`pictures.zip/val`). Raises CollectionError where
        there is nothing.
    """

    def __init__(self, path: str | Path):
        path = Path(path)
        archive = next((p for p in (path, *path.parents) if p.is_file()), None)
        if not archive and not path.is_dir():
            raise CollectionError(f"There is no folder or zip at {path}.")
        if archive and not zipfile.is_zipfile(archive):
            raise CollectionError(f"{archive} is neither a folder nor a zip.")
        self._zip = zipfile.ZipFile(archive) if archive else None
        self._base = path.relative_to(archive).as_posix() + "/" if archive and path != archive else ""
        self._folder = path
        self.names = sorted(self._names())
        if not self.names:
            raise CollectionError(f"There are no files in {path}.")

    def read(self, name: str) -> bytes:
        """The bytes of a file; a CollectionError where there is none of that name."""
        try:
            return self._zip.read(self._base + name) if self._zip else (self._folder / name).read_bytes()
        except (KeyError, OSError) as problem:
            raise CollectionError(f"The collection has no file {name!r}.") from problem

    def _names(self) -> list[str]:
        if not self._zip:
            return [p.relative_to(self._folder).as_posix() for p in self._folder.rglob("*") if p.is_file()]
        names = [name for name in self._zip.namelist() if name.startswith(self._base) and not name.endswith("/")]
        return [name.removeprefix(self._base) for name in names]


@dataclass(frozen=True)
class Word:
    """A picture's name in its collection, what is written in it, and which set it is of, where several are together."""

    name: str
    text: str
    set: str = ""


def words(collection: Collection) -> list[Word]:
    """The pictures and texts that the collection's `words.jsonl` lists, in its order."""
    lists = [name for name in collection.names if PurePosixPath(name).name == "words.jsonl"]
    if len(lists) != 1:
        raise CollectionError(f"The collection needs exactly one words.jsonl; it has {len(lists)}.")
    folder = PurePosixPath(lists[0]).parent
    found = []
    for number, line in enumerate(collection.read(lists[0]).decode("utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            found.append(Word((folder / entry["image"]).as_posix(), entry["text"], str(entry.get("set", ""))))
        except (ValueError, KeyError, TypeError) as problem:
            raise CollectionError(f'Line {number} of words.jsonl is not {{"image": .., "text": ..}}.') from problem
    if not found:
        raise CollectionError("words.jsonl lists no word.")
    return found


def pictures_by_class(collection: Collection) -> dict[str, list[str]]:
    """wnid -> names of its pictures, from any depth below a folder called by the wnid.

    Where there are such folders in several places and one of these is called `val`, the pictures there are meant:
    what a network was trained on tells nothing of its accuracy.
    """
    places: dict[PurePosixPath, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name in collection.names:
        path = PurePosixPath(name)
        at = next((i for i, part in enumerate(path.parts[:-1]) if WNID.fullmatch(part)), None)
        if at is not None and path.suffix.lower() in PICTURES:
            places[PurePosixPath(*path.parts[:at])][path.parts[at]].append(name)
    if not places:
        raise CollectionError("The collection has no folder called by ImageNet's wnid (like n01443537) with pictures.")
    meant = [place for place in places if place.name == "val"] if len(places) > 1 else list(places)
    if len(meant) != 1:
        found = ", ".join(sorted(map(str, places)))
        raise CollectionError(f"There are classes in several folders ({found}): say which with --inside.")
    return dict(places[meant[0]])


def evenly(items: list, limit: int | None) -> list:
    """`limit` of the items, at equal distances; all of them without a limit."""
    if limit is None or limit >= len(items):
        return items
    return [items[i * len(items) // limit] for i in range(limit)]


def evenly_over_classes(classes: dict[str, list[str]], limit: int | None) -> list[tuple[str, str]]:
    """`(wnid, name)` of `limit` pictures: one of every class, then a second of every class, and so on."""
    rounds = max(map(len, classes.values()))
    order = [(wnid, names[i]) for i in range(rounds) for wnid, names in classes.items() if i < len(names)]
    return order[:limit]
