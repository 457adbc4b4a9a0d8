"""What of an answer is explained: the text or a character of it, or one of the likeliest classes."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from explain.attribution import targets
from explain.network.head import CLASSES, CTC
from explain.panels.page import address
from explain.panels.page.subject import Subject
from explain.panels.page.wording import plain
from explain.pictures.notation import ordinal

WHOLE = "the whole text"
SHOWN = 5  # classes


def of_answer(subject: Subject) -> dict[str, targets.Target]:
    """What can be asked about, by what it is called: the whole text and its characters in order, or the likeliest
    classes. Empty where nothing is read, or where the file does not say what its numbers stand for."""
    description = subject.description
    if description.head.kind == CTC and subject.best.labels:
        labels, blank = subject.best.labels, description.blank
        characters = {
            f"{ordinal(place)}: {subject.alphabet.mark(label)}": targets.character(
                subject.probabilities, labels, place, blank=blank
            )
            for place, label in enumerate(labels)
        }
        return {WHOLE: targets.WholeText(tuple(labels), blank), **characters}
    if description.head.kind == CLASSES:
        likeliest = (-subject.probabilities).argsort(kind="stable")[:SHOWN]
        return {f"{description.labels[unit]} ({unit})": targets.ClassLogit(int(unit)) for unit in likeliest}
    return {}


def choose(label: str, by_name: Mapping[str, targets.Target], key: str, usual: int = 0, in_a_row: bool = False) -> str:
    """Draws the choice, a list or a row of buttons, and returns the name of the chosen one.

    by_name: as `of_answer` returns it. key: under which its number stands in the address. usual: the number of the one
    that is chosen where the address names none.
    """
    options = list(by_name)
    numbers = address.numbers(key, 1)
    chosen = options[numbers[0] if numbers and numbers[0] < len(options) else usual]
    widget = f"{key}-{chosen}-{len(options)}"

    def note() -> None:
        address.note(key, str(options.index(st.session_state[widget])), str(usual))

    if in_a_row:
        st.segmented_control(
            label, options, default=chosen, required=True, key=widget, on_change=note, format_func=plain
        )
    else:
        st.selectbox(label, options, options.index(chosen), key=widget, on_change=note, width=320)
    return chosen


def quantity(target: targets.Target) -> str:
    """What a target's number is."""
    if isinstance(target, targets.ClassLogit):
        return "logit"
    odds = isinstance(target, targets.Character | targets.WholeText) and target.odds
    return "log-odds" if odds else "log-probability"


def called(target: targets.Target, name: str) -> str:
    """A target in a sentence. name: that `of_answer` has for it."""
    return f"“{name.partition(': ')[2]}”" if isinstance(target, targets.Character) else name
