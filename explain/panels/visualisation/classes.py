"""Panel 3, *Class visualisation*: what a network thinks a class looks like, at once from the gallery or live."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st
from PIL import Image

from explain.gradients.worker.client import Job, describe
from explain.panels.jobs import replay
from explain.panels.jobs.held import Held
from explain.panels.jobs.job_view import progress, refusal
from explain.panels.page import address, resources
from explain.panels.page.guard import fragment
from explain.panels.page.subject import Subject
from explain.panels.page.theme import show_picture
from explain.panels.page.wording import network_badge, plain
from explain.panels.visualisation import class_names, gallery
from explain.panels.visualisation.class_names import Catalogue
from explain.panels.words.explained import caption
from explain.pictures import images
from models import vgg16
from models.networks import CARDS

DREAM = Held("class-dream")
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
    """What a visitor asks the worker to dream: the class by its number, the network's unit for it, and how."""

    number: int
    network: str
    unit: int
    preset: str
    count: int
    diversity: float

    def settings(self, seed: int) -> dict:
        asked = {"network": self.network, "class_index": self.unit, "seed": seed, "preset": self.preset}
        return {**asked, "count": self.count, "diversity": self.diversity}


class Dream(NamedTuple):
    """A wish that the worker was handed, and the seed of its first picture."""

    wish: Wish
    seed: int


@fragment
def show(subject: Subject | None) -> None:
    """Draws the panel beside what the network on top looks at."""
    classes = class_names.of_page()
    if classes is None:
        st.markdown("**Class visualisation**")
        st.info("No network here names classes, so there is no class to visualise.", icon=":material/info:")
        return
    class_names.begin(classes, subject)
    heading, apart = st.empty(), st.empty()
    number = class_names.choose(classes)
    network = _network(classes, number) if number in classes.answered else next(iter(classes.networks))
    called = (CARDS.get(network) or resources.description(network)).called
    heading.markdown(f"**Class visualisation** {network_badge(called)}")
    if subject is not None and subject.network not in classes.networks:
        caption(f"Another network: {plain(called)} names photographs and never sees the word.", apart)
    if number not in classes.answered:
        _not_here(classes, number)
        return
    job = DREAM.work_for((classes.title, number))
    if job is None:
        _from_gallery(classes, number)
    else:
        _live(classes, number, job)


def _not_here(classes: Catalogue, number: int) -> None:
    """A class that a link asked for and that the weights which come with the page do not know."""
    DREAM.drop()
    st.info(
        f"**{number} is {classes.name(number)}**, one of ImageNet's 1000 classes, but not of the 200 whose "
        f"weights come with this page. {vgg16.GET_FULL}",
        icon=":material/info:",
    )
    rows = [
        f"| {'**' if near == number else ''}{near}{'**' if near == number else ''} | {classes.name(near)} | "
        f"{'yes' if near in classes.answered else ''} |"
        for near in classes.search(str(number))
    ]
    st.markdown("\n".join(["| number | class | here |", "| --: | :-- | :-- |", *rows]))


def _start(classes: Catalogue, number: int) -> None:
    """Ask the worker for a fresh visualisation of a class; every press of the button takes other seeds."""
    wish = _wish(classes, number)
    seed = st.session_state.get("seed", 0) + 1
    st.session_state["seed"] = seed + wish.count - 1  # several pictures take as many seeds
    job = replay.first(resources.submit("dream", wish.settings(seed)))
    DREAM.hold((classes.title, number), job, Dream(wish, seed))


def _wish(classes: Catalogue, number: int) -> Wish:
    """What the popover says, as far as it was opened; what an address may have put there is not trusted."""
    chosen = st.session_state
    preset = chosen.get("dream_preset") or next(iter(PRESETS))
    several = bool(chosen.get("dream_several"))
    network = _network(classes, number)
    diversity = min(MOST_DIVERSITY, max(0.0, float(chosen.get("dream_diversity") or 0.0)))
    return Wish(
        number,
        network,
        classes.unit(network, number),
        preset if preset in PRESETS else next(iter(PRESETS)),
        _most(network) if several else 1,
        diversity if several else 0.0,
    )


def _network(classes: Catalogue, number: int) -> str:
    """The smallest network that knows the class, the full VGG16 where only it does or where it is asked for."""
    knowing = sorted(classes.knowing(number), key=lambda name: name == vgg16.FULL.name)
    return knowing[-1] if st.session_state.get("dream_full") else knowing[0]


def _most(network: str) -> int:
    """How many pictures the worker dreams of a network at once: a square of four, a row of two, or one."""
    if network in GRID:
        return GRID[network]
    asked = {"network": network, "class_index": 0}
    return next((count for count in (4, 2) if not refusal("dream", {**asked, "count": count})), 1)


