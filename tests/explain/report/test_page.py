"""The report's page: it says what was read, needs nothing beside itself, and takes no text for HTML."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from explain.ctc import alternatives
from explain.network.costs.layers import read
from explain.network.description import describe
from explain.report import archive, pictures
from explain.report.reading import Read, reading
from models import crnn
from tests.explain.report.words import EVIL, FRAMES, NETWORK

VOID = {"meta", "img", "br", "input", "link", "hr"}


@pytest.fixture(scope="module")
def evil(word):
    """The same word under a title that is HTML."""
    return zipfile.ZipFile(io.BytesIO(archive.bundle(replace(word, title=EVIL)))).read("report.html").decode()


class Page(HTMLParser):
    """Reads a page strictly: every element that is opened is closed, in order."""

    def __init__(self, page: str):
        super().__init__()
        self.open, self.tags, self.attributes, self.texts, self.comments = [], [], [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    def handle_comment(self, data):
        self.comments.append(data)


def test_what_each_layer_costs_is_a_table(word):
    costs = read(NETWORK, (32, 128))
    page = zipfile.ZipFile(io.BytesIO(archive.bundle(replace(word, costs=costs)))).read("report.html").decode()
    cells = [text for tag, text in Page(page).texts if tag == "td"]
    at = cells.index("conv_6")
    assert cells[at : at + 4] == ["conv_6", f"{4 * 32 * 512 * 9 * 512:,}", "36.7%", f"{512 * 9 * 512 + 512:,}"]
    assert cells[cells.index("together") + 1] == f"{sum(cost.multiply_adds for cost in costs):,}"


def test_the_page_refers_to_nothing_outside_itself(packed):
    page = packed.read("report.html").decode()
    read = Page(page)
    assert not {"script", "link", "iframe", "object", "base", "a"} & set(read.tags)
    links = [value for _, name, value in read.attributes if name in ("src", "href", "srcset", "action", "data")]
    assert len(links) > 300
    assert all(value.startswith("data:image/png;base64,") for value in links)
    assert not [name for _, name, _ in read.attributes if name.startswith("on")]
    styles = [data for tag, data in read.texts if tag == "style"]
    styles += [value for _, name, value in read.attributes if name == "style"]
    assert not any("url(" in style or "@import" in style for style in styles)
    assert "prefers-color-scheme: dark" in styles[0]
    assert not re.search(r"https?://", page)


def test_the_page_says_what_was_read(packed, word):
    read = Page(packed.read("report.html").decode())
    text = " ".join(data for _, data in read.texts)
    assert "elephant" in text
    assert all(f"{layer.name} ·" in text for layer in describe(crnn.CARD).layers[1:])
    assert read.tags.count("svg") == 5
    pictured = sum(min(pictures.COUNT, layer.shape[-1]) for layer in describe(crnn.CARD).layers[1:])
    assert read.tags.count("img") == 1 + pictured + 4 * len(pictures.STATES)
    assert f"{alternatives.shown(word.lattice.log_probability)}" in text


def test_a_title_is_text_whatever_it_holds(evil):
    read = Page(evil)
    assert ("h1", EVIL) in read.texts
    assert any(tag == "title" and data.startswith(EVIL) for tag, data in read.texts)
    assert "script" not in read.tags
    assert not any(name == "onerror" for _, name, _ in read.attributes)


def test_a_picture_that_reads_as_nothing(network, weights):
    batch = np.ones((1, crnn.HEIGHT, crnn.WIDTH, 1), np.float32)
    values = {name: value[0] for name, value in network.run(batch).items()}
    values["outputs"] = np.zeros((crnn.FRAMES, len(crnn.LABELS) + 1), np.float32)
    values["outputs"][:, crnn.BLANK] = 1  # certain: every other text is impossible
    nothing = Read("white", NETWORK, FRAMES, batch[0, :, :, 0], values, weights)
    said = reading(nothing)
    assert said["best_path"]["text"] == "" and said["characters"] == []
    assert said["texts"] == [{"text": "", "log_probability": 0.0, "probability": 1.0}]
    page = zipfile.ZipFile(io.BytesIO(archive.bundle(nothing))).read("report.html").decode()
    assert "reads nothing" in "".join(data for _, data in Page(page).texts)
