"""The deeper view *Why this character?*: what a character of the reading hangs on, method by method, on the word."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from importlib import import_module

import numpy as np
import streamlit as st

from explain.attribution import cam, occlusion, targets
from explain.attribution.faithfulness import UNSIGNED, evidence, peak
from explain.ctc import decoding
from explain.gradients.attribution.job import ABSOLUTE, INPUT_METHODS, LAYER_METHODS, name_at
from explain.layers.receptive_field import receptive_field
from explain.network.description import describe
from explain.panels.attribution import faithfulness
from explain.panels.attribution.method_texts import METHODS, OCCLUSION
from explain.panels.jobs.job_view import Followed
from explain.panels.page import address, resources, selection
from explain.panels.page.subject import Subject
from explain.pictures import word_overlay
from models import crnn

CARD = describe(crnn.CARD)
PATCHES = {  # as (height, width) of the patch and of its step
    "squares": ((8, 8), (4, 4)),
    "columns": ((crnn.HEIGHT, 8), (crnn.HEIGHT, 2)),
}
CONVOLUTIONS = tuple(layer.name for layer in CARD.layers if layer.kind == "conv")
FIRST_LAYER = "conv_4"
KEPT = 8  # words whose occluded passes are kept; some 2 MB each
ACROSS = 3  # maps in a row
GRADIENTS = Followed("why", "attribute")


@st.fragment
def show(word: Subject) -> None:
    """Draws the view for a word: what a character of it hangs on, and what the network looks for on its own."""
    _explained(word)
    st.divider()
    import_module("explain.panels.visualisation.words").show(word)  # below the fold: imported when its turn comes


def _explained(word: Subject) -> None:
    ran = word.ran
    frames = ran.values["outputs"]
    text = decoding.best_path(frames).labels
    if not text:
        st.info("The network reads nothing here, so there is no character to explain. Choose another word above.")
        return
    question, answer = st.columns([1, 1.9], gap="medium")
    with question:
        target = _question(ran.digest, frames, text)
        st.caption("Occlusion: the word is covered, step by step, with small patches:")
        patch = address.switch("What is covered", PATCHES, key="why_patch")
        checked = faithfulness.switch()
    with answer:
        _occlusion(word, ran.digest, patch, target, checked)
    _gradients(word, ran.digest, target, checked)


def _question(digest: str, frames: np.ndarray, text: decoding.Text) -> targets.Character:
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
            selection.choose_character(place, decoding.best_path(frames).spans[place].start)

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
    return target


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
    text = (
        f"“{crnn.LABELS[target.label]}” is told at {where} (orange below the maps). Over all its alignments its "
        f"probability is {mean:.3f} on (geometric) average"
    )
    if target.rival is None:
        return text + "."
    rival = float(np.exp(weights @ np.log(np.maximum(frames[:, target.rival], 1e-30))))
    return text + f"; “{crnn.LABELS[target.rival]}” has {rival:.2g} there."


def _occlusion(word: Subject, digest: str, patch: str, target: targets.Character, checked: bool) -> None:
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
        f"{log}. A pixel's colour is the mean over the patches that cover it; red: covering it hurts, blue: it helps, "
        f"full colour from {word_overlay.limit(values):.2g} on."
    )
    if checked:
        faithfulness.check(word, digest, target, f"occlusion, {patch}", values)


@st.cache_resource(show_spinner=False)
def _kept() -> OrderedDict[tuple[str, str], occlusion.Occlusion]:
    """Occluded passes of the last few words; every character and rival of a word is answered from one set."""
    return OrderedDict()


def _covered(word: Subject, digest: str, patch: str, place) -> occlusion.Occlusion:
    kept = _kept()
    found = kept.get((digest, patch))
    if found is None:
        size, stride = PATCHES[patch]
        text = "Covering the word patch by patch, a second or less"
        bar = place.progress(0.0, text)
        found = occlusion.occlude(
            resources.network(word.network),
            word.batch[0],
            size,
            stride,
            on_step=lambda done, of: bar.progress(done / of, text) and None,
        )
        kept[digest, patch] = found
        while len(kept) > KEPT:
            kept.popitem(last=False)
    return found


def _gradients(word: Subject, digest: str, target: targets.Character, checked: bool) -> None:
    """The methods that need a gradient: a button, then the job as it goes, then the maps."""
    settings = {"network": word.network, "picture": word.batch[0], "target": targets.describe(target)}
    job = GRADIENTS.job(digest, settings)
    if job is None:
        GRADIENTS.ask(
            "Show the gradient methods",
            "Saliency, integrated gradients, Grad-CAM and five more, side by side. They need TensorFlow, which starts "
            "in a process of its own: some 20 seconds the first time, then about 10 a character.",
        )
        return
    GRADIENTS.follow(job, lambda result: _maps(word, digest, result, target, checked))


def _maps(word: Subject, digest: str, result: dict, target: targets.Character, checked: bool) -> None:
    """All maps, those of the pixels and those of a layer, each with what it measures and, if wanted, its checks."""
    st.markdown("**Gradient methods, on the pixels**")
    st.caption(
        "Red speaks for the character and blue against it; maps without a sign go from dark blue to yellow. Each map "
        "has a colour scale of its own, full from the strength that its strongest half per cent of places exceeds: the "
        "methods measure different things, so compare where they are strong, not how strong they are."
    )
    shuffled = faithfulness.ask_sanity(word, digest, target) if checked else None

    def rows(methods: tuple[str, ...], named: Callable[[str], str], values: Callable[[str], np.ndarray]) -> None:
        """Maps side by side, and in rows of their own, so that they begin on one height, the checks of each."""
        for three in (methods[start : start + ACROSS] for start in range(0, len(methods), ACROSS)):
            for place, method in zip(st.columns(ACROSS, gap="medium"), three, strict=False):
                with place:
                    _map(word, method, values(method), target, _note(method, result, named(method)))
            if not checked:
                continue
            for place, method in zip(st.columns(ACROSS, gap="medium"), three, strict=False):
                with place:
                    faithfulness.check(word, digest, target, named(method), evidence(method, values(method)))
                    faithfulness.sanity(named(method), shuffled)

    rows(INPUT_METHODS, str, result.__getitem__)
    st.markdown("**Gradient methods, on the feature maps of a layer**")
    layer = st.segmented_control(
        "Layer whose feature maps are weighted",
        CONVOLUTIONS,
        default=FIRST_LAYER,
        required=True,
        key="why_layer",
        bind="query-params",
    )
    layer = layer or FIRST_LAYER
    field = receptive_field(CARD, layer)
    rows(
        tuple(LAYER_METHODS),
        lambda method: name_at(method, layer),
        lambda method: cam.spread(result[name_at(method, layer)], field, CARD.input_shape),
    )


def _map(word: Subject, method: str, values: np.ndarray, target: targets.Character, note: str) -> None:
    words = METHODS[method]
    st.markdown(words.title)
    st.image(_drawn(word, values, target), width="stretch", alt=f"{words.title} over the word")
    y, x = peak(evidence(method, values))
    st.caption(f"{words.measures}  \n{words.does_not}  \n{note} Highest at column {int(x)}, row {int(y)}.")


def _note(method: str, result: dict, name: str) -> str:
    if method == "integrated_gradients":
        return (
            f"The whole difference is {result['difference']:.2f} here; after {result['steps']} steps the shares miss "
            f"it by {100 * result['error']:.1f} %."
        )
    if method in ABSOLUTE:
        return "Magnitude only."
    if method in UNSIGNED:  # a gradient: its sign says which way to change the pixel
        return "Here red asks for a lighter pixel, blue for a darker one."
    return f"{name.removeprefix(method).strip().capitalize()}." if method in LAYER_METHODS else ""


def _drawn(word: Subject, values: np.ndarray, target: targets.Character):
    return word_overlay.picture(word.seen, values, np.asarray(target.weights), middles())


def middles() -> list[tuple[int, int]]:
    """The columns, first and last, in the middle of what each frame's convolutions see, one frame beside another."""
    field = receptive_field(CARD, "squeezed")
    step = field.stride[1]
    first = [field.start[1] + frame * step + (field.size[1] - step) // 2 for frame in range(crnn.FRAMES)]
    return [(left, left + step - 1) for left in first]
