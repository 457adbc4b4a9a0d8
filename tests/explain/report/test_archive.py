"""The .zip of a word: it holds what the network and the decoder gave, and its page needs nothing beside itself."""

from __future__ import annotations

import io
import json
import math
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from explain.ctc import alternatives, decoding
from explain.layers import feature_maps, lstm
from explain.network.description import describe
from explain.panels.page import download
from explain.panels.page.subject import Subject
from explain.pictures import images
from explain.report import archive, pictures, svg
from explain.report.reading import ReportError, reading
from models import crnn
from tests.explain.report.words import EVIL, LAYERS, NETWORK

SIGNED = {"batch_norm_5", "batch_norm_6", "pool_6", "blstm_1", "blstm_2"}  # no ReLU and no softmax after them


def npz(packed, name):
    return np.load(io.BytesIO(packed.read(name)))


def test_the_archive_is_whole_and_small(packed):
    assert packed.testzip() is None
    assert sum(len(packed.read(name)) for name in packed.namelist()) < 15e6
    lowered = [name.lower() for name in packed.namelist()]
    assert len(set(lowered)) == len(lowered), "two files would be one on a disk that does not tell a from A"


def test_arrays_are_the_networks_outputs(packed, word, network):
    outputs = network.run(word.picture[None, :, :, None])
    arrays = npz(packed, "arrays.npz")
    assert set(arrays) == {"input", *network.output_names}
    assert np.array_equal(arrays["input"], word.picture)
    for name, output in outputs.items():
        assert arrays[name].dtype == np.float32
        assert np.array_equal(arrays[name], output[0]), name


def test_reading_is_what_ctc_says(packed, word):
    said = json.loads(packed.read("reading.json"))
    p = word.probabilities
    best = decoding.best_path(p)
    assert said["best_path"]["text"] == decoding.text(best.labels, crnn.LABELS) == "elephant"
    assert said["best_path"]["labels"] == best.path.tolist()
    assert said["best_path"]["log_probability"] == best.log_probability
    assert said["best_path"]["text_log_probability"] == pytest.approx(
        decoding.log_probability(p, best.labels), abs=1e-9
    )
    spans = [(crnn.LABELS.index(span["character"]), span["start"], span["end"]) for span in said["best_path"]["spans"]]
    assert spans == [tuple(span) for span in best.spans]
    texts = [(decoding.text(labels, crnn.LABELS), value) for labels, value in decoding.n_best(p, 25, 10)]
    assert [(one["text"], one["log_probability"]) for one in said["texts"]] == texts
    for one in said["texts"]:
        exact = decoding.log_probability(p, decoding.labels_of(one["text"], crnn.LABELS))
        assert one["probability"] == pytest.approx(math.exp(exact), rel=1e-9)
    found = alternatives.characters(p, best.labels)
    assert [one["rival"] for one in said["characters"]] == [crnn.LABELS[character.rival] for character in found]
    assert [one["posterior"] for one in said["characters"]] == [character.posterior for character in found]


def test_gates_lead_to_the_networks_hidden_states(packed, word):
    arrays = npz(packed, "lstm.npz")
    for layer in LAYERS:
        both = [arrays[f"{layer}_{direction}_hidden"] for direction in lstm.DIRECTIONS]
        assert np.allclose(np.concatenate(both, axis=1), word.values[layer], atol=1e-4)
        for direction in lstm.DIRECTIONS:
            of = {state: arrays[f"{layer}_{direction}_{state}"] for state in pictures.STATES}
            assert np.allclose(of["hidden"], of["output_gate"] * np.tanh(of["cell"]), atol=1e-5)


def test_lattice_adds_up(packed, word):
    arrays = npz(packed, "ctc.npz")
    assert np.allclose(arrays["posterior"].sum(axis=1), 1)
    # At any frame alpha and beta together give the text's whole probability.
    whole = np.logaddexp.reduce(arrays["alpha"] + arrays["beta"], axis=1)
    assert np.allclose(whole, decoding.log_probability(word.probabilities, word.best.labels), atol=1e-6)
    letters = [label for label in arrays["alignment"] if label != crnn.BLANK]
    assert "".join(dict.fromkeys(crnn.LABELS[int(label)] for label in letters)) == "elphant"


def test_feature_maps_are_the_strongest_channels_in_their_own_colours(packed, word):
    for layer in describe(crnn.CARD).layers[1:]:
        tiles = feature_maps.strongest(word.values[layer.name], pictures.COUNT)
        signed = min(tile.values.min() for tile in tiles) < 0
        assert signed == (layer.name in SIGNED)
        names = [name for name in packed.namelist() if name.startswith(f"feature_maps/{layer.name}/")]
        assert len(names) == len(tiles)
        for name, tile in zip(sorted(names), tiles, strict=True):
            pixels = np.asarray(Image.open(io.BytesIO(packed.read(name))))
            scale = (-tile.peak, tile.peak, "diverging") if signed else (tile.values.min(), tile.values.max())
            assert np.array_equal(pixels, images.colours(tile.values, *scale))
    assert any(re.search(r"feature_maps/\d+_conv_1\.png", name) for name in packed.namelist())


