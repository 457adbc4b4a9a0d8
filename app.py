"""The page: an input strip, three panels side by side, and one deeper view below. No mathematics here."""

from __future__ import annotations

import streamlit as st

st.set_page_config(page_title="Inside CRNN & VGG16", page_icon="🔍", layout="wide")

from explain.panels import (  # noqa: E402  Streamlit wants the page's settings first
    class_visualisation,
    ctc_decoding,
    input_strip,
    layer_by_layer,
    layers,
    vgg16,
)

STYLE = """<style>
  .block-container { padding: 1.1rem 1.9rem 2rem; max-width: 1700px; }
  header[data-testid="stHeader"] { height: 0; min-height: 0; }
  [data-testid="stVerticalBlock"] { gap: 0.55rem; }
  [data-testid="stCaptionContainer"] p { line-height: 1.35; }
</style>"""
VIEWS = {"Layer by layer": layer_by_layer, "VGG16": vgg16}


def main() -> None:
    st.html(STYLE)
    word = input_strip.show()
    left, middle, right = st.columns([1, 1.32, 1], gap="small", border=True)
    with left:
        layers.show(word)
    with middle:
        ctc_decoding.show(word)
    with right:
        class_visualisation.show()
    view = st.segmented_control(
        "Deeper view",
        list(VIEWS),
        default="Layer by layer",
        required=True,
        key="view",
        bind="query-params",
        label_visibility="collapsed",
    )
    VIEWS[view].show(word)


main()
