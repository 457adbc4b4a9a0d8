"""Under each map of *Why this character?*: does it tell the truth? Deletion, insertion and the sanity check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from explain.attribution import faithfulness, targets
from explain.attribution.faithfulness import Curve
from explain.charts import faithfulness as faithfulness_chart
from explain.charts.theme import Inks
from explain.network.description import Description
from explain.panels.jobs.job_view import Followed
from explain.panels.page import resources
from explain.panels.page.recent import Recent
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark
from explain.panels.words.explained import caption
from models.card import POINT_TRULY

RANDOM = "random order"
ORDERS = 3  # random ones; their mean is shown
Pair = tuple[Curve, Curve]  # of deletion, of insertion
REMEMBERED = 256  # pairs of curves; a kilobyte each
SANITY = Followed("why-sanity", "sanity", once=True)


def switch(description: Description) -> bool:
    """Whether the maps are to be checked; kept in the address. Until then what was measured of them, where it was."""
    wanted = st.toggle(
        "Check the maps: do they tell the truth?",
        key="why_check",
        bind="query-params",
        help="Asks the network some 35 times for each map, and 100 times for the random order: a few seconds in all.",
    )
    if wanted:
        caption(
            "**Left:** pixels are taken away in the map's order, the most important first. If the map is right, the "
            "answer breaks down at once. **Right:** they are put back on an empty background, and the answer should be "
            "there at once. **Dashed grey:** in random order, which any map must beat.",
            more="Height: the character's probability; against a rival, its share of what the two have.",
        )
    elif pointing := measured(description):
        caption(pointing)
    return bool(wanted)


def measured(description: Description) -> str | None:
    """What is known of how truly the maps of a network point."""
    return description.card.about.get(POINT_TRULY) if description.card else None


def check(word: Subject, target: targets.Character, name: str, values: np.ndarray) -> None:
    """The two curves of one map, computed unless they are remembered, and their areas in a sentence.

    name: of the map, and of its settings. values: `(height, width)`, what speaks for the target highest.
    """
    place = st.empty()
    by_chance = _curves(word, target, RANDOM, place, _random)
    own = _curves(word, target, name, place, lambda *asked: _of_map(values, *asked))
    show(place, f"why-curves-{name}", own, by_chance)


def show(place, key: str, own: Pair, by_chance: Pair) -> None:
    """Draws the curves of one map in a place, and below all else their areas. key: of the chart."""
    chart = faithfulness_chart.curves(*own, by_chance, Inks.of(is_dark()))
    place.vega_lite_chart(chart, width="stretch", key=key)
    caption(said(*own, by_chance))


def said(fallen: Curve, risen: Curve, by_chance: Pair) -> str:
    """The curves in words."""
    falls, rises = fallen.area < by_chance[0].area, risen.area > by_chance[1].area
    if falls and rises:
        verdict = "Beats the random order both ways"
    elif falls or rises:
        verdict = f"Beats the random order only when pixels are {'taken away' if falls else 'put back'}"
    else:
        verdict = "No better than the random order: do not trust this map here"
    return (
        f"**{verdict}.** Area under the curve: {fallen.area:.2f} taking away (random {by_chance[0].area:.2f}; less is "
        f"better), {risen.area:.2f} putting back (random {by_chance[1].area:.2f}; more is better)."
    )


@st.cache_resource(show_spinner=False)
def remembered() -> Recent:
    """Deletion and insertion of the last few maps, a pair of curves each."""
    return Recent(REMEMBERED)


def _curves(word: Subject, target: targets.Character, name: str, place, work: Callable[..., Pair]) -> Pair:
    key = (word.description, word.ran.digest, target, name)
    curves = remembered().get(key)
    if curves is None:
        what = "in random order" if name == RANDOM else "in this map's order"
        bar = place.progress(0.0, f"Asking the network, pixels {what}")
        # drawing the bar is also where Streamlit leaves off once the visitor has chosen something else
        curves = work(word, target, lambda share: bar.progress(share, f"Asking the network, pixels {what}"))
        remembered().add(key, curves)
    return curves


def _of_map(values: np.ndarray, word: Subject, target: targets.Character, on_share: Callable[[float], Any]):
    return _both(word, target, faithfulness.order(values), on_share)


def _random(word: Subject, target: targets.Character, on_share: Callable[[float], Any]) -> Pair:
    pairs = []
    for number, pixels in enumerate(faithfulness.random_orders(word.batch.shape[1:], ORDERS)):
        pairs.append(_both(word, target, pixels, lambda share, number=number: on_share((number + share) / ORDERS)))
    fallen, risen = zip(*pairs, strict=True)
    return faithfulness.mean_curve(fallen), faithfulness.mean_curve(risen)


def _both(word: Subject, target: targets.Character, pixels: np.ndarray, on_share: Callable[[float], Any]):
    network, picture = resources.network(word.network), word.batch[0]
    fallen = faithfulness.deletion(
        network, picture, target, pixels, on_step=lambda done, of: on_share(done / of / 2) and None
    )
    risen = faithfulness.insertion(
        network, picture, target, pixels, on_step=lambda done, of: on_share(0.5 + done / of / 2) and None
    )
    return fallen, risen


def ask_sanity(word: Subject, target: targets.Character) -> dict[str, Any] | None:
    """The sanity check's button, or how far it is; its result once it is there."""
    settings = {"network": word.network, "picture": word.batch[0], "target": targets.describe(target)}
    return shuffled(SANITY, word.ran.digest, settings, "half a minute or more", "the picture's strokes")


def shuffled(
    followed: Followed, digest: str, settings: dict[str, Any], time: str, redrawn: str
) -> dict[str, Any] | None:
    """The button of the sanity check, or how far it is; its result once it is there.

    digest: of the picture. time: how long it takes, in words. redrawn: what a map shows that stays as it was.
    """
    st.markdown("**Does the map depend on what the network has learned?**")
    job = followed.job(digest, settings)
    if job is None:
        followed.ask(
            "Shuffle the network",
            "Puts the weights of one layer after another in random order, from the output down to the first "
            f"convolution, and draws every map again each time: {time}. A map that stays as it was "
            f"shows {redrawn}, not the network's reasons.",
            settings,
        )
        return None
    if job.status == "done":
        caption(
            "Below each map, how alike it is to itself after each further layer was put in random order (rank "
            "correlation of the pixels' strengths: 1 the same places, 0 none in common). A map that explains this "
            "network falls; one that stays high redraws the picture, whatever the network has learned. A 0 may also "
            "mean that the shuffled network answers nothing any more and the map is empty."
        )
        return job.result
    followed.follow(job, lambda result: st.rerun())
    return None


def sanity(name: str, result: dict[str, Any] | None, view: str = "why") -> None:
    """How alike one map stays while the network is shuffled; nothing before the result is there. view: in its key."""
    if result is None:
        return
    chart = faithfulness_chart.cascade(result["stages"], result[name].tolist(), Inks.of(is_dark()))
    st.vega_lite_chart(chart, width="stretch", key=f"{view}-shuffled-{name}")
    caption(f"Likeness to the trained network's map once every layer is shuffled: **{result[name][-1]:.2f}**.")
