"""VGG16: one class of one photograph under every gradient method, side by side."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st
from PIL import Image

from explain.attribution import cam, targets
from explain.gradients.attribution.job import ABSOLUTE, INPUT_METHODS, LAYER_METHODS, METHODS, name_at
from explain.layers.receptive_field import receptive_field
from explain.network.description import Description
from explain.panels.attribution import method_texts
from explain.panels.attribution.method_texts import Words
from explain.panels.jobs.job_view import Followed
from explain.panels.page import address
from explain.pictures import photograph_overlay

ACROSS = 4  # maps in a row
FIRST_LAYER = "block5_conv3"
GRADIENTS = Followed("vgg-methods", "attribute")
SLOW = ("smooth_grad", "integrated_gradients")
CHOICES = {
    "the quick ones": tuple(method for method in METHODS if method not in SLOW),
    "all, with SmoothGrad and integrated gradients": METHODS,
}
SECONDS = dict(zip(CHOICES, ("about 10 seconds", "one to two minutes"), strict=True))
# what the words say of a word, said of a photograph
OF_A_PHOTOGRAPH = {
    "what made the answer": "what makes it this class",
    "how strongly the answer": "how strongly the class's logit",
    "share in the answer": "share in the class's logit",
    "how much of the answer": "how much of the class's logit",
    "the answer": "the class",
    "like strokes elsewhere in the word": "like parts elsewhere in the photograph",
    "like strokes": "like parts",
    "redraws the strokes looked at": "redraws the edges looked at",
    "the whole word": "the whole photograph",
    "an empty background": "ImageNet's mean colour alone",
    "from the background on": "from ImageNet's mean colour on",
    "in the background's colour": "in that colour",
    "equals the background": "has that colour",
}


class Asked(NamedTuple):
    """What is explained. digest: of the picture the network sees; unit: of its last layer; title: the class."""

    card: Description
    digest: str
    batch: np.ndarray
    seen: Image.Image
    unit: int
    title: str

    @property
    def target(self) -> targets.ClassLogit:
        return targets.ClassLogit(self.unit)


def words(method: str) -> Words:
    """What a method is called, measures and does not measure, for a class of a photograph."""
    found = {**method_texts.METHODS, "occlusion": method_texts.OCCLUSION}[method]
    return Words(found.title, *(_of_a_photograph(text) for text in found[1:3]))


def _of_a_photograph(text: str) -> str:
    for said, instead in OF_A_PHOTOGRAPH.items():
        text = text.replace(said, instead)
    return text


def show(asked: Asked) -> None:
    """Draws the choice of methods, then the job as it goes, then the maps."""
    st.markdown(f"**{asked.title} under the gradient methods**")
    which = address.switch("Methods", CHOICES, key="vgg_methods")
    settings = {
        "network": asked.card.name,
        "picture": asked.batch[0],
        "target": targets.describe(asked.target),
        "methods": list(CHOICES[which]),
    }
    job = GRADIENTS.job(asked.digest, settings)
    if job is None:
        GRADIENTS.ask(
            "Show the methods",
            f"What in this photograph speaks for {asked.title}, as each method sees it: {SECONDS[which]} on two free "
            "cores, and some 10 more the first time, when TensorFlow starts in a process of its own.",
        )
    else:
        GRADIENTS.follow(job, lambda result: _maps(asked, result, CHOICES[which]))


def _maps(asked: Asked, result: dict, methods: tuple[str, ...]) -> None:
    st.caption(
        "Each map has its own colour scale, up to the strength that only a hundredth of its pixels exceeds: the "
        "methods measure different things, so their places can be compared, their strengths cannot. "
        "Red speaks for the class and blue against it; maps without a sign go from dark blue to yellow."
    )
    shown = [method for method in INPUT_METHODS if method in methods]
    across = st.columns(max(ACROSS, len(shown)), gap="medium")
    for column, method in zip(across, shown, strict=False):
        with column:
            picture(asked, words(method), result[method], _note(method, result))
    convolutions = [layer.name for layer in asked.card.layers if layer.kind == "conv"]
    layer = st.segmented_control(
        "Layer whose feature maps are weighted",
        convolutions,
        default=FIRST_LAYER,
        required=True,
        key="vgg_layer",
        bind="query-params",
    )
    layer = layer or FIRST_LAYER
    across = st.columns(ACROSS, gap="medium")
    for column, method in zip(across, LAYER_METHODS, strict=False):
        values = cam.spread(result[name_at(method, layer)], receptive_field(asked.card, layer), asked.card.input_shape)
        with column:
            picture(asked, words(method), values, f"At {layer}.")


def picture(asked: Asked, said: Words, values: np.ndarray, note: str) -> None:
    """One method's map over the photograph, with what it measures and what it does not. values: `(224, 224)`."""
    drawn = photograph_overlay.picture(asked.seen, values)
    st.image(drawn, width="stretch", alt=f"{said.title} over the photograph")
    y, x = np.unravel_index(int(np.abs(values).argmax()), values.shape)
    st.caption(f"**{said.title}.** {said.measures} {said.does_not} {note} Strongest at column {x}, row {y}.")


def _note(method: str, result: dict) -> str:
    if method == "integrated_gradients":
        return (
            f"Here the logit rises by {result['difference']:.2f}, missed by {100 * result['error']:.1f} % after "
            f"{result['steps']} steps."
        )
    if method == "guided_backpropagation":  # a gradient: its sign says which way to change the pixel
        return "Here red asks for a lighter pixel, blue for a darker one."
    return "Magnitude only." if method in ABSOLUTE else ""
