"""The classes of the page's classifier as the page offers them: by name and number, from a link, a search or a click.

A class goes by its number in the list that it was taken from. For the networks that come along that is ImageNet's 1000:
`vgg16-cam` knows 200 of them; the full `vgg16`, when its weights are there, all. The classes of any other network are
numbered as it has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
import streamlit as st

from explain.network.description import Description
from explain.panels.inputs.word import samples_in
from explain.panels.page import resources, views
from explain.panels.page.guard import fragment
from explain.panels.page.subject import Subject
from explain.panels.visualisation import gallery
from explain.panels.words.explained import caption
from models import vgg16
from models.networks import CARDS

KEY = "class"  # of the choice, in the address and in the visitor's session
ASKED = "class-asked"  # a class that a visitor asked for and that the page cannot answer
LINKED = "class-linked"
FIRST = "class-first"  # the list, and its class that is shown until somebody chooses one
AROUND = 3  # classes shown before and after one that was searched by its number
UNNAMED = "class {}"  # what `explain.network.head` calls a class whose name nobody said
ROWS = 12  # at most of what a search shows


@dataclass(frozen=True, eq=False)
class Catalogue:
    """A numbered list of classes, and the networks that know them, or some of them.

    title: of the list. names: by number. networks: those that can be asked now, the page's own first; for each the
    number of every unit of its last layer. choices: the networks by what the
    choice between them says. example: of a search. numbering: what the numbers are. whole: a sentence below the list,
    on how much of it is known.
    """

    title: str
    names: tuple[str, ...]
    networks: Mapping[str, tuple[int, ...]]
    choices: Mapping[str, str] = field(default_factory=dict)
    example: str = ""
    numbering: str = "their numbers"
    whole: str = ""

    def name(self, number: int) -> str:
        return self.names[number]

    def label(self, number: int) -> str:
        """Name and number side by side: "African elephant · 386"; of a class without a name the number alone."""
        name = self.names[number]
        return name if name == UNNAMED.format(number) else f"{name} · {number}"

    def of_unit(self, network: str, unit: int) -> str:
        """Name and number of the class that a unit of a network's last layer stands for."""
        return self.label(self.networks[network][unit])

    @cached_property
    def _units(self) -> dict[str, dict[int, int]]:
        return {
            network: {number: unit for unit, number in enumerate(numbers)} for network, numbers in self.networks.items()
        }

    def unit(self, network: str, number: int) -> int | None:
        """The unit of a network's last layer that stands for a class, None where it does not know the class."""
        return self._units[network].get(number)

    def knowing(self, number: int) -> list[str]:
        """The networks that know a class."""
        return [network for network, units in self._units.items() if number in units]

    @cached_property
    def answered(self) -> list[int]:
        """The classes that the page can visualise now, by name."""
        return sorted(set().union(*self.networks.values()), key=lambda number: self.label(number).lower())

    def found(self, text: str | None) -> int | None:
        """The one class a text names: its number alone, its name, or both as in `label`; case does not matter."""
        text = (text or "").strip().lower()
        if text.isascii() and text.isdigit() and len(text) < 7:
            return int(text) if int(text) < len(self.names) else None
        return self._known.get(text)

    @cached_property
    def _known(self) -> dict[str, int]:
        numbers = range(len(self.names))
        return {written.lower(): number for number in numbers for written in (self.name(number), self.label(number))}

    def search(self, text: str) -> list[int]:
        """Classes that a text asks for, in the order of their numbers: those around a number, or with it in their
        name."""
        number = self.found(text) if text.strip().isdigit() else None
        if number is not None:
            return list(range(max(0, number - AROUND), min(len(self.names), number + AROUND + 1)))
        wanted = text.strip().lower()
        return [number for number, name in enumerate(self.names) if wanted and wanted in name.lower()]


def of_page() -> Catalogue | None:
    """The classes of the page's classifier; None where no network names classes."""
    network = views.of_page().get(views.CLASSIFIER)
    return None if network is None else of(resources.description(network))


def of(description: Description) -> Catalogue:
    """The classes of a network, with the other networks here that know classes of the same list."""
    if description.name in (vgg16.CAM.name, vgg16.FULL.name):
        return _imagenet(vgg16.full_is_here(), description.name)
    return _own(description)


@lru_cache
def _imagenet(full: bool, network: str) -> Catalogue:
    cards = {"200 classes, exact class map": vgg16.CAM, "1000 classes, Keras's VGG16": vgg16.FULL}
    here = {title: card.name for title, card in cards.items() if full or card is not vgg16.FULL}
    choices = dict(sorted(here.items(), key=lambda choice: choice[1] != network))
    return Catalogue(
        "ImageNet's 1000 classes",
        vgg16.IMAGENET_NAMES,
        {name: CARDS[name].numbers for name in choices.values()},
        choices=choices,
        example="385, or elephant",
        numbering="their numbers among ImageNet's 1000",
        whole="The page knows them all: the full VGG16's weights are here."
        if full
        else f"Those that can be clicked are the 200 of vgg16-cam. {vgg16.GET_FULL}",
    )


