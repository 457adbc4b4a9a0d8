"""The page: an input strip, three panels side by side, and one deeper view below. No mathematics here."""

from __future__ import annotations

import sys
from importlib import import_module

import streamlit as st

st.set_page_config(page_title="Inside a network", page_icon="🔍", layout="wide")

from explain.panels.page import guard, theme, views  # noqa: E402  Streamlit wants the page's settings first
from explain.panels.tour import start  # noqa: E402

# Every visitor's run of the page is a thread, and so is the server. By default Python lets each compute for 5 ms before
# another may, and an answer needs several turns: with ten visitors at once it took up to 0.8 s, like this up to 0.4.
sys.setswitchinterval(0.0005)

STYLE = """<style>
  .block-container { padding: 1.1rem 1.9rem 2rem; max-width: 1700px; }
  header[data-testid="stHeader"] { height: 0; min-height: 0; }
  [data-testid="stVerticalBlock"] { gap: 0.55rem; }
  /* Streamlit's 60 % are too pale for a projector */
  [data-testid="stCaptionContainer"] { color: color-mix(in srgb, currentColor 80%, transparent); opacity: 1; }
  [data-testid="stCaptionContainer"] p { line-height: 1.35; }
  @media (min-width: 1001px) {
    [data-testid="stLayoutWrapper"]:has(> .st-key-deep-detail) { position: sticky; top: 0.6rem; }
  }
  .st-key-deeper-choice { scroll-margin-top: 0.4rem; }
  .st-key-deeper { outline: none; }  /* where the focus goes when a pressed button is gone */
  /* buttons of single characters: an l is not an I */
  :is([class*="st-key-character-"], [class*="st-key-why-character"], [class*="st-key-why-rival"]) button p {
    font-family: "Source Code Pro", monospace; }
  @media (max-width: 1000px) {  /* Streamlit itself stacks columns only below 640 */
    [data-testid="stHorizontalBlock"] { flex-wrap: wrap; }
    [data-testid="stColumn"] { min-width: min(100%, 430px); flex-grow: 1; }
    [data-testid="stColumn"] [data-testid="stColumn"] { min-width: 0; }
    [data-testid="stButtonGroup"] [role="radiogroup"] { flex-wrap: wrap; }  /* Streamlit scrolls and hides the first */
    .st-key-answers-form [data-testid="stColumn"] [data-testid="stColumn"] { min-width: 150px; }
    .st-key-sample-strip [data-testid="stColumn"]:last-child { min-width: 6rem; }  /* "More" in full */
    .st-key-visualisation [data-testid="stImage"], .st-key-visualisation [data-testid="stFullScreenFrame"] {
      max-width: 460px;  /* alone in its row, it would fill the window */
    }
  }
  @media (max-width: 640px) {  /* the network, what is known of it and the way to another on one line */
    .st-key-strip { gap: 0.45rem; }
    :is(.st-key-strip-says, .st-key-strip-label) { display: none; }
    .st-key-strip-network, .st-key-strip-network [data-testid="stSelectbox"] { width: 106px !important; min-width: 0; }
  }
</style>"""
# Streamlit writes in white on the colour that is bright enough for words on a dark page.
DARK = """<style>
  button[kind="primary"], button[kind="primary"] p { color: #12151c; }
</style>"""


def panel(name: str):
    """A panel's module, imported when its turn comes: the browser draws what is above in the meantime."""
    return import_module(f"explain.panels.{name}")


def draw(view: views.View, *shown) -> None:
    """A panel, or the sentence that says what it would need."""
    if view.missing:
        st.markdown(f"**{views.title_of(view)}**")
        st.caption(view.missing)
    else:
        panel(view.panel).show(*shown)


def on_stage(view: views.View, subject) -> None:
    """The deeper view, or what fills the screen."""
    with panel("presenting.stage").frame():
        if view.needs.head == views.RECOGNISER and view is not views.DECODING:
            panel("ctc.believed").mark(subject)
        draw(view, subject)


def main() -> None:
    st.html(STYLE + (DARK if theme.is_dark() else "") + panel("words.glossary").style())
    stage = panel("presenting.stage")
    presented = stage.bar()
    with stage.inputs():
        subject = panel("inputs.strip").show()
    if subject is None:
        return
    if presented is not None:
        on_stage(presented, subject)
        return
    if start.step() is not None:
        panel("tour.card").show(subject)
    panel("network.at_a_glance").show(subject)
    left, middle, right = st.columns([1, 1.32, 1], gap="small", border=True)
    with left, st.container(key="panel-layers"):
        draw(views.LAYERS, subject)
    with right, st.container(key="visualisation"):
        draw(views.CLASS_VISUALISATION, subject)
    with middle, st.container(key="panel-answer"):  # last of the three, and the slowest to draw
        draw(views.middle(), subject)
    with stage.choice():
        view = views.switch()
        stage.tools(view)
        panel("page.download").button(subject)
    on_stage(view, subject)


with guard.said():
    main()
panel("page.resources").tidy()
