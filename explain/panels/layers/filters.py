"""The filters of a convolution layer as pictures: all of a first layer's, and one taken apart, beside its channel's
dream."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st
from PIL import Image

from explain.layers import feature_maps, filters
from explain.network.description import Description
from explain.network.layers import Layer
from explain.panels.channels import dreams, gallery
from explain.panels.components import thumbnails
from explain.panels.layers import names
from explain.panels.layers.focus import version, weights
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark, show_picture
from explain.panels.words.explained import caption
from explain.pictures import images

SHOWN = 64  # filters at once; the first layers seldom have more
SLICES = 24  # of the filter that is taken apart
IN_TILE = 4  # slices in a filter's small picture
DARK, LIGHT = (18, 21, 28), (251, 251, 252)  # the page's grounds


def show(subject: Subject, layer: Layer, *, key: str, number: int | None, choose: Callable[[int], None]) -> int | None:
    """Draws the filters of a convolution layer, and what the channel of the present one answers to most, and returns
    that one's number; nothing for any other layer. Of a deep layer those filters are shown that respond most to the
    present picture.

    key: of the component on the page. number: of the present filter; the first that is shown where there is none of
    that number. choose: called with the one that is clicked.
    """
    if layer.kind != "conv" or "kernel" not in layer.weights:
        return None
    description = subject.description
    kernel, colour = weights(description, layer.name)["kernel"], colour_of(description, layer)
    dark = is_dark()
    shown = _shown(kernel, subject.values[layer.name])
    if number is None or number >= kernel.shape[3]:
        number = shown[0]
    if number not in shown:
        shown[-1] = number

    st.markdown(f"**Filters of {names.layer_name(description, layer)}**")
    dreamt = dreams.offered(subject)
    all_, one, dream = st.columns([1.2, 1, 0.75] if dreamt else [1.25, 1, 0.01], gap="medium")
    with all_:
        thumbnails(
            key=key,
            data={
                "label": f"Filters of {names.layer_name(description, layer)}",
                "chosen": str(number),
                "size": 34 if colour else 46,
                "items": _items(version(description), layer.name, tuple(shown), dark, kernel, colour, layer.groups),
            },
            choose=lambda clicked: choose(int(clicked)),
        )
        caption(_caption(kernel, colour, len(shown)))
    with one:
        if colour:
            _picture(kernel, number, colour)
        else:
            _slices(kernel, number, layer.groups, dark)
    if dreamt:
        with dream:
            dreams.show(subject, layer, number)
        gallery.row(description, layer, number, choose, f"{key}-dreamt")
    return number


def colour_of(description: Description, layer: Layer) -> str | None:
    """The colour of the picture that a layer's filters lie on, None where they lie on another layer's channels."""
    preprocessing = description.preprocessing
    on_picture = layer.kind == "conv" and layer.inputs == (description.input.name,) and layer.groups == 1
    return preprocessing.colour if on_picture and preprocessing else None


def _shown(kernel: np.ndarray, activation: np.ndarray) -> list[int]:
    if kernel.shape[3] <= SHOWN:
        return list(range(kernel.shape[3]))
    return [tile.channel for tile in feature_maps.strongest(activation, SHOWN // 2)]


@st.cache_resource(max_entries=32, show_spinner=False)
def _items(
    version: str,
    layer: str,
    numbers: tuple[int, ...],
    dark: bool,
    _kernel: np.ndarray,
    _colour: str | None,
    _groups: int,
) -> list[dict[str, str]]:
    small = filters.pictures(_kernel, _colour) if _colour else None
    items = []
    for number in numbers:
        if small is not None:
            picture = images.enlarge(Image.fromarray(small[number]), 12)
        else:
            slices = filters.slices(_kernel, number, IN_TILE, _groups)
            picture = filters.drawn(slices, 2, 7, DARK if dark else LIGHT)
        filter_ = _kernel[..., number]
        title = f"filter {number}: weights from {filter_.min():.3f} to {filter_.max():.3f}"
        items.append({"id": str(number), "title": title, "src": images.data_url(picture)})
    return items


def _caption(kernel: np.ndarray, colour: str | None, shown: int) -> str:
    height, width, inputs, outputs = kernel.shape
    most = "All" if shown == outputs else f"{shown} of all"
    if colour == "grey":
        return (
            f"Click a filter to look at its channel. {most} {outputs} of {height} × {width} weights stand here: white "
            "where light pixels raise the channel, black where they lower it. One that is white on one side and black "
            "on the other answers to an edge. Each has its own scale."
        )
    if colour:
        first, second, third = names.COLOURS[colour]
        return (
            f"Click a filter to look at its channel. {most} {outputs} have {height} × {width} weights for each of "
            f"{first}, {second} and {third}, drawn as colours around mid-grey: bright where more of a colour raises "
            "the channel, dark where it lowers it. Colours can be compared within a filter, not between two."
        )
    strongest = f"the {shown} of {outputs} filters that respond most here" if shown < outputs else "all filters"
    weighs = f"{inputs} channels, which have no colours, not pixels" if inputs > 1 else "one channel, not pixels"
    slices = f"its {min(IN_TILE, inputs)} strongest slices" if inputs > 1 else "its one slice"
    return (
        f"Click a filter to look at its channel. A deeper filter is no picture: it weighs {weighs}. Shown are "
        f"{strongest}, each by {slices} of {height} × {width} weights: red raises the channel, blue lowers it. Each "
        "filter has its own scale."
    )


def _picture(kernel: np.ndarray, number: int, colour: str) -> None:
    """One filter on the picture's colours, large, and its numbers."""
    picture, numbers = st.columns([1, 1.6], gap="small", vertical_alignment="center")
    large = images.enlarge(Image.fromarray(filters.pictures(kernel, colour)[number]), 40)
    show_picture(large, picture, width="stretch", alt=f"Filter {number}, enlarged")
    caption(f"**Filter {number}**, weight by weight:", numbers)
    order = list(enumerate(names.COLOURS[colour]))
    for channel, name in reversed(order) if colour == "bgr" else order:  # red first
        rows = [" ".join(f"{weight:+.3f}" for weight in row) for row in kernel[:, :, channel, number]]
        numbers.markdown("  \n".join([f":gray[{name}]", *(f"`{row}`" for row in rows)]))


def _slices(kernel: np.ndarray, number: int, groups: int, dark: bool) -> None:
    """The strongest slices of a deeper filter, with their channels."""
    slices = filters.slices(kernel, number, SLICES, groups)
    share = sum(one.share for one in slices)
    show_picture(
        filters.drawn(slices, 8, 14, DARK if dark else LIGHT),
        width="stretch",
        alt=f"Strongest slices of filter {number}",
    )
    most = max(float(np.abs(one.values).max()) for one in slices)
    if kernel.shape[2] == 1:
        caption(f"**Filter {number}** weighs channel {slices[0].channel} of the layer before alone; up to ±{most:.3f}.")
        return
    caption(
        f"**Filter {number}**: its {len(slices)} strongest of {kernel.shape[2]} slices, on one scale, up to "
        f"±{most:.3f}; together {100 * share:.0f} % of the sum of squares. Row by row they weigh the channels "
        f"{', '.join(str(one.channel) for one in slices)} of the layer before."
    )
