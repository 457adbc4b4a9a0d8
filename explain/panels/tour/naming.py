"""Steps of the tour of a network that names classes: its layers, dreams of classes, and three maps of why."""

from __future__ import annotations

import numpy as np

from explain.attribution import cam, class_map, occlusion, stored_maps, targets
from explain.attribution.class_map import fits
from explain.layers import feature_maps
from explain.layers.feature_maps import is_drawn
from explain.network.layers import Layer
from explain.network.session import LOGITS
from explain.panels.jobs.background_task import OnStep
from explain.panels.layers.focus import weights
from explain.panels.tour.scene import Scene, Work, by, called, colour, picture_of, signed, small_url, tiles, url
from explain.panels.visualisation import class_names, gallery
from explain.pictures import images, photograph_overlay
from explain.pictures.notation import listed

LAYERS = 8  # of which the strongest map is shown
LIKELIEST = 4  # classes whose dreams are shown
PACE = 380  # milliseconds a patch
PATCHES = "large patches"


def _best(subject) -> int:
    return int(np.argmax(subject.probabilities))


def _label(subject, unit: int) -> str:
    return class_names.of(subject.description).of_unit(subject.network, unit)


def _is_map(subject, layer: Layer) -> bool:
    return len(layer.shape) == 3 and is_drawn(subject.values[layer.name])


def has_layers(subject) -> bool:
    return any(_is_map(subject, layer) for layer in subject.description.of_kind("conv"))


def layers(subject) -> Scene:
    """Of layers spread over the network the strongest map each."""
    description = subject.description
    mapped = [layer for layer in description.of_kind("conv") if _is_map(subject, layer)]
    places = np.linspace(0, len(mapped) - 1, min(LAYERS, len(mapped))).round().astype(int)
    items = []
    for layer in (mapped[place] for place in dict.fromkeys(places.tolist())):
        values = subject.values[layer.name]
        tile = feature_maps.strongest(values, 1)[0]
        note = f"{values.shape[2]} maps of {by(*values.shape[:2])}"
        items.append({"src": small_url(tile.values), "title": called(subject, layer), "note": note})
    facts = {
        "network": description.title,
        "layers": str(len(description.layer_names)),
        "parameters": f"{description.parameters:,}",
        "first": items[0]["note"],
        "last": items[-1]["note"],
    }
    return Scene(facts, tiles(items, subject.width / subject.height, "One map of each layer, in order", 96, 128))


def has_dreams(subject) -> bool:
    return any(gallery.classes_of(subject.network))


def classes(subject, beside: tuple[int, ...] = ()) -> Scene:
    """Dreams of the classes that are likeliest here, then of those beside. beside: numbers in the list that the classes
    were taken from, named in the text."""
    catalogue = class_names.of(subject.description)
    order = np.argsort(-subject.probabilities, kind="stable")
    pictured = [int(unit) for unit in order if gallery.class_record(subject.network, int(unit))][:LIKELIEST]
    numbered = bool(subject.description.card and subject.description.card.numbers)
    named = [f"{number} is {catalogue.name(number)}" for number in beside] if numbered else []
    others = [catalogue.unit(subject.network, number) for number in beside] if numbered else []
    pictured += [unit for unit in others if unit is not None and gallery.class_record(subject.network, unit)]
    items = [
        {
            "src": images.data_url(gallery.class_picture(subject.network, unit), "WEBP"),
            "title": _label(subject, unit),
            "note": f"probability here {gallery.class_record(subject.network, unit)['probability']:.3f}",
        }
        for unit in dict.fromkeys(pictured)
    ]
    facts = {"answer": _label(subject, _best(subject)), "named": listed(named) if named else ""}
    described = tiles(items, 1.0, "Classes as the network dreams of them", 112, 150)
    return Scene(facts, described, "text" if named else "unnumbered")


