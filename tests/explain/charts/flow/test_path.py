"""The picture of a path: what stands in it, and that a network's names cannot break out of it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from explain.charts.flow import path as drawing
from explain.charts.flow.lines import lines, shown
from explain.charts.flow.parts import Column, Ends, Node, signed
from tests.explain.charts.flow.made import flow

URL = "data:,"


def columns(name: str = "layer", known: bool = True) -> list[Column]:
    made = []
    for layer, channels in shown(flow(), ("a", "b"), 2):
        through = flow().layer(layer)
        nodes = tuple(
            Node(f"{layer}.{channel}", str(channel), f"{name} {layer}, channel {channel}", URL)
            if not known
            else Node(
                f"{layer}.{channel}",
                str(channel),
                f"{name} {layer}, channel {channel}",
                URL,
                float(through.costs[channel]),
                abs(float(through.costs[channel])) / abs(through.costs).sum(),
            )
            for channel in channels
        )
        rest = float(through.costs.sum()) - sum(node.amount or 0 for node in nodes)
        made.append(Column(name, name, nodes, 1, rest if known else None, URL if layer == "a" else ""))
    return made


def drawn(name: str = "layer", known: bool = True, answer: str = "e") -> ElementTree.Element:
    ends = Ends(URL, URL, 4.0, answer, "log-probability", 3.0 if known else None)
    between = lines(flow(), shown(flow(), ("a", "b"), 2)) if known else []
    return parsed(drawing.path(ends, columns(name, known), between, "b.0").file())


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.replace(' xmlns="http://www.w3.org/2000/svg"', ""))


def texts(svg: ElementTree.Element) -> list[str]:
    return [part.text for part in svg.iter("text")]


def of_class(svg: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [part for part in svg.iter() if name in (part.get("class") or "").split()]


def test_channels_shares_and_the_rest_stand_in_it():
    """Of b's 3.75, -1 and 0.25 the two largest are 95 %, and 5 % are not shown."""
    svg = drawn()
    assert [node.get("data-key") for node in of_class(svg, "node")] == ["a.0", "a.1", "b.0", "b.1"]
    assert [node.get("aria-pressed") for node in of_class(svg, "node")] == ["false", "false", "true", "false"]
    said = texts(svg)
    assert {
        "2 of 3: 100%",
        "2 of 3: 95%",
        "5%, +0.25",
        "1 others",
        "+3.75",
        "\N{MINUS SIGN}1",
        "+3",
        "e",
    } <= set(said)
    called = [node.get("aria-label") for node in of_class(svg, "node")]
    assert called[2:] == [
        "layer b, channel 0: without it the answer is expected to lose 3.75",
        "layer b, channel 1: without it the answer is expected to gain 1",
    ]


def test_lines_are_as_thick_as_what_hangs_on_them_and_coloured_by_its_sign():
    by_ends = {(line.get("data-from"), line.get("data-to")): line for line in of_class(drawn(), "link")}
    large, small = by_ends["0.0", "1.0"], by_ends["0.0", "1.1"]
    assert float(large.get("stroke-width")) == pytest.approx(3 * float(small.get("stroke-width")), rel=0.02)
    against = by_ends["0.1", "1.1"]
    assert large.get("style") == small.get("style") != against.get("style")
    assert large.get("style").startswith("stroke:#")
    assert "unknown" in by_ends["0.-1", "1.0"].get("class")
    assert ("0.-1", "1.1") not in by_ends  # nothing hangs on it
    assert by_ends["0.1", "1.1"].find("title").text.endswith(": \N{MINUS SIGN}2")


def test_before_anything_is_known_there_are_no_amounts_and_no_lines():
    svg = drawn(known=False)
    assert not of_class(svg, "link") and not of_class(svg, "amount") and not of_class(svg, "rest")
    assert "2 of 3" in texts(svg) and len(of_class(svg, "node")) == 4


@pytest.mark.parametrize("name", ['<script>alert("x")</script>', 'a & b\'s "c"', "x" * 300, "&lt;"])
def test_names_are_shown_to_the_letter_and_short(name):
    svg = drawn(name, answer=name)
    assert not list(svg.iter("script")) and of_class(svg, "node")[0].get("aria-label").startswith(f"{name} a")
    assert all(len(text) <= 24 for text in texts(svg))


def test_the_file_stands_by_itself_and_the_drawing_without_a_layer_is_no_error():
    ends = Ends(URL, "", 1.0, "cup", "logit", 2.0)
    whole = ElementTree.fromstring(drawing.path(ends, columns(), []).file())
    assert whole.tag == "{http://www.w3.org/2000/svg}svg" and whole.get("role") == "group"  # whose nodes are buttons
    style = whole.find("{http://www.w3.org/2000/svg}style").text
    marks = [mark.get("class") for mark in parsed(drawing.path(ends, columns(), []).file()).iter() if mark.get("class")]
    bare = {"node", "amount", "layer", "answer"}  # marks that a page may look for, without paint of their own
    assert {one for mark in marks for one in mark.split()} - bare <= set(re.findall(r"\.(\w+){", style))
    assert len(list(parsed(drawing.path(ends, [], []).file()).iter("image"))) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1.0, "+1"), (-123.4, "\N{MINUS SIGN}123"), (0.04567, "+0.0457"), (-2e-7, "\N{MINUS SIGN}2e-07")],
)
def test_numbers_have_signs(value, text):
    assert signed(value) == text