def _how(place, classes: Catalogue, number: int) -> None:
    """How a picture is dreamt, out of the way in a popover."""
    with place.popover("How", width="stretch", help="Recipe, several seeds, network: for the next picture."):
        preset = address.switch("Recipe", PRESETS, key="dream_preset")
        caption(PRESETS[preset])
        several = st.toggle(
            f"Several seeds: {_most(_network(classes, number))} pictures at once",
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
        if len(classes.knowing(number)) > 1:
            st.toggle(
                "With the full VGG16",
                key="dream_full",
                bind="query-params",
                help="Keras's network with its three dense layers, 224 × 224 pixels inside: about four times slower.",
            )
        caption(f"The next picture: {_time(_wish(classes, number))}.")


def _time(wish: Wish) -> str:
    """Seconds on two free cores, in words."""
    seconds = {"ours": 10, "calm": 10, "Lucid": 25, "keras-vis": 35}[wish.preset]
    seconds *= 3 if wish.count > 1 else 1
    seconds *= 4 if wish.network == vgg16.FULL.name else 1
    return f"about {seconds} seconds" if seconds < 60 else f"about {round(seconds / 60)} minutes"


def _record(classes: Catalogue, number: int) -> tuple[str, int, dict] | None:
    """The network and unit of which a picture of the class comes along, and what is known of the picture."""
    for network in classes.knowing(number):
        unit = classes.unit(network, number)
        record = gallery.class_record(network, unit)
        if record is not None:
            return network, unit, record
    return None


def _from_gallery(classes: Catalogue, number: int) -> None:
    shown, name = _record(classes, number), classes.name(number)
    problem = ""
    if shown is None:
        if not any(map(gallery.classes_of, classes.networks)):  # those with pictures were dreamt by this very job
            problem = refusal("dream", _wish(classes, number).settings(0))
        caption(
            f"No picture of **{name}** comes with the page. "
            + (problem or f"Dreaming one takes {_time(_wish(classes, number))}, and it forms before your eyes.")
        )
    else:
        network, unit, record = shown
        picture, called = gallery.class_picture(network, unit), resources.description(network).called
        show_picture(picture, width="stretch", alt=f"What {called} thinks {classes.label(number)} looks like")
        caption(
            f"Not a photograph: the picture {called} answers with **{name}** to, found by walking uphill from noise. "
            f"Probability of the class here: {record['probability']:.3f}."
        )
    if problem:
        return
    live, how, keep = st.columns([1.45, 0.85, 0.75], gap="small")
    live.button(
        "Dream it live",
        on_click=_start,
        args=(classes, number),
        type="primary",
        width="stretch",
        key="dream-live",
        help="Starts from fresh noise, another seed each time, and shows the picture as it forms.",
    )
    _how(how, classes, number)
    if shown is not None:
        _save(keep, picture, classes, number)


def _live(classes: Catalogue, number: int, job: Job) -> None:
    """The job as it goes, and what came of it."""

    def look(running: bool) -> None:
        picture = _grid(job.result["pictures"]) if job.status == "done" else job.preview
        before = _record(classes, number)
        if picture is not None:
            image = Image.fromarray(np.asarray(picture, dtype=np.uint8))
            show_picture(image, width="stretch", alt=f"{classes.label(number)}, step {job.step}")
        elif before is not None:  # keeps the place until there is something to see
            show_picture(images.fade(gallery.class_picture(*before[:2])), width="stretch", alt="")
        if job.status == "failed":
            st.error(plain(job.error), icon=":material/error:")
        elif running:
            progress(st, job, describe(job))
        else:
            caption(_told(job, DREAM.note))
        _buttons(classes, number, job, picture)

    DREAM.follow(look)


def _told(job: Job, dream: Dream) -> str:
    wish, seed = dream
    seeds = f"seed {seed}" if wish.count == 1 else f"seeds {seed} to {seed + wish.count - 1}"
    apart = f", diversity {wish.diversity:g}" if wish.diversity else ""
    return f"{describe(job)}, {seeds}{apart}, recipe “{wish.preset}”, {wish.network}."


def _buttons(classes: Catalogue, number: int, job: Job, picture) -> None:
    if not job.ended:
        st.button(replay.stop_label(job), on_click=job.cancel, width="stretch", key="dream-cancel")
        return
    again, how, keep = st.columns([1.45, 0.85, 0.75], gap="small")
    again.button(
        "Another seed", on_click=_start, args=(classes, number), type="primary", width="stretch", key="dream-again"
    )
    _how(how, classes, number)
    if job.status == "done":
        _save(keep, Image.fromarray(np.asarray(picture, dtype=np.uint8)), classes, number)
    else:
        keep.button("Back", on_click=DREAM.drop, width="stretch", key="dream-back")
    replay.offer(DREAM, job)


def _grid(pictures: np.ndarray) -> np.ndarray:
    """`(count, size, size, 3)` in rows of two: `(height, width, 3)`."""
    if len(pictures) == 1:
        return pictures[0]
    rows = [np.concatenate(list(pictures[at : at + 2]), axis=1) for at in range(0, len(pictures), 2)]
    return np.concatenate(rows, axis=0)


def _save(place, picture: Image.Image, classes: Catalogue, number: int) -> None:
    place.download_button(
        "Save",
        lambda: images.png_bytes(picture),
        file_name=f"{classes.name(number)}-{number}.png".replace(" ", "-"),
        mime="image/png",
        width="stretch",
        key="dream-save",
        on_click="ignore",
    )
