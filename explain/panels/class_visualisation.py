"""Panel 3, *Class visualisation*: what VGG16 thinks a class looks like, at once from the gallery or live."""

from __future__ import annotations

import uuid

import numpy as np
import streamlit as st
from PIL import Image

from explain import images
from explain.gradients.client import Job, describe
from explain.panels import resources
from models import vgg16

FIRST = "African elephant"
POLL = 0.4  # seconds between looks at a running job


def options() -> dict[str, int]:
    """`{"African elephant · 386": unit}`: every class of vgg16-cam by name and number among ImageNet's 1000."""
    named = [f"{name} · {vgg16.imagenet_index(vgg16.CAM, unit)}" for unit, name in enumerate(vgg16.CAM.labels)]
    return {name: unit for unit, name in sorted(enumerate(named), key=lambda item: item[1].lower())}


def first() -> str:
    """The class shown on first opening, under its name and number."""
    return next(name for name in options() if name.startswith(FIRST + " ·"))


@st.fragment
def show() -> None:
    """Draws the panel."""
    st.markdown("**Class visualisation**")
    choices = options()
    name = st.selectbox(
        "Class, by name or number",
        list(choices),
        index=list(choices).index(first()),
        key="class",
        bind="query-params",
        label_visibility="collapsed",
    )
    name = name or first()
    unit = choices[name]
    job = _job(unit)
    if job is None:
        _from_gallery(unit, name)
    else:
        _live(unit, name)


def _job(unit: int) -> Job | None:
    """This visitor's job, if it is for this class; a job for another class is no longer wanted and is cancelled."""
    held = st.session_state.get("dream")
    if held is None:
        return None
    if held["unit"] == unit:
        return held["job"]
    held["job"].cancel()
    del st.session_state["dream"]
    return None


def _start(unit: int) -> None:
    """Ask the worker for a fresh visualisation of a class; every press of the button takes another seed."""
    seed = st.session_state.get("seed", 0) + 1
    st.session_state["seed"] = seed
    owner = st.session_state.setdefault("visitor", uuid.uuid4().hex)
    job = resources.worker().submit("dream", {"class_index": unit, "seed": seed}, owner=owner)
    st.session_state["dream"] = {"unit": unit, "seed": seed, "job": job}


def _from_gallery(unit: int, name: str) -> None:
    record = resources.gallery()["classes"][unit]
    if record is None:
        st.caption("No picture of this class is kept in the gallery. Dreaming one takes a quarter of a minute or so.")
    else:
        st.image(
            resources.gallery_picture(unit),
            width="stretch",
            alt=f"What VGG16 thinks {name} looks like",
        )
        st.caption(
            f"Not a photograph: the picture VGG16 answers with **{name.rsplit(' · ', 1)[0]}** to, found by walking "
            f"uphill from noise. Probability of the class here: {record['probability']:.3f}."
        )
    live, keep = st.columns([1.4, 1])
    live.button(
        "Dream it live",
        on_click=_start,
        args=(unit,),
        type="primary",
        width="stretch",
        key="dream-live",
        help="Starts from fresh noise, another seed each time, and shows the picture as it forms.",
    )
    if record is not None:
        _save(keep, resources.gallery_picture(unit), name)


def _live(unit: int, name: str) -> None:
    """Follows a job: a fragment of its own that looks again and again only while there is something to come."""
    running = not st.session_state["dream"]["job"].ended

    @st.fragment(run_every=POLL if running else None)
    def follow() -> None:
        held = st.session_state.get("dream")
        if held is None or held["job"].ended == running:
            st.rerun()  # nothing to follow, or the clock is to start or to stop
        job = held["job"]
        finished = not running
        picture = job.result["picture"] if job.status == "done" else job.preview
        if picture is not None:
            image = Image.fromarray(np.asarray(picture, dtype=np.uint8))
            st.image(image, width="stretch", alt=f"{name}, step {job.step}")
        elif resources.gallery()["classes"][unit] is not None:  # keeps the place until there is something to see
            st.image(images.fade(resources.gallery_picture(unit)), width="stretch", alt="")
        if job.status == "failed":
            st.error(job.error, icon=":material/error:")
        elif not finished:
            st.progress(job.step / job.steps if job.steps else 0.0, text=describe(job))
        else:
            st.caption(f"{describe(job)}, seed {held['seed']}.")
        first, second = st.columns([1.4, 1])
        if not finished:
            first.button("Cancel", on_click=job.cancel, width="stretch", key="dream-cancel")
        else:
            first.button(
                "Another seed", on_click=_start, args=(unit,), type="primary", width="stretch", key="dream-again"
            )
            if job.status == "done":
                _save(second, Image.fromarray(np.asarray(picture, dtype=np.uint8)), name)
            else:
                second.button(
                    "Back", on_click=lambda: st.session_state.pop("dream", None), width="stretch", key="dream-back"
                )

    follow()


def _save(place, picture: Image.Image, name: str) -> None:
    place.download_button(
        "Save",
        lambda: images.png_bytes(picture),
        file_name=f"{name.replace(' · ', '-').replace(' ', '-')}.png",
        mime="image/png",
        width="stretch",
        key="dream-save",
        on_click="ignore",
    )
