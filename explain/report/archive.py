"""Everything that is shown for one word in a single .zip: pictures, charts, arrays, the reading, and a page to read.

What is in it
- `report.html`: a page of its own that needs no server and no network (`explain.report.html`)
- `reading.json`: best path, likeliest texts with exact probabilities, spans, rivals, trust (`explain.report.reading`)
- `arrays.npz`: every layer's output under its name, the logits, and the picture as `input`, float32 without the batch
- `layers.csv`: the network's description, layer by layer
- `lstm.npz`, `ctc.npz`: gates and memory of the recurrent layers; forward and backward variables and posterior
- `word/`, `feature_maps/`, `lstm/`: PNG; `charts/`: SVG and Vega-Lite JSON
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Iterator

import numpy as np
from PIL import Image

from explain.charts import ctc
from explain.charts import lattice as lattice_chart
from explain.charts.network import drawing as network
from explain.charts.network.words import by_layer
from explain.charts.theme import Inks
from explain.layers import lstm
from explain.network.session import LOGITS
from explain.pictures import images
from explain.report import files, html, pictures, svg
from explain.report.files import file_name, write_arrays
from explain.report.reading import Read, reading

ENLARGED, IN_CHART = 8, 6  # screen pixels that one input pixel is wide
CHART_WIDTH = 760  # screen pixels
MOST_MAPS = 1000  # pictures of single channels; of a network with more its layers' sheets alone


def bundle(read: Read) -> bytes:
    """The .zip file; of the small network that comes along some 5 MB."""
    maps = {
        layer.name: pictures.strongest(read.values[layer.name], read.names(layer)) for layer in read.network.layers[1:]
    }
    drawings = _drawings(read)
    held = files.keys((*read.network.layer_names, LOGITS))
    arrays = {"input": read.picture, **{held[name]: array for name, array in read.values.items()}}
    kept = files.fitting(arrays)
    numbers = json.dumps(reading(read), indent=2, ensure_ascii=False, allow_nan=False)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        packed.writestr("report.html", html.page(read, maps, drawings, kept))
        packed.writestr("reading.json", numbers)
        packed.writestr("layers.csv", files.table_of_layers(read.network, read.values))
        write_arrays(packed, "arrays.npz", arrays, kept.kinds)
        if read.traces:
            write_arrays(packed, "lstm.npz", _lstm_arrays(read))
        write_arrays(packed, "ctc.npz", _ctc_arrays(read), np.float64)
        for name, drawing in drawings.items():
            packed.writestr(f"charts/{name}.svg", drawing.file())
        for name, chart in _vega_lite(read).items():
            packed.writestr(f"charts/{name}.vl.json", json.dumps(chart, ensure_ascii=False, allow_nan=False))
        for name, picture in _pngs(read, maps):
            packed.writestr(name, images.png_bytes(picture), zipfile.ZIP_STORED)  # a PNG is compressed already
    return file.getvalue()


def _lstm_arrays(read: Read) -> dict[str, np.ndarray]:
    states = [(name, steps, state) for name, steps in read.traces.items() for state in pictures.STATES]
    return {f"{name}_{state}": getattr(steps, state) for name, steps, state in states}


def _ctc_arrays(read: Read) -> dict[str, np.ndarray]:
    lattice = read.lattice
    arrays = {"states": lattice.states, "alpha": lattice.alpha, "beta": lattice.beta, "posterior": lattice.gamma}
    return {**arrays, "alignment": read.alignment.path, "softmax": read.probabilities}


def _drawings(read: Read) -> dict[str, svg.Drawing]:
    word, multiply_adds = pictures.grey(read.picture), by_layer(read.costs)
    drawings = {
        "network": network.printed(read.network, word, read.values, multiply_adds),
        "ctc": svg.ctc_chart(read.picture, read.probabilities, read.best, read.alphabet, read.frames),
        "texts": svg.texts_chart(read.texts),
        "lattice": svg.lattice_chart(read.picture, read.lattice, read.alignment, read.alphabet, read.frames),
    }
    memories = {name: lstm.memory(steps) for name, steps in read.traces.items()}
    if memories:
        drawings["memory"] = svg.memory_chart(read.picture, memories, read.frames)
    return drawings


def _vega_lite(read: Read) -> dict[str, dict]:
    """The page's charts with their data in them, light, for any Vega-Lite viewer."""
    inks = Inks.of(False)
    url = images.data_url(images.enlarge(pictures.grey(read.picture), IN_CHART))
    texts = [(text, math.exp(log_probability)) for text, log_probability in read.texts]
    common = (read.alphabet, read.frames, inks)
    charts = {
        "ctc": ctc.ctc(url, read.probabilities, read.best, *common),
        "texts": ctc.texts(texts, inks),
        "lattice": lattice_chart.lattice(url, read.probabilities, read.lattice, read.alignment, *common),
    }
    return {name: {"width": CHART_WIDTH, "background": "white", **chart} for name, chart in charts.items()}


def _pngs(read: Read, maps: dict[str, list[pictures.Map]]) -> Iterator[tuple[str, Image.Image]]:
    """Names and pictures, one after the other."""
    word = pictures.grey(read.picture)
    yield "word/word.png", word
    yield "word/word_enlarged.png", images.enlarge(word, ENLARGED)
    each = sum(map(len, maps.values())) <= MOST_MAPS
    for place, (layer, strongest) in enumerate(maps.items(), 1):
        if not strongest:
            continue
        name = files.numbered(place, layer)
        yield f"feature_maps/{name}.png", pictures.sheet(strongest)
        if not each:
            yield f"feature_maps/{name}_all.png", pictures.all_channels(read.values[layer])
            continue
        folder = layer if file_name(layer) == layer else name
        for rank, shown in enumerate(strongest, 1):  # the rank keeps "a" and "A" apart where a disk does not
            yield f"feature_maps/{folder}/{rank:02d}_{file_name(shown.name)}.png", shown.picture
    for name, steps in read.traces.items():
        order = lstm.order_of_acting(steps.hidden)
        for state in pictures.STATES:
            heat_map = pictures.heat_map(getattr(steps, state), order, state)
            yield f"lstm/{file_name(name)}_{state}.png", pictures.enlarged(heat_map)
