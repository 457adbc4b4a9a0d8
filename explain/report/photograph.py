"""Everything that is shown for one picture of a network that reads no text, in a single .zip.

What is in it
- `report.html`: a page of its own that needs no server and no network (`explain.report.html`)
- `answer.json`, `classes.csv`: the classes with their probabilities, where the network names classes
- `layers.csv`: the network's description, layer by layer; `network.json`: what it is, takes and answers
- `arrays.npz`: every layer's output under its name, the logits, and the picture as `input`, without the batch
- `charts/network.svg`: the network at a glance
- `photograph/`, `class_maps/`, `class_visualisations/`, `feature_maps/`: PNG; `class_maps.npz`: the maps' numbers
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping

from PIL import Image

from explain.attribution.targets import LOGITS
from explain.charts.network import drawing as network
from explain.charts.network.words import by_layer
from explain.network.description import Description
from explain.pictures import images
from explain.report import files, html, pictures
from explain.report.seen import Seen, answer

IN_PAGE = 8  # feature maps of a layer; the sheets have more


def bundle(seen: Seen) -> bytes:
    """The .zip file. Of a photograph and 15 million numbers some 30 MB; arrays are streamed into it, layer by layer."""
    maps = {
        layer.name: pictures.strongest(seen.values[layer.name], seen.names(layer)) for layer in seen.network.layers[1:]
    }
    held = files.keys((*seen.network.layer_names, LOGITS))
    arrays = {"input": seen.batch[0], **{key: seen.values[name] for name, key in held.items() if name in seen.values}}
    kept = files.fitting(arrays)
    drawing = network.printed(seen.network, seen.picture, seen.values, by_layer(seen.costs))
    page = html.photograph(seen, {name: found[:IN_PAGE] for name, found in maps.items()}, drawing, kept)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        packed.writestr("report.html", page)
        packed.writestr("charts/network.svg", drawing.file())
        packed.writestr("layers.csv", files.table_of_layers(seen.network, seen.values))
        packed.writestr("network.json", _json(_network(seen.network)))
        if seen.names_classes:
            packed.writestr("answer.json", _json(answer(seen)))
            packed.writestr("classes.csv", files.as_csv(_classes(seen)))
        files.write_arrays(packed, "arrays.npz", arrays, kept.kinds)
        if seen.maps.values:
            files.write_arrays(packed, "class_maps.npz", {f"class {unit}": at for unit, at in seen.maps.values.items()})
        for name, picture in _pictures(seen, maps):
            packed.writestr(name, images.png_bytes(picture), zipfile.ZIP_STORED)  # a PNG is compressed already
    return file.getvalue()


def _json(facts: dict) -> str:
    return json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False)


def _classes(seen: Seen) -> list[tuple]:
    rows = [(one["class"], one["number"], one["probability"], one["logit"]) for one in answer(seen)["classes"]]
    return [("class", "number", "probability", "logit"), *rows]


def _network(network: Description) -> dict:
    wanted = network.preprocessing
    return {
        "title": network.title,
        "name": network.name,
        "head": network.head.kind,
        "labels": list(network.labels),
        "parameters": network.parameters,
        "layers": len(network.layer_names),
        "input": {
            "shape": list(network.input_shape),
            "colour": wanted.colour,
            "mean": list(wanted.mean),
            "deviation": list(wanted.deviation),
            "fit": wanted.fit,
        },
        "licence": network.licence,
        "source": network.source,
    }


def _pictures(seen: Seen, maps: Mapping[str, list[pictures.Map]]) -> Iterator[tuple[str, Image.Image]]:
    """Names and pictures, one after the other: no more than one of the large ones is held at a time."""
    yield "photograph/photograph.png", seen.picture
    yield "photograph/photograph_enlarged.png", seen.enlarged
    for place, (unit, picture) in enumerate(seen.overlays.items(), 1):
        yield f"class_maps/{files.numbered(place, seen.called(unit))}.png", picture
    for place, (unit, picture) in enumerate(seen.visualised.items(), 1):
        yield f"class_visualisations/{files.numbered(place, seen.called(unit))}.png", picture
    for place, (layer, strongest) in enumerate(maps.items(), 1):
        if strongest:
            name = files.numbered(place, layer)
            yield f"feature_maps/{name}.png", pictures.sheet(strongest)
            yield f"feature_maps/{name}_all.png", pictures.all_channels(seen.values[layer])
