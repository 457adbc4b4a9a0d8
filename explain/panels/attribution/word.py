"""The deeper view *Why this character?*: what a character of the reading hangs on, method by method, on the word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module

import numpy as np
import streamlit as st
from PIL import Image

from explain.attribution import cam, few_labels, occlusion, targets
from explain.attribution.faithfulness import UNSIGNED, evidence, peak
from explain.gradients.attribution.job import ABSOLUTE, INPUT_METHODS, LAYER_METHODS, name_at
from explain.layers.receptive_field import receptive_field
from explain.panels.attribution import faithfulness, weighed
from explain.panels.attribution.method_texts import OF_A_WORD
from explain.panels.interventions import silence
from explain.panels.jobs.background_task import OnStep
from explain.panels.jobs.held import Held
from explain.panels.jobs.job_view import Followed
from explain.panels.jobs.remembered import shown
from explain.panels.page import address, resources, selection
from explain.panels.page.guard import fragment
from explain.panels.page.recent import Recent
from explain.panels.page.subject import Subject
from explain.panels.page.theme import show_picture
from explain.panels.words.explained import caption
from explain.pictures import word_overlay
from explain.pictures.notation import listed

REMEMBERED = 8  # words whose occluded passes are kept; some 2 MB each
MANY = 256  # labels from which on only those that the view may ask about are kept
ACROSS = 3  # maps in a row
GRADIENTS = Followed("why", "attribute")
SPACE = "␣"
AVERAGE = (
    "A geometric average over the character's alignments. It is of this one character: the whole text needs all of "
    "them at once, and so has less."
)
Covered = occlusion.Occlusion | few_labels.FewLabels


@fragment
def show(word: Subject) -> None:
    """Draws the view for a word: what a character of it hangs on, and what the network looks for on its own."""
    _explained(word)
    st.divider()
    with st.container(key="dreams"):
        import_module("explain.panels.visualisation.words").show(word)  # below the fold: imported when its turn comes


def _explained(word: Subject) -> None:
    text = word.best.labels
    if not text:
        st.info("The network reads nothing here, so there is no character to explain. Choose another word above.")
        return
    patches = occlusion.patches_of_a_word(word.height)
    question, answer = st.columns([1, 1.9], gap="medium")
    with question:
        target = _question(word, text)
        caption("Occlusion: the word is covered, step by step, with small patches:")
        patch = address.switch("What is covered", patches, key="why_patch")
        checked = faithfulness.switch(word.description)
    with answer:
        _occlusion(word, patch, patches[patch], target, checked)
    _gradients(word, target, checked)


def _question(word: Subject, text: tuple[int, ...]) -> targets.Character:
    """Which character, and against which rival; both kept in the address."""
    st.markdown("**Why this character?**")
    caption("Choose a character of the reading. The maps show what in the picture the network reads it from.")
    kept = address.numbers("character", 1)
    position = kept[0] if kept and kept[0] < len(text) else 0
    names = _names([_written(word, label) for label in text])
    frames, blank, digest = word.probabilities, word.description.blank, word.ran.digest
    key = f"why-character-{digest}"

    def choose() -> None:
        chosen = st.session_state[key]
        if chosen in names:
            place = names.index(chosen)
            selection.choose_character(place, word.best.spans[place].start)

    st.segmented_control(
        "Character",
        names,
        default=names[position],
        required=True,
        key=key,
        on_change=choose,
        label_visibility="collapsed",
    )
    target = targets.character(frames, text, position, blank=blank)
    against = st.toggle(
        f"Why “{_written(word, target.label)}” and not another character?",
        key="why_rival",
        bind="query-params",
        help="Shows what makes the character likelier than its rival at the same place, not what makes it likely.",
    )
    others = targets.rivals(frames, target, blank=blank)
    if against and others:
        options = [_written(word, label) for label in others]
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
        target = targets.character(frames, text, position, others[options.index(chosen)], blank)
    caption(_sentence(word, target), more=AVERAGE)
    silence.frames(word, targets.telling_frames(target), "why")
    return target


def _written(word: Subject, label: int) -> str:
    """A label as it can be seen, also where it is a space."""
    return word.description.labels[label].replace(" ", SPACE)


def _names(written: Sequence[str]) -> list[str]:
    """What the characters' buttons say: a character that comes again is counted, since buttons must differ."""
    small = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
    counts = [written[: place + 1].count(character) for place, character in enumerate(written)]
    return [
        character + (str(count).translate(small) if count > 1 else "")
        for character, count in zip(written, counts, strict=True)
    ]