def cover(subject) -> Scene:
    """A patch that covers the photograph place by place, and what each costs the likeliest class."""
    unit = _best(subject)
    target, picture = targets.ClassLogit(unit), subject.batch[0]
    size, step = occlusion.patches_of_a_photograph(*picture.shape[:2])[PATCHES]
    places = occlusion.boxes(picture.shape, size, step)
    facts = {"answer": _label(subject, unit), "patch": by(size, size), "patches": str(len(places))}

    def run(on_step: OnStep) -> occlusion.Occlusion | None:
        return occlusion.occlude(subject.opened.network, picture, size, step, "mean", on_step=on_step)

    def finished(covered: occlusion.Occlusion) -> Scene:
        drops = covered.drops(target)
        top, left, bottom, right = covered.boxes[int(drops.argmax())].tolist()
        found = {
            "rows": f"{top} to {bottom - 1}",
            "columns": f"{left} to {right - 1}",
            "drop": signed(float(drops.max())),
            "usual": signed(float(subject.values[LOGITS][unit])),
        }
        variant = "text" if drops.max() > 0 else "nowhere"
        return Scene({**facts, **found}, _covered(subject, covered, target), variant)

    return Scene(facts, Work(("cover", subject.ran.digest, unit), run, finished), "working")


def _covered(subject, covered: occlusion.Occlusion, target: targets.ClassLogit) -> dict:
    drops = covered.drops(target)
    moments = [
        {
            "box": [left, top, right, bottom],
            "says": f"rows {top} to {bottom - 1}, columns {left} to {right - 1} covered: the score falls by "
            f"{signed(float(drop))}",
        }
        for (top, left, bottom, right), drop in zip(covered.boxes.tolist(), drops, strict=True)
    ]
    overlay = photograph_overlay.picture(subject.seen, covered.map(target), factor=1, signed=True)
    moments.append({"src": url(overlay), "box": [0, 0, 0, 0], "says": "red: covering costs most"})
    return picture_of(
        subject,
        "moments",
        describes="A patch covers the photograph place by place",
        columns=[],
        rows=[],
        moments=moments,
        start=int(drops.argmax()),
        pace=PACE,
        names="Place of the patch",
        cover=colour(subject, subject.batch[0].mean(axis=(0, 1))),
        tall=200,
    )


def _stored(subject) -> np.ndarray | None:
    card = subject.description.card
    return stored_maps.map_of(card.gallery if card else None, subject.batch[0], _best(subject))


def has_saliency(subject) -> bool:
    """Whether the map of this very picture came along: a gradient asked for now would take TensorFlow."""
    return _stored(subject) is not None


def saliency(subject) -> Scene:
    """How much each pixel would change the score of the likeliest class, beside the photograph."""
    values = _stored(subject)
    overlay = photograph_overlay.picture(subject.seen, values, factor=1)
    facts = {"answer": _label(subject, _best(subject)), "pixels": f"{values.size:,}"}
    items = [
        {"src": url(subject.seen), "title": "the photograph"},
        {"src": images.data_url(images.coloured(values)), "title": "saliency", "note": "yellow: matters most"},
        {"src": url(overlay), "title": "one over the other"},
    ]
    return Scene(facts, tiles(items, 1.0, "Saliency of the photograph", 150, 200))


def has_activation(subject) -> bool:
    return fits(subject.description) and _map(subject, _best(subject)) is not None


def _map(subject, unit: int) -> class_map.ClassMap | None:
    return class_map.class_map(subject.description, subject.values, unit, weights)


def activation(subject) -> Scene:
    """Where the last maps speak for the likeliest class, and for the next one."""
    order = [int(unit) for unit in np.argsort(-subject.probabilities, kind="stable")[:2]]
    items = [{"src": url(subject.seen), "title": "the photograph"}]
    for unit in order:
        found = _map(subject, unit)
        over = cam.over_picture(subject.description, found.layer, found.values, subject.batch[0].shape)
        overlay = photograph_overlay.picture(subject.seen, over, factor=1, signed=True)
        items.append(
            {
                "src": url(overlay),
                "title": _label(subject, unit),
                "note": f"its mean: {signed(float(found.values.mean()))}",
            }
        )
    found = _map(subject, order[0])
    layer = subject.description.layer(found.layer)
    facts = {
        "answer": _label(subject, order[0]),
        "layer": called(subject, layer),
        "channels": str(subject.values[layer.name].shape[2]),
        "places": by(*found.values.shape),
    }
    described = tiles(items, subject.width / subject.height, "Class activation maps over the photograph", 150, 200)
    return Scene(facts, described, "text" if found.exact else "weighed")
