"""Every text of a small CTC example as a bar, put together from the paths that read as it."""

from __future__ import annotations

from collections.abc import Sequence

from explain.charts import vega
from explain.charts.theme import Inks
from explain.ctc.alphabet import Alphabet
from explain.ctc.paths import Path, Reading

ROW, NOTHING = 27, "(nothing)"
LEAST = 0.045  # probability of a path from which on it is written into its part of the bar
PARTS = ("#a5c8f0", "#7fb0e8")  # in turns, so that neighbours can be told apart
DARK = "#10203a"


def paths(readings: Sequence[Reading], best: Path, alphabet: Alphabet, inks: Inks) -> dict:
    """A bar a text, the likeliest on top; its parts are its paths, the best path of all framed.

    readings: as `explain.ctc.paths.readings` orders them. best: the likeliest path.
    """
    parts, names = [], []
    for row, reading in enumerate(readings):
        text, end = alphabet.text(reading.text) or NOTHING, 0.0
        for number, path in enumerate(reading.paths):
            written = "".join(map(alphabet.mark, path.labels))
            part = {"row": row, "x": end, "x2": end + path.probability, "path": written, "text": text}
            part |= {"mid": end + path.probability / 2, "probability": path.probability, "ink": PARTS[number % 2]}
            part |= {"shown": written if path.probability >= LEAST else "", "best": path.labels == best.labels}
            parts.append(part)
            end = part["x2"]
        names.append({"row": row, "text": text, "sum": f"{end:.3f}", "x": end, "left": 0.0})
    most = max((name["x"] for name in names), default=1.0)
    scale = {"domain": [-0.22 * most, 1.14 * most], "nice": False, "zero": False}
    along = {"scale": scale, "axis": None}
    y = {"field": "row", "type": "ordinal", "axis": None}
    tips = [*vega.tips(path="path", text="reads as"), vega.tip("probability", "probability", ".4f")]
    on = {"y": y, "x": vega.quantitative("x", **along)}
    bar = {"type": "bar", "height": ROW - 6}
    framed = {**bar, "fillOpacity": 0, "stroke": inks.frame, "strokeWidth": 2.5}
    inside = {"y": y, "x": vega.quantitative("mid", **along), "text": vega.nominal("shown"), "tooltip": tips}
    name = {"type": "text", "align": "right", "dx": -6, "color": inks.text, "font": "monospace", "size": 14}
    figure = {"type": "text", "align": "left", "dx": 5, "color": inks.text, "size": 12}
    layers = [
        vega.layer(parts, bar, {**on, **vega.X2, "color": vega.INK, "tooltip": tips}),
        vega.layer([part for part in parts if part["best"]], framed, {**on, **vega.X2, "tooltip": tips}),
        vega.layer(parts, {"type": "text", "color": DARK, "font": "monospace", "size": 12}, inside),
        vega.layer(names, name, {"y": y, "x": vega.quantitative("left", **along), "text": vega.TEXT}),
        vega.layer(names, figure, {**on, "text": vega.nominal("sum")}),
    ]
    described = "; ".join(f"{row['text']} {row['sum']}" for row in names)
    return vega.specification(layers, ROW * max(1, len(names)), f"Texts and the sums of their paths: {described}.")
