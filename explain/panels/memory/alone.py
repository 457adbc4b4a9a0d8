"""What is read in one direction alone, as a sentence."""

from __future__ import annotations

from explain.panels.memory import reading_with_less
from explain.panels.memory.reading_with_less import FORWARD
from explain.panels.page.subject import Subject
from explain.panels.page.wording import plain


def from_the_left(subject: Subject) -> str:
    """What is read from the left alone, as one more sentence; empty where nothing is read or nobody can tell."""
    layers = reading_with_less.chain(subject.description)
    if not layers or not subject.best.labels:
        return ""
    read = next((one for one in reading_with_less.readings(subject, layers) if one.name == FORWARD), None)
    if read is None:
        return ""
    if read.text == subject.text:
        return f" Read from the left alone, it would still be “{plain(read.text)}”."
    reads = f"“{plain(read.text)}”" if read.text else "nothing"
    return f" Both ways, as the letter before and the one after tell: read from the left alone, it would be {reads}."
