"""Buttons beside whatever a view shows: they set it to zero and lead to *What if?*, from where one way leads back."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import streamlit as st

from explain.interventions.intervention import Intervention, InterventionError, Span, Where, check
from explain.network.layers import Layer
from explain.panels.interventions import changes, parts
from explain.panels.layers import names
from explain.panels.page.subject import Subject
from explain.panels.page.wording import plain

HELP = "Set to zero. The rest of the network is run on from there, under *What if?*"


def silence(subject: Subject, layer: Layer, places: Iterable[Where], key: str) -> None:
    """Draws a button for each of some parts of a layer, which silences it and shows what becomes of the answer.

    Nothing for a layer that the answer is not made of, and for a part that it does not have. key: of the place on the
    page, without digits.
    """
    if not changes.is_changeable(subject, layer.name):
        return
    lead = parts.leading(subject, parts.INSIDE, layer)
    wanted = [where for where in dict.fromkeys(places) if _has(subject, layer, where)]
    with st.container(horizontal=True, gap="small"):
        for number, where in enumerate(wanted):
            st.button(
                f"Silence {plain(_said(subject, layer, where))}",
                key=f"silence-{key}-{number}",
                icon=":material/volume_off:",
                help=HELP,
                on_click=_silence,
                args=(subject, Intervention(layer.name, where), lead),
            )


def channel_and_unit(layer: Layer, channel: int, y: int, x: int) -> list[Where]:
    """A channel, and of it the one number at a place of its map, as a person clicks on it."""
    dimensions = len(layer.shape)
    rows, columns = (y, y + 1) if dimensions == 3 else None, (x, x + 1) if dimensions > 1 else None
    return [Where((channel,)), Where((channel,), rows, columns)]


def _has(subject: Subject, layer: Layer, where: Where) -> bool:
    try:
        check(subject.description, Intervention(layer.name, where), subject.values[layer.name].shape)
    except InterventionError:
        return False
    return True


def _said(subject: Subject, layer: Layer, where: Where) -> str:
    """What is silenced; of frames alone, which more than one layer has, in which layer."""
    said = changes.place(subject, layer, where)
    frames = where.columns and not where.channels and not where.rows and not where.direction
    return f"{said} of {layer.title}" if frames else said


def _silence(subject: Subject, change: Intervention, lead: Callable[[], None]) -> None:
    """From a button."""
    changes.switch_on(subject, change)
    lead()


def layer_of_frames(subject: Subject) -> Layer | None:
    """Where a frame of a reading is silenced: in the last recurrent layer, else in the last layer before the labels.

    None where no layer has a column for each frame.
    """
    description, count = subject.description, len(subject.probabilities)
    layers = [layer for layer in description.layers[:0:-1] if not names.is_labelled(description, layer)]
    for layer in sorted(layers, key=lambda layer: layer.kind != "lstm"):
        values = subject.values.get(layer.name)
        if values is not None and values.shape[-2:-1] == (count,) and changes.is_changeable(subject, layer.name):
            return layer
    return None


def frames(subject: Subject, numbers: Iterable[int], key: str) -> None:
    """Draws a button for some frames of a recogniser's reading, one for each row of neighbours; nothing for none."""
    spans: list[Span] = []
    for number in sorted(numbers):
        start = spans.pop()[0] if spans and spans[-1][1] == number else number
        spans.append((start, number + 1))
    layer = layer_of_frames(subject) if spans else None
    if layer is not None:
        silence(subject, layer, [Where(columns=span) for span in spans], key)
