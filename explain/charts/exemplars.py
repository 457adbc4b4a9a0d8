"""What a unit or a channel answers to on average: by character and by place in the word, as Vega-Lite charts."""

from __future__ import annotations

import math
from collections.abc import Sequence

from explain.charts import vega
from explain.charts.theme import Inks
from explain.exemplars.channel_answers import ChannelAnswer
from explain.exemplars.word_bank import PLACES_IN_WORD, Unit
from explain.pictures import images

HEIGHT = 112  # screen pixels of the bars
SHORT = ("before", "begin", "", "middle", "", "end", "after")  # what PLACES_IN_WORD are called under the bars


def by_character(unit: Unit, characters: tuple[str, ...], counts: tuple[int, ...], inks: Inks) -> dict:
    """A bar for the unit's mean at each character, highest first; a dashed line at its mean between characters.

    counts: frames that each mean is taken over.
    """
    order = sorted(range(len(characters)), key=lambda i: -unit.by_character[i])
    rows = [
        {"x": characters[i], "mean": float(unit.by_character[i]), "frames": int(counts[i]), "place": place}
        for place, i in enumerate(order)
    ]
    tooltip = [
        *vega.tips(x="character"),
        vega.tip("mean", "mean hidden state", "+.2f"),
        vega.tip("frames", "frames", "d"),
    ]
    axis = {"labelFontSize": 9.5, "labelPadding": 3, "labelOverlap": False}
    bars = _bars(rows, tooltip, axis, inks)
    gap = {"y": vega.quantitative("mean"), "tooltip": [vega.tip("mean", "mean at blanks", "+.2f")]}
    line = vega.layer([{"mean": unit.gap}], {"type": "rule", "strokeDash": [4, 3], "color": inks.soft}, gap)
    described = f"Mean hidden state at each character, from {rows[0]['x']} (highest) to {rows[-1]['x']} (lowest)."
    return vega.specification([bars, line], HEIGHT, described)


def by_place(unit: Unit, inks: Inks) -> dict:
    """A bar for the unit's mean before the word, in each fifth of it and after it, from left to right."""
    rows = [
        {"x": name, "mean": float(mean), "place": place}
        for place, (name, mean) in enumerate(zip(PLACES_IN_WORD, unit.by_place, strict=True))
    ]
    tooltip = [*vega.tips(x="place in the word"), vega.tip("mean", "mean hidden state", "+.2f")]
    short = dict(zip(PLACES_IN_WORD, SHORT, strict=True))
    words = " : ".join(f"datum.label == '{name}' ? '{said}'" for name, said in short.items()) + " : ''"
    bars = _bars(rows, tooltip, {"labelFontSize": 10.5, "labelExpr": words, "labelOverlap": False}, inks)
    listed = "; ".join(f"{row['x']} {row['mean']:+.2f}" for row in rows)
    return vega.specification([bars], HEIGHT, f"Mean hidden state by place in the word: {listed}.")


def by_effect(answers: Sequence[ChannelAnswer], inks: Inks) -> dict:
    """A bar for how strongly a channel answers to each character, in the order given, in standard deviations."""
    rows = [
        {"x": one.character, "mean": one.effect, "occurrences": one.occurrences, "place": place}
        for place, one in enumerate(answers)
    ]
    tooltip = [
        *vega.tips(x="character"),
        vega.tip("mean", "standard deviations above the others", "+.2f"),
        vega.tip("occurrences", "occurrences", "d"),
    ]
    axis = {"labelFontSize": 9.5, "labelPadding": 3, "labelOverlap": False}
    bars = _bars(rows, tooltip, axis, inks, max(1, math.ceil(max(abs(one.effect) for one in answers))))
    described = f"How strongly the channel answers to each character, from {rows[0]['x']} to {rows[-1]['x']}."
    return vega.specification([bars], HEIGHT, described)


def _bars(rows: list[dict], tooltip: list[dict], axis: dict, inks: Inks, most: int = 1) -> vega.Layer:
    """most: the scale goes from minus this to this."""
    low, high = images.signed_inks()
    for row in rows:
        row["ink"] = high if row["mean"] >= 0 else low
    plain = {"title": None, "ticks": False, "domain": False, "labelAngle": 0, "labelColor": inks.text}
    numbers = {"title": None, "labelColor": inks.soft, "values": [-most, 0, most], "domain": False}
    numbers |= {"gridColor": "#80808040", "format": "d", "labelOverlap": False}
    channels = {
        "x": vega.nominal("x", sort={"field": "place"}, axis={**plain, **axis}),
        "y": vega.quantitative("mean", scale={"domain": [-most, most]}, axis=numbers),
        "color": vega.INK,
        "tooltip": tooltip,
    }
    return vega.layer(rows, {"type": "bar"}, channels)
