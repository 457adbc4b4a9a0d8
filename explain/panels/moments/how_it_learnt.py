"""*How it learnt*: what a network answered at some moments of a training from nothing, with a slider that plays."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import streamlit as st
from PIL import Image

from explain.charts import ctc
from explain.charts.moments.curve import curve
from explain.charts.moments.rows import over_time
from explain.charts.theme import Inks
from explain.ctc import decoding
from explain.ctc.alphabet import Alphabet
from explain.layers import filters, frames
from explain.panels.components import component
from explain.panels.layers.filters import DARK, LIGHT
from explain.panels.page import address
from explain.panels.page.guard import fragment
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark, show_picture
from explain.panels.page.wording import bold, plain
from explain.panels.words.explained import caption
from explain.pictures import images
from explain.pictures.sheets import Layout, sheet
from models import moments
from models.moments import Moments, MomentsError

SHORT = (
    "At first it was also shown where each character stands. This was a short training of its own, kept to be looked "
    "at: the network that the rest of the page shows was trained longer."
)
WORD, MOMENT, PLAYER = "learnt_word", "learnt", "learnt-player"  # the first two in the address
EVERY = 900  # milliseconds that a moment is seen while it plays
HARDLY = 0.95  # likeness above which filters have hardly changed
COLUMNS, CELL = 16, 6  # filters in a row, screen pixels a weight


class Shown(NamedTuple):
    """A word at a moment, as `Moments` counts them."""

    word: int
    moment: int


@fragment
def show(subject: Subject) -> None:
    """Draws the view; what it shows comes with the network's card, not from the word on top."""
    st.markdown("**How it learnt**")
    try:
        kept = _read(subject.description.card.moments)
    except (OSError, MomentsError) as problem:
        st.error(plain(f"The moments of its training cannot be read: {problem}"), icon=":material/error:")
        return
    caption(_told(kept), more=SHORT)
    word = list(kept.texts).index(address.switch("Word", kept.texts, key=WORD))
    moment = _moment(kept)
    _player(kept, moment)
    shown = Shown(word, moment)
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        st.markdown(_reads(kept, shown))
        st.vega_lite_chart(_frames(kept, shown, subject, is_dark()), width="stretch", key="learnt-frames")
        caption(
            f"{_milestones(kept, word)} Each column is a frame, each row a label; yellow is a probability of 1. The "
            "picture and the rows stay the same from moment to moment."
        )
    with right:
        st.vega_lite_chart(
            curve(kept.seen, kept.losses, kept.right, moment, Inks.of(is_dark())), width="stretch", key="learnt-curve"
        )
        caption(f"On {kept.tried} printed words in typefaces that it was not trained on; read right but for the case.")
        show_picture(
            _filters(kept, moment, subject.description.preprocessing.colour),
            width="stretch",
            alt=f"The filters of {kept.layer} at this moment",
        )
        caption(_filters_told(kept, moment))


def _told(kept: Moments) -> str:
    return (
        f"Press Play. After {kept.seen[-1]:,} words this network read {kept.right[-1]:.0%} of printed words that it "
        "had never seen. It began with random weights, and was shown drawn words and what they say."
    )


def _moment(kept: Moments) -> int:
    """The moment that the address names, by its place; else the last."""
    named = address.numbers(MOMENT, 1)
    return named[0] if named and named[0] < len(kept) else len(kept) - 1


def _player(kept: Moments, moment: int) -> None:
    def take() -> None:
        at = st.session_state[PLAYER].get("at")
        if isinstance(at, int) and 0 <= at < len(kept):
            address.note(MOMENT, str(at), str(len(kept) - 1))

    names = [f"{seen:,} words" for seen in kept.seen]
    data = {"label": "the training", "names": names, "at": moment, "every": EVERY}
    component("moments/player", key=PLAYER, data=data, on_at_change=take)


def _reads(kept: Moments, shown: Shown) -> str:
    """What it reads, and of what kind that is."""
    wanted, read = kept.texts[shown.word], kept.readings[shown.moment][shown.word]
    seen = f"After {kept.seen[shown.moment]:,} words"
    if not read:
        return f"{seen} it says **blank** in every frame: it reads nothing."
    if read == wanted:
        return f"{seen} it reads {bold(read)}: right."
    return f"{seen} it reads {bold(read)}, where “{plain(wanted)}” stands."


def _milestones(kept: Moments, word: int) -> str:
    """When it said nothing yet, and since when it reads the word."""
    silent, right = kept.silent(), kept.right_from(word)
    first = (
        "" if silent is None else f"After {kept.seen[silent]:,} words it says blank everywhere: that is learnt first. "
    )
    if right is None:
        return f"{first}This word it reads wrong to the end."
    return f"{first}This word it reads right from {kept.seen[right]:,} words on."


@st.cache_resource(max_entries=4, show_spinner=False)
def _kept(path: Path, modified: int) -> Moments:
    return moments.read(path)


def _read(path: Path) -> Moments:
    return _kept(path, path.stat().st_mtime_ns)


def _frames(kept: Moments, shown: Shown, subject: Subject, dark: bool) -> dict:
    """The frames under the word, as the panel *CTC decoding* shows them."""
    description = subject.description
    probabilities, picture = kept.probabilities[shown.moment, shown.word], kept.pictures[shown.word]
    alphabet = Alphabet(description.labels, description.blank)
    same = over_time(kept.probabilities[:, shown.word], kept.texts[shown.word], alphabet)
    return ctc.ctc(
        images.data_url(Image.fromarray(picture)),
        probabilities,
        decoding.best_path(probabilities, description.blank),
        alphabet,
        frames.frames(description, len(probabilities), picture.shape[1]),
        Inks.of(dark),
        rows=same,
    )


def _filters(kept: Moments, moment: int, colour: str) -> Image.Image:
    """All filters of the first layer on one scale, that of the moment."""
    small = filters.pictures(kept.filters[moment], colour, shared=True)
    tiles = [images.enlarge(Image.fromarray(one), CELL) for one in small]
    return sheet(tiles, Layout(tiles[0].size, COLUMNS, (4, 4)), ground=DARK if is_dark() else LIGHT)


def _filters_told(kept: Moments, moment: int) -> str:
    told = (
        f"The {kept.filters.shape[-1]} filters of {plain(kept.layer)}: white where light speaks for the filter, black "
        f"where dark does. Their likeness to the random ones that they began as is {kept.likeness(moment):.3f} (1: the "
        "same)."
    )
    hardly = kept.likeness(len(kept) - 1) > HARDLY
    seen = f"{kept.seen[-1]:,}"
    says = (
        f" Over the {seen} words of this training they hardly change: what was learnt lies mostly in the layers above."
    )
    return told + says * hardly