def _sentence(word: Subject, target: targets.Character) -> str:
    frames = [str(frame) for frame in targets.telling_frames(target)]
    where = f"frame{'s' if len(frames) > 1 else ''} {listed(frames)}"
    text = (
        f"“{_written(word, target.label)}” is read at {where} (orange below the maps). There its probability, "
        f"averaged over all alignments, is "
        f"{targets.mean_probability(word.probabilities, target):.3f}"
    )
    if target.rival is None:
        return text + "."
    rival = targets.mean_probability(word.probabilities, target, target.rival)
    return text + f"; “{_written(word, target.rival)}” has {rival:.2g} there."


def _occlusion(
    word: Subject, patch: str, lengths: tuple[occlusion.Pair, occlusion.Pair], target: targets.Character, checked: bool
) -> None:
    """lengths: `(height, width)` of the patch, and of its step.

    A network in a process of its own takes whole passes, some seconds of them: beside the page, and with Cancel.
    """
    key, network = (word.description, word.ran.digest, lengths), resources.network(word.network)
    remembered = _remembered()
    covered = remembered.get(key)
    asked = _to_ask(word) if covered is None and len(word.description.labels) > MANY else None

    def work(on_step: OnStep) -> Covered | None:
        found = occlusion.occlude(network, word.batch[0], *lengths, on_step=on_step)
        return found if asked is None or found is None else few_labels.few(found, asked)

    def draw(covered: Covered) -> None:
        _occlusion_map(word, covered, lengths, target)
        if checked:
            faithfulness.check(word, target, f"occlusion, {patch}", covered.map(target))

    if network.apart:
        count = len(occlusion.boxes(word.batch.shape[1:], *lengths))
        shown(Held("cover-word"), key, f"Occlusion: {count} passes", work, draw, remembered, at_once=True)
        return
    place = st.empty()
    if covered is None:
        text = "Covering the word patch by patch"
        bar = place.progress(0.0, text)
        covered = work(lambda done, of: bar.progress(done / of, f"{text}: {done} of {of}") is not None)
        remembered.add(key, covered)
    place.empty()
    draw(covered)


def _occlusion_map(
    word: Subject, covered: Covered, lengths: tuple[occlusion.Pair, occlusion.Pair], target: targets.Character
) -> None:
    values = covered.map(target)
    show_picture(_drawn(word, values, target), width="stretch", alt="Occlusion map over the word")
    drops = covered.drops(target)
    top, left, bottom, right = covered.boxes[int(drops.argmax())]
    log = "log-probability" if target.rival is None else "lead over its rival (difference of log-probabilities)"
    words, (height, width) = OF_A_WORD["occlusion"], lengths[0]
    caption(
        f"**Occlusion.** Red: covering it hurts the answer. Blue: it helps. The patch costs most at columns {left} to "
        f"{right - 1}, rows {top} to {bottom - 1}: {drops.max():.2f} of the {log}.",
        more=f"{words.measures} {words.does_not} The patch is {width}×{height} pixels in the background's colour. A "
        f"pixel's colour is the mean over the patches that cover it, in full from {word_overlay.limit(values):.2g} on.",
    )


@st.cache_resource(show_spinner=False)
def _remembered() -> Recent:
    """Occluded passes of the last few words; every character and rival of a word is answered from one set."""
    return Recent(REMEMBERED)


