"""The deeper view *Why this character?*: what a character of the reading hangs on, method by method, on the word."""

from __future__ import annotations

import json
import uuid
from collections import OrderedDict

import numpy as np
import streamlit as st

from explain import cam, ctc, occlusion, targets, word_map
from explain.gradients.attribute import ABSOLUTE, INPUT_METHODS, LAYER_METHODS, name_at
from explain.gradients.client import Job, describe
from explain.panels import address, linked, resources
from explain.panels.attribution_words import METHODS, OCCLUSION
from explain.panels.input_strip import Word
from explain.receptive_field import receptive_field
from models import crnn

CARD = crnn.CARD
PATCHES = {  # as (height, width) of the patch and of its step
    "squares": ((8, 8), (4, 4)),
    "columns": ((crnn.HEIGHT, 8), (crnn.HEIGHT, 2)),
}
CONVOLUTIONS = tuple(layer.name for layer in CARD.layers if layer.kind == "conv")
FIRST_LAYER = "conv_4"
POLL = 0.4  # seconds between looks at a running job
KEPT = 8  # words whose occluded passes are kept; some 2 MB each
ACROSS = 3  # maps in a row


@st.fragment
def show(word: Word) -> None:
    """Draws the view for a word."""
    ran = resources.run("crnn", word.batch)
    frames = ran.values["outputs"]
    text = ctc.best_path(frames).labels
    if not text:
        st.info("The network reads nothing here, so there is no character to explain. Choose another word above.")
        return
    question, answer = st.columns([1, 1.9], gap="medium")
    with question:
        target, position = _question(ran.digest, frames, text)
        st.caption("Occlusion covers the word step by step with small")
        patch = address.switch("What is covered", PATCHES, key="why_patch")
    with answer:
        _occlusion(word, ran.digest, patch, target)
    _gradients(word, ran.digest, target, position)


def _question(digest: str, frames: np.ndarray, text: ctc.Text) -> tuple[targets.Character, int]:
    """Which character, and against which rival; both kept in the address."""
    st.markdown("**Why this character?**")
    st.caption("Choose a character of the reading. The maps show what in the picture the network reads it from.")
    kept = address.numbers("character", 1)
    position = kept[0] if kept and kept[0] < len(text) else 0
    names = _names(text)
    key = f"why-character-{digest}"

    def choose() -> None:
        chosen = st.session_state[key]
        if chosen in names:
            place = names.index(chosen)
            linked.choose_character(place, ctc.best_path(frames).spans[place].start)

    st.segmented_control(
        "Character",
        names,
        default=names[position],
        required=True,
        key=key,
        on_change=choose,
        label_visibility="collapsed",
    )
    target = targets.character(frames, text, position)
    others = targets.rivals(frames, target)
    written = crnn.LABELS[target.label]
    against = st.toggle(
        f"Why “{written}” and not another character?",
        key="why_rival",
        bind="query-params",
        help="Shows what makes the character likelier than its rival at the same place, not what makes it likely.",
    )
    if against:
        options = [crnn.LABELS[label] for label in others]
        chosen = address.choice("rival", options, options[0])
        rival_key = f"why-rival-{digest}-{position}"
        st.segmented_control(
            "Its likeliest rivals",
            options,
            default=chosen,
            required=True,
            key=rival_key,
            on_change=lambda: address.note("rival", st.session_state[rival_key]),
        )
        target = targets.character(frames, text, position, others[options.index(chosen)])
    st.caption(_sentence(frames, target))
    return target, position


def _names(text: tuple[int, ...]) -> list[str]:
    """What the characters' buttons say: a character that comes again is counted, since buttons must differ."""
    written = [crnn.LABELS[label] for label in text]
    small = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
    counts = [written[: place + 1].count(character) for place, character in enumerate(written)]
    return [
        character + (str(count).translate(small) if count > 1 else "")
        for character, count in zip(written, counts, strict=True)
    ]


def _sentence(frames: np.ndarray, target: targets.Character) -> str:
    weights = np.asarray(target.weights)
    told = [f"{frame}" for frame in np.flatnonzero(weights > 0.05)]
    where = f"frame {told[0]}" if len(told) == 1 else f"frames {', '.join(told[:-1])} and {told[-1]}"
    mean = float(np.exp(weights @ np.log(np.maximum(frames[:, target.label], 1e-30))))
    text = f"“{crnn.LABELS[target.label]}” is told at {where} (orange below the maps), with probability {mean:.3f}"
    if target.rival is None:
        return text + "."
    rival = float(np.exp(weights @ np.log(np.maximum(frames[:, target.rival], 1e-30))))
    return text + f"; “{crnn.LABELS[target.rival]}” has {rival:.2g} there."


def _occlusion(word: Word, digest: str, patch: str, target: targets.Character) -> None:
    place = st.empty()
    found = _covered(word, digest, patch, place)
    values = found.map(target)
    place.image(_drawn(word, values, target), width="stretch", alt="Occlusion map over the word")
    drops = found.drops(target)
    top, left, bottom, right = found.boxes[int(drops.argmax())]
    log = "log-probability" if target.rival is None else "lead over its rival (difference of log-probabilities)"
    size = "×".join(map(str, PATCHES[patch][0][::-1]))
    st.caption(
        f"**Occlusion.** {OCCLUSION.measures} {OCCLUSION.does_not} The patch, {size} pixels in the background's "
        f"colour, costs most at columns {left} to {right - 1}, rows {top} to {bottom - 1}: {drops.max():.2f} of the "
        f"{log}. Red: covering it hurts, blue: it helps; full colour from {word_map.limit(values):.2g} on."
    )


