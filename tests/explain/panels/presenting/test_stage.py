"""The presenter's mode without a browser: one view or panel is left, chosen by the address, left by one press."""

from __future__ import annotations

import json

import pytest

from explain.panels.page import views
from tests.explain.panels.views import text_of
from tests.walk.visitor import COMPONENT, Visitor


def tools(visitor: Visitor):
    (node,) = [node for node in visitor.controls if node.type == COMPONENT and node.key == "stage-tools"]
    return node


def pressed(visitor: Visitor) -> Visitor:
    """Present, or Leave: the browser counts one on."""
    node = tools(visitor)
    visitor.tell(node, {"turn": json.loads(node.proto.json)[0]["turn"] + 1})
    visitor.run()
    assert not visitor.trouble
    return visitor


def test_a_press_leaves_one_view_and_another_brings_the_page_back():
    visitor = Visitor(view="CTC in depth")
    assert "**Layers**" in text_of(visitor) and json.loads(tools(visitor).proto.json)[0]["presenting"] is False
    pressed(visitor)
    assert visitor.address["present"] == "1" and visitor.address["view"] == "CTC in depth"
    said = text_of(visitor)
    assert "**CTC in depth**" in said and "**Layers**" not in said and "**Class visualisation**" not in said
    assert json.loads(tools(visitor).proto.json)[0]["presenting"] is True
    pressed(visitor)
    assert "present" not in visitor.address and "**Layers**" in text_of(visitor)
    assert "**CTC in depth**" in text_of(visitor), "the view that was chosen stays"


@pytest.mark.parametrize(
    ("name", "title"), [("layers", "Layers"), ("answer", "CTC decoding"), ("imagined", "Class visualisation")]
)
def test_a_panel_fills_the_screen_too(name, title):
    visitor = Visitor(present=name, view="CTC in depth")
    assert not visitor.trouble
    others = {"Layers", "CTC decoding", "Class visualisation", "CTC in depth"} - {title}
    said = text_of(visitor)
    assert f"**{title}**" in said and not any(f"**{other}**" in said for other in others)
    visitor.button(key="stage-deeper").click().run()
    assert not visitor.trouble and visitor.address["present"] == "1" and "**CTC in depth**" in text_of(visitor)


def test_the_whole_network_fills_the_screen_too():
    visitor = Visitor(present="network")
    assert not visitor.trouble and "**Layers**" not in text_of(visitor)
    assert {"at-a-glance", "stage-tools"} <= {node.key for node in visitor.controls if node.type == COMPONENT}


@pytest.mark.parametrize("nonsense", ["", "0", "2", "everything", "1 "])
def test_nonsense_counts_as_not_given(nonsense):
    visitor = Visitor(present=nonsense)
    assert not visitor.trouble and "**Layers**" in text_of(visitor)


def test_every_view_can_be_presented_and_the_word_stays():
    visitor = Visitor(present="1", word="hello")
    switch = next(node for node in visitor.controls if node.key == views.VIEW)
    for view in switch.options:
        node = next(node for node in visitor.controls if node.key == views.VIEW)
        node.set_value(view)
        visitor.keep_address(node)
        visitor.run()
        assert not visitor.trouble and visitor.address["present"] == "1" and visitor.address.get("word") == "hello"


def test_beside_a_tour_the_whole_page_stays_and_escape_is_the_tours():
    visitor = Visitor(present="1", tour="1")
    assert not visitor.trouble and "**Layers**" in text_of(visitor)
    data = json.loads(tools(visitor).proto.json)[0]
    assert data["presenting"] is True and data["escape"] is False
