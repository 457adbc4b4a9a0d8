"""The network at a glance in what *Download everything* saves."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from xml.etree import ElementTree

from explain.network.costs.layers import costs_of
from explain.network.session import Network
from explain.report import photograph
from tests.explain.attribution import small_networks
from tests.explain.report.test_photograph import seen_by
from tests.explain.report.words import NETWORK

SVG = "{http://www.w3.org/2000/svg}"


def layers(drawing: str) -> list[str]:
    groups = ElementTree.fromstring(drawing).iter(f"{SVG}g")
    return [group.get("data-layer") for group in groups if group.get("data-layer")]


def on_page(packed: zipfile.ZipFile) -> list[str]:
    return re.findall('data-layer="(.*?)"', packed.read("report.html").decode())


def test_of_a_word(packed):
    drawing, page = packed.read("charts/network.svg").decode(), packed.read("report.html").decode()
    assert layers(drawing) == [layer.name for layer in NETWORK.layers] == on_page(packed)
    assert "The network at a glance" in page and "Convolutional Recurrent Neural Network" in page
    assert "<title>conv_3 · 8 rows, 32 columns, 256 channels · 295,168 parameters · 256 filters" in page


def test_of_a_photograph_with_what_it_costs(tmp_path):
    network = Network(small_networks.averaging(tmp_path / "animals.onnx"))
    costs = costs_of(network, network.description.input_shape[:2])
    packed = zipfile.ZipFile(io.BytesIO(photograph.bundle(replace(seen_by(network), costs=costs))))
    drawing = packed.read("charts/network.svg").decode()
    assert layers(drawing) == [layer.name for layer in network.description.layers] == on_page(packed)
    whole = sum(cost.multiply_adds for cost in costs)
    assert whole and f"{whole:,} multiply-adds a picture." in packed.read("report.html").decode()