@lru_cache(maxsize=4)
def _own(description: Description) -> Catalogue:
    count = len(description.labels)
    return Catalogue(
        f"The {count} classes of {description.title}",
        description.labels,
        {description.name: tuple(range(count))},
        choices={description.called: description.name},
        example=f"0, or {description.labels[0]}",
    )


def take(classes: Catalogue, number: int) -> None:
    """From a callback: this class is the chosen one from now on, answered or not."""
    st.session_state[KEY] = classes.label(number)
    if number not in classes.answered:
        st.session_state[ASKED] = number


def chosen(classes: Catalogue) -> int:
    """The class of panel 3, as the other parts of the page may know it."""
    number = classes.found(st.session_state.get(KEY) or st.query_params.get(KEY))
    return _first(classes) if number is None else number


def begin(classes: Catalogue, subject: Subject | None) -> None:
    """Settles which class is shown until somebody chooses one, where a picture of it comes along: what the network on
    top takes its photograph for. Beside a word, a class that no sample word names: the two networks have nothing to do
    with each other. subject: what the network on top looks at, None for nothing.
    """
    before, network = _first(classes), next(iter(classes.networks))
    if subject is not None and subject.network == network:
        wanted = [classes.networks[network][int(np.argmax(subject.probabilities))]]
    else:
        words = _sample_words(subject)
        wanted = [number for number, name in enumerate(classes.names) if not words & set(name.lower().split())]
    pictured = _pictured(classes)
    first = next((number for number in wanted if number in pictured), _first_of_all(classes))
    if first != before and st.session_state.get(KEY) == classes.label(before):
        st.session_state[KEY] = classes.label(first)  # nobody chose what is shown
    st.session_state[FIRST] = (classes.title, first)


def _first(classes: Catalogue) -> int:
    title, number = st.session_state.get(FIRST, ("", 0))
    return number if title == classes.title else _first_of_all(classes)


def _first_of_all(classes: Catalogue) -> int:
    return next(iter(classes.networks.values()))[0]


def _pictured(classes: Catalogue) -> set[int]:
    """The classes of which a picture comes along."""
    return {
        number
        for network, numbers in classes.networks.items()
        for number, record in zip(numbers, gallery.classes_of(network), strict=False)  # no records without pictures
        if record is not None
    }


def _sample_words(subject: Subject | None) -> set[str]:
    """The words that come along with the network on top, in small letters."""
    card = subject.description.card if subject is not None else None
    folder = card.samples if card is not None else None
    return {sample["text"].lower() for sample in samples_in(folder).values() if "text" in sample} if folder else set()


def choose(classes: Catalogue) -> int:
    """Draws the choice and returns the chosen class, which may be one the page cannot answer: see `answered`."""
    _from_link(classes)
    numbers, first = list(classes.answered), _first(classes)
    asked = st.session_state.get(ASKED)
    if asked is not None and asked not in numbers and asked < len(classes.names):
        numbers.append(asked)
    picked = st.selectbox(
        "Class, by name or number",
        [classes.label(number) for number in numbers],
        index=numbers.index(first),
        key=KEY,
        bind="query-params",
        label_visibility="collapsed",
    )
    number = classes.found(picked)
    return first if number is None else number


def _from_link(classes: Catalogue) -> None:
    """A link may name the class by its number alone, or one that the page cannot answer: brought into the form that the
    choice knows before it is drawn, since what it does not know it takes out of the address."""
    stated = st.query_params.get(KEY)
    number = classes.found(stated)
    if number is None or LINKED in st.session_state:
        return
    st.session_state[LINKED] = True  # only what the page was opened with; from then on the choice keeps the address
    if number not in classes.answered:
        st.session_state[ASKED] = number
    if stated != classes.label(number):
        st.query_params[KEY] = classes.label(number)
        st.rerun()


@fragment
def table(classes: Catalogue) -> None:
    """All classes of the list, searched by name or number: numbers and names side by side."""
    st.markdown(f"**{classes.title}**")
    typed = st.text_input(
        "A name or a number",
        key="class_search",
        bind="query-params",
        placeholder=classes.example,
        help="A number shows its neighbours too: class lists are easily off by one.",
    )
    wanted = typed or str(chosen(classes))
    rows = classes.search(wanted)
    if not rows:
        caption(f"No class has “{wanted[:40]}” in its name; their numbers run from 0 to {len(classes.names) - 1}.")
    for number in rows[:ROWS]:
        _row(classes, number, number == classes.found(wanted))
    if len(rows) > ROWS:
        caption(f"… and {len(rows) - ROWS} more: type more of the name.")
    if classes.whole:
        caption(classes.whole)


def _row(classes: Catalogue, number: int, meant: bool) -> None:
    clicked = st.button(
        f":gray[{number}]  {'**' if meant else ''}{classes.name(number)}{'**' if meant else ''}",
        key=f"class-row-{number}",
        type="tertiary",
        disabled=number not in classes.answered,
        on_click=take,
        args=(classes, number),
    )
    if clicked:
        st.rerun()
