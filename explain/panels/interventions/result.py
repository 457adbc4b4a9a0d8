"""A network's answer as it was and with changes made inside it, side by side, and how much each layer has changed."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.charts import ctc
from explain.charts.interventions.bars import bars
from explain.charts.theme import Inks
from explain.ctc import decoding
from explain.interventions.picture import teller
from explain.interventions.run import Touched, run
from explain.layers import activations
from explain.network.head import CLASSES, CTC
from explain.panels.interventions import pair
from explain.panels.interventions.changes import Listed
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark
from explain.panels.page.wording import bold, plain
from explain.panels.words.explained import caption

SHOWN = 5  # classes


def show(subject: Subject, changes: list[Listed]) -> None:
    """Runs the network with the changes that are switched on, and draws what became of its answer."""
    wanted = [one.change for one in changes if one.on]
    try:
        other = pair.other(subject).values if any(change.what.kind == "patch" for change in wanted) else None
        with st.spinner("Running on from there", width="content"):
            touched = run(subject.opened.network, subject.batch, subject.values, wanted, other)
    except ValueError as problem:
        st.error(plain(str(problem)), icon=":material/error:")
        return
    if wanted:
        _verdict(subject, activations.probabilities(subject.description, touched.values))
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Untouched**")
        _answer(subject, subject.probabilities, "untouched")
    with right:
        st.markdown("**Changed**")
        _answer(subject, activations.probabilities(subject.description, touched.values), "changed")
    _layers(subject, touched)


def _verdict(subject: Subject, now: np.ndarray) -> None:
    """One sentence: whether the answer stays, and what becomes of its probability."""
    if subject.description.head.kind not in (CTC, CLASSES) or not np.isfinite(now).all():
        return
    tell = teller(subject.description, subject.probabilities)
    (usual, before, _), (text, _, after) = tell(subject.probabilities), tell(now)
    falls = f"probability {before:.3g} before, {after:.3g} now"
    if text == usual:
        st.markdown(f"Still {bold(usual or 'nothing')}: {falls}.")
    else:
        st.markdown(f"{bold(text or 'nothing')} instead of {bold(usual or 'nothing')}, which had {falls}.")


def _answer(subject: Subject, probabilities: np.ndarray, which: str) -> None:
    description, inks = subject.description, Inks.of(is_dark())
    if not np.isfinite(probabilities).all():
        caption("The answer is no number any more: the changes are too large.")
    elif description.head.kind == CTC:
        best = decoding.best_path(probabilities, description.blank)
        text = decoding.text(best.labels, description.labels)
        st.markdown(f"reads {bold(text or 'nothing')}, {_sure(probabilities, best.labels, description.blank)}")
        if text != subject.text:
            left = _sure(probabilities, subject.best.labels, description.blank)
            caption(f"“{plain(subject.text or 'nothing')}” is left with {left}.")
        chart = ctc.ctc(subject.url, probabilities, best, subject.alphabet, subject.frames, inks)
        st.vega_lite_chart(chart, width="stretch", key=f"touched-{which}")
    elif description.head.kind == CLASSES:
        likeliest = [int(unit) for unit in np.argsort(-probabilities, kind="stable")[:SHOWN]]
        st.markdown(f"says {bold(description.labels[likeliest[0]])}")
        rows = [(description.labels[unit][:34], float(probabilities[unit])) for unit in likeliest]
        st.vega_lite_chart(ctc.texts(rows, inks, names=0.62), width="stretch", key=f"touched-{which}")
    else:
        caption("The file does not say what its numbers stand for, so only the layers are compared.")


def _sure(probabilities: np.ndarray, labels: tuple[int, ...], blank: int) -> str:
    return f"probability {decoding.probability(probabilities, labels, blank):.3g}"


def _layers(subject: Subject, touched: Touched) -> None:
    if not touched.changed:
        return
    rows = [(subject.description.layer(name).title, change) for name, change in touched.changed.items()]
    rows = [(name, change) for name, change in rows if np.isfinite(change)]  # too large for its numbers otherwise
    st.vega_lite_chart(bars(rows, "relative change", ".3~g", Inks.of(is_dark())), width="stretch", key="touched-layers")
    caption(
        "How much each layer has changed: the length of the difference over the length of what was there, taken as "
        "vectors. Layers before the change, or beside it, are as they were and are not computed again."
    )
