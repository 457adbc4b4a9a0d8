"""Which layer first tells one character from another: a linear read-out at every layer, as a curve."""

from __future__ import annotations

import streamlit as st

from explain.charts.layers.readout import Point, curve
from explain.charts.theme import Inks
from explain.ctc import alternatives
from explain.exemplars.readout import curve as read_out
from explain.exemplars.readout import words
from explain.exemplars.readout.curve import TELLS, Curve
from explain.exemplars.word_bank import Bank
from explain.network.head import CTC
from explain.network.needs import Needs
from explain.panels.costs import opening
from explain.panels.jobs.held import Held
from explain.panels.jobs.remembered import shown
from explain.panels.layers import exemplars, names
from explain.panels.layers.focus import version
from explain.panels.page import address
from explain.panels.page.recent import Recent
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark
from explain.panels.page.wording import bold, plain
from explain.panels.words.explained import caption

NEEDS = Needs(CTC)
FIRST, SECOND, OF = "tells_first", "tells_second", "tells_of"  # in the address
TWO, EACH = "Two characters", "All characters"
REMEMBERED = 64  # curves of some hundred numbers
AT_ONCE = 60  # seconds up to which nothing has to be pressed; a first pass on a busy machine makes it look long
DRAWING = 0.012  # seconds that a word takes to be drawn
CURVE = "tells-curve"


@st.cache_resource(show_spinner=False)
def _remembered() -> Recent:
    """Curves by network and pair."""
    return Recent(REMEMBERED)


def show(subject: Subject) -> None:
    """Draws the choice of two characters, the work as it goes, and the curve."""
    description, network = subject.description, subject.opened.network
    if missing := NEEDS.missing(description):
        caption(missing)
        return
    characters = words.readable(description)
    if len(characters) < 2:
        caption("The fonts that come along draw fewer than two of this network's characters, so there are no words.")
        return
    of_two = address.switch("Which characters", (TWO, EACH), key=OF) == TWO
    pair = _pair(subject, characters) if of_two else ()
    bank = None if of_two else exemplars.opened_bank(description, aloud=False)
    count = words.count_of(description, bank, pair)
    seconds = max(1, round(count * (DRAWING + subject.ran.milliseconds / 1000)))

    def work(on_step) -> Curve | None:
        if pair:
            return read_out.measured(network, words.twins(description, pair), count, on_step)
        every = words.all_characters(description, bank)
        return read_out.measured(network, every, count, on_step)

    label = f"Read {count} words: about {seconds} s"
    key = (version(description), pair)
    at_once = seconds <= AT_ONCE
    if _remembered().get(key) is None:
        caption(f"The network reads {count} words once for this, about {seconds} s; then the curve is kept.")
    shown(Held("tells"), key, label, work, lambda found: _curve(subject, pair, bank, found), _remembered(), at_once)


def _pair(subject: Subject, characters: tuple[str, ...]) -> tuple[str, str]:
    """Draws the two lists, the characters of the reading first in each."""
    read = [character for character in dict.fromkeys(subject.text) if character in characters]
    listed = list(dict.fromkeys([*read, *characters]))
    usual = _usual(subject, listed)
    left, right = st.columns(2, width=420)
    first = _choose(left, "Tell", listed, usual[0], FIRST)
    others = [character for character in listed if character != first]
    wanted = usual[1] if usual[1] != first else usual[0]
    return first, _choose(right, "from", others, wanted if wanted in others else others[0], SECOND)


def _choose(beside, label: str, options: list[str], usual: str, name: str) -> str:
    key = name.replace("_", "-")
    st.session_state[key] = address.choice(name, options, usual)

    def note() -> None:
        address.note(name, st.session_state[key], usual)

    return beside.selectbox(label, options, key=key, on_change=note) or usual


def _usual(subject: Subject, listed: list[str]) -> tuple[str, str]:
    """The first character of the reading that has a rival, and that rival; else the first two of the list."""
    labels, blank = subject.best.labels, subject.description.blank
    for character in alternatives.characters(subject.probabilities, labels, blank) if labels else ():
        own = subject.description.labels[character.label]
        rival = "" if character.rival is None else subject.description.labels[character.rival]
        if own in listed and rival in listed:
            return own, rival
    return listed[0], listed[1]


def _curve(subject: Subject, pair: tuple[str, ...], bank: Bank | None, found: Curve) -> None:
    description = subject.description
    points = [
        Point("" if layer == description.input.name else layer, _name(subject, layer), separation)
        for layer, separation in found.layers.items()
    ]
    st.markdown(_first(subject, pair, found))
    chart = curve(points, found.chance, TELLS, Inks.of(is_dark()))
    st.vega_lite_chart(
        chart, width="stretch", on_select=lambda: opening.clicked(CURVE), selection_mode="layer", key=CURVE
    )
    left_out = len(description.layer_names) - sum(layer in found.layers for layer in description.layer_names)
    without = f" {left_out} layers keep no columns in order, so they have no such place and are left out."
    caption(
        f"Dashed: chance, {found.chance:.0%}. Dotted: the same with the characters shuffled. What is read out is there "
        "for the taking; that the network uses it is not said. Hover for numbers, click a layer to open it.",
        more=f"{_how(pair, bank, found)}{without if left_out else ''} A layer that fails may hold it in a form that no "
        "weighted sum reads. After G. Alain and Y. Bengio 2016, with the control of J. Hewitt and P. Liang 2019.",
    )


def _name(subject: Subject, layer: str) -> str:
    description = subject.description
    return "the pixels" if layer == description.input.name else names.layer_name(description, description.layer(layer))


def _first(subject: Subject, pair: tuple[str, ...], found: Curve) -> str:
    """What the curve says, in a sentence or two."""
    what = f"{bold(pair[0])} from {bold(pair[1])}" if pair else f"{found.classes} characters apart"
    shares = {layer: one.share for layer, one in found.layers.items()}
    best = max(shares, key=shares.__getitem__)
    tells = found.first()
    pixels = shares.get(subject.description.input.name)
    before = f" From the pixels themselves it is {pixels:.0%}." if pixels is not None else ""
    if tells is None:
        return (
            f"No layer tells {what} in {TELLS:.0%} of the words: {plain(_name(subject, best))} comes closest with "
            f"{shares[best]:.0%}.{before}"
        )
    where = plain(_name(subject, tells))
    if tells == subject.description.input.name:
        return f"A weighted sum of the pixels tells {what} already, in {shares[tells]:.0%} of the words."
    return f"**{where} is the first layer that tells** {what}: {shares[tells]:.0%} are read out right.{before}"


def _how(pair: tuple[str, ...], bank: Bank | None, found: Curve) -> str:
    examples = max((one.examples for one in found.layers.values()), default=0)
    if pair:
        over = (
            f"{found.words // 2} pairs of drawn words that differ in that character alone, in the page's faces, so "
            "nothing around it gives it away"
        )
    elif bank is not None:
        over = f"the {found.words} words of the bank"
    else:
        over = f"{found.words} drawn words"
    return (
        f"Of each layer the values in the character's columns (as the best alignment of the right text has them) are "
        f"weighed and summed, one sum a character; the weights are fitted on half of {over}, and measured on the "
        f"other half, both ways: {examples} examples. Pale: where the share would lie over all such words, 95 times in "
        "a hundred."
    )
