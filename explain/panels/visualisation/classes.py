"""Panel 3, *Class visualisation*: what VGG16 thinks a class looks like, at once from the gallery or live."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st
from PIL import Image

from explain.gradients.worker.client import Job, describe
from explain.panels.jobs.polling import looking, pace, rerun_if_turned
from explain.panels.page import address, resources
from explain.panels.visualisation import class_names
from explain.pictures import images
from models import vgg16

GRID = {vgg16.CAM.name: 4, vgg16.FULL.name: 2}  # pictures of "several seeds": what the worker's memory is enough for
MOST_DIVERSITY = 4.0
PRESETS = {  # as explain.gradients.images.presets knows them, each with its source
    "ours": "This project's: soft waves of all sizes, begun small, at first held to the contrasts of photographs "
    "at four layers ([Yin et al. 2020](https://arxiv.org/abs/1912.08795)), then freer: form first, detail after.",
    "calm": "The same held to those contrasts to the end: painterly and a little less sure. The gallery's pictures are "
    "made this way.",
    "Lucid": "[Olah, Mordvintsev and Schubert 2017](https://distill.pub/2017/feature-visualization): waves too, "
    "shifted, turned and scaled at each step, and nothing else to hold them: strong patterns in strong colours.",
    "keras-vis": "[keras-vis 0.4](https://github.com/raghakot/keras-vis), which many tutorials use: plain pixels, "
    "total variation, L6 norm and jitter: fine-grained, brought to one contrast at the end.",
}


class Wish(NamedTuple):
    """What a visitor asks the worker to dream: the class by number, and how."""

    number: int
    network: str
    preset: str
    count: int
    diversity: float

    def settings(self, seed: int) -> dict:
        unit = class_names.cam_units()[self.number] if self.network == vgg16.CAM.name else self.number
        asked = {"network": self.network, "class_index": unit, "seed": seed, "preset": self.preset}
        return {**asked, "count": self.count, "diversity": self.diversity}


@st.fragment
def show() -> None:
    """Draws the panel."""
    st.markdown("**Class visualisation**")
    number = class_names.choose()
    if number not in class_names.answered():
        _not_here(number)
        return
    job = _job(number)
    if job is None:
        _from_gallery(number)
    else:
        _live(number)


def _not_here(number: int) -> None:
    """A class that a link asked for and that the weights which come with the page do not know."""
    st.session_state.pop("class-dream", None)
    st.info(
        f"**{number} is {class_names.name(number)}**, one of ImageNet's 1000 classes, but not of the 200 whose "
        f"weights come with this page. {vgg16.GET_FULL}",
        icon=":material/info:",
    )
    rows = [
        f"| {'**' if near == number else ''}{near}{'**' if near == number else ''} | {class_names.name(near)} | "
        f"{'yes' if near in class_names.answered() else ''} |"
        for near in class_names.search(str(number))
    ]
    st.markdown("\n".join(["| number | class | here |", "| --: | :-- | :-- |", *rows]))


def _job(number: int) -> Job | None:
    """This visitor's job, if it is for this class; a job for another class is no longer wanted and is cancelled."""
    held = st.session_state.get("class-dream")
    if held is None:
        return None
    if held["wish"].number == number:
        return held["job"]
    held["job"].cancel()
    del st.session_state["class-dream"]
    return None


def _start(number: int) -> None:
    """Ask the worker for a fresh visualisation of a class; every press of the button takes other seeds."""
    wish = _wish(number)
    seed = st.session_state.get("seed", 0) + 1
    st.session_state["seed"] = seed + wish.count - 1  # several pictures take as many seeds
    job = resources.submit("dream", wish.settings(seed))
    st.session_state["class-dream"] = {"wish": wish, "seed": seed, "job": job}


def _wish(number: int) -> Wish:
    """What the popover says, as far as it was opened; what an address may have put there is not trusted."""
    chosen = st.session_state
    preset = chosen.get("dream_preset") or next(iter(PRESETS))
    several = bool(chosen.get("dream_several"))
    network = _network(number)
    diversity = min(MOST_DIVERSITY, max(0.0, float(chosen.get("dream_diversity") or 0.0)))
    return Wish(
        number,
        network,
        preset if preset in PRESETS else next(iter(PRESETS)),
        GRID[network] if several else 1,
        diversity if several else 0.0,
    )


def _network(number: int) -> str:
    """The full VGG16 where only it knows the class, or where it is asked for."""
    full = st.session_state.get("dream_full") and vgg16.full_is_here()
    return vgg16.CAM.name if number in class_names.cam_units() and not full else vgg16.FULL.name


