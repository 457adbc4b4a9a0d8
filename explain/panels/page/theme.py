"""What the visitor's browser sees: light or dark, and pictures that travel inside the page."""

from __future__ import annotations

from typing import Any

import streamlit as st
from PIL import Image

from explain.pictures import images

LARGE = 150_000  # bytes of a PNG, from which on a photograph travels as a WebP


def is_dark() -> bool:
    return st.context.theme.type == "dark"


def show_picture(image: Image.Image, place: Any = st, *, width: str | int = "content", alt: str) -> None:
    """`st.image`, with the picture inside the page.

    Streamlit hands the browser an address instead, under which the picture is gone as soon as the next run begins:
    whoever clicks quickly is left with a broken picture, for good if the next run shows the same one.
    """
    address = images.data_url(image)
    if len(address) * 3 // 4 > LARGE:
        address = images.data_url(image, "WEBP")
    place.image(address, width=width, alt=alt)
