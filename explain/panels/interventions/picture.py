"""What if the picture were blurred, turned, struck through, …: a slider, and the answer along it."""

from __future__ import annotations

import streamlit as st

from explain.charts.interventions.curve import curve
from explain.charts.theme import Inks
from explain.interventions import picture
from explain.interventions.picture import CHANGES, Answered
from explain.network.head import CLASSES, CTC
from explain.panels.jobs.held import Held
from explain.panels.jobs.remembered import shown
from explain.panels.page import address
from explain.panels.page.recent import Recent
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark, show_picture
from explain.panels.page.wording import bold, plain
from explain.panels.words.explained import caption
from explain.pictures import images

BY_TITLE = {change.title: change for change in CHANGES}
USUAL = {
    "blur": 2.0,
    "shift": 3.0,
    "turn": 5.0,
    "dark": 0.5,
    "invert": 1.0,
    "noise": 40.0,
    "strike": 50.0,
    "scratch": 50.0,
}
CHANGE = "picture_change"  # in the address
REMEMBERED = 48  # curves of some forty points
WIDE = 480  # screen pixels of the changed picture


def amount_key(change: picture.Change) -> str:
    """Under which name the amount of a change stands in the address."""
    return f"picture_{change.name}"


@st.cache_resource(show_spinner=False)
def _remembered() -> Recent:
    """Curves by network, picture and change."""
    return Recent(REMEMBERED)


def show(subject: Subject) -> None:
    """Draws the choice of what is done to the picture, its slider, and the answer."""
    if subject.description.head.kind not in (CTC, CLASSES):
        caption("The file does not say what its numbers stand for, so there is no answer to follow.")
        return
    change = BY_TITLE[address.switch("What is done to the picture", BY_TITLE, key=CHANGE)]
    control, drawn = st.columns([1, 1.4], gap="medium")
    with control:
        amount = st.slider(
            f"{change.title}: {change.unit}",
            float(change.least),
            float(change.most),
            USUAL[change.name],
            float(change.step),
            key=amount_key(change),
            bind="query-params",
        )
        changed = change.made(subject.seen, amount)
        large = images.enlarge(changed, max(1, WIDE // max(changed.size)))
        show_picture(large, alt=f"The picture as the network sees it, {change.title.lower()}")
        (now,) = picture.curve(subject.opened.network, subject.seen, change, [amount])
        says = "reads" if subject.description.head.kind == CTC else "says"
        st.markdown(f"{says} {bold(now.text or 'nothing')}, probability {now.probability:.3g}")
    with drawn:
        network, seen = subject.opened.network, subject.seen

        def work(on_step) -> list[Answered]:
            return picture.curve(network, seen, change, on_step=on_step)

        def draw(points: list[Answered]) -> None:
            usual = next(point.text for point in points if point.amount == change.nothing)
            chart = curve(points, usual, f"{change.title.lower()}: {change.unit}", amount, Inks.of(is_dark()))
            st.vega_lite_chart(chart, width="stretch", key=f"picture-curve-{change.name}")
            caption(
                f"The probability of “{plain(usual or 'nothing')}”, the answer to the picture as it is, over the "
                "slider. Where the dots have another colour the network answers something else: hover to see what."
            )

        key = (subject.description, subject.ran.digest, change.name)
        shown(Held("picture-curve"), key, "Draw the curve", work, draw, _remembered(), at_once=True)
