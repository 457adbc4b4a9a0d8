"""The panel in the middle for a network that names classes: what it calls the photograph."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.charts import ctc
from explain.charts.theme import Inks
from explain.network.description import Description
from explain.panels.page.guard import fragment
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark, show_picture
from explain.panels.page.wording import bold
from explain.panels.visualisation import class_names
from explain.panels.words.explained import caption
from explain.pictures import images
from explain.pictures.notation import shortened

SHOWN = 10
SIZE = 300  # screen pixels of the picture
LONGEST = 34  # characters of a name beside its bar


@fragment
def show(photograph: Subject) -> None:
    """Draws the panel for what the network on top looks at."""
    description, probabilities = photograph.description, photograph.probabilities
    classes = class_names.of(description)
    best = [int(unit) for unit in np.argsort(-probabilities, kind="stable")[:SHOWN]]
    st.markdown(f"**Classes** :gray[says] {bold(description.labels[best[0]])}")
    caption(summary(len(best), len(probabilities), description))
    with st.container(horizontal_alignment="center"):
        large = images.enlarge(photograph.seen, max(1, SIZE // max(photograph.seen.size)))
        show_picture(
            large, width=SIZE, alt=f"The picture as the network sees it, {photograph.height} x {photograph.width}"
        )
    bars = [(_short(classes.of_unit(photograph.network, unit)), float(probabilities[unit])) for unit in best]
    st.vega_lite_chart(ctc.texts(bars, Inks.of(is_dark()), names=0.62), width="stretch", key="likeliest")


def summary(shown: int, count: int, description: Description) -> str:
    """What the bars are, and that the classes' names are not known where they are not."""
    likeliest = f"The {shown} likeliest of its {count:,} classes" if shown < count else f"Its {count} classes"
    apart = description.output.activation == "sigmoid"
    rule = "sigmoid: each class by itself" if apart else "softmax: over all classes they sum to 1"
    sentence = f"{likeliest} for this picture, each with its probability ({rule})."
    return sentence if description.head.stated else f"{sentence} Nobody has said their names: do so under *Answers*."


def _short(name: str) -> str:
    return shortened(name, LONGEST)
