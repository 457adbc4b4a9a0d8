"""Where is it decided? Of two pictures, the map of where swapping their values turns the answer."""

from __future__ import annotations

import streamlit as st

from explain.charts.interventions.swap import swap
from explain.charts.theme import Inks
from explain.interventions import patching
from explain.interventions.picture import Change
from explain.interventions.run import leads
from explain.network.head import CLASSES, CTC
from explain.network.layers import WEIGHING
from explain.panels.interventions.picture import BY_TITLE, USUAL
from explain.panels.jobs.held import Held
from explain.panels.jobs.remembered import shown
from explain.panels.page import address
from explain.panels.page.recent import Recent
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark
from explain.panels.page.wording import plain
from explain.panels.words.explained import caption
from models import typeface

FIRST, SECOND, FACE, TWIN = "pair_first", "pair_second", "pair_face", "pair_twin"
WORDS = ("elephant", "elephont")
REMEMBERED = 12  # maps of a few kilobytes
PHOTOGRAPH_STRIPES = 14  # a pass of a photograph takes long
LAYERS = {True: 12, False: 6}  # at most, by whether it is a text that is read; the rest are left out


@st.cache_resource(show_spinner=False)
def _remembered() -> Recent:
    """Maps by network and pictures."""
    return Recent(REMEMBERED)


def other(subject: Subject) -> Subject:
    """The other picture, whose values may be put in: the second word of the pair, or the photograph's twin.

    Raises ValueError, in one sentence, where it cannot be drawn.
    """
    second = _words(subject)[1] if subject.description.head.kind == CTC else _twin(subject)
    return _in_size_of(subject, second)


def _in_size_of(subject: Subject, second: Subject) -> Subject:
    """The second picture, stretched where it has another size, as a network may take: values go from place to place."""
    if second.batch.shape == subject.batch.shape:
        return second
    return Subject.of(subject.network, second.title, second.seen.resize(subject.seen.size))


def called(subject: Subject) -> str:
    """The other picture in words."""
    if subject.description.head.kind == CTC:
        return f"“{_texts(subject)[1]}”"
    return f"this picture ({_change().title.lower()})"


def show(subject: Subject) -> None:
    """Draws the choice of two pictures and their map."""
    kind = subject.description.head.kind
    if kind not in (CTC, CLASSES):
        caption("The file does not say what its numbers stand for, so there is no answer to follow.")
        return
    _choose(subject)
    try:
        first, second = _words(subject) if kind == CTC else (subject, _twin(subject))
        pair = first, _in_size_of(first, second)
        logits = [one.values["logits"] for one in pair]
        measure = patching.contrast(subject.description, *logits)
    except ValueError as problem:
        st.error(plain(str(problem)), icon=":material/error:")
        return
    network, untouched = subject.opened.network, (pair[0].values, pair[1].values)
    stripes, layers = _extent(pair[0], network)

    def work(on_step):
        pictures = (pair[0].batch, pair[1].batch)
        return patching.turned(network, pictures, untouched, measure, layers, stripes, on_step=on_step)

    key = (subject.description, pair[0].ran.digest, pair[1].ran.digest)
    place = Held("patching")
    shown(place, key, "Draw the map", work, lambda found: _map(pair, found, measure), _remembered())


def _extent(subject: Subject, network) -> tuple[int, list[str]]:
    """Stripes, and layers: those that weigh what they take, every second or third where there are many."""
    columns = [layer for layer in subject.description.layers[1:] if subject.values[layer.name].ndim in (2, 3)]
    columns = [layer for layer in columns if leads(network, layer.name)]
    names = [layer.name for layer in columns if layer.kind in WEIGHING] or [layer.name for layer in columns]
    reading = subject.description.head.kind == CTC
    return patching.STRIPES if reading else PHOTOGRAPH_STRIPES, names[:: max(1, -(-len(names) // LAYERS[reading]))]


def _choose(subject: Subject) -> None:
    if subject.description.head.kind == CTC:
        first, second, face = st.columns([2, 2, 3], vertical_alignment="bottom")
        words = _usual(subject)
        for column, label, key, usual in ((first, "A word", FIRST, words[0]), (second, "Another", SECOND, words[1])):
            column.text_input(label, usual, typeface.LONGEST, key=key, bind="query-params")
        with face:
            address.switch("Face", typeface.FONTS, key=FACE, labelled=True)
    else:
        address.switch("This photograph, and the same", BY_TITLE, key=TWIN)


def _usual(subject: Subject) -> tuple[str, str]:
    """Two words that this network can read, alike but for one character."""
    labels = subject.description.labels
    if set("".join(WORDS)) <= set(labels):
        return WORDS
    letters = [label for label in labels if len(label) == 1 and not label.isspace()] or ["?"]
    start = "".join(letters[:3])
    return start, start[:-1] + letters[-1]


def _texts(subject: Subject) -> list[str]:
    usual = _usual(subject)
    return [(address.given(key) or word)[: typeface.LONGEST] for key, word in zip((FIRST, SECOND), usual, strict=True)]


def _words(subject: Subject) -> tuple[Subject, Subject]:
    texts = _texts(subject)
    face = address.choice(FACE, typeface.FONTS, next(iter(typeface.FONTS)))
    drawn = [typeface.draw_word(text, face, subject.description.labels) for text in texts]
    return tuple(Subject.of(subject.network, text, picture) for text, picture in zip(texts, drawn, strict=True))


def _change() -> Change:
    return BY_TITLE[address.choice(TWIN, BY_TITLE, next(iter(BY_TITLE)))]


def _twin(subject: Subject) -> Subject:
    change = _change()
    return Subject.of(subject.network, change.title, change.made(subject.seen, USUAL[change.name]))


def _map(pair: tuple[Subject, Subject], found: patching.Turned, measure: patching.Contrast) -> None:
    description = pair[0].description
    names = [description.layer(layer).title for layer in found.layers]
    size = (pair[0].width, pair[0].height)
    chart = swap((pair[0].url, pair[1].url), size, found, names, Inks.of(is_dark()))
    st.vega_lite_chart(chart, width="stretch", key="patching-map")
    reading = description.head.kind == CTC
    number = "the log-probability of the text" if reading else "the logit of the class"
    against = f"{number} of the second picture less that of the first" if measure.rival else number
    caption(
        "Yellow: the answer goes all the way over to the second picture's (1). Dark: nothing turns (0). The first "
        "picture is run with three neighbouring stripes of a layer exchanged for what the second has there.",
        more=f"Measured is {against}: {found.ends[0]:.1f} for the first picture, {found.ends[1]:.1f} for the second. "
        "That a place is enough to turn the answer does not say that it is needed: others may be enough as well.",
    )