def _to_ask(word: Subject) -> set[int]:
    """The labels that the view may ask about: those of the reading, and each one's rivals."""
    probabilities, text, blank = word.probabilities, word.best.labels, word.description.blank
    asked = [targets.character(probabilities, text, place, blank=blank) for place in range(len(text))]
    return {*text, *(rival for target in asked for rival in targets.rivals(probabilities, target, blank=blank))}


def _gradients(word: Subject, target: targets.Character, checked: bool) -> None:
    """The methods that need a gradient: a button, then the job as it goes, then the maps."""
    settings = {"network": word.network, "picture": word.batch[0], "target": targets.describe(target)}
    job = GRADIENTS.job(word.ran.digest, settings)
    if job is None:
        GRADIENTS.ask(
            "Show the gradient methods",
            "Saliency, integrated gradients, Grad-CAM and five more, side by side. They need TensorFlow, which starts "
            "in a process of its own: some 20 seconds the first time, then about 10 a character.",
            settings,
        )
        return
    GRADIENTS.follow(job, lambda result: _maps(word, result, target, checked))


def _maps(word: Subject, result: dict, target: targets.Character, checked: bool) -> None:
    """All maps, those of the pixels and those of a layer, each with what it measures and, if wanted, its checks."""
    st.markdown("**Gradient methods, on the pixels**")
    caption(
        "Red speaks for the character and blue against it; maps without a sign go from dark blue to yellow. Compare "
        "where the maps are strong, not how strong they are: each method measures something else.",
        more="Each map has a colour scale of its own, full from the strength that its strongest half per cent of "
        "places exceeds.",
    )
    shuffled = faithfulness.ask_sanity(word, target) if checked else None

    def rows(
        methods: tuple[str, ...], named: Callable[[str], str], values: Callable[[str], np.ndarray], at: str = ""
    ) -> None:
        """Maps side by side, and in rows of their own, so that they begin on one height, the checks of each."""
        for three in (methods[start : start + ACROSS] for start in range(0, len(methods), ACROSS)):
            for place, method in zip(st.columns(ACROSS, gap="medium"), three, strict=False):
                with place:
                    _map(word, method, values(method), target, at or _note(method, result))
            if not checked:
                continue
            for place, method in zip(st.columns(ACROSS, gap="medium"), three, strict=False):
                with place:
                    faithfulness.check(word, target, named(method), evidence(method, values(method)))
                    faithfulness.sanity(named(method), shuffled)

    rows(INPUT_METHODS, str, result.__getitem__)
    st.markdown("**Gradient methods, on the feature maps of a layer**")
    layer = weighed.choose(word.description, "why_layer")
    if layer is None:
        return
    field = receptive_field(word.description, layer)
    rows(
        tuple(LAYER_METHODS),
        lambda method: name_at(method, layer),
        lambda method: cam.spread(result[name_at(method, layer)], field, word.batch.shape[1:]),
        f"At {weighed.name(word.description, layer)}.",
    )


def _map(word: Subject, method: str, values: np.ndarray, target: targets.Character, note: str) -> None:
    words = OF_A_WORD[method]
    st.markdown(words.title)
    show_picture(_drawn(word, values, target), width="stretch", alt=f"{words.title} over the word")
    y, x = peak(evidence(method, values))
    caption(f"{words.measures}  \n{words.does_not}  \n{note} Highest at column {int(x)}, row {int(y)}.")


def _note(method: str, result: dict) -> str:
    if method == "integrated_gradients":
        return (
            f"The whole difference is {result['difference']:.2f} here; after {result['steps']} steps the shares miss "
            f"it by {100 * result['error']:.1f} %."
        )
    if method in ABSOLUTE:
        return "Magnitude only."
    if method in UNSIGNED:  # a gradient: its sign says which way to change the pixel
        return "Here red asks for a lighter pixel, blue for a darker one."
    return ""


def _drawn(word: Subject, values: np.ndarray, target: targets.Character) -> Image.Image:
    return word_overlay.picture(word.seen, values, np.asarray(target.weights), word.frames.middles)