@st.cache_resource(show_spinner=False)
def _kept() -> OrderedDict[tuple[str, str], occlusion.Occlusion]:
    """Occluded passes of the last few words; every character and rival of a word is answered from one set."""
    return OrderedDict()


def _covered(word: Word, digest: str, patch: str, place) -> occlusion.Occlusion:
    kept = _kept()
    found = kept.get((digest, patch))
    if found is None:
        size, stride = PATCHES[patch]
        text = "Covering the word patch by patch, a second or two"
        bar = place.progress(0.0, text)
        found = occlusion.occlude(
            resources.network("crnn"),
            word.batch[0],
            size,
            stride,
            on_step=lambda done, of: bar.progress(done / of, text) and None,
        )
        kept[digest, patch] = found
        while len(kept) > KEPT:
            kept.popitem(last=False)
    return found


def _gradients(word: Word, digest: str, target: targets.Character, position: int) -> None:
    """The methods that need a gradient: a button, then the job as it goes, then the maps."""
    job = _job(word, digest, target) if st.session_state.get("why-gradients") else None
    if job is None:
        ask, said = st.columns([1, 2.6], vertical_alignment="center")
        ask.button("Show the gradient methods", on_click=_want, type="primary", width="stretch", key="why-start")
        said.caption(
            "Saliency, integrated gradients, Grad-CAM and five more, side by side. They need TensorFlow, which starts "
            "in a process of its own: some 20 seconds the first time, then about 10 a character."
        )
        return
    running = not job.ended

    @st.fragment(run_every=POLL if running else None)
    def follow() -> None:
        held = st.session_state.get("why-job")
        if held is None or held["job"].ended == running:
            st.rerun()  # the clock is to start or to stop
        if running:
            bar, stop = st.columns([4, 1], vertical_alignment="center")
            bar.progress(job.step / job.steps if job.steps else 0.0, text=_doing(job))
            stop.button("Cancel", on_click=_cancel, width="stretch", key="why-cancel")
        elif job.status == "failed":
            st.error(job.error, icon=":material/error:")
            st.button("Try again", on_click=_forget, key="why-again")
        elif job.status == "done":
            _maps(word, job.result, target)

    follow()


def _doing(job: Job) -> str:
    return f"{job.step} % of the passes done" if job.status == "running" else describe(job)


def _want() -> None:
    st.session_state["why-gradients"] = True


def _forget() -> None:
    st.session_state.pop("why-job", None)


def _cancel() -> None:
    """Ends the job; the next one waits for the button again."""
    held = st.session_state.pop("why-job", None)
    if held is not None:
        held["job"].cancel()
    st.session_state["why-gradients"] = False


def _job(word: Word, digest: str, target: targets.Character) -> Job:
    """This visitor's job for this word and target; one for another is no longer wanted and is cancelled."""
    told = targets.describe(target)
    wanted = digest + json.dumps(told)
    held = st.session_state.get("why-job")
    if held is None or held["wanted"] != wanted:
        if held is not None:
            held["job"].cancel()
        owner = st.session_state.setdefault("visitor", uuid.uuid4().hex)
        settings = {"network": "crnn", "picture": word.batch[0], "target": told}
        held = {"wanted": wanted, "job": resources.worker().submit("attribute", settings, owner=owner)}
        st.session_state["why-job"] = held
    return held["job"]


def _maps(word: Word, result: dict, target: targets.Character) -> None:
    st.caption(
        "Each map has a colour scale of its own, up to the strength that only its strongest half per cent of places "
        "exceeds: the methods measure different things, so their places can be compared, their strengths cannot. "
        "Red speaks for the character and blue against it; maps without a sign go from dark blue to yellow."
    )
    across = st.columns(ACROSS, gap="medium")
    for number, method in enumerate(INPUT_METHODS):
        with across[number % ACROSS]:
            _map(word, method, result[method], target, _note(method, result))
    layer = st.segmented_control(
        "Layer whose feature maps are weighted",
        CONVOLUTIONS,
        default=FIRST_LAYER,
        required=True,
        key="why_layer",
        bind="query-params",
    )
    layer = layer or FIRST_LAYER
    across = st.columns(ACROSS, gap="medium")
    for number, method in enumerate(LAYER_METHODS):
        values = cam.spread(result[name_at(method, layer)], receptive_field(CARD, layer), CARD.input_shape)
        with across[number % ACROSS]:
            _map(word, method, values, target, f"At {layer}.")


def _map(word: Word, method: str, values: np.ndarray, target: targets.Character, note: str) -> None:
    words = METHODS[method]
    st.image(_drawn(word, values, target), width="stretch", alt=f"{words.title} over the word")
    y, x = np.unravel_index(int(np.abs(values).argmax()), values.shape)
    st.caption(f"**{words.title}.** {words.measures} {words.does_not} {note} Strongest at column {x}, row {y}.")


def _note(method: str, result: dict) -> str:
    if method == "integrated_gradients":
        return (
            f"Here {result['difference']:.2f}, missed by {100 * result['error']:.1f} % after {result['steps']} steps."
        )
    if method == "guided_backpropagation":  # a gradient: its sign says which way to change the pixel
        return "Here red asks for a lighter pixel, blue for a darker one."
    return "Magnitude only." if method in ABSOLUTE else ""


def _drawn(word: Word, values: np.ndarray, target: targets.Character):
    return word_map.picture(word.seen, values, np.asarray(target.weights), middles())


def middles() -> list[tuple[int, int]]:
    """The columns, first and last, in the middle of what each frame's convolutions see, one frame beside another."""
    field = receptive_field(CARD, "squeezed")
    step = field.stride[1]
    first = [field.start[1] + frame * step + (field.size[1] - step) // 2 for frame in range(crnn.FRAMES)]
    return [(left, left + step - 1) for left in first]