def test_pictures_show_every_value(packed, word):
    seen = np.asarray(Image.open(io.BytesIO(packed.read("word/word.png"))))
    assert np.array_equal(seen, np.rint(word.picture * 255))
    large = np.asarray(Image.open(io.BytesIO(packed.read("word/word_enlarged.png"))))
    assert np.array_equal(large[:: archive.ENLARGED, :: archive.ENLARGED], seen)
    steps = lstm.trace(word.values["squeezed"], word.weights["blstm_1"], "forward")
    gate = np.asarray(Image.open(io.BytesIO(packed.read("lstm/blstm_1_forward_forget_gate.png"))))
    cells = gate[:: pictures.UNIT_HEIGHT, :: pictures.FRAME_WIDTH]
    order = lstm.order_of_acting(steps.hidden)
    assert np.array_equal(cells, images.colours(steps.forget_gate[:, order].T, 0, 1))


def test_still_charts_hold_the_numbers(packed, word):
    for name in ("ctc", "texts", "lattice", "memory"):
        drawing = ElementTree.fromstring(packed.read(f"charts/{name}.svg"))
        assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    told = re.findall(r"frame (\d+), e: probability ([\d.]+)", packed.read("charts/ctc.svg").decode())
    column = word.probabilities[:, crnn.LABELS.index("e")]
    assert told == [(str(frame), f"{value:.4f}") for frame, value in enumerate(column)]
    posterior = re.findall(r"posterior ([\d.]+)", packed.read("charts/lattice.svg").decode())
    assert posterior == [f"{value:.4f}" for value in word.lattice.gamma.T.ravel()]
    for name in ("ctc", "texts", "lattice"):
        chart = json.loads(packed.read(f"charts/{name}.vl.json"))
        assert "vega-lite" in chart["$schema"] and chart["layer"]


def test_text_in_a_drawing_is_escaped():
    sheet = svg.texts_chart([(EVIL, 0.0)])
    sheet.rect(0, 0, 1, 1, fill="#000000", tip=EVIL)
    drawing = ElementTree.fromstring(sheet.file())
    assert [element.text for element in drawing.iter() if element.text == EVIL] == [EVIL, EVIL]
    assert not [element for element in drawing.iter() if element.tag.endswith("script")]


def test_the_blank_may_be_the_first_label(word):
    labels = np.roll(np.arange(len(crnn.LABELS) + 1), 1)
    values = {**word.values, "outputs": word.values["outputs"][:, labels]}
    head = replace(NETWORK.head, labels=tuple(crnn.CARD.labels[label] for label in labels), blank=0)
    moved = replace(word, values=values, network=replace(NETWORK, head=head))
    said, expected = reading(moved), reading(word)
    assert said["best_path"]["labels"] == [(label + 1) % len(labels) for label in expected["best_path"]["labels"]]
    for name in ("text", "path", "spans"):
        assert said["best_path"][name] == expected["best_path"][name]
    for name in ("alphabet", "frames"):
        assert said[name] == expected[name]
    for name in ("text", "probability"):
        assert [text[name] for text in said["texts"]] == pytest.approx([text[name] for text in expected["texts"]])
    for name in ("character", "rival", "posterior"):
        assert [one[name] for one in said["characters"]] == pytest.approx([one[name] for one in expected["characters"]])
    assert moved.names(NETWORK.layers[-1])[:2] == ["blank", "a"]


def test_layers_that_are_missing_are_named(word):
    values = {name: value for name, value in word.values.items() if name != "conv_3"}
    with pytest.raises(ReportError, match="conv_3"):
        replace(word, values=values)
    with pytest.raises(ReportError, match="blstm_2"):
        replace(word, weights={"blstm_1": word.weights["blstm_1"]})
    with pytest.raises(ReportError, match="32 x 128"):
        replace(word, picture=word.picture.T)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("elephant, serif", "elephant-serif"),
        ("../../etc/passwd", "etc-passwd"),
        ("<script>", "script"),
        ("é.png", "é.png"),
        ("///", "word"),
        ("x" * 200, "x" * download.LONGEST),
    ],
)
def test_a_title_as_a_files_name(title, name):
    assert download.file_name(title) == name


def test_what_the_button_saves_is_of_the_same_word(word):
    saved = zipfile.ZipFile(io.BytesIO(download.archive(Subject("crnn", EVIL, word.picture[None, :, :, None]))))
    assert json.loads(saved.read("reading.json"))["title"] == EVIL
    assert np.array_equal(npz(saved, "arrays.npz")["outputs"], word.probabilities)
