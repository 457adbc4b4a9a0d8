"""What a channel answers to most, dreamt: from the gallery at once, or live, the whole channel or one unit of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st
from PIL import Image

from explain.attribution import targets
from explain.gradients.images import channels
from explain.gradients.worker.client import Job, describe
from explain.layers import feature_maps
from explain.network.layers import Layer
from explain.panels.channels import gallery
from explain.panels.jobs import replay
from explain.panels.jobs.held import Held
from explain.panels.jobs.job_view import progress, refusal
from explain.panels.layers import names
from explain.panels.page import address, resources
from explain.panels.page.subject import Subject
from explain.panels.page.theme import show_picture
from explain.panels.page.wording import plain
from explain.panels.words.explained import caption
from explain.pictures import images
from explain.pictures.notation import number

DREAM = Held("channel-dream")
WHOLE, MIDDLE = "whole channel", "middle unit"
AIMS = {
    WHOLE: "What is raised is the mean of the channel's map: a texture all over.",
    MIDDLE: "What is raised is the one unit in the middle of the map: a shape where that unit looks.",
}
WIDE = 360  # screen pixels that a picture is enlarged to at least, pixel by pixel


class Wish(NamedTuple):
    """What is dreamt: a channel of a layer of a network, the whole of it or its middle unit."""

    network: str
    layer: str
    channel: int
    aim: str


def offered(subject: Subject) -> bool:
    """Whether there is anything to show: a network with convolutions that takes pictures."""
    return channels.NEEDS.fits(subject.description)


def show(subject: Subject, layer: Layer, channel: int) -> None:
    """Draws the picture of the channel, or the button that makes one."""
    st.markdown(f"**{names.channel_name(subject.description, layer, channel).capitalize()}, dreamt**")
    aim = _aim(subject, layer, channel)
    wish = Wish(subject.network, layer.name, channel, aim)
    job = DREAM.work_for(wish)
    if job is not None:
        _live(subject, layer, wish, job)
        return
    record = gallery.records(subject.description, layer.name).get(channel) if aim == WHOLE else None
    if record is None:
        _none(subject, layer, wish)
    else:
        _from_gallery(subject, layer, wish, record)


def _aim(subject: Subject, layer: Layer, channel: int) -> str:
    if channels.middle(subject.description, layer.name, channel) is None:
        return WHOLE  # in a layer of any size there is no middle yet
    return address.switch("What is dreamt", AIMS, key="dream_aim")


def _target(subject: Subject, wish: Wish) -> targets.Target:
    if wish.aim == WHOLE:
        return targets.Channel(wish.layer, wish.channel)
    return channels.middle(subject.description, wish.layer, wish.channel)


def _settings(subject: Subject, wish: Wish, seed: int = 0) -> dict:
    return channels.settings(subject.network, subject.description, _target(subject, wish), seed)


def _start(subject: Subject, wish: Wish, seed: int) -> None:
    """From a button: asks the worker."""
    DREAM.hold(wish, replay.first(resources.submit("dream", _settings(subject, wish, seed))), seed)


def _none(subject: Subject, layer: Layer, wish: Wish) -> None:
    if problem := refusal("dream", _settings(subject, wish)):
        caption(problem)
        return
    caption(f"{AIMS[wish.aim]} It takes {_time(subject, layer)} and forms before your eyes.")
    label = "Dream this channel" if wish.aim == WHOLE else "Dream this unit"
    st.button(label, on_click=_start, args=(subject, wish, 0), type="primary", key="channel-dream-start")


def _time(subject: Subject, layer: Layer) -> str:
    """In words, on two free cores; TensorFlow's own start comes on top the first time."""
    seconds = channels.seconds(subject.description, layer.name)
    return f"about {max(5, 5 * round(seconds / 5))} seconds" if seconds < 90 else f"about {round(seconds / 60)} minutes"