def _how(place, number: int) -> None:
    """How a picture is dreamt, out of the way in a popover."""
    with place.popover("How", width="stretch", help="Recipe, several seeds, network: for the next picture."):
        preset = address.switch("Recipe", PRESETS, key="dream_preset")
        st.caption(PRESETS[preset])
        several = st.toggle(
            f"Several seeds: {GRID[_network(number)]} pictures at once",
            key="dream_several",
            bind="query-params",
            help="Each starts from other noise. There is no single picture of a class.",
        )
        st.slider(
            "Diversity",
            0.0,
            MOST_DIVERSITY,
            step=0.5,
            key="dream_diversity",
            bind="query-params",
            disabled=not several,
            help="How strongly the pictures are driven apart, beyond what their seeds do.",
        )
        if vgg16.full_is_here() and number in class_names.cam_units():
            st.toggle(
                "With the full VGG16",
                key="dream_full",
                bind="query-params",
                help="Keras's network with its three dense layers, 224 × 224 pixels inside: about four times slower.",
            )
        st.caption(f"The next picture: {_time(_wish(number))}.")


def _time(wish: Wish) -> str:
    """Seconds on two free cores, in words."""
    seconds = {"ours": 10, "calm": 10, "Lucid": 25, "keras-vis": 35}[wish.preset]
    seconds *= 3 if wish.count > 1 else 1
    seconds *= 4 if wish.network == vgg16.FULL.name else 1
    return f"about {seconds} seconds" if seconds < 60 else f"about {round(seconds / 60)} minutes"


def _from_gallery(number: int) -> None:
    unit = class_names.cam_units().get(number)
    record = None if unit is None else resources.gallery()["classes"][unit]
    name = class_names.name(number)
    if record is None:
        st.caption(
            f"No picture of **{name}** comes with the page. Dreaming one takes {_time(_wish(number))}, and it forms "
            "before your eyes."
        )
    else:
        st.image(
            resources.gallery_picture(unit),
            width="stretch",
            alt=f"What VGG16 thinks {class_names.label(number)} looks like",
        )
        st.caption(
            f"Not a photograph: the picture VGG16 answers with **{name}** to, found by walking uphill from noise. "
            f"Probability of the class here: {record['probability']:.3f}."
        )
    live, how, keep = st.columns([1.45, 0.85, 0.75], gap="small")
    live.button(
        "Dream it live",
        on_click=_start,
        args=(number,),
        type="primary",
        width="stretch",
        key="dream-live",
        help="Starts from fresh noise, another seed each time, and shows the picture as it forms.",
    )
    _how(how, number)
    if record is not None:
        _save(keep, resources.gallery_picture(unit), number)


def _live(number: int) -> None:
    """Follows a job: a fragment of its own that looks again and again only while there is something to come."""
    every = pace(st.session_state["class-dream"]["job"])
    running = every is not None

    def follow() -> None:
        held = st.session_state.get("class-dream")
        rerun_if_turned(every, held and held["job"])
        job, wish = held["job"], held["wish"]
        picture = _grid(job.result["pictures"]) if job.status == "done" else job.preview
        unit = class_names.cam_units().get(number)
        if picture is not None:
            image = Image.fromarray(np.asarray(picture, dtype=np.uint8))
            st.image(image, width="stretch", alt=f"{class_names.label(number)}, step {job.step}")
        elif unit is not None and resources.gallery()["classes"][unit] is not None:
            # keeps the place until there is something to see
            st.image(images.fade(resources.gallery_picture(unit)), width="stretch", alt="")
        if job.status == "failed":
            st.error(job.error, icon=":material/error:")
        elif running:
            st.progress(job.step / job.steps if job.steps else 0.0, text=describe(job))
        else:
            st.caption(_told(job, wish, held["seed"]))
        _buttons(number, job, picture)

    looking(every, follow)


def _told(job: Job, wish: Wish, seed: int) -> str:
    seeds = f"seed {seed}" if wish.count == 1 else f"seeds {seed} to {seed + wish.count - 1}"
    apart = f", diversity {wish.diversity:g}" if wish.diversity else ""
    return f"{describe(job)}, {seeds}{apart}, recipe “{wish.preset}”, {wish.network}."


def _buttons(number: int, job: Job, picture) -> None:
    if not job.ended:
        st.button("Cancel", on_click=job.cancel, width="stretch", key="dream-cancel")
        return
    again, how, keep = st.columns([1.45, 0.85, 0.75], gap="small")
    again.button("Another seed", on_click=_start, args=(number,), type="primary", width="stretch", key="dream-again")
    _how(how, number)
    if job.status == "done":
        _save(keep, Image.fromarray(np.asarray(picture, dtype=np.uint8)), number)
    else:
        keep.button(
            "Back", on_click=lambda: st.session_state.pop("class-dream", None), width="stretch", key="dream-back"
        )


def _grid(pictures: np.ndarray) -> np.ndarray:
    """`(count, size, size, 3)` in rows of two: `(height, width, 3)`."""
    if len(pictures) == 1:
        return pictures[0]
    rows = [np.concatenate(list(pictures[at : at + 2]), axis=1) for at in range(0, len(pictures), 2)]
    return np.concatenate(rows, axis=0)


def _save(place, picture: Image.Image, number: int) -> None:
    place.download_button(
        "Save",
        lambda: images.png_bytes(picture),
        file_name=f"{class_names.name(number)}-{number}.png".replace(" ", "-"),
        mime="image/png",
        width="stretch",
        key="dream-save",
        on_click="ignore",
    )
