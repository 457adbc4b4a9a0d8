"""Things to try in *What if?*: a button each, made of what the network has, so that each is true of any network."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import streamlit as st

from explain.interventions.intervention import PATCH, Intervention, What, Where
from explain.layers.feature_maps import strongest
from explain.network.head import CLASSES, CTC
from explain.panels.interventions import changes, pair, parts, which
from explain.panels.interventions.picture import CHANGE, USUAL
from explain.panels.page.subject import Subject
from explain.panels.page.wording import plain

FIRST = "Blurred"  # of the changes of a picture


def show(subject: Subject) -> None:
    """Draws the buttons."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption("Try:", width="content")
        for number, (label, act) in enumerate(_offered(subject)):
            st.button(plain(label), key=f"try-{number}", on_click=act)


def _offered(subject: Subject) -> Iterator[tuple[str, Callable[[], None]]]:
    """What is said on each button, and what it does."""
    description = subject.description
    layer = description.layer(changes.usual_layer(subject, changes.layers_of(subject)))
    for change in changes.example(subject):
        if change.where.columns:
            yield _change(subject, f"Silence the middle of {layer.title}", change)
    channel = strongest(subject.values[layer.name], 1)[0].channel
    yield _change(subject, f"Silence channel {channel} of {layer.title}", Intervention(layer.name, Where((channel,))))
    for recurrent in description.of_kind("lstm")[-1:]:
        if len(recurrent.directions) == 2 and changes.is_changeable(subject, recurrent.name):
            direction = Where(direction="forward")
            label = f"Silence the forward direction of {recurrent.title}"
            yield _change(subject, label, Intervention(recurrent.name, direction))
    if description.head.kind not in (CTC, CLASSES):
        return
    values = subject.values[layer.name]
    if values.ndim > 1 and values.shape[-2] > 1:
        right = Where(columns=(values.shape[-2] // 2, values.shape[-2]))
        label = f"Put the right half of {pair.called(subject)} into {layer.title}"
        yield _change(subject, label, Intervention(layer.name, right, What(PATCH)))

    to_picture, to_matter = parts.leading(subject, parts.PICTURE), parts.leading(subject, parts.MATTER, layer)

    def blur() -> None:
        to_picture()
        st.session_state[CHANGE] = FIRST

    yield f"Blur the picture by {USUAL['blur']:g} pixels", blur

    def weigh() -> None:
        which.begin_at_once()
        to_matter()

    yield f"Which channels of {layer.title} matter most?", weigh


def _change(subject: Subject, label: str, change: Intervention) -> tuple[str, Callable[[], None]]:
    return label, lambda: changes.switch_on(subject, change)
