"""The page's words: what each term means, from glossary.toml, and how a caption marks and explains it.

A term is a link that leads nowhere: it takes the keyboard's focus and a finger's touch, and the page's style shows its
sentence beside it. Nothing but Markdown is written, so that no text of a stranger's file becomes HTML.
"""

from __future__ import annotations

import base64
import json
import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
TALL = 76  # screen pixels of a picture; glossary.css has it too
# Nothing is marked within quotes, links, code, formulas, escapes and what names an icon or a colour.
LEFT_ALONE = r"“[^”]*”|`[^`]*`|\$[^$]*\$|!?\[[^\]]*\]\([^)]*\)|:[a-z-]+\[|:material/\w+:|https?://\S+|\\."


@dataclass(frozen=True)
class Entry:
    """A term. forms: how else it is written. says: one sentence. picture: a file in `pictures`, or ""."""

    term: str
    says: str
    forms: tuple[str, ...] = ()
    picture: str = ""

    @property
    def anchor(self) -> str:
        return f"#term-{re.sub('[^a-z]+', '-', self.term.lower())}"

    @property
    def written(self) -> tuple[str, ...]:
        """Every way that the term is written."""
        return self.term, *(self.forms or (f"{self.term}s",))


@cache
def entries() -> tuple[Entry, ...]:
    """All terms, as they stand in the file."""
    told = tomllib.loads((HERE / "glossary.toml").read_text("utf-8"))
    return tuple(
        Entry(term, is_["says"], tuple(is_.get("forms", ())), is_.get("picture", "")) for term, is_ in told.items()
    )


@cache
def _by_form() -> dict[str, Entry]:
    """Terms as they are written, and with a capital at the beginning of a sentence: BANK is somebody's word."""
    return {way: entry for entry in entries() for form in entry.written for way in (form, form[0].upper() + form[1:])}


@cache
def _pattern() -> re.Pattern[str]:
    longest_first = sorted(_by_form(), key=len, reverse=True)
    return re.compile(
        rf"(?P<alone>{LEFT_ALONE})|(?<![\w-])(?P<term>{'|'.join(map(re.escape, longest_first))})(?![\w-])"
    )


def terms_in(text: str) -> list[Entry]:
    """The terms that a text in Markdown uses, in their order, each once; those that are marked already are left out."""
    found = [_by_form()[match["term"]] for match in _pattern().finditer(text) if match["term"]]
    return list(dict.fromkeys(found))


def marked(text: str, known: Collection[str] = ()) -> tuple[str, frozenset[str]]:
    """The text with every term marked where it is used first, and the terms that are known after it.

    known: terms that were marked before.
    """
    seen = set(known)

    def mark(match: re.Match[str]) -> str:
        form = match["term"]
        if not form or _by_form()[form].term in seen:
            return match[0]
        entry = _by_form()[form]
        seen.add(entry.term)
        return f"[{form}]({entry.anchor})"

    return _pattern().sub(mark, text), frozenset(seen)


@cache
def style() -> str:
    """The style that shows each term's sentence, and its picture, when it is pointed at or has the focus."""
    rules = []
    for entry in entries():
        shown = [f"content: {json.dumps(entry.says, ensure_ascii=False)}"]
        if entry.picture:
            picture = base64.b64encode((HERE / "pictures" / entry.picture).read_bytes()).decode()
            shown += [f"background-image: url(data:image/svg+xml;base64,{picture})", f"padding-top: {TALL + 18}px"]
        rules.append(f'a[href="{entry.anchor}"]:is(:hover, :focus)::after {{ {"; ".join(shown)}; }}')
    return f"<style>{(HERE / 'glossary.css').read_text('utf-8')}{''.join(rules)}</style>"
