"""The report on one picture as a single HTML page: pictures inline, no script, nothing fetched, light and dark.

Its text stands in `pages/word.html` for a word and in `pages/photograph.html` for any other picture, templates of
Jinja2 (https://jinja.palletsprojects.com/), which escapes what is put in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from explain.charts.network.words import scale
from explain.ctc.alternatives import shown
from explain.layers import lstm
from explain.network.costs.layers import Cost
from explain.network.description import Description
from explain.pictures import images
from explain.pictures.drawing import Drawing
from explain.pictures.notation import probability, size
from explain.report import pictures
from explain.report.files import Kept, by
from explain.report.pictures import Map
from explain.report.reading import BEAMS, Read
from explain.report.seen import Seen

STATE_SAYS = {
    "input_gate": "input gate: yellow lets new in",
    "forget_gate": "forget gate: yellow keeps, dark forgets",
    "output_gate": "output gate: yellow shows, dark hides",
    "candidate": "candidate: what it could write",
    "cell": "cell state: the memory",
    "hidden": "hidden state: what it hands on",
}
FILES = (
    ("reading.json", "best path, likeliest texts with exact probabilities, spans, rivals, how far to believe it"),
    ("layers.csv", "what each layer is, takes and holds, and its lowest and highest value"),
    ("arrays.npz", "every layer's output under its name, the logits, and the picture as input"),
    ("lstm.npz", "gates, cell and hidden state of each recurrent layer and direction, (frame, unit)"),
    ("ctc.npz", "states of the lattice, log of its forward and backward variables, posterior, alignment"),
    ("lstm/", "pictures of the same"),
    ("word/", "the picture as the network sees it, as PNG"),
    (
        "feature_maps/",
        "each layer's strongest channels; in its folder, or on the sheet _all, a pixel is a value",
    ),
    ("charts/", "still charts as SVG, and the page's own as Vega-Lite JSON (.vl.json)"),
)
FILES_OF_A_PHOTOGRAPH = (
    ("answer.json, classes.csv", "every class with its probability and its logit, the likeliest first"),
    (
        "layers.csv, network.json",
        "what the network takes and answers; what each layer is and holds",
    ),
    ("arrays.npz", "every layer's output under its name, the logits, and the picture as input"),
    ("charts/network.svg", "the network at a glance, for any browser or drawing program"),
    ("photograph/", "the picture as the network sees it, as PNG"),
    ("class_maps/, class_maps.npz", "the maps above as PNG, and their numbers, (height, width)"),
    ("class_visualisations/", "what the network takes these classes for, where pictures of that come along"),
    ("feature_maps/", "for each layer its strongest channels, each on its own scale, and all on one scale (_all)"),
)


def page(read: Read, maps: Mapping[str, Sequence[Map]], drawings: Mapping[str, Drawing], kept: Kept) -> str:
    """The page of a word. maps: the feature maps that are shown of each layer. drawings: `network`, `ctc`, `texts`,
    `lattice`, and of a network with recurrent layers `memory`.
    """
    return _template("word.html").render(
        read=read,
        text=read.alphabet.text(read.best.labels),
        word=pictures.grey(read.picture),
        beams=BEAMS,
        characters=_characters(read),
        recurrent=[_states(name, steps) for name, steps in read.traces.items()],
        maps=maps,
        costs=_costs(read.network, read.costs),
        # SVG that escapes its own text
        says=f"{drawings['network'].label} {scale(read.network)}",
        drawings={name: Markup(drawing.inline()) for name, drawing in drawings.items()},
        files=[entry for entry in FILES if read.traces or not entry[0].startswith("lstm")],
        kept=kept,
    )


def photograph(seen: Seen, maps: Mapping[str, Sequence[Map]], drawing: Drawing, kept: Kept) -> str:
    """The page of a picture whose network reads no text. maps: the feature maps that are shown of each layer. drawing:
    the network at a glance."""
    likeliest = [(seen.called(unit), unit, probability(seen.probabilities[unit])) for unit in seen.likeliest]
    return _template("photograph.html").render(
        seen=seen,
        likeliest=likeliest,
        answered=seen.called(seen.likeliest[0]) if likeliest else "",
        layers=[
            (layer.title, layer.kind.replace("_", " "), by(layer.shape), f"{layer.parameters:,}")
            for layer in seen.network.layers
        ],
        maps=maps,
        says=f"{drawing.label} {scale(seen.network)}",
        drawing=Markup(drawing.inline()),
        costs=_costs(seen.network, seen.costs),
        files=[entry for entry in FILES_OF_A_PHOTOGRAPH if _holds(seen, entry[0])],
        kept=kept,
    )


def _holds(seen: Seen, file: str) -> bool:
    """Whether the archive has what stands under a name of FILES_OF_A_PHOTOGRAPH."""
    there = {"answer": seen.names_classes, "class_maps": seen.maps.values, "class_visualisations": seen.visualised}
    return all(has for name, has in there.items() if file.startswith(name))


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"data_url": images.data_url, "shown": shown}
    return environment.get_template(name)


def _costs(network: Description, costs: Sequence[Cost]) -> list[tuple[str, ...]]:
    """A row of the table for each layer, and one for all of them together."""
    whole = sum(cost.multiply_adds for cost in costs)
    rows = [
        (
            network.layer(cost.layer).title,
            f"{cost.multiply_adds:,}",
            f"{cost.multiply_adds / whole:.1%}" if whole else "",
            f"{cost.parameters:,}",
            size(cost.weights),
            size(cost.output),
        )
        for cost in costs
    ]
    weights, output, parameters = (sum(getattr(c, name) for c in costs) for name in ("weights", "output", "parameters"))
    together = ("together", f"{whole:,}", "", f"{parameters:,}", size(weights), size(output))
    return [*rows, together] if rows else []


def _characters(read: Read) -> list[tuple[str, ...]]:
    """A row of the table for each character that was read."""
    return [
        (
            read.alphabet.name(character.label),
            f"{character.span[0]} to {character.span[1] - 1}",
            f"{character.posterior:.4f}",
            "none" if character.rival is None else read.alphabet.name(character.rival),
            shown(character.log_ratio),
        )
        for character in read.characters
    ]


def _states(name: str, steps: lstm.Trace) -> dict:
    """One direction of a recurrent layer: its name, how many units, and `(state, what it means, picture)`."""
    order = lstm.order_of_acting(steps.hidden)
    heat_maps = {state: pictures.heat_map(getattr(steps, state), order, state) for state in pictures.STATES}
    states = [(state, STATE_SAYS[state], picture) for state, picture in heat_maps.items()]
    return {"name": name, "units": len(order), "states": states}
