"""How far a reading can be believed, said beside it, and the mark that it carries along into the deeper views."""

from __future__ import annotations

import streamlit as st

from explain.ctc import alternatives
from explain.network.head import CTC
from explain.panels.page.subject import OWN, SAMPLE, TYPED, Subject
from explain.panels.page.wording import bold, plain
from explain.panels.words.explained import caption
from explain.pictures.notation import shortened
from explain.trust import wording

AT_FIRST = 2  # things that are wrong, in the line; what else there is to say stands under it, smaller
LONGEST = 40  # characters of a picture's title
DOUBT, WRONG = ":orange[:material/info:]", ":red[:material/report:]"


def title(word: Subject) -> str:
    """What is read, and of which picture."""
    return f":gray[reads] {bold(word.text or 'nothing')}{whose(word)}"


def whose(word: Subject) -> str:
    """Whose picture a recogniser reads, where that is not what it reads, in Markdown to be put behind a title."""
    if word.description.head.kind != CTC:
        return ""
    shown = " ".join(word.title.split())  # a file's name may hold the end of a line
    is_said = word.origin != OWN and word.text == (word.title.split(", ")[0] if word.origin == SAMPLE else word.title)
    return "" if is_said else f" :gray[({word.origin}: {plain(shortened(shown, LONGEST))})]"


def line(word: Subject) -> None:
    """Draws what is to be said beside the reading, the most important first; nothing where there is nothing."""
    if never := _never(word):
        st.markdown(f"{DOUBT} {plain(never)}")
    said = wording.sentences(word.trust, word.prepared, None if word.origin == SAMPLE else word.description)
    doubts, more = wording.doubts(word.trust)[:AT_FIRST], wording.like_this(word.trust) or None
    if doubts:
        first, says_it = plain(" ".join(said[: len(doubts)])), any(one.kind in wording.SHARES for one in doubts)
        st.markdown(f"{DOUBT if word.trust.believed else WRONG} {first}", help=more if says_it else None)
        more = None if says_it else more
    if rest := said[len(doubts) :]:
        caption(plain(" ".join(rest)), more=more)


def _never(word: Subject) -> str:
    """Why the network can never read a typed word, whatever it looks like; empty where it could, or none was typed."""
    description = word.description
    if word.origin != TYPED or not description.head.stated:
        return ""
    why = alternatives.why_unreadable(word.title, description.labels, len(word.probabilities), description.blank)
    return f"It can never read “{word.title}”. {why}" if why else ""


def mark(word: Subject) -> None:
    """Draws the mark of a reading that is not to be believed, above what explains it; nothing for any other."""
    if word.description.head.kind == CTC and (why := wording.not_believed(word.trust)):
        st.markdown(f"{WRONG} {bold(word.text or 'nothing')} is read. {plain(why)}")
