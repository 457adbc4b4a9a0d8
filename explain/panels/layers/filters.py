"""The filters of a convolution layer as pictures, for either network: all of a first layer's, and one taken apart."""

from __future__ import annotations

import numpy as np
import streamlit as st
from PIL import Image

from explain.layers import feature_maps, filters
from explain.network.description import Description
from explain.network.layers import Layer
from explain.panels.components import component
from explain.panels.page import address, resources
from explain.panels.page.theme import is_dark
from explain.pictures import images

SHOWN = 64  # filters at once; the first layers have no more
SLICES = 24  # of a chosen filter
IN_TILE = 4  # slices in a filter's small picture
DARK, LIGHT = (18, 21, 28), (251, 251, 252)  # the page's grounds
COLOURS = {1: ("grey",), 3: ("blue", "green", "red")}


def show(card: Description, layer: Layer, activation: np.ndarray, *, key: str, in_address: str) -> None:
    """Draws the filters of a convolution layer; nothing for any other layer.

    activation: of the layer, without the batch: of a deep layer the filters that respond most to it are shown.
    key: of the component on the page. in_address: under which name the chosen filter stands in the address.
    """
    if layer.kind != "conv":
        return
    kernel = _kernel(card.name, layer.name)
    dark = is_dark()
    numbers = _numbers(kernel, activation)
    kept = address.numbers(in_address, 1)
    chosen = kept[0] if kept and kept[0] < kernel.shape[3] else numbers[0]
    if chosen not in numbers:
        numbers[-1] = chosen

    def take() -> None:
        address.note(in_address, st.session_state[key].get("chosen"))

    st.markdown(f"**Filters of {layer.name}**")
    all_, one = st.columns([1.25, 1], gap="medium")
    with all_:
        component(
            "thumbnails",
            key=key,
            data={
                "label": f"Filters of {layer.name}",
                "chosen": str(chosen),
                "size": 34 if filters.is_picture(kernel) else 46,
                "items": _items(card.name, layer.name, tuple(numbers), dark),
            },
            on_chosen_change=take,
        )
        st.caption(_said(layer, kernel, len(numbers)))
    with one:
        _one(kernel, chosen, dark)


def _kernel(network: str, layer: str) -> np.ndarray:
    """`(height, width, in, out)`."""
    return resources.layer_weights(network, layer)[0]


def _numbers(kernel: np.ndarray, activation: np.ndarray) -> list[int]:
    if kernel.shape[3] <= SHOWN:
        return list(range(kernel.shape[3]))
    return [tile.channel for tile in feature_maps.strongest(activation, SHOWN // 2)]


@st.cache_resource(max_entries=32, show_spinner=False)
def _items(network: str, layer: str, numbers: tuple[int, ...], dark: bool) -> list[dict[str, str]]:
    kernel = _kernel(network, layer)
    small = filters.pictures(kernel) if filters.is_picture(kernel) else None
    found = []
    for number in numbers:
        if small is not None:
            picture = images.enlarge(Image.fromarray(small[number]), 12)
        else:
            picture = filters.drawn(filters.slices(kernel, number, IN_TILE), 2, 7, DARK if dark else LIGHT)
        weights = kernel[..., number]
        title = f"filter {number}: weights from {weights.min():.3f} to {weights.max():.3f}"
        found.append({"id": str(number), "title": title, "src": images.data_url(picture)})
    return found


def _said(layer: Layer, kernel: np.ndarray, shown: int) -> str:
    height, width, inputs, outputs = kernel.shape
    if inputs == 3:
        return (
            f"All {outputs} filters, {height} × {width} weights for each of blue, green and red, as colours around "
            "mid-grey: bright where more of a colour raises the channel, dark where it lowers it. Each on its own "
            "scale: colours can be compared within a filter, not between two."
        )
    if inputs == 1:
        return (
            f"All {outputs} filters, {height} × {width} weights each, around mid-grey: white where light pixels raise "
            "the channel, black where they lower it. Each on its own scale. A filter that is white on one side and "
            "black on the other answers to an edge."
        )
    strongest = f"the {shown} of {outputs} filters that respond most here" if shown < outputs else "all filters"
    return (
        f"A deeper filter is no picture: it weighs {inputs} channels, which have no colours, not pixels. Shown are "
        f"{strongest}, each by its {IN_TILE} strongest slices of {height} × {width} weights (red raises the channel, "
        "blue lowers it, each filter on its own scale). What a channel makes of a picture is in its feature map."
    )


def _one(kernel: np.ndarray, number: int, dark: bool) -> None:
    """One filter, large: its picture and its numbers, or its strongest slices with their channels."""
    inputs = kernel.shape[2]
    if filters.is_picture(kernel):
        picture, numbers = st.columns([1, 1.6], gap="small", vertical_alignment="center")
        large = images.enlarge(Image.fromarray(filters.pictures(kernel)[number]), 40)
        picture.image(large, width="stretch", alt=f"Filter {number}, enlarged")
        numbers.caption(f"**Filter {number}**, weight by weight:")
        for channel, colour in reversed(list(enumerate(COLOURS[inputs]))):
            rows = [" ".join(f"{weight:+.3f}" for weight in row) for row in kernel[:, :, channel, number]]
            numbers.markdown("  \n".join([f":gray[{colour}]", *(f"`{row}`" for row in rows)]))
        return
    found = filters.slices(kernel, number, SLICES)
    share = sum(one.share for one in found)
    st.image(
        filters.drawn(found, 8, 14, DARK if dark else LIGHT),
        width="stretch",
        alt=f"Strongest slices of filter {number}",
    )
    st.caption(
        f"**Filter {number}**: its {len(found)} strongest of {inputs} slices, on one scale, up to "
        f"±{max(float(np.abs(one.values).max()) for one in found):.3f}; together {100 * share:.0f} % of the sum of "
        f"squares. Row by row they weigh the channels {', '.join(str(one.channel) for one in found)} of the "
        "layer before."
    )
