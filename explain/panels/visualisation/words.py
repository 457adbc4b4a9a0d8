"""*What does the network look for?*: pictures that the CRNN reads as a word, or that a part of it answers to most."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import streamlit as st
from PIL import Image

from explain.attribution import targets
from explain.gradients.words import job as words_job
from explain.gradients.worker.client import Job, describe
from explain.interventions.intervention import Where
from explain.network import description
from explain.panels.interventions.silence import channel_and_unit, silence
from explain.panels.jobs import replay
from explain.panels.jobs.held import Held
from explain.panels.jobs.job_view import progress
from explain.panels.page import address, resources
from explain.panels.page.guard import fragment
from explain.panels.page.subject import Subject
from explain.panels.page.theme import show_picture
from explain.panels.page.wording import plain
from explain.panels.visualisation import gallery
from explain.panels.words.explained import caption
from explain.pictures import images
from models import crnn

ENLARGED = 4  # screen pixels a pixel
SHOWN = 8  # dreams of the gallery that are seen at once
NETWORK = description.describe(crnn.CARD)
LAYERS = tuple(layer for layer in NETWORK.layers if layer.kind == "conv")
RECURRENT = tuple(layer for layer in NETWORK.layers if layer.kind == "lstm")
DREAM = Held("dream-word")


@fragment
def show(word: Subject) -> None:
    """Draws the view; nothing in it starts TensorFlow before the button is pressed."""
    st.markdown("**What does the network look for?**")
    if word.description.card is not crnn.CARD:
        caption(
            f"Words are dreamt with {crnn.CARD.title} alone: what keeps its dreams near print was measured on it. "
            f"What {word.description.title} looks for, its feature maps and the methods above show."
        )
        return
    question, answer = st.columns([1, 2.1], gap="medium")
    with question:
        what = address.switch("What is dreamt of", WHAT, key="dream_what")
        settings = WHAT[what](word)
        count = _count()
        _button(settings, count)
    with answer:
        job = DREAM.work_for(_wish(settings, count))
        if job is None:
            _examples()
        else:
            _follow(job)


def _word(word: Subject) -> dict | None:
    """The settings of a dream of a text; None, with a sentence, where it cannot be dreamt of."""
    reading = word.text
    typed = st.text_input(
        "Dream a word", placeholder=reading or "elephant", max_chars=60, key="dream", bind="query-params"
    )
    text = (typed or "").strip() or reading or "elephant"
    try:
        return {"text": words_job.check({"text": text})["text"]}
    except ValueError as problem:
        st.error(plain(str(problem)), icon=":material/error:")
        return None


def _character(word: Subject) -> dict:
    label = address.choice("dream_character", crnn.LABELS, "a")
    chosen = st.selectbox(
        "Character",
        list(crnn.LABELS),
        index=crnn.LABELS.index(label),
        key="dream-character",
        on_change=lambda: address.note("dream_character", st.session_state["dream-character"], "a"),
    )
    frame = _number("Frame", "dream_frame", crnn.FRAMES, crnn.FRAMES // 2)
    weights = tuple(float(number == frame) for number in range(crnn.FRAMES))
    return _told(targets.Character(crnn.LABELS.index(chosen or "a"), weights))


def _channel(word: Subject) -> dict:
    layer = _layer("dream_layer", LAYERS)
    channel = _number("Channel", "dream_channel", layer.shape[-1])
    silence(word, layer, [Where((channel,))], "dream")
    return _told(targets.Channel(layer.name, channel))


def _unit(word: Subject) -> dict:
    layer = _layer("dream_blstm", RECURRENT)
    step = _number("Time step", "dream_step", layer.shape[0], layer.shape[0] // 2)
    unit = _number("Unit", "dream_unit", layer.shape[-1])
    if len(layer.directions) == 2:
        half = layer.shape[-1] // 2
        caption(f"Units 0 to {half - 1} read from left to right, {half} to {2 * half - 1} from right to left.")
    silence(word, layer, channel_and_unit(layer, unit, 0, step), "dream")
    return _told(targets.Unit(layer.name, (step, unit)))


WHAT = {"Word": _word, "Character": _character, "Channel": _channel, "Recurrent unit": _unit}


def _told(target: targets.Target) -> dict:
    return {"target": targets.describe(target)}


def _layer(name: str, layers):
    names = [layer.name for layer in layers]
    chosen = st.selectbox(
        "Layer",
        names,
        index=names.index(address.choice(name, names, names[-1])),
        key=f"{name}-box",
        on_change=lambda: address.note(name, st.session_state[f"{name}-box"], names[-1]),
    )
    return layers[names.index(chosen or names[-1])]


def _number(label: str, name: str, limit: int, first: int = 0) -> int:
    """A whole number from 0 to limit - 1, kept in the address under name."""
    kept = address.numbers(name, 1)
    key = f"{name}-{limit}"

    def keep() -> None:
        number = st.session_state[key]
        address.note(name, None if number is None else str(number), str(first))

    number = st.number_input(
        label, 0, limit - 1, kept[0] if kept and kept[0] < limit else first, key=key, on_change=keep
    )
    return first if number is None else number


def _count() -> int:
    kept = address.choice("dream_count", ("1", "2", "3", "4"), "1")
    chosen = st.segmented_control(
        "Pictures, each from noise of its own",
        ["1", "2", "3", "4"],
        default=kept,
        required=True,
        key="dream-count",
        on_change=lambda: address.note("dream_count", st.session_state["dream-count"], "1"),
    )
    return int(chosen or "1")


def _button(settings: dict | None, count: int) -> None:
    st.button(
        "Dream it",
        on_click=_start,
        args=(settings, count),
        type="primary",
        disabled=settings is None,
        key="dream-word-start",
        help="Starts from fresh noise, another seed each time, and shows the picture as it forms.",
    )
    seconds = count * (WORD_SECONDS if settings and "text" in settings else PART_SECONDS)
    caption(
        f"Takes about {seconds} seconds on two free processor cores, and 10 more the first time for "
        "TensorFlow, which runs in a process of its own."
    )


WORD_SECONDS, PART_SECONDS = 15, 5  # a picture, roughly, on two cores


def _start(settings: dict, count: int) -> None:
    """Asks the worker for a dream; every press of the button takes other seeds."""
    seed = st.session_state.get("dream-word-seed", 0)
    st.session_state["dream-word-seed"] = seed + count
    job = resources.submit("dream-word", {**settings, "count": count, "seed": seed})
    DREAM.hold(_wish(settings, count), replay.first(job))


def _wish(settings: dict | None, count: int) -> str:
    """What a dream is asked for, to know it again."""
    return json.dumps([settings, count])


def _follow(job: Job) -> None:
    """The job as it goes, and what came of it."""

    def look(running: bool) -> None:
        if job.status == "done":
            _result(job)
            return
        if job.status == "failed":
            st.error(plain(job.error), icon=":material/error:")
        else:
            bar, stop = st.columns([3.2, 1], vertical_alignment="center")
            progress(bar, job, describe(job))
            if running:
                stop.button(replay.stop_label(job), on_click=job.cancel, width="stretch", key="dream-word-cancel")
            else:
                stop.button("Back", on_click=DREAM.drop, width="stretch", key="dream-word-back")
        if job.preview is not None:
            picture = images.enlarge(Image.fromarray(np.asarray(job.preview, np.uint8)), ENLARGED)
            show_picture(picture, alt=f"The dream after step {job.step}")

    DREAM.follow(look)


def _result(job: Job) -> None:
    text = job.settings.get("text")
    for number, (grey, reading) in enumerate(zip(job.result["pictures"], job.result["readings"], strict=True)):
        score = float(job.result["scores"][number])
        seed = job.settings["seed"] + number
        picture = Image.fromarray(grey)
        show_picture(
            images.enlarge(picture, ENLARGED), alt=f"Dreamt picture {number + 1}, read as {reading or 'nothing'}"
        )
        said, save = st.columns([3.2, 1], vertical_alignment="center")
        caption(_said(text, reading, score, seed), said)
        save.download_button(
            "Save",
            images.png_bytes(picture),
            file_name=f"dream-{text or 'part'}-{seed}.png",
            mime="image/png",
            width="stretch",
            key=f"dream-word-save-{number}",
            on_click="ignore",
            help="The 128 × 32 pixels that the network sees. Upload them above to look at the dream layer by layer.",
        )
    caption(f"{describe(job)}. {EXPLAINED}", more=HELD)
    replay.offer(DREAM, job)
    st.button("Back to the examples", on_click=DREAM.drop, key="dream-word-back")


def _said(text: str | None, reading: str, score: float, seed: int) -> str:
    read = f"The network reads **{reading}**" if reading else "The network reads nothing here"
    if text is None:
        return f"{read}; what was raised stands at {score:.2f}. Seed {seed}."
    return f"{read}; probability of “{text}”: {np.exp(score):.2f}. Seed {seed}."


EXPLAINED = (
    "Not a photograph and no typeface: each picture began as noise and was changed along the gradient until the "
    "network answered as wanted. Where you read something else, you see what the network does not mind."
)
HELD = (
    "It is held near print, black strokes on white. For a word a small denoiser helps with that, 15 pixels at a time: "
    "it was trained on print and is not told which letters are wanted."
)


def _examples() -> None:
    records = gallery.contents(crnn.CARD.gallery)["words"]
    _shown(records[:SHOWN])
    caption(
        f"Dreamt beforehand. Each character is shown as it came out best in one of several dreams. {EXPLAINED}",
        more=HELD,
    )
    with st.expander(f"{len(records) - SHOWN} more words"):
        _shown(records[SHOWN:])


def _shown(records: Sequence[dict]) -> None:
    columns = st.columns(2, gap="small")
    for number, record in enumerate(records):
        with columns[number % 2]:
            picture = gallery.picture(crnn.CARD.gallery, record["file"])
            show_picture(images.enlarge(picture, ENLARGED), width="stretch", alt=f"Dream of the word {record['text']}")
            st.caption(f"**{record['text']}**, read as {record['reading']}, probability {record['probability']:.2f}")
