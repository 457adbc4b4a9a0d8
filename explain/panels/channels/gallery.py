"""The pictures dreamt of channels that come along with a network: a layer's in a row, and one by its channel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st
from PIL import Image

from explain.network.description import Description
from explain.network.layers import Layer
from explain.panels.components import thumbnails
from explain.panels.layers import names
from explain.panels.visualisation import gallery as pictures
from explain.panels.words.explained import caption
from explain.pictures import images

SIDE = 66  # screen pixels of a small picture


def folder_of(description: Description) -> Path | None:
    """Where these pictures lie; None for a network without any."""
    folder = description.card.channels if description.card else None
    return folder if folder and (folder / "gallery.json").is_file() else None


def records(description: Description, layer: str) -> dict[int, dict[str, Any]]:
    """What is known of each picture of the layer, by its channel: see `explain.gradients.images.channel_gallery`."""
    folder = folder_of(description)
    notes = pictures.contents(folder)["channels"] if folder else []
    return {note["channel"]: note for note in notes if note["layer"] == layer}


def picture(description: Description, record: dict[str, Any]) -> Image.Image:
    return pictures.picture(folder_of(description), record["file"])


def row(description: Description, layer: Layer, channel: int, choose: Callable[[int], None], key: str) -> None:
    """The layer's pictures side by side, nothing where there are none. channel: the present one. choose: called with
    the one that is clicked. key: of the component on the page."""
    known = records(description, layer.name)
    if not known:
        return

    st.markdown(f"**Channels of {names.layer_name(description, layer)}, dreamt beforehand**")
    thumbnails(
        key=key,
        data={
            "label": "Dreamt channels",
            "chosen": str(channel),
            "size": SIDE,
            "square": True,
            "names": True,
            "items": [
                {"id": str(number), "title": f"channel {number}", "src": url}
                for number, url in _small(folder_of(description), layer.name, description).items()
            ],
        },
        choose=lambda clicked: choose(int(clicked)),
    )
    caption(
        f"Click a picture to look at its channel. These are {len(known)} of {layer.shape[-1]}, not chosen by eye. A "
        "channel may answer to several things; its picture shows one.",
        more="Half of them respond most to the sample photographs, half are evenly spread among the others.",
    )


@st.cache_resource(max_entries=32, show_spinner=False)  # some 50 kB each
def _small(folder: Path, layer: str, _description: Description) -> dict[int, str]:
    found = records(_description, layer)
    return {number: images.data_url(picture(_description, note), "WEBP") for number, note in found.items()}