def _from_gallery(subject: Subject, layer: Layer, wish: Wish, record: dict) -> None:
    picture = gallery.picture(subject.description, record)
    _draw(picture, wish)
    usual, most = record["photographs"]
    caption(
        "Not a photograph: found by walking uphill from noise. The channel's mean is "
        f"**{number(record['activation'])}** here, {number(usual)} on average and {number(most)} at most over the "
        f"sample photographs, {number(_here(subject, wish))} on the present picture."
    )
    again, keep = st.columns([1.6, 1])
    again.button(
        "Dream it live",
        on_click=_start,
        args=(subject, wish, record["seed"] + 1),
        width="stretch",
        key="channel-dream-live",
        help=f"From other noise. {_time(subject, layer).capitalize()}.",
    )
    _save(keep, picture, wish)


def _live(subject: Subject, layer: Layer, wish: Wish, job: Job) -> None:
    """The job as it goes, and what came of it."""

    def look(running: bool) -> None:
        shown = job.result["picture"] if job.status == "done" else job.preview
        if shown is not None:
            _draw(Image.fromarray(np.asarray(shown, np.uint8)), wish)
        if job.status == "failed":
            st.error(plain(job.error), icon=":material/error:")
        elif running:
            progress(st, job, _doing(wish, job))
            st.button(replay.stop_label(job), on_click=job.cancel, width="stretch", key="channel-dream-cancel")
            return
        elif job.status == "done":
            caption(_told(subject, wish, job, DREAM.note))
        else:
            caption(describe(job))
        again, keep = st.columns([1.6, 1])
        again.button(
            "Another seed" if job.status == "done" else "Try again",
            on_click=_start,
            args=(subject, wish, DREAM.note + (job.status == "done")),
            type="primary",
            width="stretch",
            key="channel-dream-again",
        )
        if job.status == "done":
            _save(keep, Image.fromarray(np.asarray(shown, np.uint8)), wish)
        else:
            keep.button("Back", on_click=DREAM.drop, width="stretch", key="channel-dream-back")
        replay.offer(DREAM, job)

    DREAM.follow(look)


def _doing(wish: Wish, job: Job) -> str:
    if job.replayed or not job.steps:
        return describe(job)
    score = "" if job.score is None else f", {_called(wish)} {number(job.score)}"
    return f"Step {job.step} of {job.steps}{score}"


def _told(subject: Subject, wish: Wish, job: Job, seed: int) -> str:
    took = "kept from an earlier time" if job.cached else f"{job.seconds:.0f} s"
    there = f"{number(_here(subject, wish))} on the present picture"
    if wish.aim == MIDDLE:
        there = f"the channel's largest value {there}"
    return (
        f"Not a photograph: found by walking uphill from noise (seed {seed}, {took}). The {_called(wish)} is "
        f"**{number(float(job.result['score']))}** here, {there}."
    )


def _called(wish: Wish) -> str:
    """The number that is raised."""
    return "channel's mean" if wish.aim == WHOLE else "unit"


def _here(subject: Subject, wish: Wish) -> float:
    """What the present picture has to set against it: the channel's mean, or its largest unit."""
    values = feature_maps.maps(subject.values[wish.layer])[wish.channel]
    return float(values.mean() if wish.aim == WHOLE else values.max())


def _draw(picture: Image.Image, wish: Wish) -> None:
    large = images.enlarge(picture, max(1, -(-WIDE // picture.width)))
    show_picture(large, width="stretch", alt=f"What {wish.layer}, channel {wish.channel} answers to, dreamt")


def _save(place, picture: Image.Image, wish: Wish) -> None:
    place.download_button(
        "Save",
        lambda: images.png_bytes(picture),
        file_name=f"{wish.network}-{wish.layer}-{wish.channel}.png".replace(" ", "-").replace("/", "-"),
        mime="image/png",
        width="stretch",
        key="channel-dream-save",
        on_click="ignore",
    )
